"""An installation of our earlier release is upgraded in place (tests/data/database_at_0012.sql)."""

from pathlib import Path

import psycopg
import pytest

from tests.fixtures.application import declared
from tests.integration.platform.db.migrations.catalogue import run, snapshot
from wondernest.platform.db.migrations.files import migration_files
from wondernest.platform.db.migrations.runner import MigrationResult, migrate, pending
from wondernest.platform.db.migrations.state import OWN_TABLES

DUMP = Path(__file__).parents[4] / "data" / "database_at_0012.sql"
WIDENED = {"core.password_reset_tokens", "wondernest.save_versions"}
"""Tables of ours that got a column: their rows read otherwise."""
LATER = [file.name for file in migration_files() if file.number > "0012"]


def install(url: str) -> MigrationResult:
    return migrate(url, needed=declared().rooms.needed, report=lambda _line: None, lock_wait_s=10)


@pytest.fixture
def earlier_installation(empty_database: str) -> str:
    with psycopg.connect(empty_database, autocommit=True) as connection:
        run(connection, DUMP.read_text(encoding="utf-8"))
    return empty_database


def test_it_gets_the_files_after_its_recorded_number_and_a_second_run_does_nothing(earlier_installation: str) -> None:
    assert pending(earlier_installation) == LATER
    first = install(earlier_installation)
    assert (list(first.applied), first.refused, first.up_to_date, first.usable) == (LATER, (), True, True)
    second = install(earlier_installation)
    assert (second.applied, second.up_to_date, second.usable) == ((), True, True)
    with psycopg.connect(earlier_installation) as connection:
        marks = connection.execute("select version_num from wondernest.schema_version").fetchall()
    assert marks == [(migration_files()[-1].number,)]


def test_it_keeps_every_row(earlier_installation: str) -> None:
    with psycopg.connect(earlier_installation) as connection:
        before = snapshot(connection)
    install(earlier_installation)
    with psycopg.connect(earlier_installation) as connection:
        after = snapshot(connection)
    rows = {key for key in before if key.startswith("rows ")} - {f"rows {table}" for table in OWN_TABLES}
    counted = {key for key in rows if before[key] != after[key]}
    assert counted == {f"rows {table}" for table in WIDENED}, (
        "a change that rewrites rows of ours has a test of its own and is left out here"
    )


def test_it_ends_in_the_same_shape_as_a_new_one(earlier_installation: str, database_url: str) -> None:
    install(earlier_installation)
    with psycopg.connect(earlier_installation) as upgraded, psycopg.connect(database_url) as new:
        first, second = snapshot(upgraded), snapshot(new)
        changes = [
            c.execute("select name from wondernest.schema_changes order by 1").fetchall() for c in (upgraded, new)
        ]
    assert {key for key in first | second if first.get(key) != second.get(key) and not key.startswith("rows ")} == set()
    assert changes[0] == changes[1]


def test_letters_that_were_spent_before_become_proofs(earlier_installation: str) -> None:
    spent = """
        with ann as (insert into core.users (email, password_hash) values ('Ann@example.com', '') returning id)
        insert into wondernest.email_verifications (token_hash, user_id, email, expires_at, used_at)
        select hash, ann.id, 'Ann@example.com', now(), used_at::timestamptz
          from ann, (values ('\\x0a'::bytea, '2026-05-02'), ('\\x0b', '2026-05-01'), ('\\x0c', null)) as letter (hash, used_at)"""
    with psycopg.connect(earlier_installation) as connection:
        connection.execute(spent)
    install(earlier_installation)
    with psycopg.connect(earlier_installation) as connection:
        proofs = connection.execute(
            "select email, source, token_hash from wondernest.address_proofs where email = 'ann@example.com'"
        ).fetchall()
    assert proofs == [("ann@example.com", "letter", b"\x0b")]


def test_a_reset_token_of_before_has_no_address(earlier_installation: str) -> None:
    install(earlier_installation)
    with psycopg.connect(earlier_installation) as connection:
        tokens = connection.execute("select token, used, email from core.password_reset_tokens").fetchall()
    assert tokens == [("t", False, None)]
