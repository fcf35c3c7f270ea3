"""Our figures and those of a second, slow implementation are the same for random histories; `bin/fuzz analytics` tries many more."""

from __future__ import annotations

import os
import random
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import TypeVar

import pytest

from tests.fixtures.histories import EDUCATIONAL_GAMES, Event, Life, Oracle, Watched, life
from wondernest.analytics import figures, wire
from wondernest.analytics.activities import INTERACTIONS, Part, StoredEvent, View, parts
from wondernest.analytics.days import Calendar, days
from wondernest.analytics.repository.history import AFTER, BEFORE
from wondernest.platform.large_work import at_once

HISTORIES = int(os.environ.get("FUZZ_HISTORIES", "400"))
FIRST_SEED = int(os.environ.get("FUZZ_SEED", "0"))
AT_ONCE = 50
Row = TypeVar("Row", Event, Watched)
CHILD = "50cb1b31-bd85-4604-8cd1-efc1a73c9359"


@pytest.mark.timeout(3_600)
@pytest.mark.parametrize("batch", range(HISTORIES // AT_ONCE))
def test_the_oracle_agrees(batch: int) -> None:
    for seed in range(FIRST_SEED + batch * AT_ONCE, FIRST_SEED + (batch + 1) * AT_ONCE):
        lived = life(seed)
        oracle, ours = Oracle(lived), Ours(lived, seed)
        for day in days(lived.today - timedelta(days=8), lived.today + timedelta(days=1)):
            assert ours.day(day) == oracle.day(day), f"seed {seed}, {lived.zone}, {day}"
            told = ours.parts([day])
            total = sum(part.seconds for part in told)
            assert figures.minutes(total) == oracle.day(day)["totalScreenTime"], f"seed {seed}"
        assert ours.week() == oracle.week(), f"seed {seed}, {lived.zone}"


class Ours:
    """The figures as the service computes them: from what is stored around the days, in any order, with some days summed up."""

    def __init__(self, lived: Life, seed: int) -> None:
        self._life = lived
        self._chance = random.Random(seed)
        self._calendar = Calendar(lived.zone, lived.first_day)

    def parts(self, wanted: list[date]) -> list[Part]:
        events = [stored(event) for event in self._around(self._life.events, wanted)]
        views = [viewed(view) for view in self._around(self._life.views, wanted)]
        return at_once(parts(events, views, self._calendar, wanted))

    def day(self, day: date) -> dict[str, object]:
        shown = wire.DailyFigures.of(CHILD, figures.day_figures(day, self.parts([day])))
        return {
            "date": shown.date,
            "totalScreenTime": shown.total_screen_time,
            "contentConsumed": shown.content_consumed,
            "educationalTime": shown.educational_time,
            "averageSessionLength": shown.average_session_length,
            "mostEngagedCategory": shown.most_engaged_category,
            "completedActivities": shown.completed_activities,
            "learningProgress": shown.learning_progress,
        }

    def week(self) -> dict[str, object]:
        start = self._calendar.week_start(self._life.today)
        wanted = days(start, start + timedelta(days=6))
        alone = [day for day in wanted if self._chance.random() < 0.5]
        together = [day for day in wanted if day not in alone]
        sums = [figures.by_category(self.parts([day])) for day in alone]
        sums.append(figures.by_category(self.parts(together)) if together else {})
        taken = [event for event in self._life.events if event.kind in INTERACTIONS]
        count = sum(self._calendar.day_of(event.at) in wanted for event in taken)
        shown = wire.WeeklyFigures.of(figures.week_figures(start, figures.merged(sums), count))
        return {
            "weekStart": shown.week_start,
            "totalScreenTime": shown.total_screen_time,
            "educationalPercentage": shown.educational_percentage,
            "averageDailyUsage": shown.average_daily_usage,
            "topCategories": shown.top_categories,
            "completionRate": shown.completion_rate,
            "parentalInteraction": shown.parental_interaction,
        }

    def _around(self, rows: Sequence[Row], wanted: list[date]) -> list[Row]:
        since = datetime.combine(wanted[0], datetime.min.time(), UTC) - BEFORE
        until = datetime.combine(wanted[-1], datetime.min.time(), UTC) + AFTER
        around = [row for row in rows if since.timestamp() <= row.at < until.timestamp()]
        self._chance.shuffle(around)
        return around


def stored(event: Event) -> StoredEvent:
    return StoredEvent(
        at=event.at,
        kind=event.kind,
        content_id=event.content,
        session_id=event.session,
        minutes=event.minutes,
        completed=event.completed,
        educational=event.content in EDUCATIONAL_GAMES,
    )


def viewed(view: Watched) -> View:
    content, category, scored = view.video
    return View(
        at=view.at,
        content_id=content,
        category=category,
        seconds=view.seconds,
        completed=view.completed,
        educational=scored,
    )
