"""Deletes kept versions: those that the rule of age drops, and the oldest of a family that is beyond its budget.

A statement finds the versions, then locks the counters of their children, then takes those versions that no other transaction has
locked, deletes them by key and reduces the counters. So it waits for nothing while it holds a version, and a save waits only for
the end of the statement. Versions that were skipped are found by the next run.

The versions are found in a snapshot that may be older than the locks. A save that commits meanwhile adds a newer version, so the
versions that were found are still dispensable.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.games.thinning import FOREIGN_KEPT, LEVELS, VERSION_BYTES

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

BATCH_ROWS: Final = 1_000
"""Versions deleted by one statement."""
BATCH_VERSIONS: Final = 20_000
"""Versions that one statement looks at, except for a child that has more."""
BATCH_CHILDREN: Final = 500
FAMILIES: Final = 100
"""Families beyond their budget that one run trims."""


def _interval(duration: timedelta) -> str:
    return f"interval '{duration.total_seconds():.0f} seconds'"


def _ago(age: timedelta) -> str:
    return f"$1::timestamptz - {_interval(age)}"


_WIDTH: Final = " ".join(
    ["case", *(f"when v.kept_at > {_ago(level.age)} then {_interval(level.width)}" for level in LEVELS), "end"]
)
_FOREIGN: Final = f"v.by_another and v.kept_at > {_ago(FOREIGN_KEPT)}"
_KEY: Final = "{row}.child_id, {row}.game_type, {row}.data_key"
_VERSION: Final = f"({_KEY}, {{row}}.version)"
_DROP: Final = f"""
    counters as materialized (
        select from wondernest.child_usage used
         where used.child_id in (select child_id from surplus) order by used.child_id for update
    ), taken as materialized (
        select v.child_id, v.game_type, v.data_key, v.version from wondernest.save_versions v
          join surplus on {_VERSION.format(row="v")} = {_VERSION.format(row="surplus")}
         where (select count(*) from counters) >= 0
           for update of v skip locked
    ), gone as (
        delete from wondernest.save_versions v using taken
         where {_VERSION.format(row="v")} = {_VERSION.format(row="taken")}
        returning v.child_id, v.size_bytes
    ), counted as (
        update wondernest.child_usage used
           set versions = greatest(used.versions - gone.number, 0),
               history_bytes = greatest(used.history_bytes - gone.bytes, 0)
          from (select child_id, count(*) as number, sum(size_bytes) as bytes from gone group by child_id) gone
         where used.child_id = gone.child_id
    )
    select count(*) from gone"""
_THIN: Final = f"""
    with aged as (
        select v.child_id, v.game_type, v.data_key, v.version, v.kept_at, {_FOREIGN} as foreign_kept, {_WIDTH} as width,
               row_number() over (partition by {_KEY.format(row="v")} order by v.version desc) as rank
          from wondernest.save_versions v where v.child_id = any ($2::uuid[])
    ), placed as (
        select aged.*, row_number() over (
                   partition by {_KEY.format(row="aged")}, width, date_bin(width, kept_at, 'epoch') order by version desc) as place
          from aged
    ), surplus as materialized (
        select child_id, game_type, data_key, version from placed
         where rank > $3 and not foreign_kept and (width is null or place > 1) limit $4
    ), {_DROP}"""
"""$1: the moment; $2: children; $3: the newest versions of a key that always stay.

Plan: the range of each child in save_versions_pkey, sorted without documents.
"""
_TRIM: Final = f"""
    with known as (
        select v.child_id, v.game_type, v.data_key, v.version, v.kept_at, v.size_bytes + {VERSION_BYTES} as bytes,
               {_FOREIGN} or $3 >= row_number() over (partition by {_KEY.format(row="v")} order by v.version desc) as late
          from wondernest.save_versions v
         where v.child_id in (select used.child_id from wondernest.child_usage used where used.family_id = $2)
    ), added as (
        select known.*, sum(bytes) over () as total,
               sum(bytes) over (order by late, kept_at, {_KEY.format(row="known")}, version) as before_and_own
          from known
    ), surplus as materialized (
        select child_id, game_type, data_key, version from added
         where before_and_own - bytes < total - $5 order by before_and_own limit $4
    ), {_DROP}"""
"""As _THIN; $2: the family; $5: its budget. The size is that of the stored versions, never that of the counters.

The oldest first; those that the rule of age keeps in any case last, so that the budget is kept in any case.
"""
_BEYOND: Final = f"""
    select used.family_id from wondernest.child_usage used
     group by used.family_id having sum(used.history_bytes + used.versions * {VERSION_BYTES}::bigint) > $1 limit $2"""
"""Plan: one scan of the counters, some MB for a million children."""
_CHILDREN: Final = """
    select child_id from (
        select used.child_id, sum(used.versions) over (order by used.child_id) - used.versions as before
          from (select child_id, versions from wondernest.child_usage
                 where ($1::uuid is null or child_id > $1) order by child_id limit $2) used) used
     where before < $3 order by child_id"""


class ThinningRepository:
    """Deletes kept versions in small batches."""

    def __init__(self, database: Executor, newest: int) -> None:
        self._database = database
        self._newest = newest

    async def children(self, after: UUID | None) -> Sequence[UUID]:
        """The next children that have a counter, in order of their ids; empty at the end."""
        rows = await self._database.fetch(_CHILDREN, after, BATCH_CHILDREN, BATCH_VERSIONS)
        return [row["child_id"] for row in rows]

    async def thin(self, children: Sequence[UUID], now: datetime) -> int:
        """Delete up to BATCH_ROWS versions that the rule of age drops; returns their number."""
        return await self._database.fetchval(_THIN, now, children, self._newest, BATCH_ROWS)

    async def beyond_budget(self, most_bytes: int) -> Sequence[UUID]:
        """Some families whose kept versions are larger than their budget."""
        rows = await self._database.fetch(_BEYOND, most_bytes, FAMILIES)
        return [row["family_id"] for row in rows]

    async def trim(self, family_id: UUID, most_bytes: int, now: datetime) -> int:
        """Delete up to BATCH_ROWS of a family's oldest versions beyond its budget; returns their number."""
        return await self._database.fetchval(_TRIM, now, family_id, self._newest, BATCH_ROWS, most_bytes)
