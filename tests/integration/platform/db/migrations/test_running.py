"""The installer run twice, from several processes, after an interruption, against busy tables."""

import subprocess
import sys
from collections.abc import Iterator

import asyncpg
import psycopg
import pytest

from tests.fixtures.application import declared
from tests.integration.platform.db.migrations.catalogue import (
    ADDED_TO_CONTENT,
    ADDED_TO_EVENTS,
    ADDED_TO_FILES,
    ADDED_TO_OWNERSHIP,
    ADDED_TO_PACKS,
    ADDED_TO_SAVES,
    ADDED_TO_USERS,
    ADDED_TO_VIEWS,
    TABLES,
    differences,
    snapshot,
)
from tests.integration.platform.db.migrations.older_shapes import build
from wondernest.platform.db.migrations.files import migration_files
from wondernest.platform.db.migrations.runner import ADVISORY_LOCK_KEY, MigrationError, migrate, pending
from wondernest.platform.db.migrations.state import OWN_TABLES, schema_state

NEEDED, INDEXES = declared().rooms.needed, declared().rooms.indexes
ALL = [file.name for file in migration_files()]
NEWEST = migration_files()[-1].number

MIGRATE = """
import sys
from wondernest.platform.db.migrations.runner import migrate
print(len(migrate(sys.argv[1], needed=(), report=lambda line: None, lock_wait_s=60).applied))
"""
MIGRATE_AND_DIE = """
import os, signal, sys
from wondernest.platform.db.migrations.runner import migrate
def report(line):
    if line.startswith("0004"):
        os.kill(os.getpid(), signal.SIGKILL)
migrate(sys.argv[1], needed=(), report=report, lock_wait_s=60)
"""


def silently(_line: str) -> None:
    """Discards the report."""


def catalogue_is_complete(url: str) -> bool:
    with psycopg.connect(url) as connection:
        added = {line for name in TABLES for line in differences(connection, name)}
    ours = (
        ADDED_TO_SAVES,
        ADDED_TO_USERS,
        ADDED_TO_FILES,
        ADDED_TO_EVENTS,
        ADDED_TO_VIEWS,
        ADDED_TO_PACKS,
        ADDED_TO_OWNERSHIP,
    )
    return added == {f"+{line}" for line in (*ours, *ADDED_TO_CONTENT)}


def test_running_twice_changes_nothing(empty_database: str) -> None:
    assert pending(empty_database) == ALL
    first = migrate(empty_database, needed=NEEDED, report=silently, lock_wait_s=10)
    assert list(first.applied) == ALL
    assert pending(empty_database) == []
    with psycopg.connect(empty_database) as connection:
        before = snapshot(connection)
    second = migrate(empty_database, needed=NEEDED, report=silently, lock_wait_s=10)
    assert (second.applied, list(second.skipped), second.up_to_date) == ((), ALL, True)
    with psycopg.connect(empty_database) as connection:
        assert snapshot(connection) == before


def test_of_five_processes_at_once_one_does_the_work(empty_database: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", MIGRATE, empty_database], stdout=subprocess.PIPE, text=True)
        for _ in range(5)
    ]
    said = [process.communicate() for process in started]
    assert [process.returncode for process in started] == [0] * 5
    assert sorted(int(out) for out, _ in said) == [0, 0, 0, 0, len(ALL)]
    assert catalogue_is_complete(empty_database)


def test_killed_in_the_middle_of_a_file_it_continues_with_that_file(empty_database: str) -> None:
    killed = subprocess.run([sys.executable, "-c", MIGRATE_AND_DIE, empty_database], check=False)
    assert killed.returncode == -9
    assert pending(empty_database) == [name for name in ALL if name >= "0004"]
    resumed = migrate(empty_database, needed=NEEDED, report=silently, lock_wait_s=10)
    assert resumed.applied[0] == "0004_games"
    assert catalogue_is_complete(empty_database)
    with psycopg.connect(empty_database) as connection:
        assert connection.execute("select count(*) from public.flyway_schema_history").fetchone() == (14,)


def test_waiting_for_another_installer_times_out(empty_database: str) -> None:
    with psycopg.connect(empty_database) as other:
        other.execute("select pg_advisory_lock(%s)", [ADVISORY_LOCK_KEY])
        with pytest.raises(MigrationError, match="another migration"):
            migrate(empty_database, needed=NEEDED, report=silently, lock_wait_s=0.1)


@pytest.fixture
def older_database(empty_database: str) -> Iterator[tuple[str, psycopg.Connection]]:
    with psycopg.connect(empty_database) as connection:
        build(connection, "owner")
        connection.commit()
        yield empty_database, connection


def test_a_locked_table_is_retried_until_it_is_free(older_database: tuple[str, psycopg.Connection]) -> None:
    url, other = older_database
    other.execute("select from games.simple_game_data")
    said: list[str] = []

    def let_go(line: str) -> None:
        said.append(line)
        if "in use" in line:
            other.rollback()

    result = migrate(url, needed=NEEDED, report=let_go, lock_wait_s=10, lock_timeout_s=0.1)
    assert said.count("a table is in use, trying again") == 1
    assert list(result.applied) == ALL


def test_a_table_that_stays_locked_stops_the_run_and_the_next_run_finishes(
    older_database: tuple[str, psycopg.Connection],
) -> None:
    url, other = older_database
    other.execute("select from games.simple_game_data")
    with pytest.raises(MigrationError, match="lock timeout"):
        migrate(url, needed=NEEDED, report=silently, lock_wait_s=10, lock_timeout_s=0.02)
    other.rollback()
    finished = migrate(url, needed=NEEDED, report=silently, lock_wait_s=10).applied
    assert finished == tuple(name for name in ALL if name >= "0011")


def test_a_database_marked_by_a_newer_release_is_left_alone(empty_database: str) -> None:
    migrate(empty_database, needed=NEEDED, report=silently, lock_wait_s=10)
    with psycopg.connect(empty_database) as connection:
        connection.execute("update wondernest.schema_version set version_num = '9999'")
    result = migrate(empty_database, needed=NEEDED, report=silently, lock_wait_s=10)
    assert (result.applied, result.up_to_date, result.usable) == ((), True, True)


def test_an_unreachable_database_is_reported_in_one_line() -> None:
    with pytest.raises(MigrationError) as caught:
        migrate("postgresql://nobody:secret@127.0.0.1:1/none", needed=NEEDED, report=silently, lock_wait_s=1)
    assert "\n" not in str(caught.value)
    assert "secret" not in str(caught.value)


async def test_the_state_of_a_database_is_read_in_one_query(empty_database: str) -> None:
    connection = await asyncpg.connect(empty_database)
    try:
        never = await schema_state(connection, NEEDED, INDEXES)
        assert (never.version, never.usable, never.up_to_date) == (None, False, False)
        migrate(empty_database, needed=NEEDED, report=silently, lock_wait_s=10)
        full = await schema_state(connection, NEEDED, INDEXES)
        assert (full.version, full.missing, full.usable, full.up_to_date) == (NEWEST, (), True, True)
        assert full.slow == ()
        await connection.execute("drop index core.idx_users_email_mixed_case")
        slower = await schema_state(connection, NEEDED, INDEXES)
        assert (slower.slow, slower.usable) == (("core.idx_users_email_mixed_case",), True)
        await connection.execute("drop table wondernest.save_versions")
        await connection.execute("alter table games.simple_game_data drop column data_version")
        less = await schema_state(connection, NEEDED, INDEXES)
        assert less.missing == ("games.simple_game_data.data_version", "wondernest.save_versions")
        assert not less.usable
    finally:
        await connection.close()


def test_every_needed_table_is_made_by_a_migration() -> None:
    made = {block.name for file in migration_files() for block in file.blocks()}
    assert set(NEEDED) <= made | set(OWN_TABLES)


def test_a_block_that_cannot_be_made_is_named(empty_database: str) -> None:
    with psycopg.connect(empty_database) as connection:
        connection.execute("create schema games")
        connection.execute("create table games.foreign_one (id int)")
        connection.execute("create index idx_achievements_game on games.foreign_one (id)")
    with pytest.raises(
        MigrationError, match=r"^games\.achievements: relation \"idx_achievements_game\" already exists$"
    ):
        migrate(empty_database, needed=NEEDED, report=silently, lock_wait_s=10)
