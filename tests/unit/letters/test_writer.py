"""The letter's rules and texts."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from string import Formatter
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.analytics.catalogue import LANGUAGES, Text
from wondernest.analytics.days import Calendar
from wondernest.analytics.figures import Totals, week_figures
from wondernest.letters import rules, texts
from wondernest.letters.writer import ChildWeek, LetterWriter

END = "https://api.example.com/end?token=t&lang=en"
SUNDAY = date(2026, 11, 22)
ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Pacific/Kiritimati",
    "Asia/Kathmandu",
    "Pacific/Pago_Pago",
    "+18:00",
)


def week(name: str = "Mia", **categories: Totals) -> ChildWeek:
    figures = week_figures(date(2026, 11, 16), categories, 0)
    return ChildWeek(called=name, week=figures, categories=categories, active_days=3)


def all_texts() -> list[Text]:
    named = [value for value in vars(texts).values() if isinstance(value, Text)]
    return [*named, *texts.MONTHS, *(one for some in texts.QUESTIONS.values() for one in some)]


def test_every_text_exists_in_every_language_with_the_same_places() -> None:
    for text in all_texts():
        assert all(one.strip() for one in text)
        places = [sorted(name for _, name, _, _ in Formatter().parse(one) if name) for one in text]
        assert places == [places[0]] * len(LANGUAGES), text.en


def test_every_question_is_one() -> None:
    for questions in texts.QUESTIONS.values():
        for question in questions:
            assert all(one.rstrip().endswith("?") for one in question)
            assert all("{" not in one for one in question)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_has_no_leftovers_of_its_template(language: str) -> None:
    letter = LetterWriter().letter("ann@example.com", language, [week(art=Totals(60, 0, 1, 1))], SUNDAY, END)
    for text in (letter.text, re.sub(r'style="[^"]*"', "", letter.html)):
        assert not re.search(r"[{}]|None|\n\n\n", text)
    assert END in letter.text
    assert letter.html.count("<li>") == 1


def test_the_question_is_about_what_a_child_did_most_and_changes_every_week() -> None:
    asked: list[str] = []
    for number in range(4):
        told = [week(art=Totals(600, 0, 1, 1), stories=Totals(60, 60, 1, 0))]
        text = LetterWriter().letter("ann@example.com", "en", told, SUNDAY + timedelta(days=7 * number), END).text
        [line] = [line for line in text.splitlines() if line.startswith("A question for Mia")]
        asked.append(line.partition(": ")[2])
    assert set(asked) == {question.en for question in texts.QUESTIONS["art"]}
    assert all(one != other for one, other in pairwise(asked))


def test_a_category_that_is_not_in_the_catalogue_is_played() -> None:
    text = LetterWriter().letter("ann@example.com", "en", [week(puzzles=Totals(3_600, 0, 2, 2))], SUNDAY, END).text
    assert "- Played: puzzles, 1 h, 2 times to the end" in text


@pytest.mark.parametrize(
    ("children", "names"),
    [
        ([("Mia Walker", None)], ["Mia"]),
        ([("Mia Walker", "  Mimi  "), ("Leo", "")], ["Mimi", "Leo"]),
        ([("Ann Lee", None), ("Ann Mary", None)], ["Ann Lee", "Ann Mary"]),
        ([("Ann\r\nBcc: x", None)], ["Ann"]),
        ([("小明", None)], ["小明"]),
    ],
)
def test_a_child_is_called_as_its_parents_call_it(children: list[tuple[str, str | None]], names: list[str]) -> None:
    assert rules.called(children) == names


@given(st.sampled_from(ZONES), st.integers(0, 6), st.integers(0, 60 * 24 * 366))
def test_a_letter_is_due_from_the_evening_of_a_sunday_on_about_a_week_that_is_over(
    zone: str, first_day: int, minute: int
) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minute)
    due = rules.due(zone, now)
    if due is None:
        return
    assert due.sunday.isoweekday() == 7
    assert timedelta(0) <= now - due.since <= rules.LATEST
    if zone[0] != "+":
        local = due.since.astimezone(ZoneInfo(zone))
        assert (local.date(), local.hour, local.minute) == (due.sunday, 18, 0)
    last = Calendar(zone, first_day).week_start(rules.told_day(due.sunday)) + timedelta(days=6)
    assert due.sunday - timedelta(days=6) <= last <= due.sunday
