"""Conditional requests and ranges of a blob (RFC 9110 §13, §14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Final

from msgspec import Struct

from wondernest.platform.entity_tags import read_entity_tags

_RANGE: Final = re.compile(rb"bytes\s*=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*", re.IGNORECASE)


class Selection(Struct, frozen=True):
    """The status, and the bytes from `start` up to, not including, `end`; 304 and 416 have none."""

    status: int
    start: int = 0
    end: int = 0


def select(
    method: str, headers: Mapping[bytes, bytes], size: int, etag: str | None, last_modified: datetime | None
) -> Selection:
    """The status and the bytes to send. A request for several ranges gets the whole blob, which the RFC allows."""
    if _not_modified(headers, etag, last_modified):
        return Selection(304)
    sent = headers.get(b"range")
    if sent is None or method != "GET" or not _same_version(headers.get(b"if-range"), etag, last_modified):
        return Selection(200, 0, size)
    return _single(sent, size)


def http_date(moment: datetime) -> str:
    """A date in the form of headers, to the second."""
    return format_datetime(moment.astimezone(UTC).replace(microsecond=0), usegmt=True)


def _not_modified(headers: Mapping[bytes, bytes], etag: str | None, last_modified: datetime | None) -> bool:
    tags = headers.get(b"if-none-match")
    if tags is not None:  # then If-Modified-Since is ignored (§13.2.2)
        return etag is not None and read_entity_tags(tags.decode("latin-1")).name(etag)
    since = _date(headers.get(b"if-modified-since"))
    return since is not None and last_modified is not None and last_modified.replace(microsecond=0) <= since


def _same_version(condition: bytes | None, etag: str | None, last_modified: datetime | None) -> bool:
    """If-Range: strong comparison, because parts of two versions must never be combined (§13.1.5)."""
    if condition is None:
        return True
    text = condition.decode("latin-1").strip()
    if text.startswith(('"', "W/")):
        return etag is not None and not etag.startswith("W/") and text == etag
    date = _date(condition)
    return date is not None and last_modified is not None and last_modified.replace(microsecond=0) == date


def _single(sent: bytes, size: int) -> Selection:
    found = _RANGE.fullmatch(sent.strip())
    if found is None or not (found[1] or found[2]):
        return Selection(200, 0, size)
    if not found[1]:
        length = min(int(found[2]), size)
        return Selection(206, size - length, size) if length else Selection(416)
    start, last = int(found[1]), int(found[2]) if found[2] else size - 1
    if found[2] and last < start:
        return Selection(200, 0, size)  # an invalid range is ignored (§14.1.1)
    return Selection(206, start, min(last + 1, size)) if start < size else Selection(416)


def _date(value: bytes | None) -> datetime | None:
    if value is None:
        return None
    try:
        moment = parsedate_to_datetime(value.decode("latin-1").strip())
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
