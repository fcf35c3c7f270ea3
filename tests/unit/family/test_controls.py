"""What a child may see and for how long: by age, and merged from whatever is stored."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.family.controls import (
    ContentChanges,
    ContentSettings,
    FamilySwitches,
    TimeChanges,
    TimeRestrictions,
    changed,
    content_at_creation,
    content_by_default,
    merged,
    texts,
    time_at_creation,
    time_by_default,
)

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8)
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner))
CONTENT_KEYS = [info.encode_name for info in msgspec.structs.fields(ContentSettings)]
TIME_KEYS = [info.encode_name for info in msgspec.structs.fields(TimeRestrictions)]


@pytest.mark.parametrize(
    ("age", "rating", "blocked", "educational"),
    [
        (0, 2, ["horror", "violence", "mature"], True),
        (5, 7, ["horror", "violence", "mature"], True),
        (6, 8, ["horror", "violence", "mature"], False),
        (7, 9, ["horror", "violence", "mature"], False),
        (8, 10, [], False),
        (16, 18, [], False),
        (18, 18, [], False),
    ],
)
def test_a_new_child_gets_content_settings_for_its_age(
    age: int, rating: int, blocked: list[str], educational: bool
) -> None:
    settings = content_at_creation(age)
    assert (settings.max_age_rating, settings.blocked_categories) == (rating, blocked)
    assert (settings.educational_content_only, settings.audio_monitoring_enabled) == (educational, False)


@pytest.mark.parametrize(
    ("age", "minutes", "start", "end"),
    [
        (5, 30, "18:30", "07:00"),
        (6, 60, "19:30", "07:00"),
        (9, 60, "19:30", "07:00"),
        (10, 90, "20:30", "07:30"),
    ],
)
def test_a_new_child_gets_time_restrictions_for_its_age(age: int, minutes: int, start: str, end: str) -> None:
    times = time_at_creation(age)
    assert (times.daily_screen_time_minutes, times.bedtime_start, times.bedtime_end) == (minutes, start, end)


@pytest.mark.parametrize(("age", "start", "end"), [(7, "19:00", "07:00"), (8, "20:00", "07:30")])
def test_a_child_without_stored_settings_gets_the_defaults(age: int, start: str, end: str) -> None:
    content, times = content_by_default(age), time_by_default(age)
    assert (content.max_age_rating, content.blocked_categories) == (age + 1, [])
    assert not content.audio_monitoring_enabled
    assert not content.educational_content_only
    assert (times.daily_screen_time_minutes, times.bedtime_start, times.bedtime_end) == (60, start, end)


@given(st.integers(0, 120), JSON | st.dictionaries(st.sampled_from(CONTENT_KEYS), JSON))
def test_any_stored_content_settings_give_valid_ones(age: int, stored: Any) -> None:
    assert_valid(merged(content_by_default(min(age, 99)), stored))


@given(st.integers(0, 99), JSON | st.dictionaries(st.sampled_from(TIME_KEYS), JSON))
def test_any_stored_restrictions_give_valid_ones(age: int, stored: Any) -> None:
    assert_valid(merged(time_by_default(age), stored))


@given(JSON)
def test_any_stored_switches_give_valid_ones(stored: Any) -> None:
    assert_valid(merged(FamilySwitches(), stored))


@given(st.integers(0, 18))
def test_what_was_stored_is_read_back_whole(age: int) -> None:
    content, times = content_at_creation(age), time_at_creation(age)
    assert merged(content_by_default(3), msgspec.to_builtins(content)) == content
    assert merged(time_by_default(3), msgspec.to_builtins(times)) == times


def test_an_invalid_part_does_not_change_the_others() -> None:
    stored = {"maxAgeRating": "nine", "subtitlesEnabled": True, "allowedDomains": None, "added": 1}
    settings = merged(content_by_default(6), stored)
    assert (settings.max_age_rating, settings.subtitles_enabled, settings.allowed_domains) == (7, True, [])


def test_changes_touch_only_what_they_name() -> None:
    content = content_at_creation(7)
    assert changed(content, None) is content
    assert changed(content, ContentChanges(max_age_rating=3)) == msgspec.structs.replace(content, max_age_rating=3)
    times = changed(time_at_creation(7), TimeChanges(bedtime_enabled=False))
    assert (times.bedtime_enabled, times.bedtime_start) == (False, "19:30")


def test_only_texts_are_interests() -> None:
    assert texts(["a", None, 3, "b", ["c"]]) == ["a", "b"]
    assert texts({"a": 1}) == texts(None) == []


def assert_valid(settings: Any) -> None:
    assert msgspec.json.decode(msgspec.json.encode(settings), type=type(settings)) == settings
