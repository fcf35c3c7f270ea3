"""What a child's saves and kept versions use: the numbers that are shown, and their reconciliation with the stored rows.

The counters change in the statement that writes a save. The earlier backends write saves without them, and rows from before the
counters existed were never counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.games.rules import LARGE_DOCUMENT_TIMEOUT_S
from wondernest.platform.usage import PERSON

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Database

_OF_CHILD: Final = f"from wondernest.child_usage used where used.child_id = {PERSON}"
_OF_FAMILY: Final = f"from wondernest.child_usage used where used.family_id = {PERSON}"
SAVES_USED: Final = f"select used.saves {_OF_CHILD}"
SAVE_BYTES_USED: Final = f"select used.save_bytes {_OF_CHILD}"
VERSIONS_USED: Final = f"select used.versions {_OF_CHILD}"
HISTORY_BYTES_USED: Final = f"select used.history_bytes {_OF_CHILD}"
FAMILY_SAVE_BYTES_USED: Final = f"select sum(used.save_bytes) {_OF_FAMILY}"
FAMILY_HISTORY_BYTES_USED: Final = f"select sum(used.history_bytes) {_OF_FAMILY}"

BATCH_CHILDREN: Final = 500
RECOUNT_AFTER: Final = timedelta(days=1)
"""A child whose saves changed is recounted so much later: the earlier backends change sizes without a trace in numbers of rows."""
CLOCK_MARGIN: Final = timedelta(minutes=1)
"""A transaction of another backend that began earlier than a recount may commit so much later."""
_SUSPECTS: Final = """
    with asked as materialized (
        select c.id, c.family_id from family.child_profiles c where ($1::uuid is null or c.id > $1) order by c.id limit $2
    ), suspect as (
        select asked.id
          from asked
          left join wondernest.child_usage used on used.child_id = asked.id
         cross join lateral (
               select count(*) as number, max(s.updated_at) as changed_at
                 from games.simple_game_data s where s.child_id = asked.id) saves
         cross join lateral (
               select count(*) as number from wondernest.save_versions v where v.child_id = asked.id) versions
         where coalesce(used.saves, 0) <> saves.number or coalesce(used.versions, 0) <> versions.number
            or used.family_id <> asked.family_id
            or used.recounted_at < now() - $3::interval and saves.changed_at > used.recounted_at)
    select (select array_agg(id) from suspect) as suspects, (select id from asked order by id desc limit 1) as last"""
"""Plan: for each child the index of its saves, and the range of its versions in the primary key; no document is read."""
_RECOUNT: Final = """
    with known as materialized (
        select * from wondernest.child_usage where child_id = $1
    ), truth as materialized (
        select saves.*, versions.*
          from (select count(*)::int as saves, coalesce(sum(octet_length(s.data_value::text)), 0) as save_bytes
                  from games.simple_game_data s where s.child_id = $1) saves,
               (select count(*)::int as versions, coalesce(sum(v.size_bytes), 0) as history_bytes
                  from wondernest.save_versions v where v.child_id = $1) versions
    ), counted as (
        insert into wondernest.child_usage as used
               (child_id, family_id, saves, save_bytes, versions, history_bytes, recounted_at)
        select c.id, c.family_id, truth.saves, truth.save_bytes, truth.versions, truth.history_bytes, now() - $2::interval
          from truth join family.child_profiles c on c.id = $1
        on conflict (child_id) do update
           set family_id = excluded.family_id, recounted_at = excluded.recounted_at,
               saves = greatest(used.saves + excluded.saves - coalesce((select saves from known), 0), 0),
               save_bytes = greatest(used.save_bytes + excluded.save_bytes - coalesce((select save_bytes from known), 0), 0),
               versions = greatest(used.versions + excluded.versions - coalesce((select versions from known), 0), 0),
               history_bytes = greatest(
                   used.history_bytes + excluded.history_bytes - coalesce((select history_bytes from known), 0), 0)
    )
    select known.child_id is null as first,
           (known.saves, known.save_bytes, known.versions, known.history_bytes)
               is distinct from (truth.saves, truth.save_bytes, truth.versions, truth.history_bytes) as wrong
      from truth left join known on true"""
"""Adds the difference between the rows and the counters of one snapshot to the counters as they are when the row is written. So
saves go on while the documents are measured, and none is counted twice or left out.
"""
_AFTER: Final = "select after_id from wondernest.walks where name = $1"
_GO_ON: Final = """
    insert into wondernest.walks (name, after_id) values ($1, $2) on conflict (name) do update set after_id = excluded.after_id"""
_BEGIN: Final = "delete from wondernest.walks where name = $1"
_FORGET_PLACE: Final = "delete from wondernest.walks where after_id = any ($1::uuid[])"


class Part(Struct, frozen=True):
    """A part of all children: those whose counters may be wrong, and the last id; None at the end."""

    suspects: list[UUID]
    last: UUID | None


class Recount(Struct, frozen=True):
    """The result of a recount: whether the child had no counters, and whether they differed."""

    first: bool
    wrong: bool


class UsageRepository:
    """Compares counters with the stored rows, and remembers how far a walk over all children got."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def part(self, after: UUID | None) -> Part:
        """The next BATCH_CHILDREN children in order of their ids."""
        row = await self._database.fetchrow(_SUSPECTS, after, BATCH_CHILDREN, RECOUNT_AFTER)
        assert row is not None  # the statement is one row
        return Part(row["suspects"] or [], row["last"])

    async def recount(self, child_id: UUID) -> Recount:
        """Make the counters of a child right; it reads all its documents, without a lock."""
        async with self._database.lease() as connection, connection.transaction():
            await connection.execute(f"set local statement_timeout = '{LARGE_DOCUMENT_TIMEOUT_S}s'")
            row = await connection.fetchrow(_RECOUNT, child_id, CLOCK_MARGIN, timeout=LARGE_DOCUMENT_TIMEOUT_S)
        assert row is not None  # the statement is one row
        return Recount(row["first"], row["wrong"])

    async def after(self, walk: str) -> UUID | None:
        """The id at which a walk goes on; None: at the beginning."""
        return await self._database.fetchval(_AFTER, walk)

    async def go_on_after(self, walk: str, last: UUID | None) -> None:
        """Remember the id at which a walk goes on; None: at the beginning."""
        if last is None:
            await self._database.execute(_BEGIN, walk)
        else:
            await self._database.execute(_GO_ON, walk, last)

    async def forget_place(self, ids: Sequence[UUID]) -> None:
        """Have the walks that would go on after one of these ids begin again."""
        await self._database.execute(_FORGET_PLACE, list(ids))
