"""A child's screen time, for its parents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.analytics.days import Calendar
from wondernest.coppa.rules import age_on
from wondernest.family import errors
from wondernest.family.controls import restrictions
from wondernest.platform.clock import latest_day
from wondernest.screentime import rules
from wondernest.screentime.model import ScreenTime

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.analytics.overview import OverviewService
    from wondernest.family.controls import TimeRestrictions
    from wondernest.family.service import FamilyService
    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.screentime.model import Wanted
    from wondernest.screentime.repository import ScreenTimeRepository


class ScreenTimeService:
    """Raises ChildNotFound, ForeignChild and ValidationFailed of the family room."""

    def __init__(
        self,
        repository: ScreenTimeRepository,
        database: Database,
        family: FamilyService,
        figures: OverviewService,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self._database = database
        self._family = family
        self._figures = figures
        self._clock = clock

    async def of_child(self, caller: Caller, child_id: UUID, unit: UnitOfWork | None = None) -> ScreenTime:
        """What holds now. Two statements: what a parent set, and what was used."""
        executor = unit or self._database
        found = await self._repository.find(executor, child_id, caller.user_id)
        if found is None:
            raise errors.ChildNotFound
        if not found.own:
            raise errors.ForeignChild
        now = self._clock.now()
        moment = int(now.timestamp())
        day = Calendar(found.zone).day_of(moment)
        used = await self._figures.screen_time(caller, child_id, day, executor)
        times = restrictions(found.times, found.minutes, age_on(latest_day(now), found.birth_date))
        holding = rules.rules_of(times, limited=found.limited, bedtimes=found.bedtimes)
        extra = found.extra_minutes if found.extra_day == day else 0
        return ScreenTime(
            child_id=child_id,
            day=day,
            zone=found.zone,
            times=times,
            limited=found.limited,
            limit=holding.days[day.weekday()].minutes,
            extra=extra,
            used=used,
            left=rules.left(holding, found.zone, moment, used, extra),
        )

    async def change(self, caller: Caller, child_id: UUID, wanted: Wanted, unit: UnitOfWork) -> ScreenTime:
        """Change minutes and quiet hours; returns what holds then."""

        def change(times: TimeRestrictions) -> TimeRestrictions:
            return rules.changed(
                times,
                wanted.minutes,
                quiet_enabled=wanted.quiet_enabled,
                quiet_start=wanted.quiet_start,
                quiet_end=wanted.quiet_end,
            )

        await self._family.change_times(caller, child_id, change, unit)
        return await self.of_child(caller, child_id, unit)

    async def add_extra(self, caller: Caller, child_id: UUID, minutes: int, unit: UnitOfWork) -> ScreenTime:
        """Add minutes to the family's today; returns what holds then."""
        found = await self._repository.find(unit, child_id, caller.user_id)
        if found is None:
            raise errors.ChildNotFound
        if not found.own:
            raise errors.ForeignChild
        day = Calendar(found.zone).day_of(int(self._clock.now().timestamp()))
        added = await self._repository.add_extra(unit, child_id, caller.user_id, day, minutes, rules.MOST_EXTRA_OF_DAY)
        if not added:
            raise errors.ValidationFailed(rules.TOO_MUCH_EXTRA)
        return await self.of_child(caller, child_id, unit)
