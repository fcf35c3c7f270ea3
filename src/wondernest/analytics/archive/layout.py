"""Names and contents of the archive: a folder for each day, in it a file for each shard and a manifest. Pure functions.

A shard is a hexadecimal digit, the last one of a child's id. So all rows of a child in a day are in one file, and erasing a child
rewrites a sixteenth of the archive. Names contain a day and a shard, nothing of a person.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from uuid import UUID

FOLDER: Final = "archive/events"
_DAY: Final = re.compile(rf"{FOLDER}/day=(\d{{4}}-\d\d-\d\d)/", re.ASCII)
FORMAT: Final = 1
COLUMNS: Final = ("id", "child_id", "event_type", "event_category", "session_id", "created_at", "event_data")
"""Columns of analytics.analytics_events. The adult's id is left out: no figure needs it."""


class ArchivedFile(Struct, frozen=True, kw_only=True):
    """A file of a day."""

    key: str
    events: int
    bytes: int
    sha256: str


class Manifest(Struct, frozen=True, kw_only=True):
    """What a day's folder holds. It is written last, so a day with a manifest is whole."""

    format: int = FORMAT
    day: date
    columns: tuple[str, ...] = COLUMNS
    events: int
    files: tuple[ArchivedFile, ...]

    @property
    def bytes(self) -> int:
        """The size of all files."""
        return sum(file.bytes for file in self.files)


def manifest_of(day: date, files: Sequence[ArchivedFile]) -> Manifest:
    """The manifest of a day with these files."""
    ordered = tuple(sorted(files, key=lambda file: file.key))
    return Manifest(day=day, events=sum(file.events for file in ordered), files=ordered)


def folder_of(day: date) -> str:
    """The folder of a day; `day=` is how readers of Parquet recognise a column in a path."""
    return f"{FOLDER}/day={day.isoformat()}"


def day_of(key: str) -> date | None:
    """The day in whose folder a blob is; None if it is in none."""
    found = _DAY.match(key)
    try:
        return None if found is None else date.fromisoformat(found[1])
    except ValueError:
        return None


def file_key(day: date, shard: str) -> str:
    """The key of a file."""
    return f"{folder_of(day)}/{shard}.parquet"


def manifest_key(day: date) -> str:
    """The key of a manifest."""
    return f"{folder_of(day)}/manifest.json"


def shard_of(child_id: UUID) -> str:
    """The shard of a child; `repository/archives.py` computes the same in SQL."""
    return str(child_id)[-1]


def encoded(manifest: Manifest) -> bytes:
    """A manifest as JSON, the same bytes for the same files."""
    return msgspec.json.format(msgspec.json.encode(manifest), indent=2)


def decoded(content: bytes) -> Manifest:
    """A manifest from its JSON; raises msgspec.DecodeError."""
    return msgspec.json.decode(content, type=Manifest)
