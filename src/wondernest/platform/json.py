"""JSON as it crosses the wire: compact, nulls written, dates in one form, documents untouched."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import msgspec

Raw = msgspec.Raw
"""A JSON document passed through without being re-encoded."""

MAX_SWELL_BYTES = 16 * 1024 * 1024
"""What the numbers of one document may add to it: PostgreSQL prints `1e131071` as 131,072 digits, each time it is read."""
_LONGEST_EXPONENT = 131_072
"""What PostgreSQL takes at most: a greater one is out of its range and refused there."""
_SHORTEST_SWELLER_BYTES = MAX_SWELL_BYTES // _LONGEST_EXPONENT * len("1e131071,")
"""No shorter document has room for enough such numbers."""
_MICROS_PER_MILLI = 1000
_NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_EXPONENT = re.compile(rb"[0-9][eE][+-]?([0-9]+)")
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_SHAPE = bytes.maketrans(b"123456789+-E", b"00000000000e")
"""Digits and signs look alike, so that a number with an exponent holds `0e0`."""
_EXPONENT_DIGITS = 8
"""The last ones that count; what is greater is out of PostgreSQL's range and refused there."""
_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """Compact UTF-8 JSON; raises TypeError for a type that has no wire form (dates go through `instant`)."""
    return _encoder.encode(value)


def holds_nul(document: bytes) -> bool:
    """Whether a text somewhere in a JSON document holds NUL, which PostgreSQL cannot store."""
    return b"\\u0000" in document and _NUL_ESCAPE.search(document) is not None


def swells(document: bytes) -> bool:
    """Whether the numbers of a JSON document, written out in full, would make it a flood."""
    if len(document) < _SHORTEST_SWELLER_BYTES or b"0e0" not in document.translate(_SHAPE):
        return False
    return _swell(document) > MAX_SWELL_BYTES and _swell(_TEXT.sub(b'""', document)) > MAX_SWELL_BYTES


def _swell(document: bytes) -> int:
    return sum(int(found[1][-_EXPONENT_DIGITS:]) for found in _EXPONENT.finditer(document))


def instant(moment: datetime) -> str:
    """UTC with `Z` and a fraction of 0, 3 or 6 digits (auth contract §1.2)."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text = _encoder.encode(moment)[1:-1].decode()  # a tenth of isoformat's time
    if (micros := moment.microsecond) and micros % _MICROS_PER_MILLI == 0:
        text = text[:-4] + "Z"
    return text


def maybe_instant(moment: datetime | None) -> str | None:
    """As `instant`, None staying None."""
    return None if moment is None else instant(moment)


def maybe_text(value: object) -> str | None:
    """A value as text, None staying None."""
    return None if value is None else str(value)


def midnight(day: date) -> str:
    """A calendar day as the instant it begins in UTC: how birth dates are sent."""
    return f"{day.isoformat()}T00:00:00Z"
