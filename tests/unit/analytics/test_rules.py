"""The meaning of events: categories, minutes, projects, coins, milestones."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.analytics.rules import (
    MAX_INTEGER,
    MAX_PLAY_MINUTES,
    Currency,
    Event,
    Milestone,
    Played,
    ProjectDeleted,
    ProjectSaved,
    Transaction,
    category,
    consequence,
    moment,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
KINDS = st.sampled_from(
    [
        "game_progress",
        "game_completion",
        "virtual_currency_updated",
        "milestone_achieved",
        "save_project",
        "delete_project",
    ]
)
KEYS = st.sampled_from(
    [
        "gameType",
        "projectId",
        "fullProjectData",
        "balance",
        "transactions",
        "data",
        "playTimeMinutes",
        "title",
        "timestamp",
    ]
)


def event(
    kind: str, data: dict[str, Any] | None = None, content: str | None = None, minutes: int | None = None
) -> Event:
    return Event(kind, content, None, minutes, data or {})


@pytest.mark.parametrize(
    ("kind", "data", "expected"),
    [
        ("game_progress", {}, "game"),
        ("sticker_collected", {}, "game"),
        ("page_completed", {}, "game"),
        ("save_project", {"gameType": "sticker_book"}, "game"),
        ("story_started", {"gameType": "story-adventure"}, "story"),
        ("initialize", {"gameType": "story-adventure"}, "story"),
        ("game_progress", {"gameType": "story_adventure"}, "story"),
        ("vocabulary_encounter", {}, "story"),
        ("achievement_unlocked", {}, "achievement"),
        ("virtual_currency_updated", {}, "currency"),
        ("approval_request", {}, "approval"),
        ("approval_response", {}, "approval"),
        ("content_viewed", {}, "content"),
        ("milestone_achieved", {}, "milestone"),
        ("something_new", {"gameType": "puzzle"}, "game"),
        ("something_new", {"gameType": 5}, "other"),
        ("something_new", {}, "other"),
    ],
)
def test_an_event_is_filed_under_its_category(kind: str, data: dict[str, Any], expected: str) -> None:
    assert category(event(kind, data)) == expected


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (event("game_progress", content="memory", minutes=7), Played("memory", 7)),
        (event("game_progress", {"playTimeMinutes": 9}, "memory", 7), Played("memory", 7)),
        (event("game_progress", {"playTimeMinutes": 9}, "memory"), Played("memory", 9)),
        (event("game_completion", {"data": {"playTimeMinutes": 5}}, "memory", 0), Played("memory", 5)),
        (event("game_progress", content="memory", minutes=10**9), Played("memory", MAX_PLAY_MINUTES)),
        (event("game_progress", content="memory", minutes=0), None),
        (event("game_progress", content="memory", minutes=-3), None),
        (event("game_progress", minutes=7), None),
        (event("game_completion", {"data": "none"}, "memory", 7), None),
        (event("score_update", content="memory", minutes=7), None),
    ],
)
def test_play_time_is_read_from_each_senders_field(reported: Event, expected: Played | None) -> None:
    assert consequence(reported) == expected


def test_a_saved_project_is_stored_under_its_id() -> None:
    data = {"gameType": "sticker_book", "projectId": "17", "fullProjectData": {"id": "17"}}
    assert consequence(event("save_project", data)) == ProjectSaved("sticker_project_17", {"id": "17"})


@pytest.mark.parametrize(
    "data",
    [
        {"gameType": "puzzle", "projectId": "17", "fullProjectData": {}},
        {"gameType": "sticker_book", "projectId": 17, "fullProjectData": {}},
        {"gameType": "sticker_book", "projectId": "", "fullProjectData": {}},
        {"gameType": "sticker_book", "projectId": "17"},
        {"gameType": "sticker_book", "projectId": "x" * 200, "fullProjectData": {}},
    ],
)
def test_a_save_with_missing_fields_stores_nothing(data: dict[str, Any]) -> None:
    assert consequence(event("save_project", data)) is None


def test_a_deleted_project_needs_only_its_id() -> None:
    data = {"gameType": "sticker_book", "projectId": "17"}
    assert consequence(event("delete_project", data)) == ProjectDeleted("sticker_project_17")


def test_coins_are_summed_over_the_whole_history() -> None:
    history = [
        {"amount": 50, "reason": "sticker", "timestamp": "2026-05-01T10:00:00.000", "balanceAfter": 50},
        {"amount": -20, "reason": "hat", "timestamp": 1_777_630_000_000, "balanceAfter": 30},
        {"amount": 5, "reason": "no time"},
        "nonsense",
    ]
    assert consequence(event("virtual_currency_updated", {"balance": 35, "transactions": history})) == Currency(
        35,
        55,
        20,
        (
            Transaction(50, "sticker", datetime(2026, 5, 1, 10, tzinfo=UTC)),
            Transaction(-20, "hat", datetime.fromtimestamp(1_777_630_000, UTC)),
        ),
    )


@pytest.mark.parametrize("balance", [None, -1, "12", True, 2**31])
def test_a_balance_that_cannot_be_stored_changes_nothing(balance: Any) -> None:
    assert consequence(event("virtual_currency_updated", {"balance": balance})) is None


def test_a_milestone_is_identified_by_its_title_or_else_by_its_subject() -> None:
    named = event(
        "milestone_achieved", {"title": " Counts to 5 ", "category": "cognitive", "description": "All by self"}
    )
    assert consequence(named) == Milestone("Counts to 5", "cognitive", "All by self")
    assert consequence(event("milestone_achieved", content="counting")) == Milestone("counting", None, None)
    assert consequence(event("milestone_achieved")) is None
    assert consequence(event("milestone_achieved", {"title": "\u200b"}, content="\u3164")) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2026-05-01T10:00:00.123456", datetime(2026, 5, 1, 10, 0, 0, 123456, UTC)),
        ("2026-05-01T10:00:00+02:00", datetime(2026, 5, 1, 8, tzinfo=UTC)),
        ("2026-05-01T10:00:00Z", datetime(2026, 5, 1, 10, tzinfo=UTC)),
        (1_756_828_143_123, datetime(2025, 9, 2, 15, 49, 3, 123000, UTC)),
        ("yesterday", None),
        ("0001-01-01T00:00:00+14:00", None),
        (10**18, None),
        (None, None),
        ([], None),
    ],
)
def test_a_moment_is_read_in_either_form(value: Any, expected: datetime | None) -> None:
    assert moment(value) == expected


@given(KINDS, st.dictionaries(KEYS, JSON), st.none() | st.text(max_size=20), st.none() | st.integers())
def test_no_data_raises_or_exceeds_the_columns(
    kind: str, data: dict[str, Any], content: str | None, minutes: int | None
) -> None:
    found = Event(kind, content, None, minutes, data)
    assert category(found)
    match consequence(found):
        case Played(minutes=added):
            assert 0 < added <= MAX_PLAY_MINUTES
        case Currency(balance=balance, earned=earned, spent=spent):
            assert all(0 <= value <= MAX_INTEGER for value in (balance, earned, spent))
        case _:
            pass
