"""The only source of time, so that tests can control it."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from typing import Final, Protocol

FIRST_ZONE: Final = timedelta(hours=14)
"""The Line Islands of Kiribati: no place has a later day."""
_LAST_ZONE: Final = timedelta(hours=-12)
"""No place has an earlier day."""


class Clock(Protocol):
    """Tells the time of day."""

    def now(self) -> datetime:
        """The current time: timezone-aware, UTC."""
        ...


class SystemClock:
    """The machine's clock, shifted by a fixed offset (0 except in tests of clock skew)."""

    def __init__(self, offset: timedelta = timedelta()) -> None:
        self._offset = offset

    def now(self) -> datetime:
        """The current time: timezone-aware, UTC."""
        return datetime.now(UTC) + self._offset


def epoch_ms(moment: datetime) -> int:
    """Milliseconds since 1970, as in the `timestamp` of error bodies."""
    return int(moment.timestamp() * 1000)


def latest_day(moment: datetime) -> date:
    """The calendar day where it is latest on earth: whatever day it is for a family, it is not after this one."""
    return (moment.astimezone(UTC) + FIRST_ZONE).date()


def earliest_day(moment: datetime) -> date:
    """The calendar day where it is earliest on earth: this day has begun for every family."""
    return (moment.astimezone(UTC) + _LAST_ZONE).date()


def monotonic() -> float:
    """Seconds on a clock that never goes back; only differences are meaningful."""
    return time.perf_counter()
