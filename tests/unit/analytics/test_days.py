"""A day of the family is what its clocks show: 23, 24 or 25 hours, each moment in exactly one."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.histories import ZONES, first_second
from wondernest.analytics.days import ONE_DAY, Calendar, days
from wondernest.platform.time_zones import time_zone


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("UTC", "2026-03-29", 24),
        ("Europe/Berlin", "2026-03-29", 23),
        ("Europe/Berlin", "2026-10-25", 25),
        ("Australia/Lord_Howe", "2026-04-05", 24.5),
        ("America/Sao_Paulo", "2018-11-04", 23),
        ("America/Havana", "2026-11-01", 25),
        ("Pacific/Apia", "2011-12-30", 0),
        ("+05:30", "2026-03-29", 24),
    ],
)
def test_a_day_has_the_hours_of_its_clocks(zone: str, day: str, hours: float) -> None:
    calendar, first = Calendar(zone), date.fromisoformat(day)
    assert calendar.start(first + ONE_DAY) - calendar.start(first) == hours * 3600


def test_where_clocks_go_back_over_midnight_the_day_that_has_begun_goes_on() -> None:
    calendar, day = Calendar("America/St_Johns"), date(2006, 10, 29)
    begun = calendar.start(day)
    wall = datetime.fromtimestamp(begun + 120, time_zone("America/St_Johns"))
    assert (wall.date(), wall.hour) == (date(2006, 10, 28), 23)
    assert calendar.day_of(begun + 120) == day
    assert list(calendar.split(begun - 60, begun + 60)) == [
        (date(2006, 10, 28), begun - 60, begun),
        (day, begun, begun + 60),
    ]


@given(st.sampled_from(ZONES), st.dates(date(1999, 1, 1), date(2040, 1, 1)))
def test_a_day_begins_with_the_first_second_that_has_its_date(zone: str, day: date) -> None:
    assert Calendar(zone).start(day) == first_second(zone, day)


@given(st.sampled_from(ZONES), st.integers(900_000_000, 2_000_000_000), st.integers(0, 400_000))
def test_the_parts_of_a_span_lie_side_by_side_in_days_that_follow(zone: str, start: int, length: int) -> None:
    calendar = Calendar(zone)
    split = list(calendar.split(start, start + length))
    assert (split[0][1], split[-1][2]) == (start, start + length)
    assert all(one[2] == other[1] and one[0] < other[0] for one, other in itertools.pairwise(split))
    for day, since, until in split:
        assert calendar.start(day) <= since <= until <= calendar.start(day + ONE_DAY)


@pytest.mark.parametrize(
    ("first_day", "today", "start"),
    [(0, "2026-11-26", "2026-11-22"), (0, "2026-11-22", "2026-11-22"), (1, "2026-11-22", "2026-11-16"), (6, "2026-11-26", "2026-11-21")],
)  # fmt: skip
def test_a_week_begins_on_the_family_s_first_day(first_day: int, today: str, start: str) -> None:
    assert Calendar("UTC", first_day).week_start(date.fromisoformat(today)) == date.fromisoformat(start)


def test_days_include_the_first_and_the_last() -> None:
    assert days(date(2026, 2, 27), date(2026, 3, 1)) == [date(2026, 2, 27), date(2026, 2, 28), date(2026, 3, 1)]
    assert Calendar("UTC").day_of(int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())) == date(2026, 3, 1)
    assert timedelta(days=1) == ONE_DAY
