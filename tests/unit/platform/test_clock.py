"""The calendar day where it is latest and where it is earliest on earth."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from wondernest.platform.clock import earliest_day, latest_day


@pytest.mark.parametrize(
    ("hour", "earliest", "latest"),
    [(0, date(2026, 2, 28), date(2026, 3, 1)), (9, date(2026, 2, 28), date(2026, 3, 1)),
     (10, date(2026, 2, 28), date(2026, 3, 2)), (12, date(2026, 3, 1), date(2026, 3, 2))],
)  # fmt: skip
def test_a_day_begins_at_the_line_islands_and_ends_at_baker_island(hour: int, earliest: date, latest: date) -> None:
    moment = datetime(2026, 3, 1, hour, tzinfo=UTC)
    assert (earliest_day(moment), latest_day(moment)) == (earliest, latest)
    elsewhere = moment.astimezone(timezone(timedelta(hours=-7)))
    assert (earliest_day(elsewhere), latest_day(elsewhere)) == (earliest, latest)


@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Auckland", "Europe/London", "Pacific/Pago_Pago"])
@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_the_day_of_every_place_lies_between_them(zone: str, hour: int) -> None:
    moment = datetime(2026, 1, 1, hour, tzinfo=UTC)
    assert earliest_day(moment) <= moment.astimezone(ZoneInfo(zone)).date() <= latest_day(moment)
