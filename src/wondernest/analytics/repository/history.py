"""Reads what a child did in a span of days: one statement, with the guardianship rule, the family's zone, and everything figures need."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from math import isfinite
from typing import TYPE_CHECKING, Any, Final, Protocol
from uuid import UUID

import msgspec
from msgspec import Struct

from wondernest.access.guardianship import active, guards, stands
from wondernest.analytics.activities import (
    COMPLETE_PERCENT,
    COMPLETION,
    EDUCATIONAL_SCORE,
    KINDS,
    MARGIN_AFTER_S,
    MARGIN_BEFORE_S,
    MAX_ACTIVITY_S,
    PROGRESS,
    StoredEvent,
    View,
)
from wondernest.analytics.figures import Totals
from wondernest.auth.rules import DEFAULT_LANGUAGE
from wondernest.platform.time_zones import DEFAULT_ZONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wondernest.platform.db.pool import Executor, Row

HEAD, EVENT, VIEW, ROLLED = 0, 1, 2, 3
WEST_OF_UTC, EAST_OF_UTC = timedelta(hours=18), timedelta(hours=18)
"""A day of any zone begins so much earlier or later than that of UTC at most."""
BEFORE: Final = EAST_OF_UTC + timedelta(seconds=MARGIN_BEFORE_S)
AFTER: Final = WEST_OF_UTC + timedelta(days=1, seconds=MARGIN_AFTER_S)
"""What is read before and after the midnight (UTC) of a day, to compute the day in any zone."""
_KINDS: Final = ", ".join(f"'{kind}'" for kind in KINDS)
_BORN: Final = "least(greatest(c.birth_date, '0001-01-01'), '9999-12-31')"
_ACTING: Final = f"""
    select c.id, {_BORN} as birth_date, l.time_zone, l.first_day, l.language
      from family.child_profiles c
      left join lateral (select * from wondernest.family_locales where family_id = c.family_id offset 0) l on true
     where c.id = $2"""
GUARDED: Final = f"{_ACTING} and {active('c')} and {guards('$2', '$1')}"
_TRUSTED: Final = f"{_ACTING} and $1::uuid is null"
"""For jobs, for which no adult acts."""
_ALL_DAYS: Final = """
    windows as (select $3::date - interval '{before}' as since, $4::date + interval '{after}' as until)"""
_UNCOUNTED_DAYS: Final = """
    rolled as materialized (
        select r.* from acting join wondernest.child_days r on r.child_id = acting.id
         where r.day between $3 and $4 and r.counted_at is not null
           and (r.final or r.time_zone = coalesce(acting.time_zone, '{zone}'))),
    windows as (
        select lower(span) as since, upper(span) as until
          from (select unnest(range_agg(tsrange(day - interval '{before}', day + interval '{after}'))) as span
                  from generate_series($3::date::timestamp, $4::date::timestamp, '1 day') as day
                 where not exists (select from rolled where rolled.day = day.day::date)) islands)"""
"""Only the days that no valid row sums up are read; days side by side are one span."""
_NOTHING_ROLLED: Final = ""
_ROLLED_ROWS: Final = """
    union all
    select 3, contents, sessions, time_zone, null, null, null, null, null, null, false, false, false, day, interactions, categories
      from rolled"""
_HISTORY: Final = """
    with acting as materialized ({acting}),
    {days},
    educational as materialized ({educational})
    select 0 as part, null::bigint as at, null::bigint as until, acting.time_zone::text as kind, null::text as content,
           null::text as session, null::text as category, acting.language::text as minutes, null::text as play_minutes,
           null::text as nested_minutes, acting.id is not null as one, {has_family} as two, false as three,
           acting.birth_date::date as day, acting.first_day::int as number, null::jsonb as document
      from (select) head left join acting on true
    union all
    select 1, floor(extract(epoch from e.created_at))::bigint, null, e.event_type,
           e.event_data ->> 'contentId', e.event_data ->> 'sessionId', e.event_data -> 'eventData' ->> 'templateId',
           e.event_data ->> 'duration', e.event_data -> 'eventData' ->> 'playTimeMinutes',
           e.event_data -> 'eventData' -> 'data' ->> 'playTimeMinutes',
           coalesce(e.event_data -> 'eventData' -> 'data' ->> 'completed' = 'true', false),
           coalesce(e.event_data ->> 'contentId' in (select game_key from educational), false),
           coalesce(e.event_data ->> 'placedByArrival' = 'true', false), null, null, null
      from acting cross join windows
     cross join lateral (
           select * from analytics.analytics_events e
            where e.child_id = $2 and e.created_at >= windows.since at time zone 'UTC'
              and e.created_at < windows.until at time zone 'UTC' and e.event_type in ({kinds}) offset 0) e
    union all
    select 2, floor(extract(epoch from v.started_at))::bigint,
           floor(extract(epoch from coalesce(v.started_at + v.duration_seconds * interval '1 second', v.ended_at, v.started_at)))::bigint,
           null, v.content_id::text, null, lower(trim(coalesce(nullif(trim(i.category), ''), i.content_type, ''))), null, null, null,
           coalesce(v.completion_percentage >= {complete}, false),
           case when jsonb_typeof(i.metadata -> 'educationalValueScore') = 'number'
                then (i.metadata ->> 'educationalValueScore')::numeric >= {score} else false end, false, null, null, null
      from acting
      join content.content_engagement v on v.child_id = acting.id
       and v.started_at >= ($3::date - interval '{before}') at time zone 'UTC'
       and v.started_at < ($4::date + interval '{after}') at time zone 'UTC'
      left join content.content_items i on i.id = v.content_id{rolled}"""
"""$1: the adult; $2: the child; $3 and $4: the first and the last day.

Plan: for each window the index of the child and the time; nothing else of the child's history is looked at.
"""
HAS_FAMILY: Final = f"(select exists (select from family.family_members where user_id = $1) where {stands('$1')})"
_totals: Final = msgspec.json.Decoder(dict[str, tuple[int, int, int, int]]).decode


_ACTS: Final = f"""
    select {HAS_FAMILY} as has_family, exists (select from ({GUARDED}) acting) as is_allowed"""


class EducationalGames(Protocol):
    """The repository of the registry of games; app.py passes in that of the games room."""

    def educational(self) -> str:
        """SQL of a query: the keys (`game_key`) of the games with educational aims."""
        ...


class Rolled(Struct, frozen=True):
    """A day that was summed up: views of content are not in it."""

    categories: dict[str, Totals]
    interactions: int
    contents: int
    sessions: int


class History(Struct, frozen=True, kw_only=True):
    """What a child did. `is_allowed`: the child is the adult's; otherwise nothing else but `has_family` is set."""

    is_allowed: bool
    has_family: bool
    zone: str
    first_day: int
    language: str
    birth_date: date | None
    events: Sequence[Row]
    views: Sequence[Row]
    rolled: dict[date, Rolled]


class ActivityRepository:
    """Reads what children did."""

    def __init__(self, games: EducationalGames) -> None:
        self._whole = _statement(GUARDED, games.educational(), rolled=False)
        self._summed = _statement(GUARDED, games.educational(), rolled=True)
        self._trusted = _statement(_TRUSTED, games.educational(), rolled=False)

    async def acting(self, executor: Executor, user_id: UUID, child_id: UUID) -> tuple[bool, bool]:
        """Whether the adult has a family, and whether the child is an active one of theirs."""
        row = await executor.fetchrow(_ACTS, user_id, child_id)
        return (False, False) if row is None else (row["has_family"], row["is_allowed"])

    async def has_family(self, executor: Executor, user_id: UUID) -> bool:
        """Whether the adult belongs to any family."""
        return await executor.fetchval(f"select {HAS_FAMILY}", user_id)

    async def whole(self, executor: Executor, user_id: UUID, child_id: UUID, first: date, last: date) -> History:
        """Every event and view of the days, for one of the adult's own active children."""
        return _history(await executor.fetch(self._whole, user_id, child_id, first, last))

    async def summed(self, executor: Executor, user_id: UUID, child_id: UUID, first: date, last: date) -> History:
        """The sums of the days that are summed up, the events of the others, and every view."""
        return _history(await executor.fetch(self._summed, user_id, child_id, first, last))

    async def of_job(self, executor: Executor, child_id: UUID, first: date, last: date) -> History:
        """As `whole`, for any child."""
        return _history(await executor.fetch(self._trusted, None, child_id, first, last))


def stored_event(row: Row) -> StoredEvent:
    """An event from its row."""
    kind: str = row["kind"]
    if kind == PROGRESS:
        text = row["play_minutes"] if row["minutes"] is None else row["minutes"]
    else:
        text = row["nested_minutes"] if kind == COMPLETION else None
    return StoredEvent(
        at=row["at"],
        kind=kind,
        content_id=row["content"] if kind in {PROGRESS, COMPLETION} else row["category"] or row["content"],
        session_id=row["session"] or None,
        minutes=_number(text),
        completed=row["one"],
        educational=row["two"],
        by_arrival=row["three"],
    )


def view(row: Row) -> View:
    """A view from its row."""
    seconds = min(row["until"] - row["at"], MAX_ACTIVITY_S)
    return View(
        at=row["at"],
        content_id=row["content"],
        category=row["category"],
        seconds=seconds,
        completed=row["one"],
        educational=row["two"],
    )


def _statement(acting: str, educational: str, *, rolled: bool) -> str:
    before, after = (f"{int(span.total_seconds())} seconds" for span in (BEFORE, AFTER))
    days = (_UNCOUNTED_DAYS if rolled else _ALL_DAYS).format(before=before, after=after, zone=DEFAULT_ZONE)
    return _HISTORY.format(
        acting=acting,
        days=days,
        educational=educational,
        has_family=HAS_FAMILY,
        kinds=_KINDS,
        complete=COMPLETE_PERCENT,
        score=EDUCATIONAL_SCORE,
        before=before,
        after=after,
        rolled=_ROLLED_ROWS if rolled else _NOTHING_ROLLED,
    )


def _history(rows: Sequence[Row]) -> History:
    grouped: dict[int, list[Row]] = {HEAD: [], EVENT: [], VIEW: [], ROLLED: []}
    for row in rows:
        grouped[row["part"]].append(row)
    [head] = grouped[HEAD]
    return History(
        is_allowed=head["one"],
        has_family=head["two"],
        zone=head["kind"] or DEFAULT_ZONE,
        first_day=head["number"] or 0,
        language=head["minutes"] or DEFAULT_LANGUAGE,
        birth_date=head["day"],
        events=grouped[EVENT],
        views=grouped[VIEW],
        rolled={row["day"]: _rolled(row) for row in grouped[ROLLED]},
    )


def _rolled(row: Row) -> Rolled:
    categories = {name: Totals(*sums) for name, sums in _totals(row["document"]).items()}
    return Rolled(categories, row["number"], contents=row["at"], sessions=row["until"])


def _number(text: Any) -> float | None:
    """A JSON number as text; None for anything else."""
    try:
        number = None if text is None else float(text)
    except ValueError:
        return None
    return number if number is None or isfinite(number) else None


def utc_days(now: datetime, back: int) -> tuple[date, date]:
    """Days that contain today and the `back` days before it in every zone."""
    today = now.date()
    return today - timedelta(days=back + 1), today + timedelta(days=1)
