"""What a child may still play today. Pure functions; moments are whole seconds since 1970, times of day are minutes since midnight.

A day is a day of the family's zone. Quiet hours and windows are what the family's clocks show, so they move with them where clocks
are changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from wondernest.analytics.days import ONE_DAY, Calendar
from wondernest.family.controls import MAX_ENTRIES, DayLimit
from wondernest.family.rules import Unacceptable
from wondernest.platform.time_zones import time_zone

if TYPE_CHECKING:
    from datetime import tzinfo

    from wondernest.family.controls import TimeRestrictions

DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
"""The names of days in stored limits, in the order of `date.weekday`."""
WORKING_DAYS: Final = 5
"""The first of DAYS are stored as limits of weekdays, the others as those of the weekend."""
MINUTE_S: Final = 60
MINUTES_OF_HOUR: Final = 60
FIRST_TIME, LAST_TIME = "00:00", "23:59"
"""The window of a day without one. LAST_TIME as an end means the end of the day: the stored form has no 24:00."""
DEFAULT_EXTRA_MINUTES, MOST_EXTRA_MINUTES = 15, 120
"""Of one grant."""
MOST_EXTRA_OF_DAY: Final = 240
"""Minutes of all grants of a day together."""
INCOMPLETE_QUIET: Final = "quietHours needs a start and an end, which differ"
TOO_MANY_LIMITS: Final = f"There must not be more than {MAX_ENTRIES} limits of days"
TOO_MUCH_EXTRA: Final = f"Extra time must not exceed {MOST_EXTRA_OF_DAY} minutes on a day"


class Reason(Enum):
    """Why no time is left."""

    QUIET_HOURS = "quiet_hours"
    OUTSIDE_HOURS = "outside_hours"
    """The day has a window of hours, and it is closed."""
    NO_TIME = "no_time_today"
    """The day has no minutes."""
    USED_UP = "used_up"


class Span(NamedTuple):
    """Times of day, the end not included; the end of quiet hours may lie before the start: they last over midnight."""

    start: int
    end: int

    def holds(self, minute: int) -> bool:
        """Whether a time of day lies in it."""
        if self.start <= self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


class DayRule(NamedTuple):
    """What holds on a day of the week; no window: all day."""

    minutes: int
    window: Span | None = None


class Rules(Struct, frozen=True, kw_only=True):
    """What holds for a child. `days`: in the order of DAYS; `limited`: whether anything is limited at all."""

    days: Sequence[DayRule]
    quiet: Span | None
    limited: bool = True


class Left(Struct, frozen=True, kw_only=True):
    """What is left of today: whole minutes from now on, and why there are none."""

    minutes: int
    reason: Reason | None = None


def rules_of(times: TimeRestrictions, *, limited: bool = True, bedtimes: bool = True) -> Rules:
    """The rules in stored restrictions. `limited`, `bedtimes`: the family's switches for limits and for quiet hours."""
    quiet = None
    if bedtimes and times.bedtime_enabled and times.bedtime_start and times.bedtime_end:
        span = Span(_minute(times.bedtime_start), _minute(times.bedtime_end))
        quiet = span if span.start != span.end else None
    return Rules(days=[_day_rule(times, number) for number in range(len(DAYS))], quiet=quiet, limited=limited)


def left(rules: Rules, zone: str, now: int, used: int, extra: int) -> Left:
    """What is left of the day of `now`, of which `used` minutes are used; `extra`: minutes that were added to the day."""
    calendar = Calendar(zone)
    day = calendar.day_of(now)
    end = calendar.start(day + ONE_DAY)
    if not rules.limited:
        return Left(minutes=_started_minutes(end - now))
    rule, local = rules.days[day.weekday()], time_zone(zone)
    closed = _closed(rules, rule, local, now)
    if closed is not None:
        return Left(minutes=0, reason=closed)
    if not rule.minutes + extra:
        return Left(minutes=0, reason=Reason.NO_TIME)
    if rule.minutes + extra <= used:
        return Left(minutes=0, reason=Reason.USED_UP)
    turns = sorted(moment for moment in _turns(rules, rule, local, day, (now, end)) if now < moment < end)
    closes = next((moment for moment in turns if _closed(rules, rule, local, moment)), end)
    return Left(minutes=min(rule.minutes + extra - used, _started_minutes(closes - now)))


def _closed(rules: Rules, rule: DayRule, local: tzinfo, moment: int) -> Reason | None:
    clock = datetime.fromtimestamp(moment, local)
    minute = clock.hour * MINUTES_OF_HOUR + clock.minute
    if rules.quiet is not None and rules.quiet.holds(minute):
        return Reason.QUIET_HOURS
    if rule.window is not None and not rule.window.holds(minute):
        return Reason.OUTSIDE_HOURS
    return None


def _turns(rules: Rules, rule: DayRule, local: tzinfo, day: date, span: tuple[int, int]) -> Iterator[int]:
    """Every moment of the span at which play may become closed, and some more."""
    times = [one for one in (rules.quiet and rules.quiet.start, rule.window and rule.window.end) if one is not None]
    for minute in times:
        hour, rest = divmod(minute, MINUTES_OF_HOUR)
        for date_shown in (
            day - ONE_DAY,
            day,
        ):  # where clocks go back over midnight, the day begins in the evening before
            for fold in (0, 1):
                midnight = datetime(date_shown.year, date_shown.month, date_shown.day, tzinfo=local, fold=fold)
                shown = midnight.replace(hour=hour) if hour < 24 else midnight + timedelta(days=1)
                yield int(shown.replace(minute=rest).timestamp())
    yield from _clock_changes(local, *span)


def _clock_changes(local: tzinfo, start: int, end: int) -> Iterator[int]:
    """The moment of [start, end) at which the clocks are changed, if there is one."""
    before, after = start, end - 1
    if _offset(local, before) == _offset(local, after):
        return
    while after - before > 1:
        middle = (before + after) // 2
        if _offset(local, middle) == _offset(local, before):
            before = middle
        else:
            after = middle
    yield after


def _offset(local: tzinfo, moment: int) -> timedelta | None:
    return datetime.fromtimestamp(moment, local).utcoffset()


def changed(
    times: TimeRestrictions,
    minutes: Mapping[str, int],
    *,
    quiet_enabled: bool | None = None,
    quiet_start: str | None = None,
    quiet_end: str | None = None,
) -> TimeRestrictions:
    """The restrictions with other minutes on some days (of DAYS) and other quiet hours; None leaves a part as it is. Raises Unacceptable."""
    return _with_quiet_hours(_with_minutes(times, minutes), quiet_enabled, quiet_start, quiet_end)


def minutes_by_day(times: TimeRestrictions) -> dict[str, int]:
    """The minutes of each of DAYS."""
    return {name: _day_rule(times, number).minutes for number, name in enumerate(DAYS)}


def _with_minutes(times: TimeRestrictions, wanted: Mapping[str, int]) -> TimeRestrictions:
    """What all days have in common is the daily limit, which every backend reads; days that differ, or have a window, have their own."""
    known = minutes_by_day(times)
    minutes = {**known, **wanted}
    if minutes == known:
        return times
    daily = minutes[DAYS[0]] if len(set(minutes.values())) == 1 else times.daily_screen_time_minutes
    weekday = {name: limit for name, limit in times.weekday_limits.items() if _named(name) is None}
    weekend = {name: limit for name, limit in times.weekend_limits.items() if _named(name) is None}
    for number, name in enumerate(DAYS):
        own = _own(times, number)
        if minutes[name] == daily and (own is None or _window(own) is None):
            continue
        limit = DayLimit(FIRST_TIME, LAST_TIME, minutes[name]) if own is None else own
        limits = weekday if number < WORKING_DAYS else weekend
        limits[name] = replace(limit, max_minutes=minutes[name])
    if max(len(weekday), len(weekend)) > MAX_ENTRIES:
        raise Unacceptable(TOO_MANY_LIMITS)
    return replace(times, daily_screen_time_minutes=daily, weekday_limits=weekday, weekend_limits=weekend)


def _with_quiet_hours(
    times: TimeRestrictions, enabled: bool | None, start: str | None, end: str | None
) -> TimeRestrictions:
    made = replace(
        times,
        bedtime_enabled=times.bedtime_enabled if enabled is None else enabled,
        bedtime_start=start or times.bedtime_start,
        bedtime_end=end or times.bedtime_end,
    )
    complete = made.bedtime_start and made.bedtime_end and made.bedtime_start != made.bedtime_end
    if made != times and made.bedtime_enabled and not complete:
        raise Unacceptable(INCOMPLETE_QUIET)
    return made


def _day_rule(times: TimeRestrictions, number: int) -> DayRule:
    own = _own(times, number)
    return DayRule(times.daily_screen_time_minutes) if own is None else DayRule(own.max_minutes, _window(own))


def _own(times: TimeRestrictions, number: int) -> DayLimit | None:
    """The limit of a day, in any spelling of its name; of the part where it belongs, else of the other."""
    parts = (times.weekday_limits, times.weekend_limits)
    for limits in parts if number < WORKING_DAYS else parts[::-1]:
        for name, limit in limits.items():
            if _named(name) == number:
                return limit
    return None


def _named(name: str) -> int | None:
    name = name.strip().lower()
    return DAYS.index(name) if name in DAYS else None


def _window(limit: DayLimit) -> Span | None:
    """The hours of a limit; None for the whole day, and for one that ends when it begins."""
    start, end = _minute(limit.start_time), _minute(limit.end_time)
    if limit.end_time == LAST_TIME:
        end += 1
    whole = limit.start_time == FIRST_TIME and limit.end_time == LAST_TIME
    return None if whole or start == end else Span(start, end)


def _minute(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * MINUTES_OF_HOUR + int(minutes)


def _started_minutes(seconds: int) -> int:
    return -(-seconds // MINUTE_S)
