"""Bodies are read tolerantly, documents pass through unchanged, and unreadable bodies are refused."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.platform.http.decoding import BadBody, BodyDecoder


class Form(msgspec.Struct, rename="camel"):
    pin: str
    zone: str = "UTC"
    note: str | None = "none"
    count: int | None = None
    ratio: float = 0.0
    ready: bool = False
    interests: list[str] = []
    permissions: dict[str, bool] = {}


class Nested(msgspec.Struct, rename="camel"):
    form: Form
    data_value: msgspec.Raw = msgspec.Raw(b"{}")


decode = BodyDecoder(Form).decode
decode_nested = BodyDecoder(Nested).decode


@pytest.mark.parametrize(
    ("sent", "read"), [("1234", "1234"), ("1.50", "1.50"), ("true", "true"), ("-0", "-0"), ('"x"', "x")]
)
def test_a_number_or_boolean_where_a_text_is_expected_is_taken_as_written(sent: str, read: str) -> None:
    assert decode(f'{{"pin":{sent}}}'.encode()).pin == read


def test_texts_are_accepted_as_numbers_and_booleans() -> None:
    form = decode(
        b'{"pin":"1","count":"12","ready":"true","ratio":"0.5","permissions":{"a":"false"},"interests":[1,"b"]}'
    )
    assert (form.count, form.ready, form.ratio, form.permissions, form.interests) == (
        12,
        True,
        0.5,
        {"a": False},
        ["1", "b"],
    )


def test_null_for_a_field_with_a_default_counts_as_absent_but_stays_where_null_is_a_value() -> None:
    form = decode(b'{"pin":"1","zone":null,"note":null,"interests":null}')
    assert (form.zone, form.note, form.interests) == ("UTC", None, [])


def test_unknown_fields_are_ignored() -> None:
    assert decode(b'{"pin":"1","twoFactorCode":"","x":{"y":[1]}}').pin == "1"


def test_nested_structs_are_read_tolerantly_too() -> None:
    assert decode_nested(b'{"form":{"pin":7,"zone":null}}').form == Form(pin="7")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"{}",
        b'{"pin":null}',
        b'{"pin":{}}',
        b'{"pin":[1]}',
        b'{"pin":"1","count":"x"}',
        b'{"pin":"1","count":1.5}',
        b'{"pin":"1","ready":"maybe"}',
        b'{"pin":"\xff"}',
        b'{"pin":"\\ud800"}',
        b'{"pin":"a\\u0000b"}',
        b'{"pin":"1","other":"\\\\\\u0000"}',
        b'{"pin":"1","ratio":NaN}',
        b"[" * 1_000_000,
        b'{"pin":"1","other":' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"pin":"1"} trailing',
    ],
)
def test_unreadable_bodies_are_refused_with_a_reason(body: bytes) -> None:
    with pytest.raises(BadBody) as refusal:
        decode(body)
    assert 0 < len(str(refusal.value)) <= 300


def test_an_escaped_backslash_before_u0000_is_an_ordinary_text() -> None:
    assert decode(rb'{"pin":"a\\u0000"}').pin == "a\\u0000"


@pytest.mark.parametrize(
    "document", ['{"x":100.0,"y":0.0}', '{ "n" : 4278190080, "t":"1.0" }', '{"a":1e-2,"a":2}', "[1.0]"]
)
def test_a_raw_document_passes_through_byte_for_byte_even_beside_a_field_that_needed_tolerance(document: str) -> None:
    read = decode_nested(f'{{"form":{{"pin":5}},"dataValue":{document}}}'.encode())
    assert bytes(read.data_value).strip() == document.encode().strip()


def test_a_number_with_an_exponent_in_a_raw_document_gets_a_fraction_and_its_neighbours_stay() -> None:
    read = decode_nested(b'{"form":{"pin":5},"dataValue":{"a":1e2, "b":100, "c":"1e2"}}')
    assert bytes(read.data_value) == b'{"a":100.0, "b":100, "c":"1e2"}'


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from(["pin", "zone", "note", "count", "ready", "interests", "permissions"]), json_values)
)
def test_whatever_json_arrives_is_read_or_refused_never_a_crash(sent: dict[str, Any]) -> None:
    try:
        form = decode(json.dumps(sent).encode())
    except BadBody:
        return
    assert isinstance(form, Form)
    assert isinstance(form.pin, str)
    assert isinstance(form.zone, str)
    assert all(isinstance(text, str) for text in form.interests)


@given(st.binary(max_size=200))
def test_whatever_bytes_arrive_are_read_or_refused_never_a_crash(body: bytes) -> None:
    try:
        decode(body)
    except BadBody:
        return


LONE = [
    rb"a\ud800b",
    rb"a\udc00b",
    rb"\udc00\ud800",
    rb"\ud800\ud800",
    rb"\ud800",
    rb"\\\ud800",
    rb"\ud83d\ude00\uDE00",
]


@pytest.mark.parametrize("after", [b"", b" " * 100])
@pytest.mark.parametrize("text", LONE)
@pytest.mark.parametrize("place", ["pin", "dataValue", "else"])
def test_a_lone_surrogate_is_called_that_wherever_it_is(place: str, text: bytes, after: bytes) -> None:
    values = {"pin": b'"1"', "dataValue": b"{}", "else": b'"2"'} | {place: b'"' + text + b'"'}
    body = b'{"form":{"pin":%b},"dataValue":%b,"else":%b%b}' % (
        values["pin"],
        values["dataValue"],
        values["else"],
        after,
    )
    with pytest.raises(BadBody, match=r"^a lone surrogate is not allowed in a text$"):
        decode_nested(body)


@pytest.mark.parametrize("text", [rb"\ud83d\ude00", rb"\\ud800", rb"\u00e9", rb"\uD83D\uDE00\uD83d\uDe00"])
def test_pairs_and_escaped_backslashes_are_no_lone_surrogates(text: bytes) -> None:
    whole = b'{"form":{"pin":"1"},"dataValue":{"a":"%b"}}' % text
    assert decode_nested(whole)
    with pytest.raises(BadBody, match="truncated"):
        decode_nested(whole[:-1])
