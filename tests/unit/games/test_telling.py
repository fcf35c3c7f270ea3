"""What a save says is read as far as its document allows."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.games.telling import Told, told

PAGES = [
    {"pageNumber": 1, "background": "/files/1/x.png", "textBlocks": [{"text": "One"}, {"text": " "}]},
    {
        "textBlocks": [{"variants": [{"content": "Two"}, {"content": "Two, simply"}]}],
        "popupImages": [{"imageUrl": "u"}],
    },
    "odd",
]


@pytest.mark.parametrize("packed", [True, False])
def test_a_story_is_told_page_by_page(packed: bool) -> None:
    tale = {"title": " The Owl ", "description": "A tale", "content": {"pages": PAGES}}
    document = {"data": json.dumps(tale) if packed else tale}
    assert told(json.dumps(document).encode()) == Told("The Owl", "A tale", [["One"], ["Two", "Two, simply"], []])


def test_a_sticker_project_has_its_name_and_no_pages() -> None:
    assert told(b'{"name": "Masterpiece", "originalProject": {"name": "other"}}') == Told("Masterpiece")
    assert told(b'{"originalProject": {"name": "other"}}') == Told("other")


@given(st.recursive(st.none() | st.text() | st.integers(), lambda one: st.lists(one) | st.dictionaries(st.text(), one)))
def test_any_document_says_something_or_nothing(document: Any) -> None:
    for value in (document, {"data": document}, {"content": {"pages": document}}, {"content": {"pages": [document]}}):
        assert isinstance(told(json.dumps(value).encode()), Told)
