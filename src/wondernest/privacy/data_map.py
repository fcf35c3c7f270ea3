"""The data map: the catalogue as a document for people, `docs/privacy/data-map.md`."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Final

from wondernest.access.law import GROUNDS, INTERNAL_OPERATIONS, ParentalGround
from wondernest.privacy.catalogue import TABLE, Entry

if TYPE_CHECKING:
    from wondernest.platform.personal_data import Ground, Operation

DEFINITION: Final = "Support for the internal operations of the website or online service"
PLACE: Final = Path("docs/privacy/data-map.md")
COMMAND: Final = "wondernest privacy map"
HEAD: Final = f"""\
# What is held about people

Made from the rooms' declarations by `{COMMAND}`; do not edit it. `{COMMAND} --check` compares it, and `bin/test` asserts the declarations
against the database: every column that can name a person or hold what a person wrote has exactly one row here, and every column that
recognises a device, a session or a client says what it is for. Whoever runs the database reaches all of it and is named nowhere.

## Legal grounds

| ground | GDPR | COPPA |
|---|---|---|
"""
TABLE_HEAD: Final = (
    "| what | where | about | why | ground | seen by | kept | ended by |\n|---|---|---|---|---|---|---|---|\n"
)
IDENTIFIERS_HEAD: Final = f"""
## Identifiers of devices, sessions and clients

Each is for one operation, and for nothing else ([coppa.md](coppa.md), "Internal operations"). The right column is the paragraph of "{DEFINITION}"
in 16 CFR 312.2.

| operation | identifiers | internal operation |
|---|---|---|
"""


def data_map(entries: Iterable[Entry]) -> str:
    """The document: the grounds, a table for each room, the identifiers."""
    entries = list(entries)
    parts = [HEAD]
    parts += [f"| {ground} | {basis.gdpr} | {basis.coppa or '–'} |\n" for ground, basis in GROUNDS.items()]
    for room, held in groupby(entries, key=lambda entry: entry.room):
        rows = "".join(f"| {' | '.join(_cells(entry))} |\n" for entry in held)
        parts.append(f"\n## {room}\n\n{TABLE_HEAD}{rows}")
    parts.append(IDENTIFIERS_HEAD)
    parts += [
        f"| {operation} | {_of(operation, entries)} | {paragraph or '–'} |\n"
        for operation, paragraph in INTERNAL_OPERATIONS.items()
    ]
    return "".join(parts)


def _of(operation: Operation, entries: Iterable[Entry]) -> str:
    names = [
        f"`{entry.table}.{name}`" if entry.store == TABLE else f"{entry.store}: `{name}`"
        for entry in entries
        for name, use in entry.identifiers.items()
        if use is operation
    ]
    return ", ".join(names) or "–"


def _cells(entry: Entry) -> list[str]:
    columns = ", ".join(f"`{name}`" for name in entry.columns)
    place = f"`{entry.table}`: {columns}" if entry.store == TABLE else f"{entry.store}: `{entry.table}`"
    about = ", ".join(entry.people) or "nobody by name"
    return [
        entry.what,
        place,
        about,
        entry.why,
        ", ".join(_ground(ground, entry) for ground in entry.grounds),
        ", ".join(entry.seen_by),
        entry.kept,
        f"`{entry.ended_by}`" if "." in entry.ended_by else entry.ended_by,
    ]


def _ground(ground: Ground, entry: Entry) -> str:
    return f"{ground} ({', '.join(entry.purposes)})" if ground is ParentalGround.CONSENT else ground.value
