"""A name of a time zone means the same offset that Java gives it."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.platform.time_zones import is_time_zone, time_zone

SUMMER = datetime(2026, 7, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "hours"),
    [
        *[("Z", 0), ("UTC", 0), ("GMT", 0), ("UT", 0), ("GMT0", 0), ("UTC+2", 2), ("GMT-3", -3), ("UT-03:30", -3.5)],
        *[("+05:30", 5.5), ("-0800", -8), ("+2", 2), ("+18", 18)],
        *[("Etc/GMT+5", -5), ("Europe/Berlin", 2), ("America/New_York", -4), ("Asia/Kathmandu", 5.75)],
    ],
)
def test_offsets_count_to_the_east_and_regions_have_their_own(name: str, hours: float) -> None:
    assert SUMMER.astimezone(time_zone(name)).utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "+19", "EST", "UTC+"])
def test_a_name_that_is_no_zone_means_utc(name: str) -> None:
    assert SUMMER.astimezone(time_zone(name)).utcoffset() == timedelta()


@given(st.sampled_from(sorted(zoneinfo.available_timezones())))
def test_every_zone_that_is_accepted_can_be_used(name: str) -> None:
    assert not is_time_zone(name) or SUMMER.astimezone(time_zone(name)) == SUMMER
