"""A large event means what a small one means, and costs no object for each of its values."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bench.shapes import VALUES
from wondernest.analytics.envelope import MAX_DATA_BYTES, BadDocument, envelope, project_document
from wondernest.analytics.large import COMMAS, MAX_PARTS, envelope_of, read_project, read_used
from wondernest.analytics.rules import DOCUMENT, MAX_TRANSACTIONS, Event, ProjectSaved, category, consequence
from wondernest.platform.json import Raw
from wondernest.platform.large_work import at_once

FILLING = "x" * (MAX_DATA_BYTES + 1)
COINS = {"amount": 5, "reason": "won", "timestamp": "2025-09-02T15:00:00", "balanceAfter": 5}
EVENTS: tuple[tuple[str, dict[str, Any]], ...] = (
    ("game_progress", {"playTimeMinutes": 7, "timestamp": 1}),
    ("game_progress", {"playTimeMinutes": "7"}),
    ("game_completion", {"data": {"playTimeMinutes": 9, "completed": True}}),
    ("game_completion", {"data": {"playTimeMinutes": 9, "filling": FILLING}}),
    ("game_completion", {"data": {"filling": FILLING}}),
    ("virtual_currency_updated", {"balance": 5, "transactions": [COINS]}),
    ("virtual_currency_updated", {"balance": 1, "transactions": [COINS] * 2_000}),
    ("virtual_currency_updated", {"balance": 1}),
    ("milestone_achieved", {"title": "first", "category": "c", "description": "d"}),
    ("milestone_achieved", {"key": "k"}),
    ("milestone_achieved", {"name": "n", "milestone": None}),
    ("delete_project", {"gameType": "sticker_book", "projectId": "p"}),
    ("save_project", {"gameType": "sticker_book", "projectId": "p"}),
    ("save_project", {"gameType": "other", "projectId": "p", DOCUMENT: {}}),
    ("save_project", {"gameType": "sticker_book", "projectId": "p", DOCUMENT: None}),
)


def event(kind: str, data: dict[str, Any]) -> Event:
    return Event(kind, "content", None, None, data)


@pytest.mark.parametrize(("kind", "data"), EVENTS)
def test_the_same_follows_from_a_large_event(kind: str, data: dict[str, Any]) -> None:
    text = json.dumps({**data, "filling": FILLING}).encode()
    small, large = event(kind, data), event(kind, at_once(read_used(text)))
    assert consequence(large) == consequence(small)
    assert category(large) == category(small)
    assert at_once(envelope_of(large, text, without_document=False)) == envelope(small, text, without_document=False)


@pytest.mark.parametrize("project", [{"a": [1.0], "b": FILLING}, json.dumps({"a": [1.0], "b": FILLING})])
def test_a_large_project_is_read_as_a_small_one(project: Any) -> None:
    data = {"gameType": "sticker_book", "projectId": "p", DOCUMENT: project}
    text = json.dumps(data).encode()
    read = at_once(read_used(text))
    follows = consequence(event("save_project", read))
    assert isinstance(follows, ProjectSaved)
    assert isinstance(follows.document, Raw)
    document = at_once(read_project(follows.document))
    assert document == project_document(project, text)
    stored = at_once(envelope_of(event("save_project", read), text, without_document=True))
    assert stored == envelope(event("save_project", data), text, without_document=True)


@pytest.mark.parametrize("value", ["[1]", "5", '"{"', '"[]"', '"{\\"a\\":\\"\\\\u0000\\"}"', '{"a":"\\u0000"}'])
def test_a_large_text_that_is_no_project_is_refused(value: str) -> None:
    with pytest.raises(BadDocument):
        at_once(read_project(Raw(value.encode())))


@pytest.mark.parametrize("data", [b"[]", b"5", b"", b"{", b'{"a":"\xff"}', b'{"a":"\\ud800"}', b"[" * 100_000])
def test_large_data_other_than_an_object_is_refused_with_a_reason(data: bytes) -> None:
    with pytest.raises(BadDocument) as refused:
        at_once(read_used(data))
    assert str(refused.value)


def test_more_transactions_than_are_kept_are_refused_by_count() -> None:
    def coins(commas: int) -> bytes:
        return b'{"balance":1,"transactions":[' + b"0," * commas + b'0],"filling":"' + FILLING.encode() + b'"}'

    assert len(at_once(read_used(coins(COMMAS * MAX_TRANSACTIONS)))["transactions"]) == COMMAS * MAX_TRANSACTIONS + 1
    with pytest.raises(BadDocument, match="more than 10000 entries"):
        at_once(read_used(coins(COMMAS * MAX_TRANSACTIONS + 1)))


def test_data_of_many_parts_keeps_those_with_a_meaning() -> None:
    many = {f"key{number}": number for number in range(MAX_PARTS)}
    text = json.dumps({**many, "gameType": "memory", "timestamp": 1}).encode()
    read = event("hostile", at_once(read_used(text)))
    stored = json.loads(at_once(envelope_of(read, text, without_document=False)))
    assert stored["eventData"] == {"gameType": "memory", "timestamp": 1}
    assert stored["truncated"] is True


@pytest.mark.parametrize("name", VALUES)
def test_an_event_of_any_shape_is_stored_small_or_refused(name: str) -> None:
    text = b'{"timestamp":1,"a":' + VALUES[name](4 * MAX_DATA_BYTES) + b"}"
    try:
        read = event("hostile", at_once(read_used(text)))
    except BadDocument:
        return
    stored = at_once(envelope_of(read, text, without_document=False))
    assert json.loads(stored)["eventData"]["timestamp"] == 1
    assert len(stored) < MAX_DATA_BYTES + 1024
