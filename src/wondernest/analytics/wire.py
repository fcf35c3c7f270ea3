"""Request and reply bodies of analytics (games contract §6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Final

from msgspec import Meta, Raw, Struct

from wondernest.analytics.activities import MINUTE_S, Part
from wondernest.analytics.figures import Day, Week
from wondernest.analytics.insights import Insights, Milestones
from wondernest.platform.json import instant

MAX_EVENTS: Final = 100
"""Of one request."""


class EventBody(Struct, rename="camel"):
    """One event; `duration` in minutes, `eventData` an object. `eventId`: the client's own; a repeated one is not stored again."""

    event_type: str
    child_id: str
    content_id: str | None = None
    duration: int | None = None
    event_data: Raw = Raw(b"{}")
    session_id: str | None = None
    event_id: str | None = None


class EventsBody(Struct):
    """Events that a device collected, in any order."""

    events: Annotated[list[EventBody], Meta(max_length=MAX_EVENTS)]


class EventResult(Struct, kw_only=True):
    """What became of an event: `stored`, `known` (stored before) or `refused`, then with status and text of the refusal."""

    status: str
    code: int
    message: str | None


class EventResults(Struct):
    """A result for each event, in the order of the request. `success`: none was refused, as in the batch of saves."""

    success: bool
    results: list[EventResult]


class Tracked(Struct, kw_only=True, rename="camel"):
    """The event was stored, now or before; `timestamp` in milliseconds since 1970, as text."""

    message: str
    event_id: str
    timestamp: str


class DailyFigures(Struct, kw_only=True, rename="camel"):
    """A child's day. Times in minutes, `learningProgress` from 0 to 1."""

    date: str
    child_id: str
    total_screen_time: int
    content_consumed: int
    educational_time: int
    average_session_length: int
    most_engaged_category: str
    completed_activities: int
    learning_progress: float

    @classmethod
    def of(cls, child_id: str, day: Day) -> DailyFigures:
        """The figures of a day."""
        return cls(
            date=day.date.isoformat(),
            child_id=child_id,
            total_screen_time=day.screen_time,
            content_consumed=day.contents,
            educational_time=day.educational_time,
            average_session_length=day.average_session,
            most_engaged_category=day.category,
            completed_activities=day.completed,
            learning_progress=day.progress,
        )


class WeeklyFigures(Struct, kw_only=True, rename="camel"):
    """A child's week. Times in minutes, `educationalPercentage` from 0 to 100, `completionRate` from 0 to 1."""

    week_start: str
    total_screen_time: int
    educational_percentage: float
    average_daily_usage: int
    top_categories: list[str]
    completion_rate: float
    parental_interaction: int

    @classmethod
    def of(cls, week: Week) -> WeeklyFigures:
        """The figures of a week."""
        return cls(
            week_start=week.start.isoformat(),
            total_screen_time=week.screen_time,
            educational_percentage=week.educational_percent,
            average_daily_usage=week.average_day,
            top_categories=list(week.top_categories),
            completion_rate=week.completion_rate,
            parental_interaction=week.interactions,
        )


class Activity(Struct, kw_only=True, rename="camel"):
    """What lies of an activity in one day. `seconds`: without pauses; `minutes`: the same, with two decimals.

    `source`: `view` of content, `report` of play, `story` for events of a story. `placedByArrival`: the device's clock was wrong.
    """

    date: str
    started_at: str
    ended_at: str
    seconds: int
    minutes: float
    category: str
    content_id: str | None
    source: str
    completed: bool
    educational: bool
    placed_by_arrival: bool

    @classmethod
    def of(cls, part: Part) -> Activity:
        """A part of an activity."""
        return cls(
            date=part.day.isoformat(),
            started_at=_instant(part.start),
            ended_at=_instant(part.end),
            seconds=part.seconds,
            minutes=round(part.seconds / MINUTE_S, 2),
            category=part.category,
            content_id=part.content_id,
            source=part.source,
            completed=part.completed,
            educational=part.educational,
            placed_by_arrival=part.by_arrival,
        )


class Activities(
    Struct,
    kw_only=True,
    rename={
        "child_id": "childId",
        "from_": "from",
        "time_zone": "timeZone",
        "total_seconds": "totalSeconds",
        "total_screen_time": "totalScreenTime",
    },
):
    """The activities that make the figures of some days, in order of time; `totalScreenTime` is their sum in minutes."""

    child_id: str
    from_: str
    to: str
    time_zone: str
    total_seconds: int
    total_screen_time: int
    activities: list[Activity]


class SavedGame(Struct, kw_only=True, rename="camel"):
    """A save of the child; `dataValue`: its document as JSON text."""

    data_key: str
    data_value: str


class SavedGames(Struct, kw_only=True, rename="camel"):
    """The child's saves."""

    game_data: list[SavedGame]


class SavedGamesReply(Struct):
    """The child's saves, last changed first."""

    data: SavedGames


def _instant(moment: int) -> str:
    return instant(datetime.fromtimestamp(moment, UTC))


class InsightsReply(Struct, kw_only=True, rename="camel"):
    """What the last thirty days say, in the family's language."""

    child_id: str
    preferred_learning_style: str
    strong_subjects: list[str]
    improvement_areas: list[str]
    recommended_activities: list[str]
    parental_guidance: list[str]

    @classmethod
    def of(cls, child_id: str, found: Insights) -> InsightsReply:
        """The insights of a child."""
        return cls(
            child_id=child_id,
            preferred_learning_style=found.style,
            strong_subjects=list(found.strong),
            improvement_areas=list(found.improving),
            recommended_activities=list(found.ideas),
            parental_guidance=list(found.guidance),
        )


class MilestoneShown(Struct, kw_only=True):
    """A milestone of the child's age."""

    category: str
    description: str
    achieved: bool


class MilestonesReply(Struct, kw_only=True, rename="camel"):
    """The child's age in years, its milestones, the latest first, and what may come next."""

    age: int
    milestones: list[MilestoneShown]
    next_goals: list[str]

    @classmethod
    def of(cls, found: Milestones) -> MilestonesReply:
        """The milestones of a child."""
        shown = [
            MilestoneShown(category=one.category, description=one.text, achieved=one.achieved) for one in found.reached
        ]
        return cls(age=found.age, milestones=shown, next_goals=list(found.goals))
