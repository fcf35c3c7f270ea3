"""Stored documents as any backend may have left them: read tolerantly, changed field by field, the rest untouched.

Fields stay JSON texts (`Raw`): a number that nobody changes is not written anew. Times are seconds since 1970, because the earlier
backend reads and writes them so (games contract §5).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final, TypeAlias

import msgspec
from msgspec import Raw

Fields: TypeAlias = dict[str, Raw]
EMPTY: Final = Raw(b"{}")
NULL: Final = Raw(b"null")
MOST: Final = 2**31 - 1
"""The largest number that clients of both earlier backends can hold."""
_LATEST_S: Final = 253_402_300_799
"""The last second of the year 9999."""
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
_encode = msgspec.json.Encoder().encode


def fields_of(document: bytes | Raw | None) -> Fields:
    """The fields of a JSON object; none for anything else."""
    if document is None:
        return {}
    try:
        return msgspec.json.decode(document, type=Fields)
    except _UNREADABLE:
        return {}


def items_of(document: bytes | Raw | None) -> list[Raw]:
    """The items of a JSON list; none for anything else."""
    if document is None:
        return []
    try:
        return msgspec.json.decode(document, type=list[Raw])
    except _UNREADABLE:
        return []


def encoded(value: Any) -> bytes:
    """The JSON text of a value or of fields."""
    return _encode(value)


def raw(value: Any) -> Raw:
    """A value as the JSON text of a field."""
    return Raw(_encode(value))


def whole(fields: Fields, name: str, default: int = 0) -> int:
    """A field that is a number, without its fraction and within MOST; the default for anything else."""
    found = _number(fields.get(name))
    return default if found is None else int(min(max(found, -MOST), MOST))


def text(fields: Fields, name: str, default: str = "") -> str:
    """A field that is a text; the default for anything else."""
    return maybe_text(fields, name) or default


def maybe_text(fields: Fields, name: str) -> str | None:
    """A field that is a text; None for anything else."""
    try:
        return msgspec.json.decode(fields[name], type=str)
    except (KeyError, *_UNREADABLE):
        return None


def flag(fields: Fields, name: str, *, default: bool) -> bool:
    """A field that is true or false; the default for anything else."""
    return {b"true": True, b"false": False}.get(bytes(fields.get(name, NULL)).strip(), default)


def moment(fields: Fields, name: str) -> datetime | None:
    """A field that is a time in seconds since 1970; None for anything else, and for 0, with which a missing time was written."""
    seconds = _number(fields.get(name))
    return datetime.fromtimestamp(int(seconds), UTC) if seconds is not None and 0 < seconds <= _LATEST_S else None


def seconds_of(time: datetime) -> int:
    """A time as it is stored."""
    return int(time.timestamp())


def _number(field: Raw | None) -> int | float | None:
    if field is None:
        return None
    try:
        return msgspec.json.decode(field, type=int | float)
    except _UNREADABLE:
        return None
