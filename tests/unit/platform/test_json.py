"""Numbers whose stored form would be huge are detected, and similar ones are not."""

from __future__ import annotations

import pytest

from wondernest.platform.json import MAX_EXPANSION_BYTES, expands_too_far

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
