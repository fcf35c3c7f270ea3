"""Who used data of a child: one row for each actor, kind and hour; and what was done with data of all children at once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.accesses import Actor
from wondernest.access.guardianship import family_of, guards

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

BATCH_ROWS: Final = 500
NOBODY: Final = UUID(int=0)
"""The `actor_id` of the service and its operator."""
_ADD: Final = f"""
    insert into wondernest.child_accesses as known (child_id, hour, actor_id, kind, times, last_at, actor_type)
    select c.id, given.hour, given.actor_id, given.kind, sum(given.times)::integer, max(given.last_at), '{Actor.ADULT.value}'
      from unnest($1::uuid[], $2::timestamptz[], $3::uuid[], $4::text[], $5::uuid[], $6::integer[], $7::timestamptz[])
           as given (child_id, hour, actor_id, kind, family_hint, times, last_at)
      join family.family_members m on m.user_id = given.actor_id
      join family.child_profiles c on c.family_id = m.family_id
     where case when given.child_id is not null then c.id = given.child_id
                else m.family_id = ({family_of("given.actor_id", "given.family_hint", acting=False)}) end
     group by c.id, given.hour, given.actor_id, given.kind
     order by c.id, given.hour, given.actor_id, given.kind
    on conflict (child_id, hour, actor_id, kind)
       do update set times = known.times + excluded.times, last_at = greatest(known.last_at, excluded.last_at)"""
"""An adult is recorded for children of their family alone: a request about another family's child, which may be answered as one about
a missing child, leaves nothing. No child is named: each child of the family that the adult acts for, archived or not."""
_ADD_OTHERS: Final = f"""
    insert into wondernest.child_accesses as known (child_id, hour, actor_id, kind, times, last_at, actor_type)
    select c.id, $2, '{NOBODY}', $3, 1, $4, $5
      from family.child_profiles c where c.id = any($1::uuid[])
     order by c.id
    on conflict (child_id, hour, actor_id, kind) do update set times = known.times + 1, last_at = greatest(known.last_at, excluded.last_at)"""
_ADD_COMMON: Final = """
    insert into wondernest.common_accesses as known (hour, actor_type, kind, times, last_at) values ($1, $2, $3, 1, $4)
    on conflict (hour, actor_type, kind) do update set times = known.times + 1, last_at = greatest(known.last_at, excluded.last_at)"""
_OF_FAMILY: Final = "select id from family.child_profiles where family_id = $1"
_MAY_SEE: Final = f"select {guards('$1', '$2', archived_too=True, parent=True)}"
_PAGE: Final = f"""
    select hour, actor_id, kind, sum(times)::integer as times, max(last_at) as last_at, actor_type from (
        (select hour, actor_id, kind, times, last_at, actor_type from wondernest.child_accesses
          where child_id = $1 and ($2::timestamptz is null or (hour, actor_id, kind) < ($2, $3, $4))
          order by hour desc, actor_id desc, kind desc limit $5)
        union all
        (select common.hour, '{NOBODY}'::uuid, common.kind, common.times, common.last_at, common.actor_type
           from wondernest.common_accesses common
           join family.child_profiles c on c.id = $1 and common.last_at >= coalesce(c.created_at, '-infinity')
          where $2::timestamptz is null or (common.hour, '{NOBODY}'::uuid, common.kind) < ($2, $3, $4)
          order by common.hour desc, common.kind desc limit $5)) named_or_not
     group by hour, actor_id, kind, actor_type
     order by hour desc, actor_id desc, kind desc limit $5"""
_FORGET: Final = f"""
    delete from wondernest.child_accesses gone
     where (child_id, hour, actor_id, kind) in (
           select child_id, hour, actor_id, kind from wondernest.child_accesses where hour < $1 order by hour limit {BATCH_ROWS})"""
_FORGET_COMMON: Final = "delete from wondernest.common_accesses where hour < $1"


class Looked(Struct, frozen=True):
    """That somebody used a child's data, in an hour. `child_id` None: of each child of the family that the adult acts for."""

    child_id: UUID | None
    hour: datetime
    actor_id: UUID
    kind: str
    family_hint: UUID | None = None
    """Of the adult's token: which family it is, where they are in several."""


class Access(Struct, frozen=True):
    """How often, and when for the last time."""

    looked: Looked
    times: int
    last_at: datetime
    actor: str = Actor.ADULT.value
    """A value of `Actor`; a later release may know more."""


class TrailRepository:
    """The rows."""

    async def add(self, executor: Executor, accesses: Sequence[Access]) -> None:
        """Add what adults did to what is known. Children who are gone, or of another family, are left out."""
        keys = [one.looked for one in accesses]
        await executor.execute(
            _ADD,
            [one.child_id for one in keys],
            [one.hour for one in keys],
            [one.actor_id for one in keys],
            [one.kind for one in keys],
            [one.family_hint for one in keys],
            [one.times for one in accesses],
            [one.last_at for one in accesses],
        )

    async def add_others(
        self, executor: Executor, children: Sequence[UUID], actor: Actor, kind: str, hour: datetime, now: datetime
    ) -> None:
        """Add what the service or its operator did. Children who are gone are left out."""
        await executor.execute(_ADD_OTHERS, children, hour, kind, now, actor.value)

    async def add_common(self, executor: Executor, actor: Actor, kind: str, hour: datetime, now: datetime) -> None:
        """Add what was done with data of all children."""
        await executor.execute(_ADD_COMMON, hour, actor.value, kind, now)

    async def children(self, executor: Executor, family_id: UUID) -> list[UUID]:
        """The children of a family, for the operator."""
        return [row["id"] for row in await executor.fetch(_OF_FAMILY, family_id)]

    async def may_see(self, executor: Executor, child_id: UUID, user_id: UUID) -> bool:
        """Whether the adult is a parent of the child, archived or not. Raises CallerRefused."""
        return await executor.fetchval(_MAY_SEE, child_id, user_id) is True

    async def page(self, executor: Executor, child_id: UUID, after: Looked | None, limit: int) -> list[Access]:
        """The newest accesses to a child's data, those to all children's included, or what comes after one of them in this order."""
        key = (None, None, None) if after is None else (after.hour, after.actor_id, after.kind)
        return [
            Access(
                Looked(child_id, row["hour"].astimezone(UTC), row["actor_id"], row["kind"]),
                row["times"],
                row["last_at"],
                row["actor_type"],
            )
            for row in await executor.fetch(_PAGE, child_id, *key, limit)
        ]

    async def forget(self, executor: Executor, before: datetime) -> bool:
        """Delete some of an hour before this one; whether more are left."""
        await executor.execute(_FORGET_COMMON, before)
        return int((await executor.execute(_FORGET, before)).rpartition(" ")[2]) >= BATCH_ROWS
