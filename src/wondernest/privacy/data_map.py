"""The data map: the catalogue as a document for people, `docs/privacy/data-map.md`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import Final

from wondernest.privacy.catalogue import TABLE, Entry

PLACE: Final = Path("docs/privacy/data-map.md")
COMMAND: Final = "wondernest privacy map"
HEAD: Final = f"""\
# What is held about people

Made from the rooms' declarations by `{COMMAND}`; do not edit it. `{COMMAND} --check` compares it, and `bin/test` asserts the declarations
against the database: every column that can name a person or hold what a person wrote has exactly one row here.
"""
TABLE_HEAD: Final = "| what | where | about | why | kept | ended by |\n|---|---|---|---|---|---|\n"


def data_map(entries: Iterable[Entry]) -> str:
    """The document: a table for each room."""
    parts = [HEAD]
    for room, held in groupby(entries, key=lambda entry: entry.room):
        rows = "".join(f"| {' | '.join(_cells(entry))} |\n" for entry in held)
        parts.append(f"\n## {room}\n\n{TABLE_HEAD}{rows}")
    return "".join(parts)


def _cells(entry: Entry) -> list[str]:
    columns = ", ".join(f"`{name}`" for name in entry.columns)
    place = f"`{entry.table}`: {columns}" if entry.store == TABLE else f"{entry.store}: `{entry.table}`"
    about = ", ".join(entry.people) or "nobody by name"
    return [
        entry.what,
        place,
        about,
        entry.why,
        entry.kept,
        f"`{entry.ended_by}`" if "." in entry.ended_by else entry.ended_by,
    ]
