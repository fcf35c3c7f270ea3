"""Request and reply bodies of screen time. All of it is additive."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct
from msgspec.structs import asdict

from wondernest.family.controls import Minutes, TimeOfDay
from wondernest.screentime import rules
from wondernest.screentime.model import ScreenTime, Wanted

ReasonName: TypeAlias = Literal["quiet_hours", "outside_hours", "no_time_today", "used_up"]
ExtraMinutes = Annotated[int, Meta(ge=1, le=rules.MOST_EXTRA_MINUTES)]


class DayMinutes(Struct, kw_only=True):
    """Minutes of each day of the week."""

    monday: int
    tuesday: int
    wednesday: int
    thursday: int
    friday: int
    saturday: int
    sunday: int


class DayMinutesBody(Struct, kw_only=True):
    """As DayMinutes; null or absent leaves a day as it is."""

    monday: Minutes | None = None
    tuesday: Minutes | None = None
    wednesday: Minutes | None = None
    thursday: Minutes | None = None
    friday: Minutes | None = None
    saturday: Minutes | None = None
    sunday: Minutes | None = None


class QuietHours(Struct, kw_only=True):
    """Times of day at which the child does not play; they may last over midnight."""

    enabled: bool
    start: str | None
    end: str | None


class QuietHoursBody(Struct, kw_only=True):
    """As QuietHours; null or absent leaves a part as it is."""

    enabled: bool | None = None
    start: TimeOfDay | None = None
    end: TimeOfDay | None = None


class ScreenTimeBody(Struct, rename="camel", kw_only=True):
    """A change of what holds for a child; what is absent stays."""

    minutes_by_day: DayMinutesBody | None = None
    quiet_hours: QuietHoursBody | None = None

    def wanted(self) -> Wanted:
        """The change."""
        days, quiet = self.minutes_by_day or DayMinutesBody(), self.quiet_hours or QuietHoursBody()
        return Wanted(
            minutes={name: minutes for name, minutes in asdict(days).items() if minutes is not None},
            quiet_enabled=quiet.enabled,
            quiet_start=quiet.start,
            quiet_end=quiet.end,
        )


class ExtraTimeBody(Struct, kw_only=True):
    """Minutes that are added to today."""

    minutes: ExtraMinutes = rules.DEFAULT_EXTRA_MINUTES


class ScreenTimeShown(Struct, rename="camel", kw_only=True):
    """What holds for a child, and what is left of the family's today.

    `remainingMinutes`: from now on, until the minutes are used up, quiet hours begin or the day ends. `reason`: why it is 0; else null.
    """

    child_id: str
    date: str
    timezone: str
    limits_enabled: bool
    minutes_by_day: DayMinutes
    quiet_hours: QuietHours
    limit_minutes: int
    extra_minutes: int
    used_minutes: int
    remaining_minutes: int
    reason: ReasonName | None

    @classmethod
    def of(cls, found: ScreenTime) -> ScreenTimeShown:
        """As of now."""
        times = found.times
        return cls(
            child_id=str(found.child_id),
            date=found.day.isoformat(),
            timezone=found.zone,
            limits_enabled=found.limited,
            minutes_by_day=DayMinutes(**rules.minutes_by_day(times)),
            quiet_hours=QuietHours(enabled=times.bedtime_enabled, start=times.bedtime_start, end=times.bedtime_end),
            limit_minutes=found.limit,
            extra_minutes=found.extra,
            used_minutes=found.used,
            remaining_minutes=found.left.minutes,
            reason=found.left.reason and found.left.reason.value,
        )


class ScreenTimeReply(Struct):
    """A child's screen time."""

    data: ScreenTimeShown
    success: bool = True
