"""Purposes that parents permitted and do not any more, and when what is held for them is erased."""

from __future__ import annotations

from collections.abc import Collection, Mapping
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
    insert into wondernest.ended_purposes (child_id, purpose, ended_at, erase_at)
    select $1, ended.purpose, $4, ended.erase_at from unnest($2::text[], $3::timestamptz[]) as ended (purpose, erase_at)
     order by ended.purpose
    on conflict do nothing"""
"""A purpose that ended before keeps its time."""
_TAKE_BACK: Final = "delete from wondernest.ended_purposes where child_id = $1 and purpose = any ($2::text[])"
_OF_CHILD: Final = (
    "select purpose, erase_at from wondernest.ended_purposes where child_id = $1 order by erase_at, purpose"
)
_DUE: Final = """
    select child_id, purpose from wondernest.ended_purposes
     where erase_at <= $1 and ($2::uuid is null or (child_id, purpose) > ($2, $3)) order by child_id, purpose limit $4"""
_STANDS: Final = f"""
    select true from wondernest.ended_purposes ended
     where ended.child_id = $1 and ended.purpose = $2 and not {permitted("ended.child_id", "ended.purpose", holds=False)}"""
_HOLD: Final = f"{_STANDS} for update of ended"
_OTHERS: Final = f"""
    select other.purpose from unnest($3::text[]) as other (purpose)
     where other.purpose <> $2
       and (exists (select from wondernest.ended_purposes waits where waits.child_id = $1 and waits.purpose = other.purpose)
            or {permitted("$1", "other.purpose", holds=False)})"""
_PARENTS: Final = f"""
    select member.user_id from family.family_members member
     where member.family_id = $1 and {is_parent("member")} and not {deactivated("member.user_id")} order by member.user_id"""


class EndedPurpose(Struct, frozen=True):
    """What is erased: of which child, held for which purpose."""

    child_id: UUID
    purpose: str


class EndedRepository:
    """The rows. `note` and `take_back` belong in the transaction of the consent."""

    async def note(self, unit: Executor, child_id: UUID, ended: Mapping[str, datetime], now: datetime) -> None:
        """Note when what is held for each purpose is erased."""
        await unit.execute(_NOTE, child_id, list(ended), list(ended.values()), now)

    async def take_back(self, unit: Executor, child_id: UUID, purposes: Collection[str]) -> None:
        """These purposes are permitted again. Waits for a step of the erasure that is under way."""
        await unit.execute(_TAKE_BACK, child_id, list(purposes))

    async def of_child(self, executor: Executor, child_id: UUID) -> dict[str, datetime]:
        """The ended purposes of a child, and when what is held for them is erased; the next first."""
        return {row["purpose"]: row["erase_at"] for row in await executor.fetch(_OF_CHILD, child_id)}

    async def due(self, executor: Executor, now: datetime, after: EndedPurpose | None) -> list[EndedPurpose]:
        """A page of those whose time has come."""
        key = (None, "") if after is None else (after.child_id, after.purpose)
        return [EndedPurpose(row["child_id"], row["purpose"]) for row in await executor.fetch(_DUE, now, *key, PAGE)]

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
