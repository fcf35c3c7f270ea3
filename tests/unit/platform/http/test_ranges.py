"""Which bytes of a blob are sent."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.platform.http.ranges import Selection, http_date, select

TAG, CHANGED = '"a"', datetime(2026, 3, 1, 12, 0, 0, 400_000, tzinfo=UTC)
WHOLE, NOTHING_NEW, NO_SUCH = Selection(200, 0, 100), Selection(304), Selection(416)
DATE = http_date(CHANGED)
LATER, EARLIER = "Sun, 01 Mar 2026 12:00:01 GMT", "Sun, 01 Mar 2026 11:59:59 GMT"


def chosen(method: str = "GET", size: int = 100, tag: str | None = TAG, **headers: str) -> Selection:
    sent = {name.replace("_", "-").encode(): value.encode() for name, value in headers.items()}
    return select(method, sent, size, tag, CHANGED)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("bytes=0-9", Selection(206, 0, 10)),
        ("Bytes = 5 - 5", Selection(206, 5, 6)),
        ("bytes=90-", Selection(206, 90, 100)),
        ("bytes=90-500", Selection(206, 90, 100)),
        ("bytes=-10", Selection(206, 90, 100)),
        ("bytes=-500", Selection(206, 0, 100)),
        ("bytes=100-", NO_SUCH),
        ("bytes=-0", NO_SUCH),
        ("bytes=9-5", WHOLE),
        ("bytes=-", WHOLE),
        ("bytes=a-b", WHOLE),
        ("lines=0-9", WHOLE),
        ("bytes=0-1,4-5", WHOLE),
        ("bytes=" + "9" * 400 + "-", WHOLE),
    ],
)
def test_a_single_range_is_served_and_anything_else_is_the_whole(asked: str, found: Selection) -> None:
    assert chosen(range=asked) == found


def test_only_get_has_ranges() -> None:
    assert chosen("HEAD", range="bytes=0-9") == WHOLE


def test_an_empty_blob_has_no_range() -> None:
    assert chosen(size=0, range="bytes=0-") == NO_SUCH
    assert chosen(size=0, range="bytes=-1") == NO_SUCH
    assert chosen(size=0) == Selection(200, 0, 0)


@pytest.mark.parametrize(
    ("tags", "found"), [('"a"', NOTHING_NEW), ('W/"a"', NOTHING_NEW), ('"b", "a"', NOTHING_NEW), ("*", NOTHING_NEW), ('"b"', WHOLE)]
)  # fmt: skip
def test_a_blob_with_a_tag_that_the_client_has_is_not_sent_again(tags: str, found: Selection) -> None:
    assert chosen(if_none_match=tags) == found
    assert chosen(if_none_match=tags, range="bytes=0-9").status == (304 if found is NOTHING_NEW else 206)


@pytest.mark.parametrize(
    ("since", "found"), [(DATE, NOTHING_NEW), (LATER, NOTHING_NEW), (EARLIER, WHOLE), ("x", WHOLE)]
)
def test_a_blob_not_modified_since_is_not_sent_again(since: str, found: Selection) -> None:
    assert chosen(if_modified_since=since) == found


def test_tags_take_precedence_over_dates() -> None:
    assert chosen(if_none_match='"b"', if_modified_since=LATER) == WHOLE


@pytest.mark.parametrize(
    ("condition", "status"), [('"a"', 206), ('W/"a"', 200), ('"b"', 200), (DATE, 206), (LATER, 200), ("x", 200)]
)
def test_a_range_of_another_state_is_the_whole(condition: str, status: int) -> None:
    assert chosen(range="bytes=0-9", if_range=condition).status == status


def test_a_weak_tag_allows_no_range() -> None:
    assert chosen(tag='W/"a"', range="bytes=0-9", if_range='W/"a"') == WHOLE


@given(st.binary(max_size=40), st.integers(0, 1000))
def test_any_range_header_yields_bytes_within_the_blob(asked: bytes, size: int) -> None:
    found = select("GET", {b"range": b"bytes=" + asked}, size, None, None)
    assert 0 <= found.start <= found.end <= size
