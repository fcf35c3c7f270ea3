"""The room's background jobs: computes what is shown of a pack's success, asks about pending payments, forgets what is over."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.packs.pending import PendingPayments
    from wondernest.packs.repository import PackRepository, PurchaseRepository
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database

RECOUNT: Final = "packs.recount"
ASK: Final = "packs.ask-payments"
FORGET: Final = "packs.forget"
EVENT_LIFE: Final = timedelta(days=90)
"""How long a repeated event of a gateway is recognised. It would change nothing later either: a payment only goes forward."""
DAY_LIFE: Final = timedelta(days=2)
LIMIT_S: Final = 600.0


class PackJobs:
    """Every step can be repeated."""

    def __init__(
        self,
        packs: PackRepository,
        purchases: PurchaseRepository,
        pending: PendingPayments,
        database: Database,
        clock: Clock,
    ) -> None:
        self._packs = packs
        self._purchases = purchases
        self._pending = pending
        self._database = database
        self._clock = clock

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(RECOUNT, self.recount, time_limit_s=LIMIT_S, unrecorded=Unrecorded.UPKEEP),
            Job(ASK, self.ask, time_limit_s=LIMIT_S, unrecorded=Unrecorded.NOBODY),
            Job(FORGET, self.forget, time_limit_s=LIMIT_S, unrecorded=Unrecorded.UPKEEP, by_age=True),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Numbers every quarter of an hour, payments every five minutes, the rest every night."""
        return (
            Schedule(RECOUNT, "*/15 * * * *", RECOUNT),
            Schedule(ASK, "*/5 * * * *", ASK),
            Schedule(FORGET, "53 3 * * *", FORGET),
        )

    async def recount(self, _: Running) -> None:
        """Compute popularity, downloads and ratings."""
        await self._packs.recount(self._database, self._clock.now())

    async def ask(self, _: Running) -> None:
        """Ask the gateway about pending payments."""
        await self._pending.ask()

    async def forget(self, _: Running) -> None:
        """Delete the ids of old events, and the counts of days that are over."""
        now = self._clock.now()
        await self._purchases.forget_events(self._database, now - EVENT_LIFE)
        await self._packs.forget_days(self._database, now - DAY_LIFE)
