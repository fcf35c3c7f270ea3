"""Keeps what was recommended for those who read the shared schema (games contract §9)."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from wondernest.platform.faults import DependencyUnavailable

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from wondernest.analytics.repository import RecommendationRepository
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database


class Recommendations:
    """Stores new recommendations. No figure reads them, so an insight is answered also when they cannot be stored."""

    def __init__(self, database: Database, repository: RecommendationRepository, clock: Clock) -> None:
        self._database = database
        self._repository = repository
        self._clock = clock

    async def keep(self, user_id: UUID, child_id: UUID, titles: Sequence[str]) -> None:
        """Store those that the child was not recommended before."""
        if titles:
            with contextlib.suppress(DependencyUnavailable):  # logged and counted by the pool
                await self._repository.keep(self._database, user_id, child_id, titles, self._clock.now())
