"""When a letter is due, which week it is about, and how a child is called in it. Pure functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from wondernest.analytics.days import DAYS_OF_WEEK
from wondernest.platform.time_zones import time_zone

EVENING_HOUR: Final = 18
"""Of the family's Sunday, by its clocks."""
LATEST: Final = timedelta(hours=36)
"""A letter that could not be sent on Sunday evening, because no process ran, is sent so much later at most."""
DAYS_BEFORE: Final = 6
"""The letter is about the week of the Monday before: the last one that is over, or ends today, whatever day a week begins on."""


class Due(NamedTuple):
    """The family's Sunday on whose evening a letter is due, and when that evening began."""

    sunday: date
    since: datetime


def due(zone: str, now: datetime) -> Due | None:
    """The letter that is due for families of a zone; None outside of Sunday evening and LATEST after its beginning."""
    local = time_zone(zone)
    today = now.astimezone(local).date()
    sunday = today - timedelta(days=today.isoweekday() % DAYS_OF_WEEK)
    evening = datetime(sunday.year, sunday.month, sunday.day, EVENING_HOUR, tzinfo=local).astimezone(UTC)
    return Due(sunday, evening) if evening <= now <= evening + LATEST else None


def told_day(sunday: date) -> date:
    """A day of the week that the letter of a Sunday is about."""
    return sunday - timedelta(days=DAYS_BEFORE)


def called(children: Sequence[tuple[str, str | None]]) -> list[str]:
    """How each child is called, from name and nickname: never by a family name, unless two would be called the same."""
    whole = [_one_line(name) for name, _ in children]
    short = [
        _one_line(nickname or "") or name.partition(" ")[0] for name, (_, nickname) in zip(whole, children, strict=True)
    ]
    times = Counter(short)
    return [one if times[one] == 1 else name for one, name in zip(short, whole, strict=True)]


def _one_line(text: str) -> str:
    return " ".join(text.split())
