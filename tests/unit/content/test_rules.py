"""The rules of the library: lenient numbers, cursors, reasons, identities, filters."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.content import rules
from wondernest.content.model import FamilyFilter, Item, Pick, Picks, Place

CHILD = UUID(int=7)
NOW = datetime(2026, 5, 1, 12, 0, 30, tzinfo=UTC)
ITEM = Item(
    id=UUID(int=1),
    title="x",
    description="",
    category="art",
    age_min=3,
    duration_s=60,
    thumbnail_url="",
    content_url="",
    tags=(),
    educational=False,
    difficulty="easy",
    provider=None,
    provider_id=None,
    created_at=NOW,
)


@pytest.mark.parametrize(
    ("text", "page", "limit"),
    [
        (None, 1, 20),
        ("", 1, 20),
        ("2", 2, 2),
        (" 3 ", 3, 3),
        ("0", 1, 1),
        ("-7", 1, 1),
        ("x", 1, 20),
        ("1.5", 1, 20),
        ("999999999", 100_000, 100),
    ],
)
def test_pages_and_limits_are_clamped(text: str | None, page: int, limit: int) -> None:
    assert (rules.page_of(text), rules.limit_of(text)) == (page, limit)


@given(st.builds(Place, st.integers(0, 1), st.booleans(), st.datetimes(timezones=st.just(UTC)), st.uuids()))
def test_a_cursor_gives_back_its_place(place: Place) -> None:
    assert rules.place_of(rules.cursor(place)) == place


@given(st.text(max_size=60))
def test_any_other_text_is_no_place(text: str) -> None:
    found = rules.place_of(text)
    assert found is None or rules.place_of(rules.cursor(found)) == found


@pytest.mark.parametrize(
    ("picks", "reason"),
    [
        ([], "Nothing in the library fits age 6 and the family's filter yet"),
        ([((), False)], "Chosen for age 6, not opened before"),
        ([((), True)], "Chosen for age 6, all of them known already"),
        (
            [(("sea",), False), (("SEA", "cats"), True)],
            "Chosen for age 6, because of the interest in sea and cats, new ones first",
        ),
        ([(("a", "b", "c"), False)], "Chosen for age 6, because of the interest in a, b and c, not opened before"),
    ],
)
def test_the_reason_names_what_decided(picks: list[tuple[tuple[str, ...], bool]], reason: str) -> None:
    assert rules.reason(Picks(6, [Pick(ITEM, interests, seen) for interests, seen in picks])) == reason


def ids(*, at: datetime = NOW, kind: str = "view", given: str | None = None, told: Any = None) -> set[UUID]:
    now, earlier = rules.identities(at, CHILD, "content_1", kind, given, told)
    return {now, *earlier}


@given(st.floats(0, 60), st.integers(0, 10**9))
def test_the_same_report_within_a_minute_is_one_delivery(seconds: float, start: int) -> None:
    first = datetime.fromtimestamp(start, UTC)
    stored, _ = rules.identities(first, CHILD, "content_1", "view", None, [90, None])
    assert stored in ids(at=first + timedelta(seconds=seconds), told=[90, None])


def test_a_later_or_another_report_is_another_delivery() -> None:
    first = ids(told=[90, None])
    assert not first & ids(at=NOW + timedelta(minutes=5), told=[90, None])
    assert not first & ids(told=[91, None])
    assert not first & ids(kind="complete", told=[90, None])
    assert not first & ids(given="e-1", told=[90, None])


def test_an_identity_of_the_client_and_a_like_count_once_for_ever() -> None:
    later = NOW + timedelta(days=400)
    assert ids(given="e-1", told=1) == ids(at=later, given="e-1", told=2)
    assert ids(kind="like", told=1) == ids(at=later, kind="like", told=2)


@pytest.mark.parametrize(
    ("event_id", "metadata", "found"),
    [
        ("e", {"id": "m"}, "e"),
        (None, {"id": "m"}, "m"),
        ("", {"clientEventId": "c", "id": "m"}, "c"),
        (None, {"id": 5}, None),
        (None, ["id"], None),
        (None, None, None),
    ],
)
def test_the_identity_of_a_delivery_is_found_where_clients_put_it(
    event_id: str | None, metadata: Any, found: str | None
) -> None:
    assert rules.identity_in(event_id, metadata) == found


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [(None, 0), (-1, 0), (12.9, 12), (float("nan"), 0), (float("inf"), 86_400), (90_000, 86_400)],
)
def test_durations_are_whole_seconds_within_a_day(duration: float | None, seconds: int) -> None:
    assert rules.seconds(duration) == seconds


def test_several_filters_limit_together() -> None:
    rows = [
        FamilyFilter(min_age=2, max_age=9, allowed_categories=["Art", "music"], blocked_keywords=["War"]),
        FamilyFilter(min_age=4, allowed_categories=["art"], blocked_keywords=["war", "gun"], max_duration_minutes=9),
        FamilyFilter(allowed_categories=[]),
    ]
    assert rules.combined(rows, ["en"]) == FamilyFilter(
        min_age=4,
        max_age=9,
        allowed_categories=["Art"],
        blocked_keywords=["War", "gun"],
        max_duration_minutes=9,
        languages=["en"],
    )
    nothing = rules.combined([FamilyFilter(allowed_providers=["a"]), FamilyFilter(allowed_providers=["b"])], [])
    assert nothing.allowed_providers == []
    assert rules.combined([], []) == FamilyFilter()
