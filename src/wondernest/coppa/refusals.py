"""Counts requests without consent: by route for the metrics, by family for the operator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.coppa.repository.refusals import RefusalRepository, Unconsented
from wondernest.platform.current import ROUTE
from wondernest.platform.ids import parse_uuid
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.periodic import Periodic
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from datetime import timedelta

    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.faults import CallerRefused
    from wondernest.platform.telemetry.metrics import Metrics

NAMES: Final = ("wondernest_consent_refusals",)
FLUSH_INTERVAL_S: Final = 5.0
MAX_PENDING: Final = 10_000
"""Kinds of requests that a process counts by family between two flushes; the metrics count beyond it."""
FORGET: Final = "coppa.forget_refusals"


class Refusals:
    """Takes each request without consent from the database's pool. The counts by family are stored every few seconds."""

    def __init__(self, repository: RefusalRepository, database: Database, clock: Clock, metrics: Metrics) -> None:
        self._repository = repository
        self._database = database
        self._clock = clock
        self._counter = metrics.counter(
            "consent_refusals", "Requests about a child without a parent's consent", "outcome", "purpose", "route"
        )
        self._pending: dict[Unconsented, int] = {}
        self._flushing = Periodic("consent refusals", FLUSH_INTERVAL_S, self.flush)
        database.on_unpermitted = self.note

    def note(self, refusal: CallerRefused, enforced: bool) -> None:
        """Count one; it must be quick. The route is that of the request in whose context it is called."""
        route = ROUTE.get()
        self._counter.labels("refused" if enforced else "recorded", refusal.purpose, route).inc()
        child_id = parse_uuid(refusal.about)
        if child_id is not None:
            kind = Unconsented(child_id, route, refusal.purpose, enforced)
            if kind in self._pending or len(self._pending) < MAX_PENDING:
                self._pending[kind] = self._pending.get(kind, 0) + 1

    async def start(self) -> None:
        """Begin to store counts."""
        await self._flushing.start()

    async def stop(self) -> None:
        """Store what is counted, if the database answers."""
        await self._flushing.stop()
        await self.flush()

    async def flush(self) -> None:
        """Store the counts by family. What cannot be stored is dropped: the metrics have it."""
        pending, self._pending = self._pending, {}
        if pending:
            await self._repository.add(self._database, list(pending.items()), self._clock.now())


class RefusalJobs:
    """Removes old counts."""

    def __init__(self, repository: RefusalRepository, database: Database, clock: Clock, kept: timedelta) -> None:
        self._repository = repository
        self._database = database
        self._clock = clock
        self._kept = kept

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(FORGET, self.forget, unrecorded=Unrecorded.UPKEEP, by_age=True),)

    def schedules(self) -> tuple[Schedule, ...]:
        """Every night."""
        return (Schedule(FORGET, "53 3 * * *", FORGET),)

    async def forget(self, _: Running) -> None:
        """Remove the counts of days that are too old."""
        await self._repository.forget(self._database, (self._clock.now() - self._kept).date())
