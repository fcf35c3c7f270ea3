"""The embedded PostgreSQL recovers from what crashes, other runs and other versions leave behind."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest

from wondernest.development.embedded import account
from wondernest.development.embedded.account import account_for, copied_out, runs_as
from wondernest.development.embedded.binaries import find_postgres
from wondernest.development.embedded.errors import EmbeddedError
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.development.embedded.process import FolderLock

_numbers = itertools.count(1)
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another account")


@pytest.fixture
def place(server_folder: Path) -> Iterator[Path]:
    folder = server_folder / f"place-{next(_numbers)}"
    folder.mkdir()
    yield folder
    shutil.rmtree(folder)


def answer(server: EmbeddedPostgres, question: LiteralString = "select 'here'") -> object:
    with psycopg.connect(server.url(), autocommit=True) as connection:
        cursor = connection.execute(question)
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def test_it_answers_on_its_socket_and_with_the_password_on_tcp(pg_server: EmbeddedPostgres) -> None:
    assert answer(pg_server) == "here"
    with psycopg.connect(pg_server.tcp_url()) as connection:
        assert connection.info.host == "127.0.0.1"
    with pytest.raises(psycopg.OperationalError, match="password"):
        psycopg.connect(pg_server.tcp_url().replace("://postgres:", "://postgres:not-"))


def test_a_stopped_server_starts_again_at_the_same_address(own_pg_server: EmbeddedPostgres) -> None:
    address = own_pg_server.url()
    own_pg_server.stop()
    own_pg_server.start()
    assert own_pg_server.url() == address
    assert answer(own_pg_server) == "here"


def test_what_was_committed_survives_a_crash_of_the_server(place: Path) -> None:
    server = EmbeddedPostgres(place, durable=True)
    server.start()
    answer(server, "create table kept as select 'kept' as what")
    os.kill(server.pid, signal.SIGKILL)
    server.kill()
    with EmbeddedPostgres(place, durable=True) as again:
        assert answer(again, "select what from kept") == "kept"


def test_a_pid_file_with_the_pid_of_another_program_is_ignored(place: Path) -> None:
    with EmbeddedPostgres(place, durable=False):
        pass
    pid_file = place / "data" / "postmaster.pid"
    pid_file.write_text(f"{os.getpid()}\n{place / 'data'}\n")
    with EmbeddedPostgres(place, durable=False) as server:
        assert answer(server) == "here"


def test_a_stale_socket_and_its_lock_are_removed(place: Path) -> None:
    with EmbeddedPostgres(place, durable=False) as server:
        port = server.port
    (place / "run" / f".s.PGSQL.{port}").touch()
    (place / "run" / f".s.PGSQL.{port}.lock").write_text(f"{os.getpid()}\n")
    server.start()
    try:
        assert server.port == port
        assert answer(server) == "here"
    finally:
        server.stop()


def test_a_server_left_running_by_a_dead_run_is_stopped_first(place: Path) -> None:
    left = EmbeddedPostgres(place, durable=False)
    left.start()
    left._lock.release()  # as the kernel does when the process that holds it is killed
    pid = left.pid
    with EmbeddedPostgres(place, durable=False) as server:
        assert server.pid != pid
        assert answer(server) == "here"
    assert left._running().wait() == 0


def test_an_incomplete_cluster_is_created_again(place: Path) -> None:
    (place / "data.new-abc").mkdir()
    (place / "data.new-password").touch()
    (place / "data").mkdir()
    (place / "data" / "base").mkdir()
    with EmbeddedPostgres(place, durable=False) as server:
        assert answer(server) == "here"
    assert not list(place.glob("data.new-*"))
    assert list(place.glob("data.unusable-*")), "what was there is set aside, not deleted"


def test_data_of_a_version_that_is_not_installed_is_reported_and_kept(place: Path) -> None:
    (place / "data").mkdir()
    (place / "data" / "PG_VERSION").write_text("9\n")
    with pytest.raises(EmbeddedError, match=r"belongs to PostgreSQL 9, here is 18"):
        EmbeddedPostgres(place).start()
    assert (place / "data" / "PG_VERSION").read_text() == "9\n"


def test_data_of_another_version_is_served_by_that_version(place: Path) -> None:
    older = find_postgres(account_for(place / "data"), 16)
    server = EmbeddedPostgres(place, durable=False)
    server._password = server._kept_password()
    server._make_cluster(older, place)
    with server:
        assert str(answer(server, "show server_version")).startswith("16.")


def test_a_folder_in_use_is_refused_and_its_user_named(place: Path) -> None:
    holder = FolderLock(place / "lock")
    holder.acquire()
    with pytest.raises(EmbeddedError, match=f"{place} is in use by process {os.getpid()}"):
        FolderLock(place / "lock").acquire(wait_s=0)
    holder.release()
    FolderLock(place / "lock").acquire(wait_s=0)


def test_two_starts_at_once_take_turns(place: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from wondernest.development.embedded.postgres import EmbeddedPostgres\n"
        "with EmbeddedPostgres(Path(sys.argv[1]), durable=False) as server: print(server.port)"
    )
    both = [subprocess.Popen([sys.executable, "-c", program, place], stdout=subprocess.PIPE) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    for process in both:
        assert process.stdout is not None
        assert int(process.stdout.read()) > 0
        process.stdout.close()


def test_the_server_ends_when_its_starter_is_killed(place: Path) -> None:
    program = (
        "import sys, time; from pathlib import Path; from wondernest.development.embedded.postgres import EmbeddedPostgres\n"
        "server = EmbeddedPostgres(Path(sys.argv[1]), durable=False); server.start(); print(server.pid, flush=True)\n"
        "time.sleep(600)"
    )
    starter = subprocess.Popen([sys.executable, "-c", program, place], stdout=subprocess.PIPE)
    assert starter.stdout is not None
    pid = int(starter.stdout.readline())
    starter.kill()
    starter.wait()
    starter.stdout.close()
    while Path(f"/proc/{pid}/cwd").exists():
        time.sleep(0.01)
    with EmbeddedPostgres(place, durable=False) as server:
        assert answer(server) == "here"


def test_a_path_too_long_for_a_socket_works(place: Path) -> None:
    deep = place / ("long-" * 20)
    with EmbeddedPostgres(deep, durable=False) as server:
        assert answer(server) == "here"
        sockets = server._sockets
    assert sockets is not None
    assert deep not in sockets.parents


@needs_root
def test_in_a_folder_closed_to_others_the_data_is_outside_behind_a_link(
    place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "PUBLIC_HOME", place / "public")
    closed = place / "closed"
    closed.mkdir(mode=0o700)
    with EmbeddedPostgres(closed / "postgres", durable=False) as server:
        answer(server, "create table kept as select 'kept' as what")
    assert (closed / "postgres" / "outside").resolve().parent == place / "public"
    with EmbeddedPostgres(closed / "postgres", durable=False) as server:
        assert answer(server, "select what from kept") == "kept"


@needs_root
def test_binaries_that_others_cannot_read_are_copied_out_once(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(account, "PUBLIC_HOME", place / "public")
    nobody = account_for(place / "none")
    source = find_postgres(None, None).folder.parent
    closed = place / "closed" / "tree"
    shutil.copytree(source, closed)
    closed.parent.chmod(0o700)
    assert not runs_as(closed / "bin" / "postgres", nobody)
    copy = copied_out("server-1", place / "closed", [closed / "bin" / "postgres", closed / "share"])
    assert runs_as(copy / "tree" / "bin" / "postgres", nobody)
    assert copied_out("server-1", place / "closed", []) == copy
