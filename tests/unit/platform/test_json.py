"""Numbers with exponents: those whose stored form would be huge are detected, and the others are stored as doubles."""

from __future__ import annotations

import json
import re
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.platform.json import MAX_EXPANSION_BYTES, SLICE_BYTES, doubles, encode_document, expands_too_far
from wondernest.platform.large_work import at_once

MANY = MAX_EXPANSION_BYTES // 131_071 + 1


@pytest.mark.parametrize("number", [b"1e131071", b"1E+131071", b"-1.5e131071", b"1e-131071", b"1e000131071"])
def test_many_numbers_with_large_exponents_are_refused(number: bytes) -> None:
    assert expands_too_far(b'{"a":[' + b",".join([number] * MANY) + b"]}")
    assert not expands_too_far(b'{"a":[' + b",".join([number] * 3) + b"]}")


def test_numbers_that_clients_send_are_accepted() -> None:
    assert not expands_too_far(
        b'{"x":648.6790161132812,"y":100.0,"color":4278190080,"tiny":1e-7,"id":"1a2b3e4d"}' * 1000
    )


def test_texts_that_look_like_numbers_are_accepted() -> None:
    texts = rb'{"hash":"1e99999999","draft":"{\"n\":1e99999999}"}'
    assert not expands_too_far(b"[" + b",".join([texts] * MANY) + b"]")


def test_a_number_after_a_text_with_quotes_is_detected() -> None:
    numbers = b",".join([b"1e131071"] * MANY)
    assert expands_too_far(rb'{"a":"\"\\","b":[' + numbers + b"]}")


def test_the_shortest_document_that_can_be_too_large_is_checked() -> None:
    assert expands_too_far(b"[" + b",".join([b"1e131071"] * MANY) + b"]")


@pytest.mark.parametrize(
    ("sent", "stored"),
    [
        ("1E5", "100000.0"),
        ("-1e+2", "-100.0"),
        ("1e0", "1.0"),
        ("1.5e3", "1500.0"),
        ("0.001e5", "100.0"),
        ("0e5", "0.0"),
        ("-0.0e5", "-0.0"),
        ("1e300", "1" + "0" * 300 + ".0"),
        ("1.25e1", "1.25e1"),
        ("1e-7", "1e-7"),
        ("10E-1", "10E-1"),
        ("100", "100"),
        ("100.0", "100.0"),
        ("1e131073", "1e131073"),
        ("1e99999999999", "1e99999999999"),
        ('"1E5"', '"1E5"'),
        (r'"\"1E5,"', r'"\"1E5,"'),
        (r'"\\",1E5', r'"\\",100000.0'),
    ],
)
def test_a_number_that_would_be_stored_without_a_fraction_gets_one(sent: str, stored: str) -> None:
    for before, after in (("", ""), ('{"a":[', "]}"), (" ", " "), ('["x",', ',"1e5"]')):
        assert at_once(doubles(f"{before}{sent}{after}".encode())).decode() == f"{before}{stored}{after}"


@pytest.mark.parametrize("before", range(12))
def test_numbers_at_the_end_of_a_slice_are_rewritten_whole(before: int) -> None:
    padding = " " * (SLICE_BYTES - before)
    sent = f'[{padding}12.5e6,"{padding}1e5",{"9" * 70_000}e2,"1e5"]'
    stored = f'[{padding}12500000.0,"{padding}1e5",{"9" * 70_000}00.0,"1e5"]'
    assert at_once(doubles(sent.encode())).decode() == stored


numbers = st.from_regex(r"-?(0|[1-9][0-9]{0,4})(\.[0-9]{1,4})?([eE][+-]?[0-9]{1,2})?", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=6) | st.sampled_from(["1e5", '"', "\\", '\\"1e5,'])


@given(st.lists(st.tuples(st.booleans(), numbers, texts), max_size=8))
def test_only_the_spelling_of_numbers_changes_and_doubles_have_a_fraction(entries: list[tuple[bool, str, str]]) -> None:
    sent = "[" + ",".join(number if is_number else json.dumps(text) for is_number, number, text in entries) + "]"
    found: list[str] = []

    def read(number: str) -> Decimal:
        found.append(number)
        return Decimal(number)

    stored = at_once(doubles(sent.encode())).decode()
    assert json.loads(stored, parse_float=read, parse_int=Decimal) == json.loads(
        sent, parse_float=Decimal, parse_int=Decimal
    )
    assert all("." in number or re.search("[eE]-", number) for number in found)


def test_a_document_without_exponents_is_the_same_object() -> None:
    document = b'{"id":"1a2b3e4d","x":1.0,"y":2}'
    assert at_once(doubles(document)) is document


def test_large_doubles_of_our_own_are_spelled_with_a_fraction() -> None:
    assert encode_document({"a": 1e16, "b": 1.0, "c": 3}) == b'{"a":10000000000000000.0,"b":1.0,"c":3}'
