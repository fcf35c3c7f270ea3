"""When an event happened: by the clock of its device, or by its arrival where that clock is wrong. Pure functions."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple

from wondernest.analytics.rules import moment

MAX_AHEAD: Final = timedelta(days=1)
MAX_BEHIND: Final = timedelta(days=30)
"""A device whose clock says more than that is wrong about the time. Shorter delays are those of devices without a network."""
ON_TIME: Final = timedelta(hours=12)
"""An event that arrives later than that may belong to a day that is summed up already."""
LATE_DAYS: Final = timedelta(days=4)
"""The days on both sides of a late event that it may change: the margins of activities, and the zones."""


class Placement(NamedTuple):
    """When an event happened. `by_arrival`: its device named a moment that cannot be."""

    at: datetime
    by_arrival: bool


def placed(timestamp: Any, arrived: datetime, zone: tzinfo) -> Placement:
    """The moment of an event with the `timestamp` of its data (None without one). `zone`: for times that name none."""
    if timestamp is None:
        return Placement(arrived, by_arrival=False)
    at = moment(timestamp, zone)
    if at is None or not -MAX_BEHIND <= at - arrived <= MAX_AHEAD:
        return Placement(arrived, by_arrival=True)
    return Placement(at, by_arrival=False)


def is_local(timestamp: Any) -> bool:
    """Whether a timestamp is a time without a zone, as the app's game events send it."""
    if not isinstance(timestamp, str):
        return False
    try:
        return datetime.fromisoformat(timestamp).tzinfo is None
    except ValueError:
        return False


def is_late(at: datetime, arrived: datetime) -> bool:
    """Whether days that are summed up already may have to be counted again."""
    return arrived - at >= ON_TIME
