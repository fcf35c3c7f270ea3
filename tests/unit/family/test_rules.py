"""Rules for a child's profile."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.texts import SEEN, UNSEEN
from wondernest.family import rules

TODAY = date(2026, 3, 1)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2020",
        "2020-1-5",
        "15.01.2020",
        "2020-02-30",
        "2020-13-01",
        "20200115",
        "2020-01-15T00:00:00Z",
        "٢٠٢٠-٠١-١٥",
    ],
)
def test_a_birth_date_is_a_day_in_iso_form(text: str) -> None:
    with pytest.raises(rules.Unacceptable, match=r"^Invalid birth date format\. Use YYYY-MM-DD$"):
        rules.birth_date(text, TODAY)


def test_a_birth_date_in_the_future_is_refused() -> None:
    assert rules.birth_date("2026-03-01", TODAY) == TODAY
    with pytest.raises(rules.Unacceptable, match="Birth date cannot be in the future"):
        rules.birth_date("2026-03-02", TODAY)


def test_a_child_is_eighteen_until_the_day_before_its_birthday() -> None:
    assert rules.birth_date("2007-03-02", TODAY) == date(2007, 3, 2)
    with pytest.raises(rules.Unacceptable, match="Child must be 18 years old or younger"):
        rules.birth_date("2007-03-01", TODAY)


@given(st.dates(date(2007, 3, 2), TODAY))
def test_every_day_of_a_childhood_is_accepted(day: date) -> None:
    assert rules.birth_date(day.isoformat(), TODAY) == day


@given(st.dates(max_value=date(2007, 3, 1)) | st.dates(date(2026, 3, 2)))
def test_every_other_day_is_refused(day: date) -> None:
    with pytest.raises(rules.Unacceptable):
        rules.birth_date(day.isoformat(), TODAY)


def test_names_are_trimmed_and_bounded() -> None:
    assert rules.name("  Mia ") == "Mia"
    assert rules.name("x" * 100) == "x" * 100
    with pytest.raises(rules.Unacceptable, match="Child name is required"):
        rules.name(" \t ")
    with pytest.raises(rules.Unacceptable, match="Child name must not exceed 100 characters"):
        rules.name("x" * 101)


def test_an_empty_avatar_stays_empty_and_no_avatar_none() -> None:
    assert rules.avatar("") == ""
    assert rules.avatar(None) is None
    assert rules.gender(" Girl ") == "Girl"
    with pytest.raises(rules.Unacceptable):
        rules.gender("x" * 21)


def test_interests_are_bounded() -> None:
    assert rules.interests(("Puzzles", "Technology")) == ["Puzzles", "Technology"]
    with pytest.raises(rules.Unacceptable):
        rules.interests(["x"] * 101)
    with pytest.raises(rules.Unacceptable):
        rules.interests(["x" * 101])


@pytest.mark.parametrize("name", UNSEEN)
def test_a_childs_name_of_nothing_visible_is_blank(name: str) -> None:
    with pytest.raises(rules.Unacceptable, match="Child name is required"):
        rules.name(name)


@pytest.mark.parametrize("name", SEEN)
def test_a_childs_name_is_stored_as_it_was_typed(name: str) -> None:
    assert rules.name(name) == name
