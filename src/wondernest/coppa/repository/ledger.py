"""The consent ledger: a chain of entries for each family, its head, and the receipts of erased families."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from wondernest.coppa.chain import START, Entry, Fact, Head, Line, Receipt, Redaction

if TYPE_CHECKING:
    from datetime import datetime

    from wondernest.platform.db.pool import Executor, Row

_HEAD: Final = """
    insert into wondernest.consent_heads as head (family_id, entries, digest, seal) values ($1, 0, $2, '')
        on conflict (family_id) do nothing"""
_LOCK: Final = """
    select head.family_id, head.entries, head.digest, head.doubted, head.seal
      from wondernest.consent_heads head where head.family_id = $1 for update"""
_APPEND: Final = """
    with added as (
        insert into wondernest.consent_ledger
               (family_id, number, child_id, consent_id, entry, actor_id, at, method, reference, notice_version,
                notice_digest, purposes, digest)
        select $1, line.number, line.child_id, line.consent_id, line.entry, line.actor_id, line.at, line.method,
               line.reference, line.notice_version, line.notice_digest, string_to_array(line.purposes, ' '), line.digest
          from unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::uuid[], $7::timestamptz[], $8::text[],
                      $9::text[], $10::int[], $11::bytea[], $12::text[], $13::bytea[])
               line (number, child_id, consent_id, entry, actor_id, at, method, reference, notice_version, notice_digest,
                     purposes, digest))
    update wondernest.consent_heads head set entries = $14, digest = $15, doubted = $16, seal = $17
     where head.family_id = $1"""
_COLUMNS: Final = """
    entry.family_id, entry.number, entry.child_id, entry.consent_id, entry.entry, entry.actor_id, entry.at, entry.method,
    entry.reference, entry.notice_version, entry.notice_digest, entry.purposes, entry.digest, entry.redacted, entry.doubted,
    entry.redaction"""
_LINES: Final = f"""
    select {_COLUMNS} from wondernest.consent_ledger entry
     where (entry.family_id, entry.number) > ($1, $2) and ($3::uuid is null or entry.family_id = $3)
     order by entry.family_id, entry.number limit $4"""
_HEADS: Final = """
    select head.family_id, head.entries, head.digest, head.doubted, head.seal
      from wondernest.consent_heads head
     where head.family_id > $1 and ($2::uuid is null or head.family_id = $2)
     order by head.family_id limit $3"""
_RECEIPTS: Final = """
    select receipt.family_digest, receipt.entries, receipt.erased_at, receipt.seal
      from wondernest.consent_erasures receipt where receipt.family_digest > $1 order by receipt.family_digest limit $2"""
_UNRECORDED: Final = """
    select consent.family_id, consent.id
      from wondernest.consents consent
     where (consent.family_id, consent.id) > ($1, $2) and ($3::uuid is null or consent.family_id = $3)
       and not exists (select from wondernest.consent_ledger entry
                        where entry.family_id = consent.family_id and entry.consent_id = consent.id
                          and entry.child_id = consent.child_id and entry.method = consent.method
                          and (consent.standing <> 'granted'
                               or entry.entry = 'grant' and entry.notice_version = consent.notice_version
                              and entry.notice_digest = consent.notice_digest
                              and consent.ends_at < entry.at + interval '1 year 1 day'))
     order by consent.family_id, consent.id limit $4"""
_GRANTED: Final = """
    select consent.family_id, consent.id, consent.permissions, consent.consent_type, consent.notice_version, given.purposes
      from wondernest.consents consent
      join lateral (select entry.purposes from wondernest.consent_ledger entry
                     where entry.family_id = consent.family_id and entry.child_id = consent.child_id
                       and entry.consent_id = consent.id and entry.entry = 'grant'
                     order by entry.number desc limit 1) given on true
     where (consent.family_id, consent.id) > ($1, $2) and ($3::uuid is null or consent.family_id = $3)
       and consent.standing = 'granted'
     order by consent.family_id, consent.id limit $4"""
_UNPROVEN: Final = """
    select child.family_id, child.id
      from wondernest.consent_gates gate
      join family.child_profiles child on child.id = gate.child_id
     where (child.family_id, child.id) > ($1, $2) and ($3::uuid is null or child.family_id = $3)
       and gate.in_force_until > now()
       and not exists (select from wondernest.consent_ledger given
                        where given.child_id = gate.child_id and given.consent_id = gate.consent_id and given.entry = 'grant'
                          and gate.purposes::text[] <@ given.purposes::text[]
                          and gate.in_force_until < given.at + interval '1 year 1 day'
                          and not exists (select from wondernest.consent_ledger ended
                                           where ended.child_id = given.child_id and ended.consent_id = given.consent_id
                                             and ended.family_id = given.family_id and ended.number > given.number
                                             and ended.entry in ('withdraw', 'undo', 'expire')))
     order by child.family_id, child.id limit $4"""
"""A consent holds for a year; the day is for a leap year and the zone of the session. Days of grace are no consent."""
_REQUESTS: Final = """
    select count(*) from wondernest.consent_ledger entry
     where entry.family_id = $1 and entry.child_id = $2 and entry.entry = 'request' and entry.at > $3
       and entry.actor_id is not null"""
_SNAPSHOT: Final = "set transaction isolation level repeatable read, read only"
_ERASE: Final = "select wondernest.erase_consent_ledger($1, $2, $3)"
PAGE_ROWS: Final = 1_000
REDACTED_AT_ONCE: Final = 200
"""So many entries are redacted while the family's head is locked."""
_FAMILIES_NAMING: Final = """
    select entry.family_id from wondernest.consent_ledger entry where entry.child_id = any ($1::uuid[])
    union
    select entry.family_id from wondernest.consent_ledger entry where entry.actor_id = any ($2::uuid[])"""
_REFERENCES: Final = """
    select distinct entry.reference from wondernest.consent_ledger entry
     where entry.family_id = $1 and entry.actor_id = any ($2::uuid[]) and entry.reference is not null"""
_NAMING: Final = f"""
    select {_COLUMNS}, before.digest as previous
      from wondernest.consent_ledger entry
      left join wondernest.consent_ledger before
             on before.family_id = entry.family_id and before.number = entry.number - 1
     where entry.family_id = $1
       and (entry.child_id = any ($2::uuid[]) or entry.actor_id = any ($3::uuid[]) or entry.reference = any ($4::text[]))
     order by coalesce(entry.actor_id = any ($3::uuid[]), false), entry.number limit {REDACTED_AT_ONCE}"""
"""Entries that only share a reference come first: it is known from the others."""
_REDACT: Final = """
    select count(*) from unnest($2::bigint[], $3::text[], $4::boolean[], $5::bytea[]) line (number, emptied, doubted, seal)
     where wondernest.redact_consent_ledger($1, line.number, string_to_array(line.emptied, ' '), line.doubted, line.seal)"""
_END_CONSENTS: Final = "delete from wondernest.consents where child_id = any ($1::uuid[])"
_END_GATES: Final = """
    update wondernest.consent_gates gate set purposes = '{}', in_force_until = null, consent_id = null, grace_until = null
     where gate.child_id = any ($1::uuid[])"""


class Granted(Struct, frozen=True):
    """A consent in force: what it says that it permits, and the purposes that the ledger says."""

    family_id: UUID
    id: UUID
    permissions: dict[str, bool]
    kind: str
    notice_version: int
    purposes: frozenset[str]


class LedgerRepository:
    """Appends to the ledger, one family at a time, and reads it."""

    async def lock(self, unit: Executor, family_id: UUID) -> Head:
        """The head of the family's chain. Other units that append to it wait until this one ends."""
        row = await unit.fetchrow(_LOCK, family_id)
        if row is None:
            await unit.execute(_HEAD, family_id, START)
            row = await unit.fetchrow(_LOCK, family_id)
        assert row is not None  # nothing but an erasure deletes a head, and then the family is gone
        return _head(row)

    async def lock_known(self, unit: Executor, family_id: UUID) -> Head | None:
        """As `lock`; None for a family without a chain."""
        row = await unit.fetchrow(_LOCK, family_id)
        return None if row is None else _head(row)

    async def append(self, unit: Executor, lines: Sequence[Line], head: Head) -> None:
        """Store lines and the new head. The head is locked."""
        facts = [line.fact for line in lines]
        await unit.execute(
            _APPEND,
            head.family_id,
            [line.number for line in lines],
            [fact.child_id for fact in facts],
            [fact.consent_id for fact in facts],
            [fact.entry.value for fact in facts],
            [fact.actor_id for fact in facts],
            [fact.at for fact in facts],
            [fact.method for fact in facts],
            [fact.reference for fact in facts],
            [fact.notice_version for fact in facts],
            [fact.notice_digest for fact in facts],
            [" ".join(sorted(fact.purposes)) for fact in facts],
            [line.digest for line in lines],
            head.entries,
            head.digest,
            head.doubted,
            head.seal,
        )

    async def requests(self, executor: Executor, family_id: UUID, child_id: UUID, since: datetime) -> int:
        """How often parents asked for a consent of the child since a moment."""
        number: int = await executor.fetchval(_REQUESTS, family_id, child_id, since)
        return number

    async def snapshot(self, unit: Executor) -> None:
        """Let a unit see one state of the ledger until it ends. It must be the unit's first statement."""
        await unit.execute(_SNAPSHOT)

    async def lines(self, executor: Executor, after: Line | None, family_id: UUID | None) -> list[Line]:
        """The next lines, by family and number, at most PAGE_ROWS. `family_id`: only this family's."""
        place = (UUID(int=0), 0) if after is None else (after.family_id, after.number)
        return [_line(row) for row in await executor.fetch(_LINES, *place, family_id, PAGE_ROWS)]

    async def heads(self, executor: Executor, after: Head | None, family_id: UUID | None) -> list[Head]:
        """The next heads, by family, at most PAGE_ROWS."""
        place = UUID(int=0) if after is None else after.family_id
        return [_head(row) for row in await executor.fetch(_HEADS, place, family_id, PAGE_ROWS)]

    async def receipts(self, executor: Executor, after: Receipt | None) -> list[Receipt]:
        """The next receipts of erasures, at most PAGE_ROWS."""
        rows = await executor.fetch(_RECEIPTS, b"" if after is None else after.family_digest, PAGE_ROWS)
        return [Receipt(row["family_digest"], row["entries"], row["erased_at"], row["seal"]) for row in rows]

    async def unrecorded(
        self, executor: Executor, after: tuple[UUID, UUID] | None, family_id: UUID | None
    ) -> list[tuple[UUID, UUID]]:
        """The next consents, by family and id, of which the ledger knows nothing, or something else than they say."""
        return await _places(executor, _UNRECORDED, after, family_id)

    async def granted(self, executor: Executor, after: Granted | None, family_id: UUID | None) -> list[Granted]:
        """The next consents in force that the ledger knows, by family and id, at most PAGE_ROWS."""
        place = (UUID(int=0), UUID(int=0)) if after is None else (after.family_id, after.id)
        return [
            Granted(
                row["family_id"],
                row["id"],
                msgspec.json.decode(row["permissions"], type=dict[str, bool]),
                row["consent_type"],
                row["notice_version"],
                frozenset(row["purposes"]),
            )
            for row in await executor.fetch(_GRANTED, *place, family_id, PAGE_ROWS)
        ]

    async def unproven(
        self, executor: Executor, after: tuple[UUID, UUID] | None, family_id: UUID | None
    ) -> list[tuple[UUID, UUID]]:
        """The next children, by family and id, whose gate permits more, or for longer, than the ledger says."""
        return await _places(executor, _UNPROVEN, after, family_id)

    async def erase(self, unit: Executor, family_id: UUID, receipt: Receipt) -> int:
        """Erase the family's chain and store the receipt; how many entries there were. The head is locked."""
        number: int = await unit.fetchval(_ERASE, family_id, receipt.erased_at, receipt.seal)
        return number

    async def families_naming(self, executor: Executor, children: Sequence[UUID], adults: Sequence[UUID]) -> list[UUID]:
        """The families with entries that name one of these people."""
        rows = await executor.fetch(_FAMILIES_NAMING, list(children), list(adults))
        return [row["family_id"] for row in rows]

    async def references(self, unit: Executor, family_id: UUID, adults: Sequence[UUID]) -> list[str]:
        """What verifiers call the verifications of adults of a family."""
        rows = await unit.fetch(_REFERENCES, family_id, list(adults))
        return [row["reference"] for row in rows]

    async def naming(
        self,
        unit: Executor,
        family_id: UUID,
        children: Sequence[UUID],
        adults: Sequence[UUID],
        references: Sequence[str],
    ) -> list[tuple[Line, bytes | None]]:
        """Entries that name one of these people, at most REDACTED_AT_ONCE, each with the digest before it, if that is there."""
        rows = await unit.fetch(_NAMING, family_id, list(children), list(adults), list(references))
        return [(_line(row), START if row["number"] == 1 else row["previous"]) for row in rows]

    async def redact(self, unit: Executor, family_id: UUID, lines: Sequence[Line]) -> int:
        """Store redacted entries; how many there were."""
        redactions = [(line.number, line.redaction) for line in lines if line.redaction is not None]
        number: int = await unit.fetchval(
            _REDACT,
            family_id,
            [place for place, _ in redactions],
            [" ".join(redaction.emptied) for _, redaction in redactions],
            [redaction.doubted for _, redaction in redactions],
            [redaction.seal for _, redaction in redactions],
        )
        return number

    async def end_consents(self, executor: Executor, children: Sequence[UUID]) -> int:
        """End the consents of children, in force and asked for: the ledger is about to forget them. How many were deleted."""
        ended = int((await executor.execute(_END_CONSENTS, list(children))).rpartition(" ")[2])
        await executor.execute(_END_GATES, list(children))
        return ended


async def _places(
    executor: Executor, query: str, after: tuple[UUID, UUID] | None, family_id: UUID | None
) -> list[tuple[UUID, UUID]]:
    """The next pairs of a family and an id, at most PAGE_ROWS."""
    place = (UUID(int=0), UUID(int=0)) if after is None else after
    return [(row["family_id"], row["id"]) for row in await executor.fetch(query, *place, family_id, PAGE_ROWS)]


def _head(row: Row) -> Head:
    return Head(row["family_id"], row["entries"], row["digest"], row["doubted"], row["seal"])


def _line(row: Row) -> Line:
    fact = Fact(
        entry=Entry(row["entry"]),
        child_id=row["child_id"],
        consent_id=row["consent_id"],
        actor_id=row["actor_id"],
        at=row["at"],
        method=row["method"],
        reference=row["reference"],
        notice_version=row["notice_version"],
        notice_digest=row["notice_digest"],
        purposes=tuple(row["purposes"]),
    )
    redaction = None
    if row["redaction"] is not None:
        redaction = Redaction(tuple(row["redacted"] or ()), row["doubted"], row["redaction"])
    return Line(row["family_id"], row["number"], fact, row["digest"], redaction)
