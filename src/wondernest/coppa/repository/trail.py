"""Who looked at data of a child: one row for each adult, kind and hour."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.guardianship import guards

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

BATCH_ROWS: Final = 500
_ADD: Final = """
    insert into wondernest.child_accesses as known (child_id, hour, actor_id, kind, times, last_at)
    select c.id, given.hour, given.actor_id, given.kind, given.times, given.last_at
      from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::text[], $5::integer[], $6::timestamptz[])
           as given (child_id, hour, actor_id, kind, times, last_at)
      join family.child_profiles c on c.id = given.child_id
     order by c.id, given.hour, given.actor_id, given.kind
    on conflict (child_id, hour, actor_id, kind)
       do update set times = known.times + excluded.times, last_at = greatest(known.last_at, excluded.last_at)"""
_MAY_SEE: Final = f"select {guards('$1', '$2', archived_too=True, parent=True)}"
_PAGE: Final = """
    select hour, actor_id, kind, times, last_at from wondernest.child_accesses
     where child_id = $1 and ($2::timestamptz is null or (hour, actor_id, kind) < ($2, $3, $4))
     order by hour desc, actor_id desc, kind desc limit $5"""
_FORGET: Final = f"""
    delete from wondernest.child_accesses gone
     where (child_id, hour, actor_id, kind) in (
           select child_id, hour, actor_id, kind from wondernest.child_accesses where hour < $1 order by hour limit {BATCH_ROWS})"""


class Looked(Struct, frozen=True):
    """That an adult looked at a child's data, in an hour."""

    child_id: UUID
    hour: datetime
    actor_id: UUID
    kind: str


class Access(Struct, frozen=True):
    """How often, and when for the last time."""

    looked: Looked
    times: int
    last_at: datetime


class TrailRepository:
    """The rows."""

    async def add(self, executor: Executor, accesses: Sequence[Access]) -> None:
        """Add to what is known. Children who are gone are left out."""
        keys = [one.looked for one in accesses]
        await executor.execute(
            _ADD,
            [one.child_id for one in keys],
            [one.hour for one in keys],
            [one.actor_id for one in keys],
            [one.kind for one in keys],
            [one.times for one in accesses],
            [one.last_at for one in accesses],
        )

    async def may_see(self, executor: Executor, child_id: UUID, user_id: UUID) -> bool:
        """Whether the adult is a parent of the child, archived or not. Raises CallerRefused."""
        return await executor.fetchval(_MAY_SEE, child_id, user_id) is True

    async def page(self, executor: Executor, child_id: UUID, after: Looked | None, limit: int) -> list[Access]:
        """The newest accesses to a child's data, or those that come after one of them in this order."""
        key = (None, None, None) if after is None else (after.hour, after.actor_id, after.kind)
        return [
            Access(
                Looked(child_id, row["hour"].astimezone(UTC), row["actor_id"], row["kind"]),
                row["times"],
                row["last_at"],
            )
            for row in await executor.fetch(_PAGE, child_id, *key, limit)
        ]

    async def forget(self, executor: Executor, before: datetime) -> bool:
        """Delete some of an hour before this one; whether more are left."""
        return int((await executor.execute(_FORGET, before)).rpartition(" ")[2]) >= BATCH_ROWS
