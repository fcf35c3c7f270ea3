"""JSON on the wire: compact, nulls included, dates in one form, documents unchanged."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_WITH_EXPONENT = re.compile(rb"(-?)([0-9]+)(?:\.([0-9]+))?[eE]([+-]?[0-9]+)")
_NUMBER_CHARS = re.compile(rb"[0-9eE+.-]*")
_SHAPE = bytes.maketrans(b"123456789+-E", b"00000000000e")
"""Maps all digits and signs to the same byte, so that every number with an exponent contains `0e0`."""
_EXPONENT_DIGITS = 8
"""Only so many last digits are read: a longer exponent is out of PostgreSQL's range and refused there."""
SLICE_BYTES: Final = 32 * 1024
"""How much of a document is searched for exponents in one step."""
_LONGEST_NUMBER: Final = 160 * 1024
"""PostgreSQL refuses a number of more than 147,455 digits."""
_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """Compact UTF-8 JSON. Raises TypeError for a type without a wire form; convert dates with `instant` first."""
    return _encoder.encode(value)


def holds_nul(document: bytes) -> bool:
    """Whether any string of a JSON document contains NUL, which PostgreSQL cannot store."""
    return b"\\u0000" in document and b"\\u0000" in document.replace(b"\\\\", b"")


def may_have_exponents(document: bytes) -> bool:
    """Whether the document may have numbers with exponents; texts that look like them count too."""
    return b"0e0" in document.translate(_SHAPE)


def may_expand(document: bytes) -> bool:
    """Whether the document may have numbers with exponents, and room for enough of them."""
    return len(document) >= _MIN_EXPANDING_BYTES and may_have_exponents(document)


def expands_too_far(document: bytes) -> bool:
    """As `expansion`, at once: for small documents."""
    return at_once(expansion(document))


def expansion(document: bytes) -> Steps[bool]:
    """Whether the numbers of a JSON document, written without exponents, add more than MAX_EXPANSION_BYTES."""
    if not may_expand(document):
        return False
    yield
    document = yield from _masked(document)
    added = 0
    for _, pieces, first in _slices(document):
        for exponent in _EXPONENT.findall(b" ".join(pieces[first::2])):
            added += int(exponent[-_EXPONENT_DIGITS:])
        if added > MAX_EXPANSION_BYTES:
            return True
        yield
    return False


def doubles(document: bytes) -> Steps[bytes]:
    """The document with a fraction for every number that has an exponent and would be stored without a fraction.

    PostgreSQL stores `1E5` as 100000, which a reader takes for an integer; as `100000.0` it stays a double. For a document of
    which `expansion` is False.
    """
    if not may_have_exponents(document):
        return document
    yield
    masked = yield from _masked(document)
    written: list[bytes] = []
    changed = False
    for begin, pieces, first in _slices(masked):
        if may_have_exponents(b" ".join(pieces[first::2])):
            changed = True
            written.append(_with_fractions(document, begin, pieces, first))
        else:
            written.append(document[begin : begin + sum(map(len, pieces)) + len(pieces) - 1])
        yield
    return b"".join(written) if changed else document


def encode_document(value: Any) -> bytes:
    """As `encode`, for a small document to be stored in a jsonb column: doubles stay doubles."""
    return at_once(doubles(encode(value)))


def _masked(document: bytes) -> Steps[bytes]:
    """The document, as long as before, without escaped quotes and backslashes: each quote begins or ends a text."""
    if b"\\" in document:
        document = document.replace(b"\\\\", b"__")
        yield
        document = document.replace(b'\\"', b"__")
        yield
    return document


def _slices(masked: bytes) -> Iterator[tuple[int, list[bytes], int]]:
    """Slices of a document: where one begins, its pieces between quotes, and the place of the first piece outside a text."""
    begin = within_text = 0
    while begin < len(masked):
        end = _slice_end(masked, begin)
        pieces = masked[begin:end].split(b'"')
        yield begin, pieces, within_text
        within_text ^= (len(pieces) - 1) & 1
        begin = end


def _slice_end(document: bytes, begin: int) -> int:
    """Where a slice ends: not within a number, unless PostgreSQL refuses it."""
    end = begin + SLICE_BYTES
    match = _NUMBER_CHARS.match(document, end, end + _LONGEST_NUMBER)
    return end if match is None else match.end()


def _with_fractions(document: bytes, begin: int, pieces: list[bytes], first: int) -> bytes:
    """A slice of the document with its numbers rewritten."""
    written: list[bytes] = []
    for place, piece in enumerate(pieces):
        end = begin + len(piece)
        part = document[begin:end]
        written.append(part if (place ^ first) & 1 else _WITH_EXPONENT.sub(_with_fraction, part))
        begin = end + 1
    return b'"'.join(written)


def _with_fraction(number: re.Match[bytes]) -> bytes:
    sign, whole, fraction, exponent = number.groups(b"")
    zeros = int(exponent) - len(fraction) if len(exponent) <= _EXPONENT_DIGITS else _LONGEST_EXPONENT + 1
    if not 0 <= zeros <= _LONGEST_EXPONENT:
        return number[0]  # it has a fraction already, or PostgreSQL refuses it
    return sign + ((whole + fraction).lstrip(b"0") + b"0" * zeros if (whole + fraction).strip(b"0") else b"0") + b".0"


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
