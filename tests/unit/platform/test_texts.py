"""Texts that cannot be seen, and normal forms."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.texts import SEEN, UNSEEN
from wondernest.platform import texts

DEFAULT_IGNORABLE = [
    *(0x00AD, 0x034F, 0x061C, 0x115F, 0x1160, 0x17B4, 0x17B5, *range(0x180B, 0x1810), *range(0x200B, 0x2010)),
    *(*range(0x202A, 0x202F), *range(0x2060, 0x2070), 0x3164, *range(0xFE00, 0xFE10), 0xFEFF, 0xFFA0),
    *(*range(0xFFF0, 0xFFF9), *range(0x1BCA0, 0x1BCA4), *range(0x1D173, 0x1D17B), *range(0xE0000, 0xE1000)),
]
"""Default_Ignorable_Code_Point of DerivedCoreProperties.txt (Unicode 16)."""


@pytest.mark.parametrize("text", UNSEEN)
def test_a_text_of_nothing_visible_is_blank(text: str) -> None:
    assert texts.is_blank(text)


@pytest.mark.parametrize("text", SEEN)
def test_one_visible_character_is_enough(text: str) -> None:
    assert not texts.is_blank(text)


def test_every_default_ignorable_code_point_is_blank_alone() -> None:
    assert [hex(code) for code in DEFAULT_IGNORABLE if not texts.is_blank(chr(code))] == []


@given(st.text(), st.sampled_from(UNSEEN), st.text())
def test_what_cannot_be_seen_decides_nothing(before: str, unseen: str, after: str) -> None:
    assert texts.is_blank(before + unseen + after) is texts.is_blank(before + after)


@given(
    st.text(
        st.characters(
            categories=["L", "N", "P", "S"], exclude_characters="\u115f\u1160\u3164\uffa0\u2800\ufffc\U0001d159"
        ),
        min_size=1,
    )
)
def test_letters_digits_punctuation_and_symbols_can_be_seen(text: str) -> None:
    assert not texts.is_blank(text)


@given(st.text(max_size=200))
def test_the_normal_forms_are_unicodes(text: str) -> None:
    assert texts.nfc(text) == unicodedata.normalize("NFC", text)
    assert texts.nfd(text) == unicodedata.normalize("NFD", text)


def test_a_text_too_long_to_be_normalised_cheaply_stays_as_it_is() -> None:
    long = "e\u0301" * texts.MAX_NORMALISED_CHARS
    assert texts.nfc(long) == texts.nfd(long) == long
