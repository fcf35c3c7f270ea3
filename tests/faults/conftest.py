"""Servers for tests of outages to kill and freeze, and families whose devices save meanwhile."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from wondernest.embedded.postgres import EmbeddedPostgres
from wondernest.platform.db.migrations.runner import migrate

TEMPLATE = "wondernest_template"
_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def fragile_postgres_with_template(server_folder: Path) -> Iterator[EmbeddedPostgres]:
    with EmbeddedPostgres(server_folder / "fragile-postgres", durable=False) as server:
        with closing(psycopg.connect(server.url(), autocommit=True)) as admin:
            admin.execute(f"create database {TEMPLATE}")
        migrate(server.url(TEMPLATE), report=lambda _: None, lock_wait_s=30.0)
        yield server


@pytest.fixture
def fragile_postgres(fragile_postgres_with_template: EmbeddedPostgres) -> Iterator[EmbeddedPostgres]:
    """A PostgreSQL to kill, freeze and fill; whatever a test did to it, the next one finds it running."""
    yield fragile_postgres_with_template
    fragile_postgres_with_template.start()


@pytest.fixture
def fragile_database(fragile_postgres: EmbeddedPostgres) -> Iterator[str]:
    """The address of a migrated database on it, whose commits outlive the server's death."""
    name = f"fragile_{next(_numbers)}"
    with closing(psycopg.connect(fragile_postgres.url(), autocommit=True)) as admin:
        admin.execute(
            sql.SQL("create database {} template {} strategy wal_log").format(
                sql.Identifier(name), sql.Identifier(TEMPLATE)
            )
        )
        # Of the speed of a server for tests, this alone would lose commits when only its processes die.
        admin.execute(sql.SQL("alter database {} set synchronous_commit = on").format(sql.Identifier(name)))
    yield fragile_postgres.url(name)
    fragile_postgres.start()
    with closing(psycopg.connect(fragile_postgres.url(), autocommit=True)) as admin:
        admin.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
