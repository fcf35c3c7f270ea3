"""JSON on the wire: compact, nulls included, dates in one form, documents unchanged."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import msgspec

Raw = msgspec.Raw
"""A JSON document that is passed through without re-encoding."""

MAX_EXPANSION_BYTES = 16 * 1024 * 1024
"""How much the numbers of one document may add to its size. PostgreSQL prints `1e131071` as 131,072 digits on each read."""
_LONGEST_EXPONENT = 131_072
"""The largest exponent that PostgreSQL accepts; it refuses a larger one as out of range."""
_MIN_EXPANDING_BYTES = MAX_EXPANSION_BYTES // _LONGEST_EXPONENT * len("1e131071,")
"""A shorter document cannot contain enough such numbers."""
_MICROS_PER_MILLI = 1000
_NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_EXPONENT = re.compile(rb"[0-9][eE][+-]?([0-9]+)")
_TEXT = re.compile(rb'"[^"\\]*+(?:\\.[^"\\]*+)*+"')
_SHAPE = bytes.maketrans(b"123456789+-E", b"00000000000e")
"""Maps all digits and signs to the same byte, so that every number with an exponent contains `0e0`."""
_EXPONENT_DIGITS = 8
"""Only so many last digits are read: a longer exponent is out of PostgreSQL's range and refused there."""
_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """Compact UTF-8 JSON. Raises TypeError for a type without a wire form; convert dates with `instant` first."""
    return _encoder.encode(value)


def holds_nul(document: bytes) -> bool:
    """Whether any string of a JSON document contains NUL, which PostgreSQL cannot store."""
    return b"\\u0000" in document and _NUL_ESCAPE.search(document) is not None


def expands_too_far(document: bytes) -> bool:
    """Whether the numbers of a JSON document, written without exponents, add more than MAX_EXPANSION_BYTES."""
    if len(document) < _MIN_EXPANDING_BYTES or b"0e0" not in document.translate(_SHAPE):
        return False
    return (
        _expansion_bytes(document) > MAX_EXPANSION_BYTES
        and _expansion_bytes(_TEXT.sub(b'""', document)) > MAX_EXPANSION_BYTES
    )


def _expansion_bytes(document: bytes) -> int:
    return sum(int(found[1][-_EXPONENT_DIGITS:]) for found in _EXPONENT.finditer(document))


def instant(moment: datetime) -> str:
    """UTC with `Z` and a fraction of 0, 3 or 6 digits (auth contract §1.2)."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text = _encoder.encode(moment)[1:-1].decode()  # takes a tenth of the time of isoformat
    if (micros := moment.microsecond) and micros % _MICROS_PER_MILLI == 0:
        text = text[:-4] + "Z"
    return text


def maybe_instant(moment: datetime | None) -> str | None:
    """As `instant`; None for None."""
    return None if moment is None else instant(moment)


def maybe_text(value: object) -> str | None:
    """A value as text; None for None."""
    return None if value is None else str(value)


def midnight(day: date) -> str:
    """The start of a calendar day in UTC: the wire form of birth dates."""
    return f"{day.isoformat()}T00:00:00Z"
