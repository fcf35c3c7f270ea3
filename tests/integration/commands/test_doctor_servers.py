"""What `doctor` and `migrate` say of a server that cannot keep a child's work: one line each, and no traceback."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import sql

from tests.fixtures.application import TEMPLATE, declared
from tests.fixtures.replication import Replicated
from wondernest.commands.doctor import doctor
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.db.migrations.runner import MigrationError, migrate
from wondernest.settings import Settings

MakeSettings = Callable[..., Settings]
OTHER_ENCODINGS = ("LATIN1", "SQL_ASCII", "EUC_JP")


def examined(settings: Settings, start: str) -> tuple[bool, list[str]]:
    """Whether the doctor is content, and its lines that begin so."""
    lines: list[str] = []
    healthy = doctor(settings, declared().rooms, lines.append)
    return healthy, [line for line in lines if line.startswith(start)]


@pytest.fixture(params=OTHER_ENCODINGS)
def other_encoding(request: pytest.FixtureRequest, pg_server: EmbeddedPostgres) -> Iterator[tuple[str, str]]:
    """An encoding, and the address of an empty database that has it."""
    encoding: str = request.param
    name = f"encoded_{encoding.lower()}"
    with closing(psycopg.connect(pg_server.url(), autocommit=True)) as admin:
        create = "create database {} template template0 locale_provider libc locale 'C' encoding {}"
        admin.execute(sql.SQL(create).format(sql.Identifier(name), sql.Literal(encoding)))
        yield encoding, pg_server.url(name)
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))


def test_a_database_of_another_encoding_is_refused_by_migrate_and_nothing_is_made(
    other_encoding: tuple[str, str],
) -> None:
    encoding, url = other_encoding
    with pytest.raises(MigrationError) as refused:
        migrate(url, needed=[], report=lambda _: None, lock_wait_s=5)
    assert str(refused.value) == (
        f"the encoding of the database is {encoding}, and it has to be UTF8:"
        " copy it into one made with `create database … encoding 'UTF8' template template0`"
    )
    with closing(psycopg.connect(url)) as connection:
        assert connection.execute("select from pg_namespace where nspname = 'wondernest'").fetchone() is None


def test_a_database_of_another_encoding_is_refused_by_doctor(
    other_encoding: tuple[str, str], make_settings: MakeSettings
) -> None:
    encoding, url = other_encoding
    healthy, [line] = examined(make_settings(DATABASE_URL=url), "database  ")
    assert not healthy
    assert line.startswith(f"database  the encoding of the database is {encoding}, and it has to be UTF8: ")


def test_the_command_migrate_refuses_another_encoding_with_one_line(other_encoding: tuple[str, str]) -> None:
    encoding, url = other_encoding
    words = [sys.executable, "-m", "wondernest", "migrate"]
    done = subprocess.run(words, env={"DATABASE_URL": url}, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert f"is {encoding}, and it has to be UTF8" in done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


def test_a_role_whose_sessions_are_in_another_encoding_migrates_and_is_found_good(
    pg_server: EmbeddedPostgres, empty_database: str, make_settings: MakeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PGCLIENTENCODING", "LATIN1")
    with closing(psycopg.connect(empty_database, autocommit=True)) as admin:
        admin.execute(
            "do $$ begin execute format('alter database %I set client_encoding = latin1', current_database()); end $$"
        )
    migrate(empty_database, needed=declared().rooms.needed, report=lambda _: None, lock_wait_s=30)
    healthy, [line] = examined(make_settings(DATABASE_URL=empty_database), "database  ")
    assert healthy
    assert line.startswith("database  good")


def test_the_doctor_names_what_lets_postgresql_log_values(database_url: str, make_settings: MakeSettings) -> None:
    assert examined(make_settings(), "logs") == (True, [])
    with closing(psycopg.connect(database_url, autocommit=True)) as admin:
        name = sql.Identifier(admin.info.dbname)
        admin.execute(sql.SQL("alter database {} set log_error_verbosity = 'default'").format(name))
    healthy, [line] = examined(make_settings(), "logs")
    assert healthy
    assert line.endswith("Set log_error_verbosity = terse (docs/operations.md)")


def test_the_doctor_says_that_a_standby_takes_no_writes(replicated: Replicated, make_settings: MakeSettings) -> None:
    healthy, [line] = examined(make_settings(DATABASE_URL=replicated.standby.tcp_url(TEMPLATE)), "database  ")
    assert not healthy
    assert line.startswith("database  takes no writes: it is a standby, or default_transaction_read_only is set.")


def test_the_doctor_says_that_no_server_takes_writes(replicated: Replicated, make_settings: MakeSettings) -> None:
    url = replicated.standby.tcp_url(TEMPLATE) + "?target_session_attrs=read-write"
    healthy, [line] = examined(make_settings(DATABASE_URL=url), "database  ")
    assert not healthy
    assert line.startswith("database  cannot connect: ")


def test_migrate_on_a_standby_says_so_in_one_line(replicated: Replicated) -> None:
    with psycopg.connect(replicated.primary.url(TEMPLATE), autocommit=True) as admin:
        admin.execute("delete from wondernest.schema_version")
    replicated.wait_until_replayed()
    with pytest.raises(MigrationError, match="read-only") as refused:
        migrate(replicated.standby.url(TEMPLATE), needed=[], report=lambda _: None, lock_wait_s=5)
    assert "\n" not in str(refused.value)
