"""Outages of servers, each undone at the end of its block."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Generator
from pathlib import Path
from typing import LiteralString

import psycopg

from tests.fixtures.processes import children
from wondernest.development.embedded.server import EmbeddedServer


@contextlib.contextmanager
def frozen(server: EmbeddedServer) -> Generator[None]:
    """Freeze every process of a server (SIGSTOP): connections stay open and nothing answers."""
    stopped: list[int] = []
    try:
        os.kill(server.pid, signal.SIGSTOP)  # first, so that it starts no further child
        stopped.append(server.pid)
        for child in children(server.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(child, signal.SIGSTOP)
                stopped.append(child)
        yield
    finally:
        for pid in reversed(stopped):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def files_limited(server: EmbeddedServer, limit_bytes: int) -> Generator[None]:
    """Limit the size of a server's files: writes beyond it fail as on a full disk."""
    _limit_files(server, str(limit_bytes))
    try:
        yield
    finally:
        _limit_files(server, "unlimited")


def _limit_files(server: EmbeddedServer, soft: str) -> None:
    owner = Path(
        f"/proc/{server.pid}"
    ).stat()  # prlimit runs as the owner of the processes: root may lack the right to limit them
    for pid in (server.pid, *children(server.pid)):
        words = ["prlimit", f"--pid={pid}", f"--fsize={soft}:"]
        done = subprocess.run(words, check=False, user=owner.st_uid, group=owner.st_gid, extra_groups=[])
        assert done.returncode == 0 or not Path(f"/proc/{pid}").exists(), f"{pid} cannot be limited"


@contextlib.contextmanager
def locked(database_url: str, table: LiteralString) -> Generator[Callable[[], None]]:
    """Lock a table against reads and writes; the function yielded releases the lock early."""
    with psycopg.connect(database_url) as holder:
        holder.execute(f"lock table {table} in access exclusive mode")
        yield holder.rollback


@contextlib.contextmanager
def all_connections_taken(database_url: str) -> Generator[None]:
    """Open connections until the server has none left."""
    with contextlib.ExitStack() as hogs:
        while True:
            try:
                hogs.enter_context(contextlib.closing(psycopg.connect(database_url)))
            except psycopg.OperationalError as error:
                if "too many clients" not in str(error):
                    raise
                break
        yield
