"""The room's background jobs: counters are made right, and old versions are dropped."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.games.repository.thinning import BATCH_ROWS
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.games.metrics import UpkeepMetrics
    from wondernest.games.repository import ThinningRepository, UsageRepository
    from wondernest.platform.clock import Clock

RECONCILE: Final = "games.reconcile_usage"
THIN: Final = "games.thin_history"
TRIM: Final = "games.trim_history"
PARTS_PER_RUN: Final = 100
"""Parts of all children that one run visits; the next run goes on after them."""
LIMIT_S: Final = 600.0


class UpkeepJobs:
    """Visits every child in parts; a run that was killed is repeated from the last part that it finished."""

    def __init__(
        self,
        usage: UsageRepository,
        thinning: ThinningRepository,
        history_bytes: int,
        metrics: UpkeepMetrics,
        clock: Clock,
    ) -> None:
        self._usage = usage
        self._thinning = thinning
        self._history_bytes = history_bytes
        self._metrics = metrics
        self._clock = clock

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(RECONCILE, self.reconcile, time_limit_s=LIMIT_S, unrecorded=Unrecorded.UPKEEP),
            Job(THIN, self.thin, time_limit_s=LIMIT_S, unrecorded=Unrecorded.UPKEEP, by_age=True),
            Job(TRIM, self.trim, time_limit_s=LIMIT_S, unrecorded=Unrecorded.UPKEEP, by_age=True),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Counters and budgets every ten minutes, the rule of age every hour."""
        return (
            Schedule(RECONCILE, "3-59/10 * * * *", RECONCILE),
            Schedule(THIN, "47 * * * *", THIN),
            Schedule(TRIM, "8-59/10 * * * *", TRIM),
        )

    async def reconcile(self, _: Running) -> None:
        """Make the counters of children right whose saves another backend wrote, or that were never counted."""
        after = await self._usage.after(RECONCILE)
        for _part in range(PARTS_PER_RUN):
            part = await self._usage.part(after)
            for child_id in part.suspects:
                await self._recount(child_id)
            after = part.last
            await self._usage.go_on_after(RECONCILE, after)
            if after is None:
                break

    async def thin(self, _: Running) -> None:
        """Delete the versions that the rule of age drops."""
        after, now = await self._usage.after(THIN), self._clock.now()
        for _part in range(PARTS_PER_RUN):
            children = await self._thinning.children(after)
            if children:
                while await self._thinning.thin(children, now) == BATCH_ROWS:
                    continue
            after = children[-1] if children else None
            await self._usage.go_on_after(THIN, after)
            if after is None:
                break

    async def trim(self, _: Running) -> None:
        """Delete the oldest versions of families that are beyond their budget."""
        most, now = self._history_bytes, self._clock.now()
        for family_id in await self._thinning.beyond_budget(most):
            while await self._thinning.trim(family_id, most, now) == BATCH_ROWS:
                continue

    async def _recount(self, child_id: UUID) -> None:
        recount = await self._usage.recount(child_id)
        if recount.wrong:
            self._metrics.corrections(first=recount.first).inc()
