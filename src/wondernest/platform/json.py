"""JSON on the wire: compact, nulls included, dates in one form, documents unchanged."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

import msgspec

from wondernest.platform.large_work import Steps, at_once

Raw = msgspec.Raw
"""A JSON document, an object, that is passed through without re-encoding."""
AnyJson = Annotated[msgspec.Raw, msgspec.Meta(extra_json_schema={"description": "Any JSON value"})]
"""As Raw, but any JSON value."""

MAX_EXPANSION_BYTES = 16 * 1024 * 1024
"""How much the numbers of one document may add to its size. PostgreSQL prints `1e131071` as 131,072 digits on each read."""
_LONGEST_EXPONENT = 131_072
"""The largest exponent that PostgreSQL accepts; it refuses a larger one as out of range."""
_MIN_EXPANDING_BYTES = MAX_EXPANSION_BYTES // _LONGEST_EXPONENT * len("1e131071,")
"""A shorter document cannot contain enough such numbers."""
_MICROS_PER_MILLI = 1000
_EXPONENT = re.compile(rb"[0-9][eE][+-]?([0-9]+)")
_NUMBER_CHARS: Final = b"0123456789eE+-."
_SHAPE = bytes.maketrans(b"123456789+-E", b"00000000000e")
"""Maps all digits and signs to the same byte, so that every number with an exponent contains `0e0`."""
_EXPONENT_DIGITS = 8
"""Only so many last digits are read: a longer exponent is out of PostgreSQL's range and refused there."""
SLICE_BYTES: Final = 32 * 1024
"""How much of a document is searched for exponents in one step."""
_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """Compact UTF-8 JSON. Raises TypeError for a type without a wire form; convert dates with `instant` first."""
    return _encoder.encode(value)


def holds_nul(document: bytes) -> bool:
    """Whether any string of a JSON document contains NUL, which PostgreSQL cannot store."""
    return b"\\u0000" in document and b"\\u0000" in document.replace(b"\\\\", b"")


def may_expand(document: bytes) -> bool:
    """Whether the document may have numbers with exponents, and room for enough of them."""
    return len(document) >= _MIN_EXPANDING_BYTES and b"0e0" in document.translate(_SHAPE)


def expands_too_far(document: bytes) -> bool:
    """As `expansion`, at once: for small documents."""
    return at_once(expansion(document))


def expansion(document: bytes) -> Steps[bool]:
    """Whether the numbers of a JSON document, written without exponents, add more than MAX_EXPANSION_BYTES."""
    if not may_expand(document):
        return False
    yield
    if b"\\" in document:  # without escapes, each quote begins or ends a text
        document = document.replace(b"\\\\", b"")
        yield
        document = document.replace(b'\\"', b"")
        yield
    added, begin, within_text = 0, 0, 0
    while begin < len(document):
        end = _slice_end(document, begin)
        pieces = document[begin:end].split(b'"')
        for exponent in _EXPONENT.findall(b" ".join(pieces[within_text::2])):
            added += int(exponent[-_EXPONENT_DIGITS:])
        if added > MAX_EXPANSION_BYTES:
            return True
        within_text ^= (len(pieces) - 1) & 1
        begin = end
        yield
    return False


def _slice_end(document: bytes, begin: int) -> int:
    """Where a slice ends: not within a number, unless it is longer than a slice."""
    end = begin + SLICE_BYTES
    longest = min(end + SLICE_BYTES, len(document))
    while end < longest and document[end] in _NUMBER_CHARS:
        end += 1
    return end


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
