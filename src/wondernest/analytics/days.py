"""The family's days and weeks. Pure functions; moments are whole seconds since 1970.

A day lasts from its first moment to that of the next day in the family's time zone: 23, 24 or 25 hours. So every moment belongs to
exactly one day, also where clocks go back over midnight, and a day that a zone skipped has no moment.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Final

from wondernest.platform.time_zones import DEFAULT_ZONE, time_zone

ONE_DAY: Final = timedelta(days=1)
DAYS_OF_WEEK: Final = 7
EARLIEST_DAY: Final = date(1970, 1, 1)
LATEST_DAY: Final = date(9000, 1, 1)
"""Outside of these, arithmetic with days could leave what Python supports."""


class Calendar:
    """The days of one time zone. `first_day`: the day on which a week begins, 0 for Sunday."""

    def __init__(self, zone: str = DEFAULT_ZONE, first_day: int = 0) -> None:
        self.zone = zone
        self._first_day = first_day

    def start(self, day: date) -> int:
        """The first moment of a day."""
        return _start(self.zone, day)

    def day_of(self, moment: int) -> date:
        """The day to which a moment belongs."""
        day = datetime.fromtimestamp(moment, time_zone(self.zone)).date()
        while moment >= self.start(day + ONE_DAY):
            day += ONE_DAY
        return day

    def week_start(self, day: date) -> date:
        """The first day of the week of a day."""
        return day - timedelta(days=(day.isoweekday() - self._first_day) % DAYS_OF_WEEK)

    def split(self, start: int, end: int) -> Iterator[tuple[date, int, int]]:
        """What lies of [start, end) in each day, in order; a span without length lies in one day."""
        day = self.day_of(start)
        while True:
            next_day = self.start(day + ONE_DAY)
            yield day, start, min(end, next_day)
            if end <= next_day:
                return
            start = next_day
            day = self.day_of(next_day)


def days(first: date, last: date) -> list[date]:
    """The days from the first to the last, both included."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


@lru_cache(maxsize=20_000)
def _start(zone: str, day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=time_zone(zone)).timestamp())
