"""The time zone names that the earlier backends accepted: those of Java's ZoneId (auth contract §1.8)."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

_NOT_IN_JAVA: Final = frozenset({"EST", "HST", "MST", "ROC", "Factory"})
"""Names in the zone database that Java does not know."""
_OFFSET: Final = re.compile(r"[+-](?:(\d{1,2})|(\d{2}):?(\d{2})(?::?(\d{2}))?)", re.ASCII)
_PREFIXED: Final = re.compile(r"(?:UTC|GMT|UT)([+-].+)?", re.DOTALL)
MAX_OFFSET_S: Final = 18 * 3600


def is_time_zone(text: str) -> bool:
    """Whether a trimmed text is a region id, an offset, or UTC, GMT or UT with or without an offset. Case-sensitive."""
    if text == "Z" or _is_offset(text):
        return True
    prefixed = _PREFIXED.fullmatch(text)
    if prefixed is not None:
        return prefixed[1] is None or _is_offset(prefixed[1])
    return text in _regions()


def _is_offset(text: str) -> bool:
    match = _OFFSET.fullmatch(text)
    if match is None:
        return False
    hours, minutes, seconds = int(match[1] or match[2]), int(match[3] or 0), int(match[4] or 0)
    return minutes < 60 and seconds < 60 and hours * 3600 + minutes * 60 + seconds <= MAX_OFFSET_S


@cache
def _regions() -> frozenset[str]:
    import importlib.resources

    names = (importlib.resources.files("tzdata") / "zones").read_text(encoding="utf-8").split()
    return frozenset(names) - _NOT_IN_JAVA
