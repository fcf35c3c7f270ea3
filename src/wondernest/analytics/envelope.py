"""The stored form of an event: the envelope around its data, the size limit, and the fingerprint for deduplication."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from msgspec import Raw

from wondernest.analytics.rules import DOCUMENT, MAX_REFERENCE_CHARS, Event, same_moment
from wondernest.platform.json import holds_nul

MAX_DATA_BYTES: Final = 64 * 1024
decode_parts = msgspec.json.Decoder(dict[str, Raw]).decode
_decode = msgspec.json.Decoder(dict[str, Any]).decode
_sorted: Final = msgspec.json.Encoder(order="sorted").encode
_encode: Final = msgspec.json.Encoder().encode
UNREADABLE: Final = (msgspec.MsgspecError, UnicodeError, RecursionError)


class BadDocument(ValueError):
    """No JSON object, or one that cannot be stored; the message holds the reason."""


def read_object(document: bytes | Raw) -> dict[str, Any]:
    """The JSON object in a text; raises BadDocument."""
    try:
        return _decode(document)
    except UNREADABLE as error:
        raise BadDocument(str(error)) from None


def identity_of_large(event: Event) -> bytes | None:
    """What is hashed, together with the data as sent, as the `fingerprint` of a large event; None as there.

    Sorting the keys of a large document takes too long. Repeated deliveries are the same bytes.
    """
    return None if event.data.get("timestamp") is None else _encode([event.kind, event.session_id, event.content_id])


def fingerprint(event: Event) -> bytes | None:
    """SHA-256 that identifies repeated deliveries of an event; None for an event without `timestamp` in its data.

    A moment is the same however it is written.
    """
    if event.data.get("timestamp") is None:
        return None
    data = {**event.data, "timestamp": same_moment(event.data["timestamp"])}
    return hashlib.sha256(_sorted([event.kind, event.session_id, event.content_id, data])).digest()


def envelope(event: Event, data: bytes | Raw, *, without_document: bool, by_arrival: bool = False) -> bytes:
    """The stored form. If the data exceeds MAX_DATA_BYTES its largest values are dropped and `truncated` is set."""
    if not without_document and len(data) <= MAX_DATA_BYTES:
        return wrapped(event, Raw(data), truncated=False, by_arrival=by_arrival)
    kept, truncated = cut(decode_parts(data), without_document=without_document)
    return wrapped(event, kept, truncated=truncated, by_arrival=by_arrival)


def cut(parts: dict[str, Raw], *, without_document: bool) -> tuple[Raw, bool]:
    """The data of at most MAX_DATA_BYTES, and whether something besides the document is missing."""
    if without_document:
        parts.pop(DOCUMENT, None)
    fitting = _fitting(parts)
    return Raw(_encode(fitting)), len(fitting) < len(parts)


def wrapped(event: Event, kept: Raw, *, truncated: bool, by_arrival: bool = False) -> bytes:
    """The data with the fields of the event around it. `by_arrival`: it marks that the device's clock was wrong."""
    stored: dict[str, Any] = {
        "contentId": _short(event.content_id),
        "duration": event.minutes,
        "sessionId": _short(event.session_id),
        "eventData": kept,
    }
    if by_arrival:
        stored["placedByArrival"] = True
    return _encode({**stored, "truncated": True} if truncated else stored)


def project_document(value: Any, data: bytes | Raw) -> bytes:
    """The project in a save_project event, sent as JSON text or as an object; raises BadDocument."""
    document = value.encode() if isinstance(value, str) else bytes(decode_parts(data)[DOCUMENT])
    if holds_nul(document):
        raise BadDocument("\\u0000 is not allowed in a text")
    read_object(document)
    return document


def _fitting(parts: Mapping[str, Raw]) -> dict[str, Raw]:
    """As many values as fit, smallest first; the result keeps their original order."""
    left = MAX_DATA_BYTES
    chosen: set[str] = set()
    for name, value in sorted(parts.items(), key=lambda part: len(part[0]) + len(part[1])):
        left -= len(name.encode()) + len(value) + 4
        if left < 0:
            break
        chosen.add(name)
    return {name: value for name, value in parts.items() if name in chosen}


def _short(text: str | None) -> str | None:
    return None if text is None else text[:MAX_REFERENCE_CHARS]
