"""Consents that are asked for or in force, with the one-time tokens of their letters."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from wondernest.access.guardianship import deactivated, guards, is_parent

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor, Row

_COLUMNS: Final = """
    consent.family_id, consent.id, consent.child_id, consent.parent_id, consent.standing, consent.reason,
    consent.consent_type, consent.permissions, consent.named_as, consent.method, consent.reference, consent.notice_version,
    consent.notice_language, consent.notice_digest, consent.requested_at, consent.confirmed_at, consent.ends_at,
    consent.asked_again"""
_LOCK_CHILD: Final = "select c.family_id from family.child_profiles c where c.id = $1 for no key update of c"
_LOCK_OWN: Final = f"""
    select c.family_id from family.child_profiles c
     where c.id = $1 and {guards("c.id", "$2", archived_too="$3", parent=True)} for no key update of c"""
_OF_CHILD: Final = f"""
    select {_COLUMNS} from wondernest.consents consent where consent.child_id = $1 order by consent.standing, consent.requested_at desc"""
_ONE: Final = f"select {_COLUMNS} from wondernest.consents consent where consent.family_id = $1 and consent.id = $2"
_BY_TOKEN: Final = f"""
    select {_COLUMNS}, child.created_at as child_added_at
      from wondernest.consents consent
      left join family.child_profiles child on child.id = consent.child_id
     where consent.family_id = $1 and {{is_of}}"""
_OF_UNDO: Final = "consent.undo_digest = $2"
_OF_QUESTION: Final = """
    consent.token_digest = any (
        select sha256($2 || convert_to(address, 'UTF8'))
          from core.users asked, unnest(array[asked.email, btrim(asked.phone)]) address where asked.id = consent.parent_id
         union all select $2)"""
"""`tokens.bound`: the digest of a question is bound to the address that it was sent to: when the parent has another one by now, the link is nobody's.
Letters of an earlier version were not. A second letter only takes back, and is not bound."""
_INSERT: Final = """
    insert into wondernest.consents
           (family_id, id, child_id, parent_id, standing, reason, consent_type, permissions, named_as, method, reference,
            notice_version, notice_language, notice_digest, requested_at, confirmed_at, ends_at, asked_again)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18)"""
_DELETE_REQUESTS: Final = "delete from wondernest.consents where child_id = $1 and standing = 'requested'"
_DELETE: Final = "delete from wondernest.consents where family_id = $1 and id = any ($2::uuid[])"
_CONFIRM: Final = """
    update wondernest.consents consent
       set standing = 'granted', confirmed_at = $3, ends_at = $4, second_due_at = $5, reference = $6, notice_version = $7,
           notice_language = $8, notice_digest = $9, asked_again = null
     where consent.family_id = $1 and consent.id = $2"""
_REFER: Final = """
    update wondernest.consents consent
       set reference = $3, notice_version = $4, notice_language = $5, notice_digest = $6
     where consent.family_id = $1 and consent.id = $2 and consent.standing = 'requested'"""
_NARROW: Final = """
    update wondernest.consents consent set id = $3, permissions = $4, consent_type = $5
     where consent.family_id = $1 and consent.id = $2"""
_ASK_AGAIN: Final = """
    update wondernest.consents consent set asked_again = $3, ends_at = least(consent.ends_at, $4)
     where consent.family_id = $1 and consent.id = $2"""
_ADDRESSEE: Final = f"""
    select acting.email, acting.phone, locale.language
      from core.users acting
      left join wondernest.family_locales locale on locale.family_id = $2
     where acting.id = $1 and not ({deactivated("$1")})
       and exists (select from family.family_members member
                    where member.family_id = $2 and member.user_id = $1 and {is_parent("member")})"""
_HAS_PHONE: Final = "select coalesce(btrim(acting.phone), '') <> '' from core.users acting where acting.id = $1"
_PARENT: Final = f"""
    select member.user_id from family.family_members member
     where member.family_id = $1 and {is_parent("member")} and not {deactivated("member.user_id")}
     order by (member.user_id = $2) desc, member.joined_at nulls last, member.user_id limit 1"""
_NOTE_DIGEST: Final = """
    update wondernest.consents consent set {digest} = $3
     where consent.family_id = $1 and consent.id = $2 and consent.standing = $4"""
_ENDED: Final = f"""
    select {_COLUMNS} from wondernest.consents consent where consent.ends_at <= $1 order by consent.ends_at limit $2"""
_REVOKED: Final = f"""
    select {_COLUMNS} from wondernest.consents consent join compliance.coppa_consent shown on shown.id = consent.id
     where consent.standing = 'granted' and shown.revoked_at is not null order by consent.family_id, consent.id limit $1"""
"""Our own revocations leave no such row. Plan: one pass over the consents in force and their rows."""
_ENDING: Final = f"""
    select {_COLUMNS} from wondernest.consents consent
     where consent.standing = 'granted' and consent.ends_at <= $1 and consent.ends_at > $2
       and consent.asked_again is null
     order by consent.ends_at limit $3"""
_OUTDATED: Final = f"""
    select {_COLUMNS} from wondernest.consents consent
     where consent.standing = 'granted' and consent.notice_version < $1 and consent.asked_again is distinct from 're-notice'
     order by consent.family_id, consent.id limit $2"""
_SECOND_DUE: Final = f"""
    with due as (
        select consent.family_id, consent.id from wondernest.consents consent
         where consent.second_due_at <= $1 order by consent.second_due_at limit $2 for update skip locked)
    update wondernest.consents consent set second_due_at = null
      from due where consent.family_id = due.family_id and consent.id = due.id
    returning {_COLUMNS}"""
_CLOSE_SHOWN: Final = """
    update compliance.coppa_consent shown set revoked_at = $2
     where shown.id = any ($1::uuid[]) and shown.revoked_at is null
       and shown.created_at > $2::timestamptz - interval '1 year'"""
BATCH_ROWS: Final = 200


class Asked(Struct, frozen=True, kw_only=True):
    """A consent that is asked for or in force."""

    family_id: UUID
    id: UUID
    """Also the id of the row of compliance.coppa_consent that stands for it once it is in force."""
    child_id: UUID
    parent_id: UUID
    granted: bool
    reason: str
    """Why it was asked for: `asked`, `renewal` or `re-notice`."""
    kind: str
    permissions: dict[str, bool]
    named_as: str | None
    method: str
    reference: str | None
    notice_version: int
    notice_language: str
    notice_digest: bytes
    requested_at: datetime
    confirmed_at: datetime | None
    ends_at: datetime
    asked_again: str | None
    child_added_at: datetime | None = None


class Addressee(Struct, frozen=True):
    """A parent, as letters need it."""

    email: str
    phone: str
    language: str | None


class FlowRepository:
    """Rows of consents. The child's row is locked before anything of it changes, so that changes follow each other."""

    async def lock_child(self, unit: Executor, child_id: UUID) -> UUID | None:
        """Lock a child's row for the service's own work; its family, or None if there is no such child."""
        family_id: UUID | None = await unit.fetchval(_LOCK_CHILD, child_id)
        return family_id

    async def lock_own(
        self, unit: Executor, child_id: UUID, parent_id: UUID, *, archived_too: bool = False
    ) -> UUID | None:
        """Lock a parent's child; its family, or None if it is not theirs. Raises CallerRefused."""
        family_id: UUID | None = await unit.fetchval(_LOCK_OWN, child_id, parent_id, archived_too)
        return family_id

    async def of_child(self, executor: Executor, child_id: UUID) -> list[Asked]:
        """A child's consents, those in force first."""
        return [_asked(row) for row in await executor.fetch(_OF_CHILD, child_id)]

    async def find(self, executor: Executor, family_id: UUID, consent_id: UUID) -> Asked | None:
        """A consent."""
        row = await executor.fetchrow(_ONE, family_id, consent_id)
        return None if row is None else _asked(row)

    async def by_token(self, executor: Executor, family_id: UUID, digest: bytes, *, undo: bool) -> Asked | None:
        """The consent of a letter's link. `undo`: of the second letter."""
        row = await executor.fetchrow(_BY_TOKEN.format(is_of=_OF_UNDO if undo else _OF_QUESTION), family_id, digest)
        return None if row is None else msgspec.structs.replace(_asked(row), child_added_at=row["child_added_at"])

    async def insert(self, unit: Executor, consent: Asked) -> None:
        """Store one. A request takes the place of the child's other requests."""
        if not consent.granted:
            await unit.execute(_DELETE_REQUESTS, consent.child_id)
        await unit.execute(
            _INSERT,
            consent.family_id,
            consent.id,
            consent.child_id,
            consent.parent_id,
            "granted" if consent.granted else "requested",
            consent.reason,
            consent.kind,
            msgspec.json.encode(consent.permissions),
            consent.named_as,
            consent.method,
            consent.reference,
            consent.notice_version,
            consent.notice_language,
            consent.notice_digest,
            consent.requested_at,
            consent.confirmed_at,
            consent.ends_at,
            consent.asked_again,
        )

    async def delete(self, unit: Executor, family_id: UUID, ids: list[UUID]) -> None:
        """Delete some of a family's."""
        await unit.execute(_DELETE, family_id, ids)

    async def confirm(self, unit: Executor, consent: Asked, second_due_at: datetime | None) -> None:
        """Put a request into force: its times, its reference and its notice are stored as they are given here."""
        await unit.execute(
            _CONFIRM,
            consent.family_id,
            consent.id,
            consent.confirmed_at,
            consent.ends_at,
            second_due_at,
            consent.reference,
            consent.notice_version,
            consent.notice_language,
            consent.notice_digest,
        )

    async def refer(self, executor: Executor, consent: Asked) -> None:
        """Note the verifier's name of a verification that was begun, and the notice that the parent saw."""
        await executor.execute(
            _REFER,
            consent.family_id,
            consent.id,
            consent.reference,
            consent.notice_version,
            consent.notice_language,
            consent.notice_digest,
        )

    async def narrow(self, unit: Executor, known: Asked, left: Asked) -> None:
        """Replace what a consent permits, or asks for; it goes on under the id of `left`."""
        permissions = msgspec.json.encode(left.permissions)
        await unit.execute(_NARROW, known.family_id, known.id, left.id, permissions, left.kind)

    async def note_asked_again(self, unit: Executor, known: Asked, why: str, ends_by: datetime) -> None:
        """Note that a consent is asked for again, and when it ends at the latest."""
        await unit.execute(_ASK_AGAIN, known.family_id, known.id, why, ends_by)

    async def addressee(self, executor: Executor, parent_id: UUID, family_id: UUID) -> Addressee | None:
        """How to reach a parent; None if the account is deactivated or no parent of the family any more."""
        row = await executor.fetchrow(_ADDRESSEE, parent_id, family_id)
        return None if row is None else Addressee(row["email"], (row["phone"] or "").strip(), row["language"])

    async def parent(self, executor: Executor, family_id: UUID, first: UUID) -> UUID | None:
        """A parent of a family with an active account: the first choice, or else the one who is longest in it; None without one."""
        found: UUID | None = await executor.fetchval(_PARENT, family_id, first)
        return found

    async def has_phone(self, executor: Executor, user_id: UUID) -> bool:
        """Whether a user has a telephone number."""
        return await executor.fetchval(_HAS_PHONE, user_id) is True

    async def note_token(self, executor: Executor, consent: Asked, digest: bytes, *, undo: bool) -> None:
        """Note the digest of a letter's token, unless the consent changed meanwhile."""
        statement = _NOTE_DIGEST.format(digest=_column(undo=undo))
        await executor.execute(
            statement, consent.family_id, consent.id, digest, "granted" if consent.granted else "requested"
        )

    async def ended(self, executor: Executor, now: datetime) -> list[Asked]:
        """Some whose time is over."""
        return [_asked(row) for row in await executor.fetch(_ENDED, now, BATCH_ROWS)]

    async def revoked(self, executor: Executor) -> list[Asked]:
        """Some in force to us, whose row another backend has revoked."""
        return [_asked(row) for row in await executor.fetch(_REVOKED, BATCH_ROWS)]

    async def ending(self, executor: Executor, by: datetime, now: datetime) -> list[Asked]:
        """Some in force that end soon and whose parent was not asked again."""
        return [_asked(row) for row in await executor.fetch(_ENDING, by, now, BATCH_ROWS)]

    async def outdated(self, executor: Executor, version: int) -> list[Asked]:
        """Some in force to an older notice, whose parent was not asked again for that."""
        return [_asked(row) for row in await executor.fetch(_OUTDATED, version, BATCH_ROWS)]

    async def take_due_seconds(self, unit: Executor, now: datetime) -> list[Asked]:
        """Some whose second letter is due; from now on it no longer is."""
        return [_asked(row) for row in await unit.fetch(_SECOND_DUE, now, BATCH_ROWS)]

    async def close_shown(self, unit: Executor, ids: list[UUID], now: datetime) -> None:
        """Revoke rows of compliance.coppa_consent, except those whose year is over: they expired by themselves."""
        await unit.execute(_CLOSE_SHOWN, ids, now)


def _column(*, undo: bool) -> str:
    return "undo_digest" if undo else "token_digest"


def _asked(row: Row) -> Asked:
    return Asked(
        family_id=row["family_id"],
        id=row["id"],
        child_id=row["child_id"],
        parent_id=row["parent_id"],
        granted=row["standing"] == "granted",
        reason=row["reason"],
        kind=row["consent_type"],
        permissions=msgspec.json.decode(row["permissions"], type=dict[str, bool]),
        named_as=row["named_as"],
        method=row["method"],
        reference=row["reference"],
        notice_version=row["notice_version"],
        notice_language=row["notice_language"],
        notice_digest=row["notice_digest"],
        requested_at=row["requested_at"],
        confirmed_at=row["confirmed_at"],
        ends_at=row["ends_at"],
        asked_again=row["asked_again"],
    )
