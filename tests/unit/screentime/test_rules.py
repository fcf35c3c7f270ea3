"""What is left of today: against a second implementation that walks through the day, and by example."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.family.controls import DayLimit, TimeRestrictions
from wondernest.family.rules import Unacceptable
from wondernest.screentime import rules
from wondernest.screentime.rules import DAYS, DayRule, Left, Reason, Rules, Span

ZONES = (
    *("UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "America/Havana"),
    *("Africa/Casablanca", "Pacific/Chatham", "Asia/Beirut", "America/Santiago", "Africa/Cairo"),
)
CLOCK_CHANGES = (
    "2026-03-29",
    "2026-10-25",
    "2026-03-08",
    "2026-11-01",
    "2026-04-05",
    "2026-10-04",
    "2026-09-06",
    "2026-04-24",
)
"""Days on which some of these zones change their clocks."""


# A second implementation ------------------------------------------------------------------------------------------------


class Walk:
    """Walks from a moment through the family's day, minute by minute, and compares texts of clocks."""

    def __init__(self, zone: str, now: datetime) -> None:
        self.zone, self.now = ZoneInfo(zone), now
        self.today = self.day_of(now)

    def day_of(self, moment: datetime) -> date:
        """A day has begun when its first moment, as a clock of the zone first shows it, is over."""
        day = moment.astimezone(self.zone).date() + timedelta(days=1)
        while datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC) > moment:
            day -= timedelta(days=1)
        return day

    def closed(self, moment: datetime, rule: DayRule, quiet: Span | None) -> Reason | None:
        clock = f"{moment.astimezone(self.zone):%H:%M}"
        if quiet is not None and within(clock, quiet):
            return Reason.QUIET_HOURS
        if rule.window is not None and not within(clock, rule.window):
            return Reason.OUTSIDE_HOURS
        return None

    def left(self, held: Rules, used: int, extra: int) -> Left:
        rule = held.days[self.today.weekday()]
        minutes = rule.minutes + extra
        if held.limited:
            if (why := self.closed(self.now, rule, held.quiet)) is not None:
                return Left(minutes=0, reason=why)
            if minutes == 0:
                return Left(minutes=0, reason=Reason.NO_TIME)
            if used >= minutes:
                return Left(minutes=0, reason=Reason.USED_UP)
        open_minutes = 0
        moment = self.now.replace(second=0)  # a minute that has begun counts whole
        while True:
            open_minutes += 1
            moment += timedelta(minutes=1)
            if self.day_of(moment) != self.today:
                break
            if held.limited and (open_minutes >= minutes - used or self.closed(moment, rule, held.quiet) is not None):
                break
        return Left(minutes=min(open_minutes, minutes - used) if held.limited else open_minutes)


def within(clock: str, span: Span) -> bool:
    start, end = (f"{minute // 60:02d}:{minute % 60:02d}" for minute in span)
    return start <= clock < end if start <= end else clock >= start or clock < end


def situation(seed: int) -> tuple[str, datetime, Rules, int, int]:
    chance = random.Random(seed)
    zone = chance.choice(ZONES)
    day = date.fromisoformat(chance.choice(CLOCK_CHANGES)) + timedelta(days=chance.choice((-1, 0, 0, 0, 1)))
    now = datetime(day.year, day.month, day.day, tzinfo=UTC)
    now += timedelta(minutes=chance.randrange(-14 * 60, 30 * 60), seconds=chance.choice((0, 1, 59)))
    minutes = chance.choice((0, 1, 30, 60, 200, 1440))
    days = [
        DayRule(minutes, Span(chance.randrange(0, 1440), chance.randrange(1, 1441)) if chance.random() < 0.3 else None)
        for _ in DAYS
    ]
    starts = (0, 30, 90, 120, 135, 150, 180, 19 * 60 + 30, 23 * 60, 23 * 60 + 30, chance.randrange(1440))
    start, end = chance.choice(starts), chance.choice(starts)
    quiet = Span(start, end) if start != end and chance.random() < 0.8 else None
    held = Rules(days=days, quiet=quiet, limited=chance.random() < 0.95)
    return zone, now, held, chance.choice((0, 0, 10, 59, 60, 300)), chance.choice((0, 0, 15, 240))


@given(st.integers(0, 2**32))
def test_what_is_left_is_what_a_walk_through_the_day_counts(seed: int) -> None:
    zone, now, held, used, extra = situation(seed)
    found = rules.left(held, zone, int(now.timestamp()), used, extra)
    assert found == Walk(zone, now).left(held, used, extra), (zone, now)
    assert (found.minutes == 0) == (found.reason is not None)


# By example -------------------------------------------------------------------------------------------------------------


def held(minutes: int = 60, quiet: tuple[int, int] | None = None, **more: Any) -> Rules:
    return Rules(days=[DayRule(minutes)] * 7, quiet=None if quiet is None else Span(*quiet), **more)


def left(rules_held: Rules, zone: str, local: str, used: int = 0, extra: int = 0, fold: int = 0) -> Left:
    moment = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return rules.left(rules_held, zone, int(moment.timestamp()), used, extra)


NIGHT = (19 * 60 + 30, 7 * 60)


@pytest.mark.parametrize(
    ("local", "minutes", "reason"),
    [
        ("2026-11-24T06:59:59", 0, Reason.QUIET_HOURS),
        ("2026-11-24T07:00", 60, None),
        ("2026-11-24T19:00", 30, None),
        ("2026-11-24T19:29:59", 1, None),
        ("2026-11-24T19:30", 0, Reason.QUIET_HOURS),
        ("2026-11-24T23:59", 0, Reason.QUIET_HOURS),
    ],
)
def test_quiet_hours_last_over_midnight(local: str, minutes: int, reason: Reason | None) -> None:
    assert left(held(60, NIGHT), "Europe/Berlin", local) == Left(minutes=minutes, reason=reason)


def test_quiet_hours_move_with_the_clocks() -> None:
    early = held(600, (2 * 60 + 30, 7 * 60))
    # Spring: 02:00 is 03:00. Half past two does not come, quiet hours begin when the clocks jump over it.
    assert left(early, "Europe/Berlin", "2026-03-29T01:50").minutes == 10
    # Autumn: 03:00 is 02:00. Half past two comes twice, and between the first three o'clock and it there is half an hour.
    assert left(early, "Europe/Berlin", "2026-10-25T02:20").minutes == 10
    assert left(early, "Europe/Berlin", "2026-10-25T02:45").reason is Reason.QUIET_HOURS
    assert left(early, "Europe/Berlin", "2026-10-25T02:10", fold=1).minutes == 20
    assert left(held(600, (20 * 60, 60)), "Europe/Berlin", "2026-10-25T01:00").minutes == 600


def test_a_day_of_25_hours_ends_an_hour_later() -> None:
    assert left(held(1440), "Europe/Berlin", "2026-10-25T00:00", used=0, extra=240).minutes == 25 * 60
    assert left(held(1440), "Europe/Berlin", "2026-03-29T00:00").minutes == 23 * 60


def test_extra_time_is_added_and_quiet_hours_still_hold() -> None:
    assert left(held(60), "UTC", "2026-11-24T10:00", used=60) == Left(minutes=0, reason=Reason.USED_UP)
    assert left(held(60), "UTC", "2026-11-24T10:00", used=60, extra=15) == Left(minutes=15)
    assert left(held(0), "UTC", "2026-11-24T10:00") == Left(minutes=0, reason=Reason.NO_TIME)
    assert left(held(60, NIGHT), "UTC", "2026-11-24T20:00", extra=15).reason is Reason.QUIET_HOURS


def test_a_family_without_limits_has_the_rest_of_the_day() -> None:
    assert left(held(0, NIGHT, limited=False), "UTC", "2026-11-24T22:30", used=500) == Left(minutes=90)


# Stored restrictions ------------------------------------------------------------------------------------------------------


def times(**parts: Any) -> TimeRestrictions:
    usual: dict[str, Any] = {"weekday_limits": {}, "weekend_limits": {}, "daily_screen_time_minutes": 60}
    usual |= {"bedtime_enabled": True, "bedtime_start": "19:30", "bedtime_end": "07:00"}
    return TimeRestrictions(**{**usual, **parts})


def test_days_that_differ_are_stored_as_limits_of_their_part_of_the_week() -> None:
    made = rules.changed(times(), {"monday": 30, "sunday": 120})
    assert made.daily_screen_time_minutes == 60
    assert made.weekday_limits == {"monday": DayLimit("00:00", "23:59", 30)}
    assert made.weekend_limits == {"sunday": DayLimit("00:00", "23:59", 120)}


def test_what_all_days_have_in_common_is_the_daily_limit() -> None:
    made = rules.changed(times(weekday_limits={"MONDAY": DayLimit("00:00", "23:59", 30)}), dict.fromkeys(DAYS, 45))
    assert (made.daily_screen_time_minutes, made.weekday_limits, made.weekend_limits) == (45, {}, {})


def test_a_window_and_a_name_that_is_no_day_are_kept() -> None:
    window, other = DayLimit("15:00", "17:30", 30), DayLimit("10:00", "12:00", 5)
    made = rules.changed(times(weekday_limits={"Monday": window, "holiday": other}), {"monday": 40})
    assert made.weekday_limits == {"holiday": other, "monday": DayLimit("15:00", "17:30", 40)}
    monday = rules.rules_of(made).days[0]
    assert monday == DayRule(40, Span(15 * 60, 17 * 60 + 30))
    shown = left(Rules(days=[monday] * 7, quiet=None), "UTC", "2026-11-23T17:20")
    assert shown == Left(minutes=10)
    assert left(Rules(days=[monday] * 7, quiet=None), "UTC", "2026-11-23T18:00").reason is Reason.OUTSIDE_HOURS


@pytest.mark.parametrize("stored", [times(), times(bedtime_start=None), times(bedtime_end="19:30")])
def test_what_is_shown_can_be_sent_back_and_changes_nothing(stored: TimeRestrictions) -> None:
    sent = rules.changed(
        stored,
        rules.minutes_by_day(stored),
        quiet_enabled=stored.bedtime_enabled,
        quiet_start=stored.bedtime_start,
        quiet_end=stored.bedtime_end,
    )
    assert sent == stored


def test_quiet_hours_need_a_start_and_an_end_that_differ() -> None:
    with pytest.raises(Unacceptable):
        rules.changed(times(), {}, quiet_start="07:00")
    with pytest.raises(Unacceptable):
        rules.changed(times(bedtime_enabled=False, bedtime_start=None, bedtime_end=None), {}, quiet_enabled=True)
    assert rules.changed(times(), {}, quiet_enabled=False, quiet_start="07:00").bedtime_start == "07:00"


def test_the_family_s_switches_end_quiet_hours_and_limits() -> None:
    assert rules.rules_of(times()).quiet == Span(19 * 60 + 30, 7 * 60)
    assert rules.rules_of(times(), bedtimes=False).quiet is None
    assert rules.rules_of(times(bedtime_enabled=False)).quiet is None
    assert not rules.rules_of(times(), limited=False).limited
