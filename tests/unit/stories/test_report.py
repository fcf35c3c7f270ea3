"""The rules of levels, achievements and advice at their borders (games contract §5)."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from wondernest.stories.report import achievements, advice, levels
from wondernest.stories.vocabulary import Counts, Encounter, counts, mastery, met, words_of

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("stories", "comprehension", "expected"),
    [
        (20, 85.0, ("fluent",)),
        (20, 84.9, ("developing", "fluent")),
        (19, 100.0, ("developing", "fluent")),
        (10, 70.0, ("developing", "fluent")),
        (10, 69.9, ("emerging", "developing")),
        (9, 100.0, ("emerging", "developing")),
        (0, 0.0, ("emerging", "developing")),
    ],
)
def test_the_level_needs_stories_and_comprehension(
    stories: int, comprehension: float, expected: tuple[str, ...]
) -> None:
    assert levels(stories, comprehension) == expected


def numbers(mastered: int, average: float = 0.0) -> Counts:
    return Counts(total=100, mastered=mastered, learning=0, difficult=0, average=average, encounters=0)


@pytest.mark.parametrize(
    ("words", "stories", "average", "expected"),
    [
        (24, 4, 79.9, []),
        (25, 5, 80.0, ["Word Master - 25+ words mastered", "Story Explorer - 5+ stories completed",
                       "Learning Excellence - High average mastery"]),
        (50, 10, 0.0, ["Word Master - 25+ words mastered", "Vocabulary Champion - 50+ words mastered",
                       "Story Explorer - 5+ stories completed", "Reading Hero - 10+ stories completed"]),
    ],
)  # fmt: skip
def test_achievements_begin_at_their_numbers(words: int, stories: int, average: float, expected: list[str]) -> None:
    assert achievements(numbers(words, average), stories) == expected


def test_advice_is_given_where_it_helps_and_praise_always() -> None:
    praise = "Celebrate reading achievements to maintain motivation"
    assert advice(5, 60.0, 50.0) == [praise]
    assert advice(6, 59.9, 49.9) == [
        "Consider practicing difficult words together during reading time",
        "Ask more questions about the stories to improve comprehension",
        "Regular reading practice will help improve reading fluency",
        praise,
    ]


@pytest.mark.parametrize(
    ("correct", "incorrect", "encounters", "level"),
    [(0, 0, 0, 0), (0, 0, 3, 15), (1, 0, 1, 75), (1, 1, 2, 45), (1, 2, 3, 38), (9, 0, 9, 100), (0, 50, 50, 100)],
)
def test_mastery_is_seven_tenths_of_the_accuracy_and_five_points_for_an_encounter(
    correct: int, incorrect: int, encounters: int, level: int
) -> None:
    assert mastery(correct, incorrect, encounters) == level


def test_the_average_of_no_words_is_zero() -> None:
    assert counts([]).average == 0.0


def test_words_of_other_spellings_are_one_word_only_in_another_case() -> None:
    document: bytes | None = None
    for word in ("Straße", "STRASSE", "strasse ", "straight"):
        document, _ = met(document, Encounter(uuid4(), word.strip(), None, "correct"), NOW)
    assert {word.word: word.encounters for word in words_of(document)} == {"Straße": 3, "straight": 1}
