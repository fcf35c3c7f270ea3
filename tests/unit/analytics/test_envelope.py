"""The stored form of an event, its cap and its fingerprint."""

from __future__ import annotations

import json
from typing import Any

import pytest

from wondernest.analytics.envelope import (
    MAX_DATA_BYTES,
    BadDocument,
    envelope,
    fingerprint,
    project_document,
    read_object,
)
from wondernest.analytics.rules import Event


def event(data: dict[str, Any], **fields: Any) -> Event:
    given: dict[str, Any] = {
        "kind": "game_progress",
        "content_id": "memory",
        "session_id": None,
        "minutes": 7,
        **fields,
    }
    return Event(**given, data=data)


def stored(data: bytes, *, without_document: bool = False) -> Any:
    return json.loads(envelope(event(json.loads(data)), data, without_document=without_document))


def test_the_envelope_holds_what_has_no_column() -> None:
    assert stored(b'{"score":120}') == {
        "contentId": "memory",
        "duration": 7,
        "sessionId": None,
        "eventData": {"score": 120},
    }


def test_small_data_is_stored_as_it_was_written() -> None:
    written = b'{"scale":100.0,"big":12345678901234567890123,"x":1.10}'
    assert written in envelope(event({}), written, without_document=False)


def test_data_beyond_the_cap_loses_its_largest_values_and_is_marked() -> None:
    data = json.dumps({"timestamp": 1, "picture": "x" * MAX_DATA_BYTES, "gameType": "sticker_book"}).encode()
    found = stored(data)
    assert found["eventData"] == {"timestamp": 1, "gameType": "sticker_book"}
    assert found["truncated"] is True
    assert len(json.dumps(found)) < MAX_DATA_BYTES


def test_many_small_values_do_not_exceed_the_cap() -> None:
    data = json.dumps({f"key{number}": number for number in range(20_000)}).encode()
    assert len(envelope(event({}), data, without_document=False)) < MAX_DATA_BYTES + 1024


def test_a_stored_project_is_not_stored_twice() -> None:
    data = json.dumps({"projectId": "1", "fullProjectData": {"big": "x" * MAX_DATA_BYTES}}).encode()
    found = stored(data, without_document=True)
    assert found["eventData"] == {"projectId": "1"}
    assert "truncated" not in found


def test_endless_references_are_shortened() -> None:
    found = json.loads(envelope(event({}, content_id="c" * 1000, session_id="s" * 1000), b"{}", without_document=False))
    assert (len(found["contentId"]), len(found["sessionId"])) == (255, 255)


def test_an_event_without_its_own_time_has_no_identity() -> None:
    assert fingerprint(event({"score": 1})) is None
    assert fingerprint(event({"score": 1, "timestamp": None})) is None


def test_the_order_of_keys_does_not_make_another_event() -> None:
    assert fingerprint(event({"timestamp": 1, "a": {"x": 1, "y": 2}})) == fingerprint(
        event({"a": {"y": 2, "x": 1}, "timestamp": 1})
    )


@pytest.mark.parametrize(
    "other",
    [
        event({"timestamp": 2}),
        event({"timestamp": 1, "score": 1}),
        event({"timestamp": 1}, kind="score_update"),
        event({"timestamp": 1}, content_id="puzzle"),
        event({"timestamp": 1}, session_id="session-1"),
    ],
)
def test_any_difference_of_identity_makes_another_event(other: Event) -> None:
    assert fingerprint(other) != fingerprint(event({"timestamp": 1}))


def test_the_duration_is_no_part_of_the_identity() -> None:
    assert fingerprint(event({"timestamp": 1}, minutes=9)) == fingerprint(event({"timestamp": 1}))


@pytest.mark.parametrize("given", ['{"x":1.0}', {"x": 1.0}])
def test_a_project_comes_as_text_or_object_and_keeps_its_numbers(given: Any) -> None:
    data = json.dumps({"fullProjectData": given}).encode()
    assert json.loads(project_document(given, data)) == {"x": 1.0}
    assert b"1.0" in project_document(given, data)


@pytest.mark.parametrize("text", ["", "{", "[1]", "5", '"text"', '{"x":"\\u0000"}', '{"x":"\\ud800"}'])
def test_a_text_that_is_no_project_is_refused(text: str) -> None:
    with pytest.raises(BadDocument):
        project_document(text, json.dumps({"fullProjectData": text}).encode())


@pytest.mark.parametrize("text", [b"[]", b"5", b"", b"{", b'{"a":"\\ud800"}', b'{"a":1e999}', b"[" * 100_000])
def test_data_other_than_an_object_is_refused_with_a_reason(text: bytes) -> None:
    with pytest.raises(BadDocument) as refused:
        read_object(text)
    assert str(refused.value)
