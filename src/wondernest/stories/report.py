"""A child's progress report (games contract §5). Pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct

from wondernest.stories.reading import History, Instance, Status
from wondernest.stories.vocabulary import Counts, Word, counts, recently_mastered

POINTS_OF_A_DOCUMENT: Final = 10
MOST_ENGAGEMENT: Final = 100
FLUENT_STORIES: Final = 20
FLUENT_COMPREHENSION: Final = 85
DEVELOPING_STORIES: Final = 10
DEVELOPING_COMPREHENSION: Final = 70
WORD_AWARDS: Final = ((25, "Word Master - 25+ words mastered"), (50, "Vocabulary Champion - 50+ words mastered"))
STORY_AWARDS: Final = ((5, "Story Explorer - 5+ stories completed"), (10, "Reading Hero - 10+ stories completed"))
HIGH_MASTERY: Final = 80
HIGH_MASTERY_AWARD: Final = "Learning Excellence - High average mastery"
MANY_DIFFICULT_WORDS: Final = 5
LOW_COMPREHENSION: Final = 60
LOW_SPEED_WPM: Final = 50
ADVICE_WORDS: Final = "Consider practicing difficult words together during reading time"
ADVICE_COMPREHENSION: Final = "Ask more questions about the stories to improve comprehension"
ADVICE_SPEED: Final = "Regular reading practice will help improve reading fluency"
ADVICE_ALWAYS: Final = "Celebrate reading achievements to maintain motivation"


class Report(Struct, frozen=True, kw_only=True):
    """What a child learned and read."""

    words: Counts
    recently_mastered: Sequence[Word]
    completed: int
    in_progress: int
    time_s: int
    comprehension: float
    words_per_minute: float
    levels: Sequence[str]
    sessions: int
    last_active: datetime
    engagement: int
    achievements: Sequence[str]
    advice: Sequence[str]


def report(
    words: Sequence[Word], history: History, instances: Sequence[Instance], documents: int, last_active: datetime
) -> Report:
    """The report of a child. `documents`: how many documents of the game it has."""
    numbers = counts(words)
    reading = sum(instance.status is Status.IN_PROGRESS for instance in instances)
    comprehension = _average([story.comprehension for story in history.listed])
    speed = _average([story.words_per_minute for story in history.listed])
    return Report(
        words=numbers,
        recently_mastered=recently_mastered(words),
        completed=history.stories,
        in_progress=reading,
        time_s=history.time_s,
        comprehension=comprehension,
        words_per_minute=speed,
        levels=levels(history.stories, comprehension),
        sessions=history.stories + reading,
        last_active=last_active,
        engagement=min(MOST_ENGAGEMENT, POINTS_OF_A_DOCUMENT * documents),
        achievements=achievements(numbers, history.stories),
        advice=advice(numbers.difficult, comprehension, speed),
    )


def levels(stories: int, comprehension: float) -> tuple[str, ...]:
    """The reading levels that the child is at, or moves towards."""
    if stories >= FLUENT_STORIES and comprehension >= FLUENT_COMPREHENSION:
        return ("fluent",)
    if stories >= DEVELOPING_STORIES and comprehension >= DEVELOPING_COMPREHENSION:
        return ("developing", "fluent")
    return ("emerging", "developing")


def achievements(words: Counts, stories: int) -> list[str]:
    """What the child has reached."""
    reached = [text for least, text in WORD_AWARDS if words.mastered >= least]
    reached += [text for least, text in STORY_AWARDS if stories >= least]
    if words.average >= HIGH_MASTERY:
        reached.append(HIGH_MASTERY_AWARD)
    return reached


def advice(difficult: int, comprehension: float, words_per_minute: float) -> list[str]:
    """What the child's parents can do."""
    given = [
        (difficult > MANY_DIFFICULT_WORDS, ADVICE_WORDS),
        (comprehension < LOW_COMPREHENSION, ADVICE_COMPREHENSION),
        (words_per_minute < LOW_SPEED_WPM, ADVICE_SPEED),
        (True, ADVICE_ALWAYS),
    ]
    return [text for applies, text in given if applies]


def _average(values: Sequence[int]) -> float:
    """The average of what was measured; 0 stands for a story without a measurement."""
    measured = [value for value in values if value > 0]
    return sum(measured) / len(measured) if measured else 0.0
