"""SQL of the archive: which days are in it, and the events of a day in the order of their files."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Database, Executor, Row

LONGEST_DAY_S: Final = 3_600.0
"""The limit of a step that reads a day: its rows are sorted first."""
FETCHED_ROWS: Final = 200
"""Rows that are fetched together: an event may have 64 KiB."""
_LOCK: Final = "select pg_try_advisory_xact_lock(hashtextextended('wondernest event archive', 0))"
_NEXT: Final = """
    select (e.created_at at time zone 'UTC')::date
      from analytics.analytics_events e
     where e.created_at >= $1 and e.created_at < $2 and e.child_id is not null
       and not exists (select from wondernest.event_archives a
                        where a.day = (e.created_at at time zone 'UTC')::date and a.archived_at is not null)
     order by e.created_at limit 1"""
"""Plan: along the index of created_at, over the archived events that are not removed yet."""
_DONE: Final = "select archived_at is not null from wondernest.event_archives where day = $1"
_BEGIN: Final = """
    insert into wondernest.event_archives (day, begun_at) values ($1, $2)
    on conflict (day) do update set begun_at = excluded.begun_at"""
_FINISH: Final = (
    "update wondernest.event_archives set archived_at = $2, events = $3, files = $4, bytes = $5 where day = $1"
)
_DAYS: Final = "select day from wondernest.event_archives order by day"
_ROWS: Final = """
    select right(child_id::text, 1) as shard, id, child_id, event_type, event_category, session_id, created_at, event_data
      from analytics.analytics_events
     where created_at >= $1 and created_at < $2 and child_id is not null
     order by 1, child_id, created_at, id"""
"""Plan: the day's part of the index of created_at, sorted (on the disk of the server, if it is large)."""
_PATIENT: Final = "select set_config('statement_timeout', $1, true)"


class Group(Struct, frozen=True):
    """Some rows of one shard."""

    shard: str
    rows: Sequence[Row]


class ArchiveRepository:
    """Reads events to be archived, and notes which days are."""

    @asynccontextmanager
    async def alone(self, database: Database) -> AsyncGenerator[bool]:
        """Whether this is the only run; the others are kept out while it lasts."""
        async with database.lease() as connection, connection.transaction():
            yield await connection.fetchval(_LOCK)

    async def next_day(self, executor: Executor, since: datetime, before: datetime) -> date | None:
        """The first day (UTC) with events of a span that is not archived."""
        return await executor.fetchval(_NEXT, since, before)

    async def state(self, executor: Executor, day: date) -> bool | None:
        """Whether a day is archived; None if no run has begun with it."""
        return await executor.fetchval(_DONE, day)

    async def begin(self, executor: Executor, day: date, now: datetime) -> None:
        """Note that a run begins with a day."""
        await executor.execute(_BEGIN, day, now)

    async def finish(self, executor: Executor, day: date, now: datetime, sizes: tuple[int, int, int]) -> None:
        """Note that a day is archived, with the numbers of its events, files and bytes."""
        await executor.execute(_FINISH, day, now, *sizes)

    async def days(self, executor: Executor) -> list[date]:
        """Every day that is archived, or was begun."""
        return [row["day"] for row in await executor.fetch(_DAYS)]

    async def groups(self, database: Database, day: date, most: tuple[int, int]) -> AsyncGenerator[Group]:
        """The events of a day as they are at one moment, shard by shard. `most`: rows of a group, and the bytes of their data."""
        most_rows, most_bytes = most
        rows: list[Row] = []
        shard, size = "", 0
        async with (
            database.lease() as connection,
            connection.transaction(isolation="repeatable_read", readonly=True),
        ):
            await connection.fetchval(_PATIENT, f"{LONGEST_DAY_S:.0f}s")
            found = connection.cursor(
                _ROWS, start_of(day), start_of(day + timedelta(days=1)), prefetch=FETCHED_ROWS, timeout=LONGEST_DAY_S
            )
            async for row in found:
                if rows and (row["shard"] != shard or len(rows) >= most_rows or size >= most_bytes):
                    yield Group(shard, rows)
                    rows, size = [], 0
                shard = row["shard"]
                rows.append(row)
                size += len(row["event_data"] or b"")
        if rows:
            yield Group(shard, rows)


def start_of(day: date) -> datetime:
    """Midnight (UTC)."""
    return datetime.combine(day, time(), UTC)
