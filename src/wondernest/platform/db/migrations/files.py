"""Reads the numbered SQL files of migrations/ and their blocks."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

NEW_DATABASE = "new database"
"""Marks a block that only runs on a database that had no WonderNest table at the first migration."""

OWNER = "owner"
"""Marks a block that we never run: its statement is reported for the owner of the table."""

CHANGE = "change"
"""The kind of a block that runs exactly once, on our own tables."""

_FILE_NAME = re.compile(r"(\d{4})_\w+\.sql")
_HEADER = re.compile(
    rf"^-- @(?:(schema|type|function|table|column|index) (\S.*?)(?: \[({NEW_DATABASE}|{OWNER})\])?"
    rf"|({CHANGE}) (\d{{4}}\.[a-z0-9-]+) \[([a-z0-9_.]+(?:, [a-z0-9_.]+)*)\])$",
    re.MULTILINE,
)
_ANY_HEADER = re.compile(r"^-- @.*$", re.MULTILINE)
_ON_TABLE = re.compile(r"create (?:unique )?index \w+ on ([\w.]+)")
_COMMENT_LINES = re.compile(r"^--.*\n", re.MULTILINE)

_PACKAGE = Path(__file__).parents[3]
_INSTALLED = _PACKAGE / "_migrations"
_CHECKOUT = _PACKAGE.parents[1] / "migrations"


class BadMigrationFile(Exception):
    """A file of migrations/ breaks the rules of migrations/README.md."""


class Block(NamedTuple):
    """SQL that creates one object (run if it was missing before the file), or makes one change (run once)."""

    kind: str
    name: str
    only: str
    sql: str
    tables: tuple[str, ...] = ()
    """The tables that a change may name."""

    @property
    def key(self) -> str:
        """Identifies the object in a database: `table core.users`."""
        return f"{self.kind} {self.name}"

    @property
    def indexed_table(self) -> str:
        """The table that the block's index is on."""
        match = _ON_TABLE.search(self.sql)
        if match is None:
            raise BadMigrationFile(f"{self.key}: not `create [unique] index ... on table`")
        return match[1]

    @property
    def statements(self) -> str:
        """The SQL without its comment lines."""
        return _COMMENT_LINES.sub("", self.sql).strip()


class MigrationFile(NamedTuple):
    """One numbered file, applied in its own transaction."""

    number: str
    path: Path

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.path.stem

    def blocks(self) -> tuple[Block, ...]:
        """The file's blocks in order; raises BadMigrationFile for a bad header or a statement before the first one."""
        text = self.path.read_text(encoding="utf-8")
        for line in _ANY_HEADER.findall(text):
            if not _HEADER.fullmatch(line):
                raise BadMigrationFile(f"{self.path.name}: not a header of migrations/README.md: {line}")
        headers = list(_HEADER.finditer(text))
        preamble = text[: headers[0].start()] if headers else text
        if not headers or _COMMENT_LINES.sub("", preamble).strip():
            raise BadMigrationFile(f"{self.path.name}: every statement belongs to a block")
        ends = [header.start() for header in headers[1:]] + [len(text)]
        blocks = tuple(_block(header, text[header.end() + 1 : end]) for header, end in zip(headers, ends, strict=True))
        for block in blocks:
            if block.kind == CHANGE and not block.name.startswith(f"{self.number}."):
                raise BadMigrationFile(f"{self.path.name}: {block.key} does not begin with the file's number")
        return blocks


def _block(header: re.Match[str], sql: str) -> Block:
    if header[4]:
        return Block(header[4], header[5], "", sql, tuple(header[6].split(", ")))
    return Block(header[1], header[2], header[3] or "", sql)


@cache
def migration_files() -> tuple[MigrationFile, ...]:
    """Every migration in order of its number, from the installed package or the checkout."""
    folder = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    found = sorted((path.name, path) for path in folder.glob("*.sql"))
    files = [MigrationFile(match[1], path) for name, path in found if (match := _FILE_NAME.fullmatch(name))]
    if len(files) != len(found) or len({file.number for file in files}) != len(files) or not files:
        raise BadMigrationFile(f"{folder.name}: files are named NNNN_what.sql, each number once")
    return tuple(files)
