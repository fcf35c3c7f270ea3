"""Two devices of one child, and every order in which their reports can arrive: nothing that either of them reported is lost."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import msgspec
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Raw, Struct

from wondernest.stories import reading, vocabulary
from wondernest.stories.reading import Completion, Progress, Scores, Start
from wondernest.stories.vocabulary import COUNTED, Encounter

BEGAN = datetime(2026, 1, 1, 8, tzinfo=UTC)
ARRIVED = BEGAN + timedelta(hours=1)
CHILD, TEMPLATE = uuid4(), uuid4()
PAGES = 30
WORDS = ("fox", "Owl", "hen", "ß")
counts = st.dictionaries(st.sampled_from(WORDS), st.integers(0, 9), max_size=4)


class Report(Struct, frozen=True):
    """A device tells where the child is and what it did there, at a moment that no other report has."""

    page: int
    words: dict[str, int]
    answers: dict[str, int]
    time_s: int
    second: int


class Met(Struct, frozen=True):
    """A device tells that the child met a word."""

    word: str
    interaction: str


class Done(Struct, frozen=True):
    """A device tells that the story was read to its end."""

    time_s: int


class Stored(Struct):
    """The child's documents, changed one whole step after the other, as the database has it."""

    instance: bytes
    words: bytes | None = None
    history: bytes | None = None

    def take(self, told: Report | Met | Done, at: datetime) -> None:
        """Merge what arrived at a moment."""
        match told:
            case Report():
                self.instance = reading.progressed(self.instance, _progress(told), at)
            case Met():
                encounter = Encounter(CHILD, told.word, None, told.interaction)
                self.words, _ = vocabulary.met(self.words, encounter, at)
            case Done():
                after = reading.completed(self.instance, Completion(time_s=told.time_s, scores=Scores()), at)
                if after is not None:
                    self.instance = after
                    read = reading.instance_of(after)
                    assert read is not None
                    self.history = reading.remembered(self.history, read)


def _progress(told: Report) -> Progress:
    return Progress(
        page=told.page,
        customizations=Raw(b"{}"),
        progress=Raw(b"{}"),
        vocabulary=Raw(msgspec.json.encode(told.words)),
        answers=Raw(msgspec.json.encode(told.answers)),
        time_s=told.time_s,
        scores=Scores(),
        at=BEGAN + timedelta(seconds=told.second),
    )


@st.composite
def devices(draw: st.DrawFn) -> tuple[list[Report | Met], list[Report | Met]]:
    """What two devices report, each in its order."""
    seconds = iter(draw(st.lists(st.integers(1, 3_000), min_size=12, max_size=12, unique=True)))
    met = st.builds(Met, st.sampled_from(WORDS), st.sampled_from([*COUNTED, "encountered"]))

    def report_of(page: int, words: dict[str, int], answers: dict[str, int], time_s: int) -> Report:
        return Report(page, words, answers, time_s, next(seconds))

    report = st.builds(report_of, st.integers(1, PAGES), counts, counts, st.integers(0, 600))
    told = st.lists(st.one_of(met, report), max_size=6)
    return draw(told), draw(told)


@st.composite
def interleaved(draw: st.DrawFn) -> tuple[list[Report | Met], list[Report | Met]]:
    """The same reports in two orders of arrival: each device's own order stays, or does not."""
    one, other = draw(devices())
    turns = draw(st.permutations([0] * len(one) + [1] * len(other)))
    left = [iter(one), iter(other)]
    return [next(left[device]) for device in turns], list(draw(st.permutations([*one, *other])))


def begun() -> Stored:
    start = Start(
        instance_id=uuid4(), template_id=TEMPLATE, title="A story", pages=PAGES, customizations=Raw(b"{}"),
        mode="guided", audio=True,
    )  # fmt: skip
    return Stored(reading.begun(None, start, BEGAN))


def after(reports: Sequence[Report | Met | Done]) -> Stored:
    stored = begun()
    for place, told in enumerate(reports):
        stored.take(told, ARRIVED + timedelta(seconds=place))
    return stored


def fields(document: bytes | None) -> Any:
    return {} if document is None else msgspec.json.decode(document)


def largest(maps: Sequence[dict[str, int]]) -> dict[str, int]:
    largest_of: dict[str, int] = {}
    for told in maps:
        for word, count in told.items():
            largest_of[word] = max(count, largest_of.get(word, 0))
    return largest_of


@given(interleaved())
def test_in_whatever_order_reports_arrive_every_word_answer_and_second_of_both_devices_is_there(
    orders: tuple[list[Report | Met], list[Report | Met]],
) -> None:
    told = [one for one in orders[0] if isinstance(one, Report)]
    for order in orders:
        instance = fields(after(order).instance)
        assert instance["vocabularyInteractions"] == largest([one.words for one in told])
        assert instance["comprehensionAnswers"] == largest([one.answers for one in told])
        assert instance["totalReadingTime"] == max((one.time_s for one in told), default=0)


@given(interleaved())
def test_the_page_is_that_of_the_latest_moment_in_every_order(
    orders: tuple[list[Report | Met], list[Report | Met]],
) -> None:
    told = sorted((one for one in orders[0] if isinstance(one, Report)), key=lambda one: one.second)
    for order in orders:
        instance = fields(after(order).instance)
        assert instance["currentPage"] == (told[-1].page if told else reading.FIRST_PAGE)


@given(interleaved())
def test_every_encounter_counts_once_in_every_order(orders: tuple[list[Report | Met], list[Report | Met]]) -> None:
    told = [one for one in orders[0] if isinstance(one, Met)]
    expected = Counter(one.word.casefold() for one in told)
    counted = {
        field: Counter(one.word.casefold() for one in told if one.interaction == kind)
        for kind, field in COUNTED.items()
    }
    for order in orders:
        words = fields(after(order).words).get("words", {})
        assert {word.casefold(): entry["encounters"] for word, entry in words.items()} == expected
        for field, times in counted.items():
            assert {word.casefold(): entry[field] for word, entry in words.items() if entry[field]} == times


@given(interleaved(), st.lists(st.integers(0, 30), min_size=1, max_size=3), st.integers(1, 600))
def test_a_story_that_both_devices_end_is_in_the_history_once_and_keeps_what_arrives_later(
    orders: tuple[list[Report | Met], list[Report | Met]], ends: list[int], time_s: int
) -> None:
    told = [one for one in orders[0] if isinstance(one, Report)]
    for order in orders:
        arriving: list[Report | Met | Done] = list(order)
        for place in ends:
            arriving.insert(place, Done(time_s))
        stored = after(arriving)
        instance, history = fields(stored.instance), fields(stored.history)
        assert instance["status"] == "completed"
        assert instance["vocabularyInteractions"] == largest([one.words for one in told])
        assert instance["totalReadingTime"] == max(time_s, *(one.time_s for one in told), 0)
        assert history["totalCompletedStories"] == len(history["completedStories"]) == 1
        assert history["totalReadingTime"] >= time_s


@given(interleaved())
def test_reports_that_arrive_twice_change_nothing_the_second_time(
    orders: tuple[list[Report | Met], list[Report | Met]],
) -> None:
    told = [one for one in orders[0] if isinstance(one, Report)]
    once, twice = fields(after(told).instance), fields(after([*told, *told]).instance)
    ids = {reading.INSTANCE_ID: None}
    assert {**once, **ids} == {**twice, **ids}
    assert UUID(once[reading.INSTANCE_ID])
