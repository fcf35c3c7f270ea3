"""Indexes that each save must update although no query uses them."""

import psycopg

from tests.integration.platform.db.migrations.older_shapes import as_app_role, restrict
from wondernest.games.room import COSTLY_INDEXES
from wondernest.platform.db.migrations.runner import migrate
from wondernest.platform.db.schema_check import drop_unused_indexes, unused_indexes


def silently(_line: str) -> None:
    """Discards the report."""


def test_a_new_database_has_them_and_they_have_a_cost(empty_database: str) -> None:
    migrate(empty_database, needed=(), report=silently, lock_wait_s=10)
    found = unused_indexes(empty_database, COSTLY_INDEXES)
    assert [index.name for index in found] == list(COSTLY_INDEXES)
    assert all(index.size_bytes > 0 and index.scans == 0 for index in found)
    assert found[0].cost.startswith("games.idx_simple_game_data_content: 0.0 MiB")


def test_only_they_are_dropped_on_request(empty_database: str) -> None:
    migrate(empty_database, needed=(), report=silently, lock_wait_s=10)
    assert drop_unused_indexes(empty_database, COSTLY_INDEXES, silently) == COSTLY_INDEXES
    assert unused_indexes(empty_database, COSTLY_INDEXES) == ()
    assert drop_unused_indexes(empty_database, COSTLY_INDEXES, silently) == ()
    with psycopg.connect(empty_database) as connection:
        left = connection.execute("select count(*) from pg_indexes where tablename = 'simple_game_data'").fetchone()
    assert left == (6,)


def test_migrating_again_does_not_bring_them_back(empty_database: str) -> None:
    migrate(empty_database, needed=(), report=silently, lock_wait_s=10)
    drop_unused_indexes(empty_database, COSTLY_INDEXES, silently)
    migrate(empty_database, needed=(), report=silently, lock_wait_s=10)
    assert unused_indexes(empty_database, COSTLY_INDEXES) == ()


def test_an_index_in_use_is_kept(empty_database: str) -> None:
    migrate(empty_database, needed=(), report=silently, lock_wait_s=10)
    with psycopg.connect(empty_database) as connection:
        connection.execute("set enable_seqscan = off")
        connection.execute("select from games.simple_game_data where data_value @> '{\"a\": 1}'")
        connection.execute("select pg_stat_force_next_flush()")  # else it is counted after the connection has ended
    said: list[str] = []
    dropped = drop_unused_indexes(empty_database, COSTLY_INDEXES, said.append)
    assert "idx_simple_game_data_content" not in dropped
    assert any(line.startswith("kept games.idx_simple_game_data_content") for line in said)


def test_a_role_that_is_not_the_owner_gets_the_statement(empty_database: str) -> None:
    migrate(empty_database, needed=(), report=silently, lock_wait_s=10)
    with psycopg.connect(empty_database) as connection:
        restrict(connection)
        connection.execute("alter schema games owner to postgres")
        connection.execute("alter table games.simple_game_data owner to postgres")
    said: list[str] = []
    assert drop_unused_indexes(as_app_role(empty_database), COSTLY_INDEXES, said.append) == ()
    assert 'drop index concurrently if exists "games"."idx_simple_game_data_content";' in said[0]
