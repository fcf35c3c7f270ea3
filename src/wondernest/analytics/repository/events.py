"""The SQL of analytics. Each statement takes the acting adult and contains the guardianship rule."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from uuid import UUID

import asyncpg
from msgspec import Struct

from wondernest.access.consent import GateMode, Purpose, permitted, permitted_otherwise
from wondernest.access.guardianship import guards, stands
from wondernest.analytics.envelope import BadDocument
from wondernest.analytics.rules import MAX_KEPT_TRANSACTIONS, MAX_MILESTONES
from wondernest.platform.db.batch import LockWait
from wondernest.platform.time_zones import DEFAULT_ZONE
from wondernest.platform.usage import PERSON

if TYPE_CHECKING:
    from wondernest.analytics.rules import Currency, Milestone, Played, Transaction
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Executor
    from wondernest.platform.ids import Ids
    from wondernest.settings import Quotas

UNSTORABLE: Final = (asyncpg.DataError, asyncpg.ProgramLimitExceededError)
"""What PostgreSQL refuses: it stands in some value of the statement."""
MILESTONE: Final = "milestone"
_IS_GUARDIAN: Final = guards("given.child_id", "given.user_id", archived_too=True)
_COUNTS: Final = permitted_otherwise("child_id", f"'{Purpose.ANALYTICS.value}'", holds=False)
_OFF: Final = f"{{mode}} = '{GateMode.OFF.value}'"
_ENFORCED: Final = f"{{mode}} = '{GateMode.ENFORCE.value}'"
_COUNT: Final = """
               day = greatest(used.day, excluded.day),
               events = case when used.day >= excluded.day then used.events else 0 end + excluded.events,
               bytes = case when used.day >= excluded.day then used.bytes else 0 end + excluded.bytes"""
_STORE: Final = f"""
    with given as materialized (
        select event.* from (select set_config('lock_timeout', $13, true)) bound,
               unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::int[], $8::uuid[],
                      $9::bytea[], $10::timestamptz[], $11::text[], $12::int[], $17::text[])
               with ordinality as event (id, user_id, child_id, kind, category, data, size, session_id, fingerprint, at, game_key,
                                         minutes, purpose, place)
    ), allowed as materialized (
        select given.*, gate.permitted, gate.permitted or not {_ENFORCED.format(mode="$18::text")} as passes,
               row_number() over same = 1 as first,
               coalesce(used.events, 0) + count(*) filter (where gate.permitted or not {_ENFORCED.format(mode="$18")}) over earlier <= $15
                   and coalesce(used.bytes, 0) + coalesce(
                       sum(size) filter (where gate.permitted or not {_ENFORCED.format(mode="$18")}) over earlier, 0) <= $16 as fits
          from given
         cross join lateral (
               select {_OFF.format(mode="$18")} or {permitted("given.child_id", "given.purpose", holds=False)} as permitted offset 0) gate
          left join lateral (
               select * from wondernest.event_usage today
                where today.child_id = given.child_id and today.day >= $14 offset 0) used on true
         where {_IS_GUARDIAN}
        window same as (partition by given.child_id, fingerprint order by place),
               earlier as (partition by given.child_id order by place)
    ), fresh as (
        insert into wondernest.event_identities (child_id, fingerprint)
        select child_id, fingerprint from allowed where fingerprint is not null and first and fits and passes
         order by child_id, fingerprint
        on conflict do nothing
        returning child_id, fingerprint
    ), judged as (
        select allowed.*, passes and fits and (allowed.fingerprint is null or (first and fresh.fingerprint is not null)) as is_new,
               purpose = '{Purpose.ANALYTICS.value}' or not {_ENFORCED.format(mode="$18")} or {_COUNTS} as counts
          from allowed left join fresh using (child_id, fingerprint)
    ), counted as (
        insert into wondernest.event_usage as used (child_id, day, events, bytes)
        select child_id, $14, count(*), sum(size) from judged where is_new group by child_id order by child_id
        on conflict (child_id) do update set {_COUNT}
    ), stored as (
        insert into analytics.analytics_events (id, user_id, child_id, event_type, event_category, event_data, session_id, created_at)
        select id, user_id, child_id, kind, category, data, session_id, coalesce(at, current_timestamp)
          from judged where is_new and counts order by place
    ), played as (
        select child_id, game_key, minutes from judged
         where is_new and minutes is not null and counts
    ), recorded as ({{recording}}
    )
    select judged.place is not null as is_allowed, coalesce(judged.is_new, false) as is_new,
           judged.place is not null or exists (
               select from family.family_members member where member.user_id = given.user_id) as has_family,
           case when judged.fits then false else judged.place is not null and not exists (
               select from wondernest.event_identities known
                where known.child_id = judged.child_id and known.fingerprint = judged.fingerprint) end as is_refused,
           coalesce(judged.permitted, true) as is_permitted, coalesce(not judged.passes, false) as is_barred
      from given left join judged using (place)
     order by place"""
"""$13: lock_timeout, for this transaction only; $14: the day; $15 and $16: the most events and bytes of a child on a day; $17: the
purpose of the event; $18: the GateMode.

Consent is a column and no refusal: an event without it must not end the statement of its neighbours. The gate is not locked, which would cost
as much as the rest of it: a statement that began before a withdrawal may store its events, every later one obeys. An event from which a save
follows needs consent to saves; without consent to analytics its identity is stored, so that a late repetition overwrites nothing, and nothing else.

The identity of a refused event is not stored, so that it can be sent again. The limit is compared with the counter of the snapshot:
statements that run at the same time may exceed it by the events that they hold.
"""
_STORE_APART: Final = f"""
    with allowed as materialized (
        select given.*, gate.permitted
          from (select set_config('lock_timeout', $13, true)) bound,
               unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::text[], $6::jsonb[], $7::int[], $8::uuid[],
                      $9::bytea[], $10::timestamptz[], $11::text[], $12::int[])
               with ordinality as given (id, user_id, child_id, kind, category, data, size, session_id, fingerprint, at, game_key,
                                         minutes, place)
         cross join lateral (
               select {{permitted}} as permitted offset 0) gate
         where {_IS_GUARDIAN} and {{passes}}
           and not exists (select from wondernest.event_usage used
                            where used.child_id = given.child_id and used.day >= $14
                              and (used.events >= $15 or used.bytes + given.size > $16) offset 0)
    ), fresh as (
        insert into wondernest.event_identities (child_id, fingerprint)
        select child_id, fingerprint from allowed order by child_id
        on conflict do nothing
        returning child_id
    ), judged as (
        select allowed.* from allowed join fresh using (child_id)
    ), counted as (
        insert into wondernest.event_usage as used (child_id, day, events, bytes)
        select child_id, $14, 1, size from judged order by child_id
        on conflict (child_id) do update set {_COUNT}
    ), stored as (
        insert into analytics.analytics_events (id, user_id, child_id, event_type, event_category, event_data, session_id, created_at)
        select id, user_id, child_id, kind, category, data, session_id, coalesce(at, current_timestamp) from judged
    ), played as (
        select child_id, game_key, minutes from judged where minutes is not null
    ), recorded as ({{recording}}
    )
    select place, permitted from judged"""
"""Usual events of different children, each with a fingerprint and the purpose ANALYTICS; the answer is a row for each that was stored now.
Of the others nothing was written: _STORE decides about them. $1 to $16 as in _STORE.

It costs the database a tenth less than _STORE: no event of it repeats or counts with another, so it has no windows, and fewer columns.
"""
_STORE_ONE: Final = f"""
    with allowed as materialized (
        select from (select set_config('lock_timeout', $11, true)) bound
         where {guards("$3", "$2", archived_too=True)}
           and {{permitted}}
           and not exists (select from wondernest.event_usage used
                            where used.child_id = $3 and used.day >= $12 and (used.events >= $13 or used.bytes + $7 > $14))
    ), fresh as (
        insert into wondernest.event_identities (child_id, fingerprint) select $3, $9 from allowed
        on conflict do nothing
        returning child_id
    ), counted as (
        insert into wondernest.event_usage as used (child_id, day, events, bytes)
        select child_id, $12, 1, $7 from fresh
        on conflict (child_id) do update set {_COUNT}
    ), stored as (
        insert into analytics.analytics_events (id, user_id, child_id, event_type, event_category, event_data, session_id, created_at)
        select $1, $2, child_id, $4, $5, $6, $8, coalesce($10, current_timestamp) from fresh
    ){{play}}
    select true from fresh"""
"""One event with a fingerprint and the purpose ANALYTICS; the answer is a row, or none if anything is out of the ordinary, and then nothing
was written: _STORE decides. Out of the ordinary: the child is not the adult's, or consent is missing; the event is known, or a limit is
reached. $11 to $14: as $13 to $16 of _STORE.

It costs the database two thirds of _STORE for one event: a plan of scalar parameters without windows and joins starts faster.
"""
_PLAY_OF_ONE: Final = """, played as (
        select child_id, $15::text as game_key, $16::int as minutes from fresh
    ), recorded as ({recording}
    )"""
_TODAY: Final = "used.day >= (now() at time zone 'UTC')::date"
_HAS_FAMILY: Final = f"select exists (select from family.family_members where user_id = $1) where {stands('$1')}"
_ZONE: Final = """
    select l.time_zone from family.child_profiles c join wondernest.family_locales l on l.family_id = c.family_id where c.id = $1"""
_BALANCE: Final = """
    insert into games.virtual_currency as coins (child_id, balance, total_earned, total_spent, last_updated)
    values ($1, $2, $3, $4, now())
    on conflict (child_id) do update
       set balance = excluded.balance, total_earned = excluded.total_earned, total_spent = excluded.total_spent,
           last_updated = excluded.last_updated"""
_LEDGER_REASON: Final = """
    select attname from pg_attribute
     where attrelid = 'games.currency_transactions'::regclass and attname in ('source', 'source_reference')
       and not attisdropped
     order by attname limit 1"""
_LEDGER: Final = """
    insert into games.currency_transactions (child_id, amount, transaction_type, {reason}, description, created_at)
    select $1, amount, case when amount < 0 then 'spent' else 'earned' end, left(reason, 100), reason, moment
      from unnest($2::int[], $3::text[], $4::timestamptz[]) with ordinality as entry (amount, reason, moment, place)
     where not exists (
           select from games.currency_transactions known
            where known.child_id = $1 and known.created_at = entry.moment and known.amount = entry.amount
              and coalesce(known.description, '') = entry.reason)
     order by place
     limit greatest($5 - (select count(*) from games.currency_transactions known where known.child_id = $1), 0)"""
_MILESTONE: Final = """
    insert into analytics.learning_insights (child_id, insight_type, category, title, description, data)
    select $1, $2::text, left($3, 50), left($4, 255), $5, $6
     where not exists (
           select from analytics.learning_insights known
            where known.child_id = $1 and known.insight_type = $2::text and known.title = left($4, 255))
       and (select count(*) from analytics.learning_insights known
             where known.child_id = $1 and known.insight_type = $2::text) < $7"""

EVENTS_USED: Final = f"select used.events from wondernest.event_usage used where used.child_id = {PERSON} and {_TODAY}"
EVENT_BYTES_USED: Final = (
    f"select used.bytes from wondernest.event_usage used where used.child_id = {PERSON} and {_TODAY}"
)

IDENTITY_BATCH_ROWS: Final = 2_000
_FORGET_IDENTITIES: Final = """
    delete from wondernest.event_identities identity
     using (select child_id, fingerprint from wondernest.event_identities
             where created_at < $1 order by created_at limit $2) old
     where identity.child_id = old.child_id and identity.fingerprint = old.fingerprint"""
"""Plan: along the index of created_at, then by primary key."""


class NewEvent(Struct, frozen=True):
    """An event to be stored. `fingerprint`: None when repeated deliveries cannot be recognised."""

    user_id: UUID
    child_id: UUID
    kind: str
    category: str
    data: bytes
    session_id: UUID | None
    fingerprint: bytes | None
    played: Played | None = None
    at: datetime | None = None
    """When it happened; None: now."""
    saves: bool = False
    """Whether a save follows from it: then it needs consent to saves."""

    @property
    def purpose(self) -> Purpose:
        """For what it needs consent."""
        return Purpose.SAVES if self.saves else Purpose.ANALYTICS

    def columns(self, event_id: UUID) -> tuple[object, ...]:
        """The statement's values."""
        return (
            event_id,
            self.user_id,
            self.child_id,
            self.kind,
            self.category,
            self.data,
            len(self.data),
            self.session_id,
            self.fingerprint,
            self.at,
            self.played.game_key if self.played else None,
            self.played.minutes if self.played else None,
        )


class StoreResult(Struct, frozen=True):
    """The result for one event: the child is the adult's, the event was stored now, the adult has a family.

    `is_refused`: neither stored nor known, because the child has as many events as it may have on a day. `is_barred`: not stored, because
    nobody permitted its purpose; if not `is_permitted` only, it was stored all the same.
    """

    is_allowed: bool
    is_new: bool
    has_family: bool
    is_refused: bool = False
    is_permitted: bool = True
    is_barred: bool = False


_Columns: TypeAlias = tuple[object, ...]
_USUAL: Final = StoreResult(is_allowed=True, is_new=True, has_family=True)
_RECORDED: Final = StoreResult(is_allowed=True, is_new=True, has_family=True, is_permitted=False)


class PlayTime(Protocol):
    """The repository of play time; app.py passes in that of the games room."""

    def recording(self, played: str, *, once: bool = False) -> str:
        """SQL of a common table expression that adds the minutes of the query `played` (child_id, game_key, minutes).

        `once`: no child is in it twice.

        It is text, not a call, so that an event and its play time are one round trip; the SQL stays in the room of its tables.
        """
        ...


class AnalyticsRepository:
    """Stores events and the rows that are derived from them."""

    def __init__(
        self, play: PlayTime, ids: Ids, clock: Clock, quotas: Quotas, gate: GateMode = GateMode.ENFORCE
    ) -> None:
        self._gate = gate
        self._ids = ids
        self._clock = clock
        self._quotas = quotas
        recording = play.recording("played", once=True)
        self._store = _STORE.format(recording=play.recording("played"))
        self._store_apart = _STORE_APART.format(
            permitted=_permitted("given.child_id", gate),
            passes="gate.permitted" if gate is GateMode.ENFORCE else "true",
            recording=recording,
        )
        one = _permitted("$3", gate)
        self._store_one = _STORE_ONE.format(permitted=one, play="")
        self._store_played = _STORE_ONE.format(permitted=one, play=_PLAY_OF_ONE.format(recording=recording))
        self._ledger: str | None = None

    async def store(
        self, executor: Executor, events: Sequence[NewEvent], wait: LockWait = LockWait.UNBOUNDED
    ) -> list[StoreResult]:
        """Store new events of the adults' own children and their play time; a result for each event.

        Raises BadDocument when `events` is one event that PostgreSQL refuses.
        """
        rows = [event.columns(self._ids.ordered_uuid()) for event in events]
        limits = (wait.value, self._clock.now().date(), self._quotas.events, self._quotas.event_bytes)
        try:
            settled = await self._store_usual(executor, events, rows, limits)
            if left := [place for place in range(len(events)) if place not in settled]:
                settled |= await self._store_any(executor, events, rows, limits, left)
        except UNSTORABLE:
            if len(events) > 1:
                raise
            raise BadDocument("it holds a value that cannot be stored") from None
        return [settled[place] for place in range(len(events))]

    async def _store_usual(
        self, executor: Executor, events: Sequence[NewEvent], rows: Sequence[_Columns], limits: _Columns
    ) -> dict[int, StoreResult]:
        """Store those that are new and allowed, if all of them are usual; their results by place. Of the others nothing was written.

        If what stores the others fails, those that are sent again are known: nothing of them is stored twice.
        """
        if any(event.saves or event.fingerprint is None for event in events):
            return {}
        if len(events) > 1:
            if len({event.child_id for event in events}) < len(events):
                return {}
            found = await executor.fetch(self._store_apart, *map(list, zip(*rows, strict=True)), *limits)
            return {place - 1: _USUAL if permitted else _RECORDED for place, permitted in found}
        *values, game_key, minutes = rows[0]
        asked = (*values, *limits)
        if events[0].played is None:
            is_new = await executor.fetchval(self._store_one, *asked)
        else:
            is_new = await executor.fetchval(self._store_played, *asked, game_key, minutes)
        return {0: _USUAL} if is_new else {}

    async def _store_any(
        self,
        executor: Executor,
        events: Sequence[NewEvent],
        rows: Sequence[_Columns],
        limits: _Columns,
        places: Sequence[int],
    ) -> dict[int, StoreResult]:
        """Store those at these places, whatever they are; their results by place."""
        columns = map(list, zip(*(rows[place] for place in places), strict=True))
        purposes = [events[place].purpose.value for place in places]
        results = await executor.fetch(self._store, *columns, *limits, purposes, self._gate.value)
        return {place: StoreResult(*result) for place, result in zip(places, results, strict=True)}

    async def has_family(self, executor: Executor, user_id: UUID) -> bool:
        """Whether the adult belongs to any family."""
        return await executor.fetchval(_HAS_FAMILY, user_id)

    async def zone(self, executor: Executor, child_id: UUID) -> str:
        """The name of the time zone of a child's family, whoever asks: it is shown to nobody."""
        return await executor.fetchval(_ZONE, child_id) or DEFAULT_ZONE

    async def set_currency(self, executor: Executor, child_id: UUID, currency: Currency) -> None:
        """Set the balance, then insert the new transactions, up to MAX_KEPT_TRANSACTIONS of a child.

        The row lock of the balance serialises devices.
        """
        await executor.execute(_BALANCE, child_id, currency.balance, currency.earned, currency.spent)
        if currency.transactions:
            ledger = self._ledger or await self._ledger_statement(executor)
            await executor.execute(ledger, child_id, *_columns(currency.transactions), MAX_KEPT_TRANSACTIONS)

    async def add_milestone(self, executor: Executor, child_id: UUID, milestone: Milestone, data: bytes) -> None:
        """Insert a milestone unless the child has one of the same title, or MAX_MILESTONES."""
        texts = (milestone.category, milestone.title, milestone.description)
        await executor.execute(_MILESTONE, child_id, MILESTONE, *texts, data, MAX_MILESTONES)

    async def forget_identities(self, executor: Executor, before: datetime) -> None:
        """Remove identities created before a moment, in batches."""
        while (
            await executor.execute(_FORGET_IDENTITIES, before, IDENTITY_BATCH_ROWS) == f"DELETE {IDENTITY_BATCH_ROWS}"
        ):
            continue

    async def _ledger_statement(self, executor: Executor) -> str:
        """The insert of transactions; older databases have another name for the reason's column (schema §2)."""
        reason = await executor.fetchval(_LEDGER_REASON)
        self._ledger = _LEDGER.format(reason=reason)
        return self._ledger


def _columns(transactions: Sequence[Transaction]) -> tuple[list[int], list[str], list[object]]:
    return (
        [transaction.amount for transaction in transactions],
        [transaction.reason for transaction in transactions],
        [transaction.moment for transaction in transactions],
    )


def _permitted(child_id: str, gate: GateMode) -> str:
    """SQL condition, from an SQL expression: the child's events may be stored. The gate is not locked, see _STORE."""
    return "true" if gate is GateMode.OFF else permitted(child_id, Purpose.ANALYTICS, holds=False)
