"""Time zones by the names that the earlier backends accepted: those of Java's ZoneId (auth contract §1.8)."""

from __future__ import annotations

import re
from datetime import UTC, timedelta, timezone, tzinfo
from functools import cache, lru_cache
from typing import Final
from zoneinfo import ZoneInfo

DEFAULT_ZONE: Final = "UTC"
MAX_NAME_CHARS: Final = 64
"""The longest region id has 32."""
_NOT_IN_JAVA: Final = frozenset({"EST", "HST", "MST", "ROC", "Factory"})
"""Names in the zone database that Java does not know."""
_OFFSET: Final = re.compile(r"[+-](?:(\d{1,2})|(\d{2}):?(\d{2})(?::?(\d{2}))?)", re.ASCII)
_PREFIXED: Final = re.compile(r"(?:UTC|GMT|UT)([+-].+)?", re.DOTALL)
MAX_OFFSET_S: Final = 18 * 3600


def is_time_zone(text: str) -> bool:
    """Whether a trimmed text is a region id, an offset, or UTC, GMT or UT with or without an offset. Case-sensitive."""
    return _fixed(text) is not None or text in _regions()


@lru_cache(maxsize=1_000)
def time_zone(name: str) -> tzinfo:
    """The zone of a name; UTC for a name that is none, such as one that a later release stored."""
    fixed = _fixed(name)
    if fixed is not None:
        return UTC if fixed == timedelta() else timezone(fixed)
    return ZoneInfo(name) if name in _regions() else UTC


def _fixed(text: str) -> timedelta | None:
    """The offset of a name that has one; None for a region and for anything else."""
    prefixed = _PREFIXED.fullmatch(text)
    if text == "Z" or (prefixed is not None and prefixed[1] is None):
        return timedelta()
    return _offset(text if prefixed is None else prefixed[1])


def _offset(text: str) -> timedelta | None:
    match = _OFFSET.fullmatch(text)
    if match is None:
        return None
    hours, minutes, seconds = int(match[1] or match[2]), int(match[3] or 0), int(match[4] or 0)
    total = hours * 3600 + minutes * 60 + seconds
    if minutes >= 60 or seconds >= 60 or total > MAX_OFFSET_S:
        return None
    return timedelta(seconds=-total if text.startswith("-") else total)


@cache
def _regions() -> frozenset[str]:
    import importlib.resources

    names = (importlib.resources.files("tzdata") / "zones").read_text(encoding="utf-8").split()
    return frozenset(names) - _NOT_IN_JAVA
