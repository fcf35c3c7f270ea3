"""An embedded PostgreSQL."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import subprocess
import tempfile
import time
import weakref
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote

from wondernest.development.embedded import process
from wondernest.development.embedded.account import account_for, identity, own_folder
from wondernest.development.embedded.binaries import Postgres, find_postgres
from wondernest.development.embedded.errors import EmbeddedError
from wondernest.development.embedded.server import EmbeddedServer

SUPERUSER = "postgres"
READY_TIMEOUT_S = 60.0
INITDB_TIMEOUT_S = 120.0
START_ATTEMPTS = 20
RETRY_PAUSE_S = 0.25
INITDB_OPTIONS = (
    "--encoding=UTF8",
    "--locale=C",
    "--auth-local=trust",
    "--auth-host=scram-sha-256",
    "--no-instructions",
)
SOCKET_FOLDER_PREFIX = "wondernest-"
MAX_SOCKET_PATH = 90
"""Bytes; the kernel's limit for a socket's path is 104 to 108, the name in the folder included."""
BUILTIN_LOCALE_SINCE = 17
PID_FILE_STATUS_LINE = 7
PASSING_TROUBLE = ("Address already in use", "is still in use", "could not create any TCP/IP sockets")

ALWAYS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "200",
    "shared_buffers": "64MB",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_min_messages": "warning",
    "log_error_verbosity": "terse",
    "log_parameter_max_length": "0",
    "log_parameter_max_length_on_error": "0",
    "jit": "off",
}
"""No values in the log: without `terse` a failed check quotes the whole row, and a duplicate its key (docs/operations.md, "Logs")."""
UNSAFE_OPTIONS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "log_min_messages": "fatal",
}
"""Fast, but a crash loses data: for tests."""


class EmbeddedPostgres(EmbeddedServer):
    """A PostgreSQL. The unix socket needs no password (only the owner can enter its folder); the TCP port does."""

    stop_steps = ((signal.SIGINT, 20.0), (signal.SIGQUIT, 5.0))
    """PostgreSQL's own "fast" and "immediate" shutdowns."""
    crash_signal = signal.SIGQUIT

    def __init__(
        self, folder: Path, *, durable: bool = True, log: Path | None = None, settings: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(folder, durable=durable, log=log)
        self._settings = settings or {}
        self._sockets: Path | None = None
        self._password = ""

    def url(self, database: str = SUPERUSER) -> str:
        """The address of a database through the unix socket."""
        assert self._sockets is not None, "not started yet"
        return (
            f"postgresql://{SUPERUSER}@/{quote(database)}?host={quote(str(self._sockets), safe='/')}&port={self.port}"
        )

    def tcp_url(self, database: str = SUPERUSER) -> str:
        """The address of a database through TCP, password included."""
        return f"postgresql://{SUPERUSER}:{self._password}@127.0.0.1:{self.port}/{quote(database)}"

    def _launch(self, home: Path) -> None:
        data = home / "data"
        self._password = self._kept_password()
        server = find_postgres(account_for(data), _major_of(data))
        process.stop_leftover(data / "postmaster.pid", data, ("postgres", "postmaster"), self.stop_steps)
        self._make_cluster(server, home)
        self._run(server, home)

    def _kept_password(self) -> str:
        file = self._folder / "password"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_urlsafe(24))
        return file.read_text().strip()

    def _make_cluster(self, server: Postgres, home: Path) -> None:
        data = home / "data"
        for half_made in home.glob("data.new-*"):
            shutil.rmtree(half_made) if half_made.is_dir() else half_made.unlink()
        if data.exists() and _major_of(data) is None:
            data.rename(home / f"data.unusable-{time.time_ns()}")
        if data.exists():
            return
        account = account_for(data)
        fresh = own_folder(Path(tempfile.mkdtemp(prefix="data.new-", dir=home)), account)
        password = home / "data.new-password"
        password.touch(mode=0o600)
        password.write_text(self._password)
        if account is not None:
            os.chown(password, account.uid, account.gid)
        words = [server.folder / "initdb", "-D", fresh, "-U", SUPERUSER, f"--pwfile={password}", *INITDB_OPTIONS]
        if server.major >= BUILTIN_LOCALE_SINCE:
            words += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        if not self._durable:
            words += ["--no-sync"]
        made = subprocess.run(
            words,
            capture_output=True,
            cwd="/",
            env=process.SERVER_ENVIRONMENT,
            check=False,
            timeout=INITDB_TIMEOUT_S,
            **identity(account),
        )
        password.unlink()
        if made.returncode != 0:
            shutil.rmtree(fresh, ignore_errors=True)
            raise EmbeddedError(f"initdb failed: {made.stderr.decode(errors='replace').strip()}")
        fresh.rename(data)

    def _run(self, server: Postgres, home: Path) -> None:
        data, pid_file = home / "data", home / "data" / "postmaster.pid"
        pid_file.unlink(missing_ok=True)
        problem = ""
        for _ in range(START_ATTEMPTS):
            port = self._port or process.free_port()
            sockets = self._socket_folder(home)
            start = process.log_size(self._log)
            self._process = process.spawn(
                self._command(server, data, port, sockets),
                account=account_for(data),
                log=self._log,
                stop_signal=signal.SIGINT,
            )
            if process.wait_until(lambda: _is_ready(pid_file), self._process, READY_TIMEOUT_S):
                self._port = port
                return
            self._process = None
            problem = process.log_since(self._log, start)
            if not any(trouble in problem for trouble in PASSING_TROUBLE):
                break
            time.sleep(RETRY_PAUSE_S)
        raise EmbeddedError(f"PostgreSQL does not start (log: {self._log}): {problem}")

    def _command(self, server: Postgres, data: Path, port: int, sockets: Path) -> list[str]:
        options = ALWAYS | ({} if self._durable else UNSAFE_OPTIONS) | dict(self._settings)
        options |= {"port": str(port), "unix_socket_directories": str(sockets)}
        words = [str(server.folder / "postgres"), "-D", str(data)]
        return words + [f"--{name}={value}" for name, value in options.items()]

    def _socket_folder(self, home: Path) -> Path:
        if self._sockets is None:
            folder = home / "run"
            if len(str(folder)) > MAX_SOCKET_PATH:
                folder = Path(tempfile.mkdtemp(prefix=SOCKET_FOLDER_PREFIX))
                weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
            self._sockets = own_folder(folder, account_for(home / "data"))
        for stale in self._sockets.glob(".s.PGSQL.*"):
            stale.unlink()
        return self._sockets


def _major_of(data: Path) -> int | None:
    with contextlib.suppress(OSError, ValueError):
        return int((data / "PG_VERSION").read_text())
    return None


def _is_ready(pid_file: Path) -> bool:
    try:
        lines = pid_file.read_text().splitlines()
    except OSError:
        return False
    return len(lines) > PID_FILE_STATUS_LINE and lines[PID_FILE_STATUS_LINE].strip() == "ready"
