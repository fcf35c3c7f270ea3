"""Consents and the children they are for."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.guardianship import active, belongs, family_of, guards
from wondernest.coppa.rules import COUNTED_TIME, STAMP_TOLERANCE, VERSION, ChildReference, Consent
from wondernest.coppa.terms import MARK, Terms
from wondernest.platform.usage import PERSON

if TYPE_CHECKING:
    from wondernest.platform.addresses import Address
    from wondernest.platform.db.pool import Executor, Row

UNDATED: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""Used where a consent has no date: such a consent has expired."""
_FAMILY: Final = family_of("$1", "$2")
_DISTANCE: Final = "abs(extract(epoch from c.created_at - $4::timestamptz))"
_BORN: Final = "least(greatest(c.birth_date, '0001-01-01'), '9999-12-31') as birth_date"
"""Limited to the years that Python supports: the earlier backends accepted any year that PostgreSQL knows."""
_FIND: Final = f"""
    with acting as ({_FAMILY}),
    named as (
        select c.id, {_BORN}, {belongs("c.family_id", "$1")} as own
          from family.child_profiles c
         where c.id = $3 and ($6 or ({active("c")}))),
    guessed as (
        select c.id, {_BORN}, true as own
          from family.child_profiles c
          join acting on acting.family_id = c.family_id
          left join lateral (
               select greatest(
                      (select max(consent.created_at) from compliance.coppa_consent consent
                        where consent.child_id = c.id and strpos(consent.consent_text, $7) > 0),
                      (select max(asked.requested_at) from wondernest.consents asked
                        where asked.child_id = c.id and strpos($7, '"' || asked.named_as || '"') > 0)) as at) granted_as on true
         where $3 is null and $7::text is not null and ($6 or ({active("c")}))
           and (granted_as.at is not null or ({active("c")}) and ({_DISTANCE} <= $5 or $8))
         order by granted_as.at desc nulls last, case when {_DISTANCE} <= $5 then {_DISTANCE} end nulls last, c.created_at desc nulls last, c.id
         limit 1),
    child as (select * from named union all select * from guessed)
    select acting.family_id is not null as has_family, child.id, child.birth_date, child.own, newest.*
      from (select true) asked
      left join acting on true
      left join child on true
      left join lateral (
           select consent.id as consent_id, consent.granted, consent.created_at, consent.revoked_at,
                  consent.consent_type, consent.consent_text
             from compliance.coppa_consent consent
            where consent.child_id = child.id
            order by (consent.revoked_at is null) desc, consent.created_at desc nulls last, consent.id
            limit 1) newest on child.own"""
_OPEN: Final = f"""
    select consent.id as consent_id, consent.granted, consent.created_at, consent.revoked_at, consent.consent_type,
           consent.consent_text
      from compliance.coppa_consent consent
     where consent.child_id = $1 and consent.revoked_at is null and {guards("$1", "$2")}
     order by consent.created_at desc nulls last, consent.id limit 1"""
_RECORD: Final = f"""
    with child as materialized (
        select c.id, c.family_id from family.child_profiles c where c.id = $1 and {guards("c.id", "$2", parent=True)}),
    room as materialized (
        select child.*, $11 or $10 > (
               select count(*) from compliance.coppa_consent consent
                where consent.child_id = child.id and consent.created_at > $3::timestamptz - $12::interval) as free
          from child),
    closed as (
        update compliance.coppa_consent consent set revoked_at = $3
          from room where room.free and consent.child_id = room.id and consent.revoked_at is null),
    stored as (
        insert into compliance.coppa_consent
               (id, family_id, child_id, parent_id, consent_type, granted, ip_address, user_agent, consent_text, version,
                created_at)
        select $4, room.family_id, room.id, $2, $5, true, $6, $7, $8, $9, $3 from room where room.free)
    select free from room"""
"""$10: the most consents of a child within the time $12, unless $11. The child is locked before, so the count is exact."""
_REVOKE: Final = f"""
    update compliance.coppa_consent consent set revoked_at = $3
     where consent.child_id = $1 and consent.revoked_at is null and {guards("$1", "$2", archived_too=True, parent=True)}
    returning consent.id, consent.consent_type, consent.consent_text"""

_BATCH_ROWS: Final = 500
_WITH_PROOF_TEXTS: Final = """
    select consent.id, consent.consent_text as text, consent.created_at
      from compliance.coppa_consent consent
     where ($1::uuid is null or consent.id > $1)
       and (consent.consent_text ~ '"verificationData":\\{' and
            consent.consent_text !~ '"verificationData":\\{"parentSignature":"\\d{4}-\\d\\d-\\d\\dT[\\d:.]{8,15}Z"\\}'
            or consent.consent_text ~ '"verificationMethod":"' and
            consent.consent_text !~ '"verificationMethod":"[A-Za-z_]{1,40}"')
     order by consent.id limit $2"""
"""The patterns are those of `recorded_method` and `carried_data`."""
_REPLACE_TEXT: Final = """
    update compliance.coppa_consent set consent_text = $3 where id = $1 and consent_text = $2"""
CONSENTS_USED: Final = (
    f"select count(*) from compliance.coppa_consent used where used.child_id = {PERSON}"
    f" and used.created_at > now() - interval '{COUNTED_TIME.total_seconds():.0f} seconds'"
)


class KnownConsent(Struct, frozen=True):
    """A stored consent with its type and terms."""

    consent: Consent
    kind: str
    terms: Terms


class FoundChild(Struct, frozen=True):
    """The child that a caller named; `own`: it is the caller's."""

    id: UUID
    birth_date: date
    own: bool


class FoundConsent(Struct, frozen=True):
    """Whether the caller has a family, the child they named, and that child's newest consent."""

    has_family: bool
    child: FoundChild | None
    newest: KnownConsent | None


class NewConsent(Struct, frozen=True):
    """A consent to be stored."""

    id: UUID
    child_id: UUID
    parent_id: UUID
    kind: str
    terms: Terms
    ip: Address | None
    user_agent: str | None
    created_at: datetime


class Revoked(Struct, frozen=True):
    """A consent that was open until now."""

    id: UUID
    kind: str
    permissions: dict[str, bool]


class StoredText(Struct, frozen=True):
    """A consent's stored terms."""

    id: UUID
    text: str
    created_at: datetime


class ConsentRepository:
    """Finds children and stores their consents."""

    async def find(
        self,
        executor: Executor,
        user_id: UUID,
        family_hint: UUID | None,
        reference: ChildReference,
        *,
        archived_too: bool = False,
        else_newest: bool = False,
    ) -> FoundConsent:
        """The child that a client refers to and, if it is the caller's, its newest consent. An open consent comes first.

        The app's own id means the child for which consent was granted with it, else the active child created at that time,
        else, with `else_newest`, the newest active child (a phone's clock may be wrong).
        """
        tolerance = STAMP_TOLERANCE.total_seconds()
        row = await executor.fetchrow(
            _FIND,
            user_id,
            family_hint,
            reference.child_id,
            reference.made_about,
            tolerance,
            archived_too,
            None if reference.app_id is None else MARK.format(reference.app_id),
            else_newest,
        )
        assert row is not None  # the statement's first part is one row
        child = None if row["id"] is None else FoundChild(row["id"], row["birth_date"], row["own"])
        return FoundConsent(row["has_family"], child, None if row["consent_id"] is None else _known(row))

    async def open(self, executor: Executor, child_id: UUID, parent_id: UUID) -> KnownConsent | None:
        """The consent of the parent's child that was not revoked."""
        row = await executor.fetchrow(_OPEN, child_id, parent_id)
        return None if row is None else _known(row)

    async def record(self, unit: Executor, consent: NewConsent, most: int | None) -> bool:
        """Revoke the open consent and store the new one; False when the child is not the parent's.

        Raises TooOften when the child has `most` consents of the last rules.COUNTED_TIME. None: any number.
        """
        stored: bool | None = await unit.fetchval(
            _RECORD,
            consent.child_id,
            consent.parent_id,
            consent.created_at,
            consent.id,
            consent.kind,
            consent.ip,
            consent.user_agent,
            consent.terms.stored(),
            VERSION,
            most or 0,
            most is None,
            COUNTED_TIME,
        )
        if stored is False:
            raise TooOften
        return stored is True

    async def revoke(self, executor: Executor, child_id: UUID, parent_id: UUID, now: datetime) -> list[Revoked]:
        """Revoke every open consent of the parent's child, active or archived; what they were."""
        rows = await executor.fetch(_REVOKE, child_id, parent_id, now)
        return [Revoked(row["id"], row["consent_type"], Terms.read(row["consent_text"]).permissions) for row in rows]

    async def with_proof_texts(self, executor: Executor, after: UUID | None) -> list[StoredText]:
        """The next consents, in the order of their ids, whose text holds more about the parent than is recorded today."""
        rows = await executor.fetch(_WITH_PROOF_TEXTS, after, _BATCH_ROWS)
        return [StoredText(row["id"], row["text"], row["created_at"] or UNDATED) for row in rows]

    async def replace_text(self, executor: Executor, consent_id: UUID, text: str, reduced: str) -> None:
        """Store the reduced text, unless somebody changed the row meanwhile."""
        await executor.execute(_REPLACE_TEXT, consent_id, text, reduced)


class TooOften(Exception):
    """The child's consent was recorded too often lately."""


def _known(row: Row) -> KnownConsent:
    terms = Terms.read(row["consent_text"])
    consent = Consent(
        id=row["consent_id"],
        granted=row["granted"],
        created_at=row["created_at"] or UNDATED,
        revoked_at=row["revoked_at"],
        permissions=terms.permissions,
    )
    return KnownConsent(consent, row["consent_type"], terms)
