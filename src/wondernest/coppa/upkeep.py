"""What happens to consents in time: second letters, reminders, changed notices, expiry. Every step can be repeated after a kill."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from wondernest.access.accesses import Service
from wondernest.coppa import rules
from wondernest.coppa.flows import CHILD, CONSENT, FAMILY, RENEWAL, RENOTICE
from wondernest.platform.db.unit import unit_of
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from datetime import datetime

    from wondernest.coppa.consents_in_time import ConsentsInTime
    from wondernest.coppa.notices import Notices
    from wondernest.coppa.repository import Asked, FlowRepository
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.jobs import Sender

SECONDS: Final = "coppa.second_letters"
RENEW: Final = "coppa.renew_consents"
EXPIRE: Final = "coppa.expire_consents"
LIMIT_S: Final = 600.0


class ConsentUpkeep:
    """The room's periodic work. Each consent is a transaction of its own, so a kill in between loses nothing."""

    def __init__(
        self,
        flows: ConsentsInTime,
        rows: FlowRepository,
        database: Database,
        notices: Notices,
        second: Sender,
        clock: Clock,
    ) -> None:
        self._flows = flows
        self._rows = rows
        self._database = database
        self._notices = notices
        self._second = second
        self._clock = clock

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(SECONDS, self.send_seconds, time_limit_s=LIMIT_S, unrecorded=Unrecorded.UPKEEP),
            Job(RENEW, self.renew, time_limit_s=LIMIT_S, accesses=Service.CONSENT_TIME, by_age=True),
            Job(EXPIRE, self.expire, time_limit_s=LIMIT_S, accesses=Service.CONSENT_TIME, by_age=True),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Every ten minutes; every hour."""
        return (
            Schedule(SECONDS, "*/10 * * * *", SECONDS),
            Schedule(RENEW, "27 * * * *", RENEW),
            Schedule(EXPIRE, "37 * * * *", EXPIRE),
        )

    async def send_seconds(self, _: Running) -> None:
        """Enqueue the second letters that are due, each once."""
        due = True
        while due:
            async with unit_of(self._database) as unit:
                due = await self._rows.take_due_seconds(unit, self._clock.now())
                for consent in due:
                    await self._second(unit, {FAMILY: consent.family_id, CONSENT: consent.id, CHILD: consent.child_id})

    async def renew(self, _: Running) -> None:
        """Ask again for consents that end soon, and for those to an older notice than the last that changed in substance."""
        now = self._clock.now()
        by, grace = now + rules.REMINDED_BEFORE, now + self._flows.policy.grace
        material = self._notices.material
        await self._each(lambda: self._rows.outdated(self._database, material), self._asking(RENOTICE, lambda _: grace))
        await self._each(
            lambda: self._rows.ending(self._database, by, now), self._asking(RENEWAL, lambda one: one.ends_at)
        )

    async def expire(self, _: Running) -> None:
        """Drop requests that nobody confirmed, and end consents whose time is over or that another backend has revoked."""
        now = self._clock.now()
        await self._each(lambda: self._rows.revoked(self._database), self._flows.follow_revocation)
        await self._each(lambda: self._rows.ended(self._database, now), self._flows.expire)

    def _asking(self, why: str, ends_by: Callable[[Asked], datetime]) -> Callable[[UnitOfWork, Asked], Awaitable[None]]:
        return lambda unit, consent: self._flows.ask_again(unit, consent, why, ends_by(consent))

    async def _each(
        self, page: Callable[[], Awaitable[list[Asked]]], step: Callable[[UnitOfWork, Asked], Awaitable[None]]
    ) -> None:
        """Run the step for every consent of the pages. A consent leaves its page by the step."""
        while batch := await page():
            for consent in batch:
                async with unit_of(self._database) as unit:
                    await step(unit, consent)
