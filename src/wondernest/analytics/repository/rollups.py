"""Days that are summed up: `wondernest.child_days`, and `analytics.daily_child_metrics` for those who read the shared schema.

A row is inserted first and counted later, at least SETTLING after. So a transaction that stored an event of the day either saw the row,
and asked for it to be counted again, or had ended before the day was counted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from wondernest.analytics.activities import WORD
from wondernest.platform.time_zones import DEFAULT_ZONE

if TYPE_CHECKING:
    from wondernest.analytics.figures import Totals
    from wondernest.platform.db.pool import Executor

SETTLING: Final = timedelta(minutes=2)
"""Longer than any transaction of a request may take."""
CHILDREN_AT_ONCE: Final = 200
OLD_AT_ONCE: Final = 20_000
REMOVED_AT_ONCE: Final = 500
"""Events: a statement of some milliseconds, so that no request waits for it."""
WALK: Final = "analytics.sum_up_days"
_RECOUNT: Final = """
    update wondernest.child_days set counted_at = null, asked_at = least($4, now()) where child_id = $1 and day between $2 and $3"""
_AFTER: Final = "select after_id from wondernest.walks where name = $1"
_GO_ON: Final = """
    insert into wondernest.walks (name, after_id) values ($1, $2)
    on conflict (name) do update set after_id = excluded.after_id"""
_END: Final = "delete from wondernest.walks where name = $1"
_CHILDREN: Final = """
    select id from family.child_profiles where $1::uuid is null or id > $1 order by id limit $2"""
_ASK: Final = f"""
    insert into wondernest.child_days as known (child_id, day, time_zone, asked_at)
    select child.id, settled.day::date, coalesce(l.time_zone, '{DEFAULT_ZONE}'), $4
      from unnest($1::uuid[]) as child (id)
      join family.child_profiles c on c.id = child.id
      left join lateral (select * from wondernest.family_locales where family_id = c.family_id offset 0) l on true
     cross join generate_series($2::date, $3::date, '1 day') as settled (day)
     where exists (select from analytics.analytics_events e
                    where e.child_id = child.id and e.created_at >= $2::date at time zone 'UTC')
     order by 1, 2
    on conflict (child_id, day) do update
       set time_zone = excluded.time_zone, counted_at = null, asked_at = excluded.asked_at
     where known.time_zone <> excluded.time_zone"""
"""Only for children with events since then. A family that moved to another zone has other days: they are counted again."""
_WAITING: Final = """
    select child_id, array_agg(day order by day) as days, min(time_zone) as zone
      from (select child_id, day, time_zone from wondernest.child_days
             where counted_at is null and asked_at < $1 order by asked_at limit $2) waiting
     group by child_id, time_zone order by child_id"""
_KEEP: Final = """
    with counted as materialized (
        select * from unnest($4::date[], $5::jsonb[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[], $11::int[], $12::int[],
                             $13::int[], $15::int[], $16::int[])
               as counted (day, categories, interactions, screen, contents, learning, creative, words, stories, games, known,
                           sessions)),
    kept as (
        update wondernest.child_days known
           set counted_at = $3, categories = counted.categories, interactions = counted.interactions,
               contents = counted.known, sessions = counted.sessions
          from counted
         where known.child_id = $1 and known.day = counted.day and known.time_zone = $2 and known.counted_at is null
           and known.asked_at < $14
        returning known.day),
    shown as (
        insert into analytics.daily_child_metrics
               (child_id, date, screen_time_minutes, content_items_viewed, learning_time_minutes, creative_time_minutes,
                vocabulary_words_learned, stories_completed, games_played)
        select $1, day, screen, contents, learning, creative, words, stories, games
          from counted where day in (select day from kept)
        on conflict (child_id, date) do update
           set screen_time_minutes = excluded.screen_time_minutes, content_items_viewed = excluded.content_items_viewed,
               learning_time_minutes = excluded.learning_time_minutes, creative_time_minutes = excluded.creative_time_minutes,
               vocabulary_words_learned = excluded.vocabulary_words_learned, stories_completed = excluded.stories_completed,
               games_played = excluded.games_played)
    select count(*) from kept"""
"""Both tables in one statement: a killed process leaves neither half. $14: only days that nobody asked for since then."""
_WORDS: Final = f"""
    select min(e.created_at) as first
      from analytics.analytics_events e
     where e.child_id = $1 and e.created_at < $2 and e.event_type = '{WORD}'
       and e.event_data -> 'eventData' ->> 'word' is not null
     group by lower(e.event_data -> 'eventData' ->> 'word')
    having min(e.created_at) >= $3"""
"""For the job alone: it looks at every word of the child that is kept."""


_EARLIER: Final = "select least($1, now())"
_ANY_DAY: Final = "true"
_ARCHIVED: Final = """
    e.created_at < (select max(day) + 1 from wondernest.event_archives where archived_at is not null) at time zone 'UTC'
    and exists (select from wondernest.event_archives a
                 where a.day = (e.created_at at time zone 'UTC')::date and a.archived_at is not null)"""
"""The first condition ends the walk where nothing later is archived."""
_OLD: Final = """
    select child_id, min(created_at)::date as first
      from (select e.child_id, e.created_at from analytics.analytics_events e
             where e.created_at < $1 and e.child_id is not null and {which} order by e.created_at limit $2) old
     group by child_id order by child_id"""
"""Plan: along the index of created_at."""
_ASK_OLD: Final = f"""
    insert into wondernest.child_days (child_id, day, time_zone, asked_at)
    select c.id, old.day::date, coalesce(l.time_zone, '{DEFAULT_ZONE}'), $4
      from family.child_profiles c
      left join lateral (select * from wondernest.family_locales where family_id = c.family_id offset 0) l on true
     cross join generate_series($2::date, $3::date, '1 day') as old (day)
     where c.id = $1
    on conflict do nothing"""
_FINISH: Final = """
    update wondernest.child_days set final = true
     where child_id = $1 and day between $2 and $3 and not final
       and not exists (select from wondernest.child_days waiting
                        where waiting.child_id = $1 and waiting.day between $2 and $3 and waiting.counted_at is null)"""
_ALL_FINAL: Final = """
    select count(*) = $3::date - $2::date + 1 from wondernest.child_days
     where child_id = $1 and day between $2 and $3 and final"""
_REMOVE: Final = """
    delete from analytics.analytics_events event
     using (select e.id from analytics.analytics_events e
             where e.child_id = $1 and e.created_at < $2 and {which} order by e.created_at limit $3) old
     where event.id = old.id"""
"""Plan: the index of child and time, then the primary key."""


class Waiting(Struct, frozen=True):
    """Days of a child that wait to be counted, in the zone in which they are days."""

    child_id: UUID
    days: Sequence[date]
    zone: str


class Metrics(Struct, frozen=True):
    """The columns of analytics.daily_child_metrics that we fill. Times in minutes."""

    screen: int
    contents: int
    learning: int
    creative: int
    words: int
    stories: int
    games: int


class CountedDay(Struct, frozen=True, kw_only=True):
    """A day that was counted; `categories` without views of content, `metrics` with them."""

    day: date
    categories: Mapping[str, Totals]
    interactions: int
    contents: int
    sessions: int
    metrics: Metrics


class RollupRepository:
    """Which days wait, and what was counted."""

    async def recount(self, executor: Executor, child_id: UUID, first: date, last: date, now: datetime) -> None:
        """Ask for the days of a child to be counted again, if they were."""
        await executor.execute(_RECOUNT, child_id, first, last, now)

    async def after(self, executor: Executor) -> UUID | None:
        """Where the walk over all children goes on; None at the beginning."""
        return await executor.fetchval(_AFTER, WALK)

    async def go_on_after(self, executor: Executor, child_id: UUID | None) -> None:
        """Note where the walk goes on; None when it is at its end."""
        if child_id is None:
            await executor.execute(_END, WALK)
        else:
            await executor.execute(_GO_ON, WALK, child_id)

    async def children(self, executor: Executor, after: UUID | None) -> list[UUID]:
        """The next children of the walk; fewer than CHILDREN_AT_ONCE at the end."""
        return [row["id"] for row in await executor.fetch(_CHILDREN, after, CHILDREN_AT_ONCE)]

    async def ask(self, executor: Executor, children: Sequence[UUID], first: date, last: date, now: datetime) -> None:
        """Ask for days to be counted that never were, or in another zone; only of children with events since the first."""
        await executor.execute(_ASK, children, first, last, now)

    async def waiting(self, executor: Executor, now: datetime, most: int) -> list[Waiting]:
        """Days that may be counted now, the longest waiting first."""
        rows = await executor.fetch(_WAITING, now - SETTLING, most)
        return [Waiting(row["child_id"], row["days"], row["zone"]) for row in rows]

    async def with_old_events(self, executor: Executor, before: datetime, *, archived: bool) -> list[tuple[UUID, date]]:
        """Children that have the oldest events, if these are older than a moment, and the day (UTC) of each one's first.

        `archived`: only events that are in the archive.
        """
        rows = await executor.fetch(_OLD.format(which=_ARCHIVED if archived else _ANY_DAY), before, OLD_AT_ONCE)
        return [(row["child_id"], row["first"]) for row in rows]

    async def finish(self, executor: Executor, child_id: UUID, first: date, last: date, now: datetime) -> bool:
        """Make the sums of days final, which then count whatever happens to their events; False if some are not counted yet.

        It asks for those that were never asked for.
        """
        await executor.execute(_ASK_OLD, child_id, first, last, now)
        await executor.execute(_FINISH, child_id, first, last)
        return await executor.fetchval(_ALL_FINAL, child_id, first, last)

    async def remove(self, executor: Executor, child_id: UUID, before: datetime, *, archived: bool) -> None:
        """Remove a child's events older than a moment, a few at a time; if `archived`, only those that are in the archive."""
        sql = _REMOVE.format(which=_ARCHIVED if archived else _ANY_DAY)
        while await executor.execute(sql, child_id, before, REMOVED_AT_ONCE) == f"DELETE {REMOVED_AT_ONCE}":
            continue

    async def words(self, executor: Executor, child_id: UUID, since: datetime, until: datetime) -> list[datetime]:
        """When the child met each word that it had not met before a moment."""
        return [row["first"] for row in await executor.fetch(_WORDS, child_id, until, since)]

    async def keep(
        self, executor: Executor, waiting: Waiting, counted: Sequence[CountedDay], read_at: datetime, now: datetime
    ) -> int:
        """Keep what was counted from events read at a moment, unless a day was asked for again since; returns how many."""
        return await executor.fetchval(
            _KEEP,
            waiting.child_id,
            waiting.zone,
            now,
            [one.day for one in counted],
            [_encoded(one.categories) for one in counted],
            [one.interactions for one in counted],
            *([getattr(one.metrics, name) for one in counted] for name in Metrics.__struct_fields__),
            read_at - SETTLING,
            [one.contents for one in counted],
            [one.sessions for one in counted],
        )


async def earlier(executor: Executor, now: datetime) -> datetime:
    """The moment, or that of the database's clock if it is earlier."""
    return await executor.fetchval(_EARLIER, now)


def _encoded(categories: Mapping[str, Totals]) -> bytes:
    return msgspec.json.encode(
        {name: (sums.seconds, sums.educational_s, sums.activities, sums.completed) for name, sums in categories.items()}
    )
