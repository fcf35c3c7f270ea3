"""The figures that parents see, from the parts of activities (games contract §9, docs/analytics.md). Pure functions.

Sums are whole seconds and are rounded once, at the end, half up: so a figure is the sum of the activities that explain it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from fractions import Fraction
from math import floor
from typing import Final

from msgspec import Struct

from wondernest.analytics.activities import MINUTE_S, PAUSE_S, Part
from wondernest.analytics.days import DAYS_OF_WEEK

NO_CATEGORY: Final = "none"
GOOD_DAY_MINUTES: Final = 30
"""Educational minutes with which the first half of `learningProgress` is full."""
TOP_CATEGORIES: Final = 3
DAYS_OF_INSIGHTS: Final = 30
"""Days that insights look at, today included."""


class Totals(Struct):
    """Sums over parts of activities."""

    seconds: int = 0
    educational_s: int = 0
    activities: int = 0
    completed: int = 0

    def add(self, part: Part) -> None:
        """Count a part."""
        self.seconds += part.seconds
        self.educational_s += part.seconds if part.educational else 0
        self.activities += 1
        self.completed += part.completed

    def merge(self, other: Totals) -> None:
        """Count what others count."""
        self.seconds += other.seconds
        self.educational_s += other.educational_s
        self.activities += other.activities
        self.completed += other.completed

    @property
    def rate(self) -> Fraction:
        """The share of completed activities; 0 without any."""
        return Fraction(self.completed, self.activities) if self.activities else Fraction(0)


class Day(Struct, frozen=True, kw_only=True):
    """The figures of a day. Times in minutes."""

    date: date
    screen_time: int
    contents: int
    educational_time: int
    average_session: int
    category: str
    completed: int
    progress: float


class Week(Struct, frozen=True, kw_only=True):
    """The figures of a week. Times in minutes."""

    start: date
    screen_time: int
    educational_percent: float
    average_day: int
    top_categories: Sequence[str]
    completion_rate: float
    interactions: int


def day_figures(day: date, parts: Sequence[Part]) -> Day:
    """The figures of a day from its parts, which are in order of time; zeros without any."""
    contents = len({part.content_id for part in parts if part.content_id is not None})
    return day_of_sums(day, by_category(parts), contents, sessions(parts))


def day_of_sums(day: date, categories: Mapping[str, Totals], contents: int, sessions: int) -> Day:
    """The figures of a day from its sums, the number of different contents and that of sessions."""
    totals = Totals()
    for one in categories.values():
        totals.merge(one)
    educational = minutes(totals.educational_s)
    progress = Fraction(min(educational, GOOD_DAY_MINUTES), 2 * GOOD_DAY_MINUTES) + totals.rate / 2
    return Day(
        date=day,
        screen_time=minutes(totals.seconds),
        contents=contents,
        educational_time=educational,
        average_session=half_up(Fraction(totals.seconds, MINUTE_S * max(sessions, 1))),
        category=next(iter(ranked(categories)), NO_CATEGORY),
        completed=totals.completed,
        progress=decimals(progress, 2),
    )


def week_figures(start: date, categories: Mapping[str, Totals], interactions: int) -> Week:
    """The figures of the week that begins on a day."""
    totals = Totals()
    for one in categories.values():
        totals.merge(one)
    share = Fraction(100 * totals.educational_s, totals.seconds) if totals.seconds else Fraction(0)
    return Week(
        start=start,
        screen_time=minutes(totals.seconds),
        educational_percent=decimals(share, 1),
        average_day=half_up(Fraction(totals.seconds, MINUTE_S * DAYS_OF_WEEK)),
        top_categories=ranked(categories)[:TOP_CATEGORIES],
        completion_rate=decimals(totals.rate, 2),
        interactions=interactions,
    )


def sessions(parts: Iterable[Part]) -> int:
    """How many sessions the parts make, which are in order of time: shorter pauses than PAUSE_S belong to a session."""
    count, end = 0, None
    for part in parts:
        if end is None or part.start - end >= PAUSE_S:
            count += 1
        end = part.end if end is None else max(end, part.end)
    return count


def by_category(parts: Iterable[Part]) -> dict[str, Totals]:
    """The sums of each category."""
    found: defaultdict[str, Totals] = defaultdict(Totals)
    for part in parts:
        found[part.category].add(part)
    return dict(found)


def merged(many: Iterable[Mapping[str, Totals]]) -> dict[str, Totals]:
    """The sums of several days together."""
    found: defaultdict[str, Totals] = defaultdict(Totals)
    for categories in many:
        for category, totals in categories.items():
            found[category].merge(totals)
    return dict(found)


def ranked(categories: Mapping[str, Totals]) -> list[str]:
    """The categories, most time first, ties in alphabetical order."""
    return sorted(categories, key=lambda category: (-categories[category].seconds, category))


def first_insight_day(today: date) -> date:
    """The first of the days that insights look at."""
    return today - timedelta(days=DAYS_OF_INSIGHTS - 1)


def minutes(seconds: int) -> int:
    """Whole minutes, half up."""
    return half_up(Fraction(seconds, MINUTE_S))


def half_up(number: Fraction) -> int:
    """The nearest whole number; of two the larger one."""
    return floor(number + Fraction(1, 2))


def decimals(number: Fraction, places: int) -> float:
    """The number with so many decimals, half up."""
    scale = 10**places
    return half_up(number * scale) / scale
