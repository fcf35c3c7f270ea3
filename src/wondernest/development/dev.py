"""`wondernest dev`: everything on one machine; Ctrl-C stops all of it."""

from __future__ import annotations

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import NoReturn

import psycopg
from psycopg import sql

from wondernest.app import create_app
from wondernest.commands.doctor import masked
from wondernest.development.collection.filling import fill_collection
from wondernest.development.embedded import process
from wondernest.development.embedded.errors import EmbeddedError
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.development.embedded.valkey import EmbeddedValkey
from wondernest.development.library import LibraryError, fill_library
from wondernest.development.packs import fill_packs
from wondernest.development.play import fill_weeks, write_letter
from wondernest.development.seed import CLIENTS_CHILD, DEMO_EMAIL, DEMO_PASSWORD, seed
from wondernest.development.stories import fill_shelf
from wondernest.platform.db.migrations.runner import MigrationError, migrate
from wondernest.settings import Cache, Server, Settings, SettingsError, is_host_name, load_settings
from wondernest.supervisor.sockets import listen

DATABASE = "wondernest"
LOOPBACK = "127.0.0.1"
CLIENTS_PORT = 8080
"""The port that is hard-coded in the shipped app and site."""
LOCK_WAIT_S = 5.0
READY_TIMEOUT_S = 60.0
PROBE_TIMEOUT_S = 2.0
STOP_MARGIN_S = 5.0
FAILURE = 1
STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class _Stopped(BaseException):
    """Raised by SIGINT and SIGTERM, so that everything that was started is stopped while the stack unwinds."""


@dataclass(frozen=True, slots=True)
class _Folders:
    """The folders below `.dev`."""

    home: Path

    def __post_init__(self) -> None:
        self.logs.mkdir(parents=True, exist_ok=True)

    @property
    def logs(self) -> Path:
        return self.home / "logs"

    def log(self, name: str) -> Path:
        """The path of a new log; the log of the last run is kept as `.log.1`."""
        path = self.logs / f"{name}.log"
        if path.exists():
            path.replace(path.with_suffix(".log.1"))
        return path


def dev(root: Path, host: str | None = None) -> int:
    """Run everything until SIGINT or SIGTERM (a second one shortens the wait); returns the exit code.

    `host`: the address to listen on; None for SERVER_HOST, and 127.0.0.1 where that is not set either.
    """
    for number in STOP_SIGNALS:
        signal.signal(number, _raise_stopped)
    try:
        try:
            with ExitStack() as running:
                _run(root, host, running)
        finally:
            for number in STOP_SIGNALS:
                signal.signal(number, signal.SIG_IGN)
    except _Stopped:
        _print_line("stopped")
        return 0
    except (EmbeddedError, LibraryError, MigrationError, SettingsError, psycopg.Error) as error:
        sys.stderr.write(f"wondernest: {' '.join(str(error).split())}\n")
        return FAILURE


def _run(root: Path, host: str | None, running: ExitStack) -> NoReturn:
    environment = {**os.environ, **({"SERVER_HOST": host} if host else {})}
    settings = load_settings(environment, root / ".env", _defaults(host))
    if not settings.app.development:
        raise SettingsError(f"APP_ENV: dev is for development, this is {settings.app.environment}")
    folders = _Folders(root / ".dev")
    lock = process.FolderLock(folders.home / "lock")
    lock.acquire(LOCK_WAIT_S)
    running.callback(lock.release)
    for listener in listen(settings.server):  # report a port that is in use here, not in a log
        listener.close()
    if "SERVER_EXTRA_PORTS" not in environment and settings.server.port != CLIENTS_PORT and _free(settings):
        environment["SERVER_EXTRA_PORTS"] = str(CLIENTS_PORT)
    environment |= {"MAIL_OUTBOX_PATH": str(folders.home / "outbox"), **_servers(settings, folders, running)}
    environment = {**_effective(settings), **environment}
    settings = load_settings(environment, root / ".env")
    _prepare_database(settings)
    server = _start_service(root, environment, settings, folders, running)
    _print_summary(settings, folders)
    server.wait()
    raise EmbeddedError(f"the service ended by itself; its log: {folders.logs / 'service.log'}")


def _defaults(host: str | None) -> dict[str, str]:
    """Defaults of a developer's machine."""
    names = ("localhost", "*.localhost", *(name for name in (socket.gethostname(), host or "") if is_host_name(name)))
    return {
        "APP_ENV": "development",
        "LOG_FORMAT": "text",
        "SERVER_HOST": LOOPBACK,
        "SERVER_ALLOWED_HOSTS": ",".join(names),
        "STORAGE_LOCAL_PATH": ".dev/uploads",
    }


def _effective(settings: Settings) -> dict[str, str]:
    """The effective values of the variables in `_defaults`, for the service, which does not have those defaults."""
    return {
        "APP_ENV": settings.app.environment,
        "LOG_FORMAT": settings.log.format,
        "SERVER_HOST": settings.server.host,
        "SERVER_ALLOWED_HOSTS": ",".join(settings.server.allowed_hosts),
        "STORAGE_LOCAL_PATH": settings.storage.local_path,
    }


def _servers(settings: Settings, folders: _Folders, running: ExitStack) -> dict[str, str]:
    """Start the embedded servers that the settings do not replace; returns their addresses as variables."""
    addresses: dict[str, str] = {}
    if not settings.database.url:
        _print_line("starting PostgreSQL")
        postgres = EmbeddedPostgres(folders.home / "postgres", log=folders.log("postgresql"))
        running.enter_context(postgres)
        with psycopg.connect(postgres.url(), autocommit=True) as connection:
            if not connection.execute("select 1 from pg_database where datname = %s", [DATABASE]).fetchone():
                connection.execute(sql.SQL("create database {}").format(sql.Identifier(DATABASE)))
        addresses["DATABASE_URL"] = postgres.url(DATABASE)
    if settings.cache.enabled and settings.cache.url == Cache().url and "REDIS_URL" not in os.environ:
        _print_line("starting Valkey")
        valkey = running.enter_context(EmbeddedValkey(folders.home / "valkey", log=folders.log("valkey")))
        addresses["REDIS_URL"] = valkey.url()
    return addresses


def _prepare_database(settings: Settings) -> None:
    _print_line("preparing the database")
    lines: list[str] = []
    needed, wait_s = create_app(settings).rooms.needed, settings.database.migrate_lock_wait_s
    result = migrate(settings.database.direct, needed=needed, report=lines.append, lock_wait_s=wait_s)
    if not result.usable:
        raise MigrationError(f"{', '.join(result.missing)} cannot be created by this role. {' '.join(lines)}")
    seed(settings)
    fill_library(settings)
    fill_collection(settings)
    fill_shelf(settings)
    fill_packs(settings)
    fill_weeks(settings)
    write_letter(settings)


def _start_service(
    root: Path, environment: dict[str, str], settings: Settings, folders: _Folders, running: ExitStack
) -> subprocess.Popen[bytes]:
    _print_line("starting the service")
    server = process.spawn(
        [sys.executable, "-P", "-m", "wondernest.development.service"],
        log=folders.log("service"),
        stop_signal=signal.SIGTERM,
        folder=root,
        environment=environment,
    )
    running.callback(_stop_service, server, settings.server.shutdown_grace_s + STOP_MARGIN_S)
    if not process.wait_until(lambda: _answers(settings.server), server, READY_TIMEOUT_S):
        log = folders.logs / "service.log"
        raise EmbeddedError(f"the service does not start (log: {log}): {process.log_since(log, 0)}")
    return server


def _stop_service(server: subprocess.Popen[bytes], timeout_s: float) -> None:
    _print_line("stopping")
    try:
        process.stop(server, [(signal.SIGTERM, timeout_s)])
    except _Stopped:
        process.stop(server, [(signal.SIGTERM, STOP_MARGIN_S)])
        raise


def _answers(server: Server) -> bool:
    connection = http.client.HTTPConnection(_local_address(server), server.port, timeout=PROBE_TIMEOUT_S)
    with contextlib.closing(connection):
        try:
            connection.request("GET", "/health")
            return connection.getresponse().status == http.HTTPStatus.OK
        except (OSError, http.client.HTTPException):
            return False


def _local_address(server: Server) -> str:
    """The address at which this machine reaches the service."""
    return {"0.0.0.0": LOOPBACK, "::": "::1"}.get(server.host, server.host)  # noqa: S104 - compared, not bound


def _free(settings: Settings) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.server.host, CLIENTS_PORT))
        except OSError:
            return False
    return True


def _print_summary(settings: Settings, folders: _Folders) -> None:
    server = settings.server
    name = _local_address(server)
    name = f"[{name}]" if ":" in name else name
    address = f"http://{name}:{server.port}"
    also = "".join(f", http://{name}:{port}" for port in server.extra_ports)
    lines = {
        "service": address + also,
        "documents": f"{address}/swagger" if settings.app.shows_docs else "off",
        "mail": f"{address}/dev/outbox" if not settings.mail.smtp_host else settings.mail.smtp_host,
        "demo parent": f"{DEMO_EMAIL} / {DEMO_PASSWORD}"
        + (f" / PIN {settings.default_pin}" if settings.default_pin else ""),
        "demo child": CLIENTS_CHILD,
        "database": masked("DATABASE_URL", settings.database.url),
        "logs": str(folders.logs),
    }
    _print_line("WonderNest is running; Ctrl-C stops all of it")
    for name, value in lines.items():
        sys.stdout.write(f"    {name:<12} {value}\n")
    sys.stdout.flush()


def _print_line(line: str) -> None:
    sys.stdout.write(f"· {line}\n")
    sys.stdout.flush()


def _raise_stopped(_number: int, _frame: FrameType | None) -> NoReturn:
    raise _Stopped
