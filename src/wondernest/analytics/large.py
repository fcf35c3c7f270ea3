"""Reads the data of a large event: in steps, and only the values that the rules use.

The data may be ten megabytes of anything. Decoded as a whole it would be millions of objects, made in one call.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec
from msgspec import Raw, Struct

from wondernest.analytics.envelope import MAX_DATA_BYTES, UNREADABLE, BadDocument, cut, decode_parts, wrapped
from wondernest.analytics.rules import DOCUMENT, MAX_TRANSACTIONS, USED, Event
from wondernest.platform.json import holds_nul
from wondernest.platform.large_work import Steps

MAX_PARTS: Final = 10_000
"""Data with more colons may have as many values: then only those that the rules use are kept."""
COMMAS: Final = 4
"""Commas of one transaction: it has four fields, and another one follows it."""
_UNSENT: Final = Raw(b"")
_decode_used: Final[Callable[[bytes], Any]] = msgspec.json.Decoder(
    msgspec.defstruct("Used", [(name, Raw, _UNSENT) for name in USED])
).decode
_decode: Final = msgspec.json.Decoder().decode
_decode_text: Final = msgspec.json.Decoder(str).decode


class _Object(Struct):
    """Any object: its fields are checked and skipped."""


class _PlayTime(Struct, rename="camel"):
    play_time_minutes: Raw = _UNSENT


_decode_object: Final = msgspec.json.Decoder(_Object).decode
_decode_play_time: Final = msgspec.json.Decoder(_PlayTime).decode


def read_used(data: bytes) -> Steps[dict[str, Any]]:
    """The values that the rules use; the project stays Raw. Raises BadDocument."""
    try:
        data.decode()
        yield
        found = _decode_used(data)
        yield
        used: dict[str, Any] = {}
        for name in USED:
            raw: Raw = getattr(found, name)
            if raw:
                used |= _value(name, raw)
                yield
    except UNREADABLE as error:
        raise BadDocument(str(error)) from None
    return used


def _value(name: str, raw: Raw) -> dict[str, Any]:
    """The value by its name; nothing for one that is too large to mean anything."""
    size = len(memoryview(raw))
    if name == DOCUMENT:
        return {} if bytes(raw).strip() == b"null" else {name: raw}
    if size <= MAX_DATA_BYTES:
        return {name: _decode(raw)}
    if name == "data":
        minutes = _decode_play_time(raw).play_time_minutes
        return {name: {"playTimeMinutes": _decode(minutes)}} if 0 < len(memoryview(minutes)) <= MAX_DATA_BYTES else {}
    if name == "transactions":
        if bytes(raw).count(b",") > COMMAS * MAX_TRANSACTIONS:
            raise BadDocument(f"{name} has more than {MAX_TRANSACTIONS} entries")
        return {name: _decode(raw)}
    return {}


def read_project(raw: Raw) -> Steps[bytes]:
    """As `envelope.project_document`."""
    try:
        document = bytes(raw).strip()
        if document[:1] == b'"':
            document = _decode_text(document).encode()
            yield
        if holds_nul(document):
            raise BadDocument("\\u0000 is not allowed in a text")
        yield
        document.decode()
        _decode_object(document)
        yield
    except UNREADABLE as error:
        raise BadDocument(str(error)) from None
    return document


def envelope_of(event: Event, data: bytes, *, without_document: bool, by_arrival: bool = False) -> Steps[bytes]:
    """As `envelope.envelope`."""
    document = event.data.get(DOCUMENT)
    colons = data.count(b":") - (bytes(document).count(b":") if isinstance(document, Raw) else 0)
    yield
    counted = colons <= MAX_PARTS
    if counted:
        parts = decode_parts(data)
    else:
        found = _decode_used(data)
        parts = {name: raw for name in USED if (raw := getattr(found, name))}
    yield
    kept, truncated = cut(parts, without_document=without_document)
    return wrapped(event, kept, truncated=truncated or not counted, by_arrival=by_arrival)
