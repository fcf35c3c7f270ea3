"""Unused indexes: `wondernest doctor` finds them, `wondernest tune` removes them on request."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import psycopg
from msgspec import Struct
from psycopg import errors, sql
from psycopg.rows import class_row

from wondernest.platform.db.drivers import open_for_command

LOCK_TIMEOUT = "30s"
MIB = 1024 * 1024

_FIND = """
    select schemaname || '.' || indexrelname as name, schemaname || '.' || relname as table,
        pg_relation_size(indexrelid) as size_bytes, idx_scan as scans
    from pg_stat_all_indexes where schemaname || '.' || indexrelname = any(%s)
    order by indexrelname"""


class UnusedIndex(Struct, frozen=True):
    """An index that every write has to maintain, its size, and how often it was used since the statistics were reset."""

    name: str
    table: str
    size_bytes: int
    scans: int

    @property
    def cost(self) -> str:
        """One line of text for people."""
        return f"{self.name}: {self.size_bytes / MIB:.1f} MiB, used {self.scans} times, maintained by every write to {self.table}"


def unused_indexes(database_url: str, names: Sequence[str]) -> tuple[UnusedIndex, ...]:
    """Those of the indexes (`schema.index`) that exist; raises psycopg.Error when the database is unavailable."""
    with _connect(database_url) as connection, connection.cursor(row_factory=class_row(UnusedIndex)) as cursor:
        return tuple(cursor.execute(_FIND, [list(names)]))


def drop_unused_indexes(database_url: str, names: Sequence[str], report: Callable[[str], None]) -> tuple[str, ...]:
    """Drop those that were never used, without blocking writes; returns the names of the dropped ones."""
    dropped: list[str] = []
    for index in unused_indexes(database_url, names):
        if index.scans:
            report(f"kept {index.cost}")
        elif _drop(database_url, index, report):
            dropped.append(index.name)
    return tuple(dropped)


def _drop(database_url: str, index: UnusedIndex, report: Callable[[str], None]) -> bool:
    statement = sql.SQL("drop index concurrently if exists {}").format(sql.Identifier(*index.name.split(".")))
    with _connect(database_url) as connection:
        connection.execute("select set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
        try:
            connection.execute(statement)
        except errors.InsufficientPrivilege:
            report(f"the owner of {index.table} has to run: {statement.as_string()};")
            return False
        except errors.LockNotAvailable:
            report(f"{index.name} is in use: run this again at a quieter time")
            return False
    report(f"dropped {index.cost}")
    return True


def _connect(database_url: str) -> psycopg.Connection:
    return open_for_command(database_url, "tune")
