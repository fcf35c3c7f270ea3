"""The room's background job: removes the identities of old events."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.platform.jobs import Job, Running, Schedule

if TYPE_CHECKING:
    from wondernest.analytics.repository import AnalyticsRepository
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database

FORGET_IDENTITIES: Final = "analytics.forget_event_identities"
IDENTITY_LIFE: Final = timedelta(days=30)
"""How long a repeated delivery of an event is recognised. The app stops retrying far earlier."""
FORGETTING_LIMIT_S: Final = 600.0


class IdentityJobs:
    """Removes identities older than IDENTITY_LIFE."""

    def __init__(self, database: Database, repository: AnalyticsRepository, clock: Clock) -> None:
        self._database = database
        self._repository = repository
        self._clock = clock

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(FORGET_IDENTITIES, self.forget, time_limit_s=FORGETTING_LIMIT_S),)

    def schedules(self) -> tuple[Schedule, ...]:
        """Every hour."""
        return (Schedule(FORGET_IDENTITIES, "29 * * * *", FORGET_IDENTITIES),)

    async def forget(self, _: Running) -> None:
        """Remove them in small batches, so that no event waits long for a row lock."""
        await self._repository.forget_identities(self._database, self._clock.now() - IDENTITY_LIFE)
