"""Where figures are read: from a standby of the database, if there is one and it is near enough; else from the primary.

Whether the child is the adult's is asked from the primary in any case, at the same time: who lost a child a moment ago sees nothing of it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from wondernest.analytics.repository import ActivityRepository, FoundMilestones, History, MilestoneRepository
    from wondernest.platform.db.pool import Database, Executor
    from wondernest.platform.db.replica import Replica

Found = TypeVar("Found", "History", "FoundMilestones")


class Reader:
    """Reads what children did. What is found is the adult's own active child's, or its `is_allowed` is false."""

    def __init__(
        self,
        database: Database,
        replica: Replica | None,
        history: ActivityRepository,
        milestones: MilestoneRepository,
    ) -> None:
        self._database = database
        self._replica = replica
        self._history = history
        self._milestones = milestones

    async def has_family(self, user_id: UUID) -> bool:
        """Whether the adult belongs to any family."""
        return await self._history.has_family(self._database, user_id)

    async def acting(self, user_id: UUID, child_id: UUID) -> tuple[bool, bool]:
        """Whether the adult has a family, and whether the child is an active one of theirs."""
        return await self._history.acting(self._database, user_id, child_id)

    async def whole(self, user_id: UUID, child_id: UUID, first: date, last: date) -> History:
        """Every event and view of the days."""
        return await self._read(
            user_id, child_id, lambda executor: self._history.whole(executor, user_id, child_id, first, last)
        )

    async def newest(self, user_id: UUID, child_id: UUID, day: date, executor: Executor | None) -> History:
        """Every event and view of a day, from the primary, for those who decide by it; on `executor` if they hold a connection already."""
        return await self._history.whole(executor or self._database, user_id, child_id, day, day)

    async def summed(self, user_id: UUID, child_id: UUID, first: date, last: date) -> History:
        """The sums of the days that are summed up, the events of the others, and every view."""
        return await self._read(
            user_id, child_id, lambda executor: self._history.summed(executor, user_id, child_id, first, last)
        )

    async def milestones(self, user_id: UUID, child_id: UUID) -> FoundMilestones:
        """What the child reached."""
        return await self._read(
            user_id, child_id, lambda executor: self._milestones.reached(executor, user_id, child_id)
        )

    async def _read(self, user_id: UUID, child_id: UUID, ask: Callable[[Executor], Awaitable[Found]]) -> Found:
        """What a statement with the guardianship rule finds. Raises what it raises on the primary."""
        if self._replica is None or not self._replica.is_near():
            return await ask(self._database)
        reading = asyncio.create_task(self._replica.read(ask))
        try:
            _, is_allowed = await self.acting(user_id, child_id)
            found = await reading if is_allowed else None
        finally:
            reading.cancel()
        if found is None or not found.is_allowed:  # not the adult's, or not yet there
            return await ask(self._database)
        return found
