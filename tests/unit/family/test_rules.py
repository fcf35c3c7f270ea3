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


KNOWN = date(1990, 6, 5)


@pytest.mark.parametrize(
    "text",
    [
        "2020-01-15",
        "2020-01-15T00:00:00Z",
        "2020-01-15T00:00:00.000Z",
        "2020-01-15T00:00:00.000000000",
        "2020-01-15T00:00",
        "2020-01-15 00:00:00+13:00",
        "2020-01-15t00:00:00-0500",
    ],
)
def test_a_changed_birth_date_may_have_the_midnight_of_its_day(text: str) -> None:
    assert rules.changed_birth_date(text, KNOWN, TODAY) == date(2020, 1, 15)


@pytest.mark.parametrize(
    "text",
    ["", "2020-01-15T", "2020-01-15T23:30:00Z", "2020-01-15T00:00:00.001Z", "2020-02-30T00:00:00Z", "x2020-01-15"],
)
def test_another_time_of_day_says_no_birth_date(text: str) -> None:
    with pytest.raises(rules.Unacceptable, match="Invalid birth date format"):
        rules.changed_birth_date(text, KNOWN, TODAY)


def test_the_known_birth_date_is_accepted_and_a_new_one_has_the_rules_of_a_new_child() -> None:
    assert rules.changed_birth_date("1990-06-05T00:00:00Z", KNOWN, TODAY) == KNOWN
    for text, reason in (("1990-06-06", "18 years"), ("2026-03-02T00:00:00Z", "in the future")):
        with pytest.raises(rules.Unacceptable, match=reason):
            rules.changed_birth_date(text, KNOWN, TODAY)


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
