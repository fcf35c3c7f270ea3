"""Purposes that parents permitted and do not any more, and when what is held for them is erased."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.consent import permitted
from wondernest.access.guardianship import deactivated, is_parent

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

PAGE: Final = 200
_NOTE: Final = """
    insert into wondernest.ended_purposes as known (child_id, purpose, ended_at, erase_at, withdrawn, announced)
    select $1, ended.purpose, $4, ended.erase_at, $5, $6
      from unnest($2::text[], $3::timestamptz[]) as ended (purpose, erase_at) order by ended.purpose
    on conflict (child_id, purpose) do update
       set withdrawn = true, announced = known.announced or excluded.announced,
           erase_at = case when known.announced and known.erase_at > $4 then known.erase_at else excluded.erase_at end
     where excluded.withdrawn and not known.withdrawn"""
"""A purpose that ended before keeps its time, if the parents know it."""
_TAKE_BACK: Final = "delete from wondernest.ended_purposes where child_id = $1 and purpose = any ($2::text[])"
_OF_CHILD: Final = "select purpose, erase_at from wondernest.ended_purposes where child_id = $1 and announced order by erase_at, purpose"
_PENDING: Final = """
    select child_id, purpose, ended_at, erase_at, withdrawn, announced from wondernest.ended_purposes
     where child_id = any ($1::uuid[]) order by child_id, erase_at, purpose"""
_DUE: Final = """
    select child_id, purpose, announced from wondernest.ended_purposes
     where erase_at <= $1 and ($2::uuid is null or (child_id, purpose) > ($2, $3)) and (withdrawn or not $5)
     order by child_id, purpose limit $4"""
_OVERDUE: Final = "select count(*) from wondernest.ended_purposes where erase_at <= $1 and (withdrawn or not $2)"
_STANDS: Final = f"""
    select true from wondernest.ended_purposes ended
     where ended.child_id = $1 and ended.purpose = $2 and not {permitted("ended.child_id", "ended.purpose", holds=False)}"""
_HOLD: Final = f"{_STANDS} for update of ended"
_OTHERS: Final = f"""
    select other.purpose from unnest($3::text[]) as other (purpose)
     where other.purpose <> $2
       and (exists (select from wondernest.ended_purposes waits
                     where waits.child_id = $1 and waits.purpose = other.purpose and waits.erased_at is null)
            or {permitted("$1", "other.purpose", holds=False)})"""
_ANNOUNCE: Final = """
    update wondernest.ended_purposes set announced = true, erase_at = $3 where child_id = $1 and purpose = $2 returning true"""
_AGAIN: Final = """
    update wondernest.ended_purposes set erased_at = $3, erase_at = $4 where child_id = $1 and purpose = $2 returning true"""
_FAMILY: Final = "select family_id from family.child_profiles where id = $1"
_PARENTS: Final = f"""
    select member.user_id from family.family_members member
     where member.family_id = $1 and {is_parent("member")} and not {deactivated("member.user_id")} order by member.user_id"""


class EndedPurpose(Struct, frozen=True):
    """What is erased: of which child, held for which purpose."""

    child_id: UUID
    purpose: str
    announced: bool = True
    """Whether the parents know the day."""


class PendingEnd(Struct, frozen=True):
    """An end of a purpose of a child."""

    child_id: UUID
    purpose: str
    ended_at: datetime
    erase_at: datetime
    withdrawn: bool
    announced: bool


class EndedRepository:
    """The rows. `note` and `take_back` belong in the transaction of the consent."""

    async def note(
        self,
        unit: Executor,
        child_id: UUID,
        ended: Mapping[str, datetime],
        now: datetime,
        *,
        withdrawn: bool,
        announced: bool,
    ) -> None:
        """Note when what is held for each purpose is erased."""
        await unit.execute(_NOTE, child_id, list(ended), list(ended.values()), now, withdrawn, announced)

    async def take_back(self, unit: Executor, child_id: UUID, purposes: Collection[str]) -> None:
        """These purposes are permitted again. Waits for a step of the erasure that is under way."""
        await unit.execute(_TAKE_BACK, child_id, list(purposes))

    async def of_child(self, executor: Executor, child_id: UUID) -> dict[str, datetime]:
        """The ended purposes of a child of which its parents are told, and when what is held for them is erased; the next first."""
        return {row["purpose"]: row["erase_at"] for row in await executor.fetch(_OF_CHILD, child_id)}

    async def pending(self, executor: Executor, children: Sequence[UUID]) -> list[PendingEnd]:
        """The ends of purposes of children, the next first."""
        rows = await executor.fetch(_PENDING, list(children))
        return [PendingEnd(*row.values()) for row in rows]

    async def due(
        self, executor: Executor, now: datetime, after: EndedPurpose | None, *, only_withdrawn: bool
    ) -> list[EndedPurpose]:
        """A page of those whose time has come."""
        key = (None, "") if after is None else (after.child_id, after.purpose)
        rows = await executor.fetch(_DUE, now, *key, PAGE, only_withdrawn)
        return [EndedPurpose(row["child_id"], row["purpose"], row["announced"]) for row in rows]

    async def overdue(self, executor: Executor, since: datetime, *, only_withdrawn: bool) -> int:
        """How many of those whose time had come at a moment."""
        return int(await executor.fetchval(_OVERDUE, since, only_withdrawn))

    async def announce(self, unit: Executor, ended: EndedPurpose, erase_at: datetime) -> bool:
        """Set the day of which the parents are told; False if it was taken back meanwhile."""
        return await unit.fetchval(_ANNOUNCE, ended.child_id, ended.purpose, erase_at) is True

    async def again(self, unit: Executor, ended: EndedPurpose, now: datetime, erase_at: datetime) -> bool:
        """Note that everything was erased, and when it is looked at again; False if it was taken back meanwhile."""
        return await unit.fetchval(_AGAIN, ended.child_id, ended.purpose, now, erase_at) is True

    async def family_of(self, executor: Executor, child_id: UUID) -> UUID | None:
        """The family of a child."""
        return await executor.fetchval(_FAMILY, child_id)

    async def stands(self, executor: Executor, ended: EndedPurpose) -> bool:
        """Whether the purpose is still not permitted."""
        return await executor.fetchval(_STANDS, ended.child_id, ended.purpose) is True

    async def hold(self, unit: Executor, ended: EndedPurpose) -> bool:
        """As `stands`; if so, a consent that permits the purpose waits until the transaction has ended."""
        return await unit.fetchval(_HOLD, ended.child_id, ended.purpose) is True

    async def others(self, executor: Executor, ended: EndedPurpose, purposes: Collection[str]) -> set[str]:
        """Those of the purposes, besides this one, for which data of the child is still held."""
        rows = await executor.fetch(_OTHERS, ended.child_id, ended.purpose, list(purposes))
        return {row["purpose"] for row in rows}

    async def done(self, executor: Executor, ended: EndedPurpose) -> None:
        """Everything was erased, or the purpose is permitted."""
        await self.take_back(executor, ended.child_id, [ended.purpose])

    async def parents(self, executor: Executor, family_id: UUID) -> list[UUID]:
        """The active accounts of the parents of a family."""
        return [row["user_id"] for row in await executor.fetch(_PARENTS, family_id)]
