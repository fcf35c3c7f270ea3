"""Merges what two devices report of the same reading. Pure functions.

A device that was offline reports what it knows, not what the other one did meanwhile. So words and answers are united and counts
never go back. Sending the same report again changes nothing, and the order of two reports does not matter, except where both have
a different text for the same field: there the later report is right.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

import msgspec
from msgspec import Raw

from wondernest.stories.stored import fields_of, items_of, raw

MAX_DEPTH: Final = 8
"""Deeper down nothing is united: the later report is right."""


def united(older: Raw, newer: Raw, depth: int = 0) -> Raw:
    """Both JSON values in one: of objects and lists every entry, of two numbers the larger one, else the newer value."""
    kinds = bytes(older).strip()[:1], bytes(newer).strip()[:1]
    if depth < MAX_DEPTH and kinds == (b"{", b"{"):
        return _of_objects(older, newer, depth)
    if kinds == (b"[", b"["):
        return _of_lists(older, newer)
    if kinds[1] == b"n" or (kinds[1] in {b"{", b"["} and _is_empty(newer)):
        return older
    known, told = _number(older), _number(newer)
    return older if known is not None and told is not None and known > told else newer


def _of_objects(older: Raw, newer: Raw, depth: int) -> Raw:
    fields = fields_of(older)
    for name, value in fields_of(newer).items():
        fields[name] = united(fields[name], value, depth + 1) if name in fields else value
    return raw(fields)


def _of_lists(older: Raw, newer: Raw) -> Raw:
    """Every item as often as the list has it that has it more often."""
    items = items_of(older)
    known = Counter(_identity(item) for item in items)
    for item in items_of(newer):
        identity = _identity(item)
        known[identity] -= 1
        if known[identity] < 0:
            items.append(item)
    return raw(items)


def _identity(item: Raw) -> bytes:
    """Equal for equal values: PostgreSQL gives an object's fields in its own order."""
    try:
        return msgspec.json.encode(msgspec.json.decode(item), order="deterministic")
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return bytes(item)


def _is_empty(value: Raw) -> bool:
    return not fields_of(value) and not items_of(value)


def _number(value: Raw) -> int | float | None:
    try:
        return msgspec.json.decode(value, type=int | float)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
