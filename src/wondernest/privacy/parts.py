"""What is known of an export that is being made: everything that the next part needs, so that any process can go on with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from msgspec import Struct

from wondernest.platform.zipping import Written

PART_BYTES: Final = 16 * 1024**2
"""Of content, before compression: a part that holds more ends as soon as it can. So much work is lost with a process."""


class Position(Struct, frozen=True):
    """Where a part goes on."""

    section: str = ""
    """Empty: with the first one."""
    after: str = ""
    """What its section calls the last thing that is written; empty: its beginning."""
    opened: Written | None = None


class Linked(Struct, frozen=True):
    """A page or file that the first page links to."""

    name: str
    title: str


class Scope(Struct, frozen=True):
    """Whom the whole file is about, by kind of person, and its language."""

    people: dict[str, list[UUID]]
    language: str


class Record(Struct, frozen=True):
    """What one part adds. `position`: where the next one goes on; None: the file is whole."""

    scope: Scope
    position: Position | None
    entries: Sequence[Written] = ()
    rows: Mapping[str, int] = {}
    """Rows by table."""
    links: Sequence[Linked] = ()


class Part(Struct, frozen=True):
    """A finished part, and the blob that holds it. `record`: None once the file is whole."""

    number: int
    key: str
    size: int
    """Bytes."""
    made_at: datetime
    record: Record | None


class Progress:
    """The sum of finished parts."""

    def __init__(self, scope: Scope) -> None:
        """Of none."""
        self.scope = scope
        self.parts = 0
        self.size = 0
        self.position = Position()
        self.entries: list[Written] = []
        self.rows: dict[str, int] = {}
        self.links: list[Linked] = []

    def add(self, size: int, record: Record) -> None:
        """One more part of `size` bytes."""
        self.parts += 1
        self.size += size
        self.position = record.position or self.position
        self.entries += record.entries
        self.links += record.links
        for table, number in record.rows.items():
            self.rows[table] = self.rows.get(table, 0) + number


def progress_of(parts: Sequence[Part]) -> Progress | None:
    """The sum of parts; None if there are none, or if they belong to a file that is whole."""
    progress: Progress | None = None
    for part in parts:
        if part.record is None:
            return None
        progress = progress or Progress(part.record.scope)
        progress.add(part.size, part.record)
    return progress
