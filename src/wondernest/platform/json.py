"""JSON as it crosses the wire: compact, nulls written, dates in one form, documents untouched."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from typing import Any

import msgspec

Raw = msgspec.Raw
"""A JSON document passed through without being re-encoded."""

_MICROS_PER_MILLI = 1000
_NUL_ESCAPE = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_encoder = msgspec.json.Encoder()


def encode(value: Any) -> bytes:
    """Compact UTF-8 JSON; raises TypeError for a type that has no wire form (dates go through `instant`)."""
    return _encoder.encode(value)


def holds_nul(document: bytes) -> bool:
    """Whether a text somewhere in a JSON document holds NUL, which PostgreSQL cannot store."""
    return b"\\u0000" in document and _NUL_ESCAPE.search(document) is not None


def instant(moment: datetime) -> str:
    """UTC with `Z` and a fraction of 0, 3 or 6 digits (auth contract §1.2)."""
    if moment.tzinfo is not UTC:
        moment = moment.astimezone(UTC)
    text = moment.isoformat()[:-6]
    if (micros := moment.microsecond) and micros % _MICROS_PER_MILLI == 0:
        text = text[:-3]
    return text + "Z"


def maybe_instant(moment: datetime | None) -> str | None:
    """As `instant`, None staying None."""
    return None if moment is None else instant(moment)


def midnight(day: date) -> str:
    """A calendar day as the instant it begins in UTC: how birth dates are sent."""
    return f"{day.isoformat()}T00:00:00Z"
