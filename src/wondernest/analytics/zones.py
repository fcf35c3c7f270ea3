"""The time zones of children, remembered for a while: most events name their moment, and only for the others a zone is looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.clock import monotonic
from wondernest.platform.time_zones import time_zone

if TYPE_CHECKING:
    from datetime import tzinfo
    from uuid import UUID

    from wondernest.analytics.repository import AnalyticsRepository
    from wondernest.platform.db.pool import Database

REMEMBERED_S: Final = 600.0
MOST_REMEMBERED: Final = 10_000


class Zones:
    """The zone of a child's family, at most REMEMBERED_S old; UTC for a child that does not exist."""

    def __init__(self, database: Database, repository: AnalyticsRepository) -> None:
        self._database = database
        self._repository = repository
        self._known: dict[UUID, tuple[str, float]] = {}

    async def of(self, child_id: UUID) -> tzinfo:
        """The zone."""
        now = monotonic()
        name, until = self._known.get(child_id, ("", 0.0))
        if until <= now:
            name = await self._repository.zone(self._database, child_id)
            self._known.pop(child_id, None)
            self._known[child_id] = (name, now + REMEMBERED_S)
            if len(self._known) > MOST_REMEMBERED:
                del self._known[next(iter(self._known))]
        return time_zone(name)
