"""Activities as CSV for spreadsheets. Pure functions.

No cell is executed: a text that a spreadsheet would take for a formula begins with an apostrophe, which it shows as text.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from wondernest.analytics.activities import MINUTE_S, Part
from wondernest.platform.spreadsheets import BYTE_ORDER_MARK, cell, written
from wondernest.platform.time_zones import time_zone


def heading(zone: str) -> bytes:
    """The first row: what each column holds."""
    columns = [
        "Day (of the family)",
        f"Started (time in {zone})",
        f"Ended (time in {zone})",
        "Minutes (without pauses)",
        "Category",
        "Game, story or content",
        "Known from (view: content was opened; report: a game reported its minutes; story: pages of a story)",
        "Finished (yes or no)",
        "Counts as learning (yes or no)",
        "Clock of the device was wrong (yes: placed by its arrival)",
    ]
    return (BYTE_ORDER_MARK + written([columns])).encode()


def lines(parts: Iterable[Part], zone: str) -> bytes:
    """A row for each part of an activity."""
    return written([_row(part, zone) for part in parts]).encode()


def _row(part: Part, zone: str) -> list[str]:
    return [
        part.day.isoformat(),
        _local(part.start, zone),
        _local(part.end, zone),
        f"{part.seconds / MINUTE_S:.2f}",
        cell(part.category),
        cell(part.content_id or ""),
        part.source,
        _answer(part.completed),
        _answer(part.educational),
        _answer(part.by_arrival),
    ]


def _local(moment: int, zone: str) -> str:
    return datetime.fromtimestamp(moment, time_zone(zone)).strftime("%Y-%m-%d %H:%M:%S")


def _answer(is_so: bool) -> str:
    return "yes" if is_so else "no"
