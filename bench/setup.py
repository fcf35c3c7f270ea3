"""Set-up of a run: a database with the data set, and the servers to load."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from bench.data_set import DataSet
from bench.options import Options, is_url
from bench.processes import ProcessTree, listening, postmaster_of
from wondernest.development.embedded import process
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.development.embedded.valkey import EmbeddedValkey
from wondernest.games.room import COSTLY_INDEXES
from wondernest.platform.db.migrations.runner import migrate
from wondernest.platform.db.schema_check import drop_unused_indexes, unused_indexes
from wondernest.settings import Jwt

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".dev" / "bench"
UPLOADS = HOME / "uploads"
DATABASE = "bench"
OURS = "wondernest"
NO_LIMIT = "1000000000"
"""Requests per minute; production refuses to serve without limits."""
START_TIMEOUT_S = 60.0
STOP_STEPS = ((signal.SIGTERM, 25.0),)
PROBE_TIMEOUT_S = 5.0
PROBE_PAUSE_S = 0.005
LOCK_WAIT_S = 60.0
AS_IN_PRODUCTION = {"shared_buffers": "1GB", "max_wal_size": "4GB"}
"""Settings of the bench's own PostgreSQL. With the defaults the data set would not fit into its buffers and checkpoints would
fall into the rounds, so that the servers compared would wait for the disk."""


class SetupError(Exception):
    """Something that the run needs is missing; the message names it."""


@dataclass(frozen=True, slots=True)
class Target:
    """A running server."""

    name: str
    port: int
    tree: ProcessTree | None


@dataclass(frozen=True, slots=True)
class Launcher:
    """How to start a server that reads PORT (or SERVER_PORT), DATABASE_URL and JWT_SECRET."""

    name: str
    words: Sequence[str]
    environment: Mapping[str, str]

    @contextmanager
    def launched(self) -> Generator[tuple[int, subprocess.Popen[bytes]]]:
        """Start the process; yields its port and the process at once, stops it at the end."""
        port = process.free_port()
        log = HOME / f"{self.name}-{port}.log"
        listening_on = {"PORT": str(port), "SERVER_PORT": str(port), "SERVER_HOST": "127.0.0.1"}
        server = process.spawn(
            self.words,
            log=log,
            stop_signal=signal.SIGTERM,
            folder=HOME,
            environment={**self.environment, **listening_on},
        )
        try:
            yield port, server
        finally:
            process.stop(server, STOP_STEPS)

    @contextmanager
    def running(self) -> Generator[Target]:
        """The server, once it answers; raises SetupError when it does not start."""
        with self.launched() as (port, server):
            deadline = time.monotonic() + START_TIMEOUT_S
            while answer_of(port, "/health") != http.HTTPStatus.OK:
                if server.poll() is not None or time.monotonic() > deadline:
                    raise SetupError(f"{self.name} does not start (log: {HOME}/{self.name}-{port}.log)")
                time.sleep(PROBE_PAUSE_S)
            yield Target(self.name, port, ProcessTree(server.pid))


@dataclass(frozen=True, slots=True)
class Servers:
    """Addresses of database and cache; `postgres` when the bench started it."""

    database_url: str
    redis_url: str | None
    postgres: EmbeddedPostgres | None = None


@dataclass(slots=True)
class Setup:
    """Everything a scenario needs."""

    options: Options
    data: DataSet
    servers: Servers
    secret: str
    database: ProcessTree | None = None
    targets: list[Target] = field(default_factory=list["Target"])
    launchers: list[Launcher] = field(default_factory=list["Launcher"])
    notes: list[str] = field(default_factory=list["str"])

    @property
    def token_terms(self) -> tuple[str, str, str]:
        """Secret, issuer and audience."""
        defaults = Jwt()
        issuer = os.environ.get("JWT_ISSUER", defaults.issuer)
        return self.secret, issuer, os.environ.get("JWT_AUDIENCE", defaults.audience)

    def ours(self, database_url: str) -> Launcher:
        """This checkout's server as in production, except that the limits for one client address are off."""
        environment = {
            **os.environ,
            "APP_ENV": "production",
            "DATABASE_URL": database_url,
            "JWT_SECRET": self.secret,
            "MAIL_OUTBOX_PATH": str(HOME / "outbox"),
            "MAIL_OUTBOX_ALLOWED": "true",
            "PUBLIC_BASE_URL": "http://127.0.0.1:8082",
            "STORAGE_LOCAL_PATH": str(UPLOADS),
            "PYTHONDONTWRITEBYTECODE": "",  # an installed server has its bytecode; the first start here writes it
            "RATE_LIMIT_CREDENTIALS": NO_LIMIT,
            "RATE_LIMIT_AUTH": NO_LIMIT,
            "RATE_LIMIT_API": NO_LIMIT,
            "RATE_LIMIT_UPLOAD": NO_LIMIT,
            "BCRYPT_QUEUE": "64",  # all callers have one address, which gets half of the places
        }
        environment |= {"REDIS_URL": url} if (url := self.servers.redis_url) else {"REDIS_ENABLED": "false"}
        environment |= {"WORKERS": str(workers)} if (workers := self.options.workers) else {}
        return Launcher(OURS, [sys.executable, "-P", "-m", "wondernest", "serve"], environment)


def answer_of(port: int, path: str, token: str | None = None) -> int:
    """The status of one GET; 0 when there is no answer."""
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_TIMEOUT_S)) as connection:
        try:
            connection.request("GET", path, headers=headers)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return 0


@contextmanager
def setup(options: Options) -> Generator[Setup]:
    """Start the servers that the options do not name and build the data set; everything is stopped at the end of the block."""
    HOME.mkdir(parents=True, exist_ok=True)
    for old in HOME.glob("*.log"):
        old.unlink()
    with ExitStack() as stack:
        servers = _servers(options, stack)
        secret = options.jwt_secret or secrets.token_urlsafe(48)
        made = Setup(options, DataSet(options.families), servers, secret)
        if servers.database_url:
            _prepare(made)
        if options.url is None:
            made.launchers.append(made.ours(servers.database_url))
        if options.against and not is_url(options.against):
            made.launchers.append(_other(options.against, made))
        if options.url:
            made.targets.append(_running("server", options.url))
        made.targets += [stack.enter_context(launcher.running()) for launcher in made.launchers]
        if options.against and is_url(options.against):
            made.targets.append(_running("other", options.against))
        yield made


@contextmanager
def own_postgres() -> Generator[EmbeddedPostgres]:
    """The bench's own PostgreSQL; its data is kept between runs."""
    HOME.mkdir(parents=True, exist_ok=True)
    with EmbeddedPostgres(HOME / "postgres", log=HOME / "postgresql.log", settings=AS_IN_PRODUCTION) as postgres:
        yield postgres


def fresh_database(postgres: EmbeddedPostgres, name: str) -> str:
    """The address of a migrated and tuned database of that name, created when missing."""
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        if not admin.execute("select 1 from pg_database where datname = %s", [name]).fetchone():
            admin.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    address = postgres.tcp_url(name)
    migrate(address, needed=(), report=lambda _: None, lock_wait_s=LOCK_WAIT_S)
    drop_unused_indexes(address, COSTLY_INDEXES, lambda _: None)
    return address


def _servers(options: Options, stack: ExitStack) -> Servers:
    """Database and cache; started here where none are given."""
    if options.database_url or options.url:
        return Servers(options.database_url or "", os.environ.get("REDIS_URL"))
    postgres = stack.enter_context(own_postgres())
    valkey = stack.enter_context(EmbeddedValkey(HOME / "valkey", log=HOME / "valkey.log"))
    return Servers(fresh_database(postgres, DATABASE), valkey.url(), postgres)


def _prepare(made: Setup) -> None:
    made.data.install(made.servers.database_url, say)
    with psycopg.connect(made.servers.database_url) as connection:
        made.database = postmaster_of(connection.info.backend_pid)
        version = connection.info.parameter_status("server_version")
        made.notes.append(f"PostgreSQL {version}, {made.data.families:,} families")
    if indexes := unused_indexes(made.servers.database_url, COSTLY_INDEXES):
        made.notes.append(f"every save also updates {', '.join(index.name for index in indexes)} (wondernest tune)")


def _other(command: str, made: Setup) -> Launcher:
    environment = {**os.environ, "DATABASE_URL": made.servers.database_url, "JWT_SECRET": made.secret}
    words = shlex.split(command)
    return Launcher(Path(words[0]).name, words, environment)


def _running(name: str, url: str) -> Target:
    port = urlsplit(url).port or 80
    if answer_of(port, "/health") != http.HTTPStatus.OK:
        raise SetupError(f"{url}/health does not answer 200")
    return Target(name, port, listening(port))


def say(line: str) -> None:
    """Report progress on stderr."""
    sys.stderr.write(f"· {line}\n")
    sys.stderr.flush()
