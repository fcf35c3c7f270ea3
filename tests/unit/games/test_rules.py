"""Preconditions, entity tags and keys, without a database."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from wondernest.games.rules import (
    ANY_STATE,
    SaveKey,
    SaveState,
    device_name,
    is_document,
    precondition,
    tag_matches,
)

STATE = SaveState(3, datetime(2025, 9, 2, 15, 49, 3, 123456, tzinfo=UTC), "0123456789abcdef")


def test_an_entity_tag_is_the_time_of_writing_in_microseconds_and_the_digest() -> None:
    micros = 1_756_828_143_123_456
    assert STATE.etag == f'"{micros:x}-0123456789abcdef"'


@pytest.mark.parametrize(
    ("if_match", "if_none_match", "expression"),
    [
        (None, None, ""),
        ("", None, ""),
        ("*", None, "*"),
        ('"a-1"', None, ",a-1,"),
        ('"a-1" , "b-2"', None, ",a-1,b-2,"),
        ('W/"a-1"', None, ",a-1,"),
        ('W/"a-1", "b-2"', None, ",a-1,b-2,"),
        ('"a-1-gzip"', None, ",a-1,"),
        ('*, "a-1"', None, "*"),
        ('"a,b", "c"', None, ",c,"),
        (None, "*, *", "!"),
        ("a-1", None, ","),
        (None, "*", "!"),
        (None, '"a-1"', ""),
        ('"a-1"', "*", ","),
        ("*", "*", ","),
    ],
)
def test_headers_become_the_expression_of_the_statement(
    if_match: str | None, if_none_match: str | None, expression: str
) -> None:
    assert precondition(if_match, if_none_match).expression.replace(",,", ",") == expression


def test_without_a_header_any_state_is_accepted() -> None:
    assert precondition(None, None) == ANY_STATE
    assert ANY_STATE.holds_always


@pytest.mark.parametrize(
    ("header", "matches"),
    [
        (None, False),
        ("*", True),
        (STATE.etag, True),
        ("W/" + STATE.etag, True),
        (f'"x", {STATE.etag}', True),
        ('"x"', False),
    ],
)
def test_a_read_is_not_modified_when_its_tag_is_named(header: str | None, matches: bool) -> None:
    assert tag_matches(header, STATE.etag) is matches


@pytest.mark.parametrize(
    ("raw", "document"), [(b"{}", True), (b' \n{"a":1}', True), (b"[]", False), (b"null", False), (b'"{"', False)]
)
def test_only_an_object_is_a_document(raw: bytes, document: bool) -> None:
    assert is_document(raw) is document


def test_keys_have_the_size_of_their_columns() -> None:
    assert SaveKey("t" * 100, "k" * 200).fits
    assert not SaveKey("t" * 101, "k").fits
    assert not SaveKey("t", "k" * 201).fits
    assert not SaveKey("", "k").complete


def test_a_device_names_itself_in_printable_characters() -> None:
    assert device_name(" tablet\x07 1 ") == "tablet 1"
    assert device_name("x" * 300) == "x" * 100
    assert device_name("\x00") is None
    assert device_name(None) is None
