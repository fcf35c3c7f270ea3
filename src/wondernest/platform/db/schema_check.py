"""What the database carries for nothing: found by `wondernest doctor`, removed by `wondernest tune` when asked."""

from __future__ import annotations

from collections.abc import Callable

import psycopg
from msgspec import Struct
from psycopg import errors, sql
from psycopg.rows import class_row

UNUSED_SAVE_INDEXES = (
    "idx_simple_game_data_content",
    "idx_simple_game_data_story_jsonb",
    "idx_simple_game_data_vocab_words",
)
"""GIN indexes over whole save documents: every save pays for them, and no backend asks them anything."""

CONNECT_TIMEOUT_S = 10
LOCK_TIMEOUT = "30s"
MIB = 1024 * 1024

_FIND = """
    select indexrelname as name, pg_relation_size(indexrelid) as size_bytes, idx_scan as scans
    from pg_stat_all_indexes
    where schemaname = 'games' and relname = 'simple_game_data' and indexrelname = any(%s)
    order by indexrelname"""


class SaveIndex(Struct, frozen=True):
    """An index that every save has to feed, its size, and how often it was of use since statistics began."""

    name: str
    size_bytes: int
    scans: int

    @property
    def cost(self) -> str:
        """One line for people."""
        return f"games.{self.name}: {self.size_bytes / MIB:.1f} MiB, used {self.scans} times, written by every save"


def unused_save_indexes(database_url: str) -> tuple[SaveIndex, ...]:
    """The costly indexes on saves that are there; raises psycopg.Error when the database cannot be asked."""
    with _connect(database_url) as connection, connection.cursor(row_factory=class_row(SaveIndex)) as cursor:
        return tuple(cursor.execute(_FIND, [list(UNUSED_SAVE_INDEXES)]))


def drop_unused_save_indexes(database_url: str, report: Callable[[str], None]) -> tuple[str, ...]:
    """Drop the ones nobody used, without blocking saves; returns the names of those that are gone."""
    dropped: list[str] = []
    for index in unused_save_indexes(database_url):
        if index.scans:
            report(f"kept {index.cost}")
        elif _drop(database_url, index, report):
            dropped.append(index.name)
    return tuple(dropped)


def _drop(database_url: str, index: SaveIndex, report: Callable[[str], None]) -> bool:
    statement = sql.SQL("drop index concurrently if exists {}").format(sql.Identifier("games", index.name))
    with _connect(database_url) as connection:
        connection.execute("select set_config('lock_timeout', %s, false)", [LOCK_TIMEOUT])
        try:
            connection.execute(statement)
        except errors.InsufficientPrivilege:
            report(f"the owner of games.simple_game_data has to run: {statement.as_string()};")
            return False
        except errors.LockNotAvailable:
            report(f"games.{index.name} is in use: run this again at a quieter time")
            return False
    report(f"dropped {index.cost}")
    return True


def _connect(database_url: str) -> psycopg.Connection:
    return psycopg.connect(
        database_url, autocommit=True, connect_timeout=CONNECT_TIMEOUT_S, application_name="wondernest tune"
    )
