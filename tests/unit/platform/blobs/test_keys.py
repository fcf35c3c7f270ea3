"""Keys of blobs: those of every backend are valid, and none names anything outside the storage."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.blobs import RANDOM_ID, THEN
from wondernest.platform.blobs import InvalidKey, new_key, require_key
from wondernest.platform.blobs.keys import is_key

ANYTHING = st.text(st.one_of(st.characters(), st.sampled_from("/\\.\0 %~")), max_size=40)


def test_a_new_key_has_the_form_of_the_earlier_backends() -> None:
    key = new_key(THEN, RANDOM_ID, "jpeg")
    assert key == "1700000000/0b8f4f0e-6f0b-4a38-9df0-0c8f4ab8b7d1.jpeg"
    assert require_key(key) == key


@pytest.mark.parametrize("extension", ["", "JPG", "a/b", "..", "png\n", ".png", "p" * 11, "metadata.x"])
def test_a_new_key_takes_no_strange_extension(extension: str) -> None:
    with pytest.raises(InvalidKey):
        new_key(THEN, RANDOM_ID, extension)


@pytest.mark.parametrize(
    "key",
    [
        "1700000000/0b8f4f0e-6f0b-4a38-9df0-0c8f4ab8b7d1.png",
        "uploads/7d0e9f3e-2f4b-4f43-9a43-1d2d3b1f1c11/0b8f4f0e-6f0b-4a38-9df0-0c8f4ab8b7d1",
        "uploads/7d0e9f3e-2f4b-4f43-9a43-1d2d3b1f1c11/Urlaub 灯泡 ü 🦄.jpeg",
        "file",
        "..a/b..c/...",
        ".hidden",
        "metadata",
        "%2e%2e/x",
        "é" * 127,
    ],
)
def test_keys_that_exist_are_valid(key: str) -> None:
    assert require_key(key) == key


@pytest.mark.parametrize(
    "key",
    [
        *("", "/", "/a", "a/", "a//b", ".", "..", "../a", "a/..", "a/../b", "a/./b", "\\a", "a\\..\\b", "a\0", "a\nb"),
        *("a\x7f", "1700000000/a.png.metadata", "A.METADATA", ".metadata", ".unfinished", ".unfinished/a", "\udc80"),
        *("a" * 256, "é" * 128, "/".join(["a" * 200] * 6)),
    ],
    ids=repr,
)
def test_what_could_name_anything_else_is_no_key(key: str) -> None:
    assert not is_key(key)


@given(ANYTHING)
def test_a_valid_key_stays_below_the_folder_it_is_joined_to(text: str) -> None:
    if not is_key(text):
        return
    segments = text.split("/")
    assert all(segment not in {"", ".", ".."} for segment in segments)
    assert not any(mark in text for mark in "\0\\")
    assert not text.lower().endswith(".metadata")
