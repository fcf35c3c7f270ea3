"""`bin/rehearse deploy`: the image's steps and a whole life of the service, without a container engine.

An empty folder, the steps of the Dockerfile, a read-only tree, the image's user (if root starts it), servers from wheels, PgBouncer in
front of PostgreSQL if it is installed; then migrate, doctor, serve, the examples of the README and SIGTERM.
"""

from __future__ import annotations

import argparse
import os
import re
import secrets
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx2
import psycopg
from psycopg import sql

from deploy.building import PROJECT, BuildError, Image, build, runnable_python
from deploy.confining import Confinement, temporary_home
from deploy.dockerfile import read
from deploy.measuring import megabytes, memory
from wondernest.development.embedded.account import Account, Identity, identity
from wondernest.development.embedded.errors import EmbeddedError
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.development.embedded.process import free_port, stop
from wondernest.development.embedded.valkey import EmbeddedValkey
from wondernest.development.pictures import PICTURES

START_LIMIT_S: Final = 60.0
STOP_LIMIT_S: Final = 40.0
COMMAND_LIMIT_S: Final = 120.0
POLL_S: Final = 0.1
OK: Final = 200
ROLE: Final = "rehearsal"
POOLER_SESSION: Final = "set jit = off; set plan_cache_mode = force_generic_plan; set statement_timeout = 5000"
"""docs/database.md, "Through PgBouncer"."""
SAVED: Final = ('"scale":1.0', "🦄")
"""What the README's example stores, and must load again."""
_EXAMPLE_LINE: Final = re.compile(r"(?m)^    (.+)$")
_API: Final = re.compile(r"(?m)^API=\S+$")
Say = Callable[[str], None]


class RehearsalError(Exception):
    """Something is not as it must be."""


def main(arguments: Sequence[str]) -> int:
    """The command; `deploy` is the only rehearsal."""
    parser = argparse.ArgumentParser(prog="bin/rehearse", description=__doc__)
    parser.add_argument("what", choices=["deploy"])
    parser.add_argument("--uv", type=Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--keep", action="store_true", help="keep the folder, to look at it")
    options = parser.parse_args(arguments)
    folder = Path(tempfile.mkdtemp(prefix="wondernest-rehearsal-"))
    folder.chmod(0o755)
    try:
        rehearse(folder, options.uv, _say)
    except (RehearsalError, BuildError, EmbeddedError) as error:
        sys.stderr.write(f"failed: {error}\n")
        return 1
    finally:
        if options.keep:
            _say(f"kept: {folder}")
        else:
            remove(folder)
    _say("rehearsed")
    return 0


def rehearse(folder: Path, uv: Path, say: Say) -> None:
    """The whole rehearsal in an empty folder that everyone may enter; raises RehearsalError, BuildError or EmbeddedError."""
    run_as = _identity()
    python = runnable_python(run_as)
    if python is None:
        raise RehearsalError("no Python of this version can be run by an unprivileged user: install one in /usr/bin")
    began = time.monotonic()
    image = build(folder, uv=uv, python=python)
    say(f"built: {time.monotonic() - began:.0f} s, {megabytes(image.root)} MB, with {python}")
    _must_be_compiled(image)
    _make_read_only(image)
    say(f"read-only, run by user {run_as.get('user', os.geteuid())}")
    with ExitStack() as servers:
        postgres = servers.enter_context(EmbeddedPostgres(folder / "postgres"))
        cache = servers.enter_context(EmbeddedValkey(folder / "valkey"))
        direct = _new_database(postgres)
        pooled = servers.enter_context(_pooler(folder, direct, run_as, say))
        temporary = Path(tempfile.mkdtemp(prefix="wondernest-rehearsal-", dir=temporary_home()))
        servers.callback(shutil.rmtree, temporary)
        _give(temporary, run_as)
        own = {"DATABASE_URL": direct, "REDIS_URL": cache.url(), "TMPDIR": str(temporary), **pooled}
        confinement = Confinement(run_as, [Path(image.environment["STORAGE_LOCAL_PATH"]), temporary])
        _must_be_confined(confinement, image, temporary, say)
        _Life(image, folder, own, confinement, say).live()


def remove(folder: Path) -> None:
    """Remove the folder, also its read-only part."""
    for path in (folder, *(found for found in folder.rglob("*") if found.is_dir() and not found.is_symlink())):
        path.chmod(0o755)
    shutil.rmtree(folder)


class _Life:
    """The image's commands from the first migration to SIGTERM."""

    def __init__(self, image: Image, folder: Path, own: Mapping[str, str], confinement: Confinement, say: Say) -> None:
        self._image = image
        self._folder = folder
        self._confinement = confinement
        self._say = say
        self._temporary = Path(own["TMPDIR"])
        self._port = free_port()
        volume = image.environment["STORAGE_LOCAL_PATH"]
        self._environment = {
            **image.environment,
            "JWT_SECRET": secrets.token_urlsafe(48),
            "MAIL_OUTBOX_ALLOWED": "true",
            "COPPA_GATE": "record",  # the example is written for development; production would wait for a parent's consent
            "PUBLIC_BASE_URL": f"http://127.0.0.1:{self._port}",
            "MAIL_OUTBOX_PATH": f"{volume}/outbox",
            "SERVER_HOST": "127.0.0.1",
            "SERVER_PORT": str(self._port),
            "WORKERS": "2",
            **own,
        }

    def live(self) -> None:
        self._say(f"migrate: {self._command('migrate')[-1]}")
        good = [line.split()[0] for line in self._command("doctor") if re.match(r"[a-z]+ +good\b", line)]
        self._say(f"doctor: exit code 0; good: {', '.join(good)}")
        with self._serving() as process:
            self._probes()
            self._examples()
            self._say(f"memory: {memory(_first_process(process.pid))}")
            os.kill(_first_process(process.pid), signal.SIGTERM)
            began = time.monotonic()
            try:
                code = process.wait(STOP_LIMIT_S)
            except subprocess.TimeoutExpired:
                raise RehearsalError("SIGTERM does not end the service") from None
            if code != 0:
                raise RehearsalError(f"SIGTERM ends the service with {code}\n{self._log.read_text()}")
            self._say(f"SIGTERM: exit code 0 after {time.monotonic() - began:.1f} s")
        if left := sorted(path.name for path in self._temporary.iterdir()):
            raise RehearsalError(f"left in the temporary folder: {', '.join(left)}")

    def _command(self, name: str) -> list[str]:
        """Run a command of the service; returns the lines of its output."""
        done = subprocess.run(
            [*self._confinement.words, *self._image.entrypoint, name],
            cwd=self._image.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=COMMAND_LIMIT_S,
            check=False,
            **self._confinement.identity,
        )
        if done.returncode != 0:
            raise RehearsalError(f"{name} ends with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.splitlines()

    @property
    def _log(self) -> Path:
        return self._folder / "serve.log"

    @contextmanager
    def _serving(self) -> Generator[subprocess.Popen[bytes]]:
        with self._log.open("wb") as log:
            process = subprocess.Popen(
                [*self._confinement.words, *self._image.command],
                cwd=self._image.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._confinement.identity,
            )
        try:
            yield process
        finally:
            stop(process, [(signal.SIGTERM, STOP_LIMIT_S)])

    def _probes(self) -> None:
        began = time.monotonic()
        while (check := self._health_check()).returncode != 0:
            if time.monotonic() - began > START_LIMIT_S:
                raise RehearsalError(f"the health check fails: {check.stderr}\n{self._log.read_text()}")
            time.sleep(POLL_S)
        took = time.monotonic() - began
        for path in ("/health/startup", "/health/ready", "/metrics"):
            status = httpx2.get(f"http://127.0.0.1:{self._port}{path}", timeout=COMMAND_LIMIT_S).status_code
            if status != OK:
                raise RehearsalError(f"{path} answers {status}")
        self._say(f"serve: healthy after {took:.1f} s; startup, ready and metrics answer 200")

    def _health_check(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*self._confinement.words, *self._image.health_check],
            cwd=self._image.folder,
            env=self._environment,
            capture_output=True,
            text=True,
            check=False,
            **self._confinement.identity,
        )

    def _examples(self) -> None:
        """The README's examples, as they are there, in a shell."""
        first, second = _examples()
        picture = next(picture for picture in PICTURES if picture.extension == "png")
        (self._folder / "cat.png").write_bytes(picture.content())
        script = _API.sub(f"API=http://127.0.0.1:{self._port}/api", first) + "\n" + second
        shell = ["bash", "-e", "-o", "pipefail", "-c", script]
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
        done = subprocess.run(
            shell,
            cwd=self._folder,
            env={"PATH": path},
            capture_output=True,
            text=True,
            timeout=COMMAND_LIMIT_S,
            check=False,
        )
        if done.returncode != 0:
            raise RehearsalError(f"the README's example ends with {done.returncode}\n{done.stdout}{done.stderr}")
        if not all(part in done.stdout.replace(" ", "") for part in SAVED):
            raise RehearsalError(f"the README's example does not load what it saved\n{done.stdout}")
        shown = httpx2.get(done.stdout.strip().splitlines()[-1].rpartition("}")[2], timeout=COMMAND_LIMIT_S)
        if shown.status_code != OK or not shown.headers["content-type"].startswith("image/"):
            raise RehearsalError(f"the uploaded picture answers {shown.status_code}")
        self._say(f"README: the save is loaded as it was saved, and the picture is shown ({len(shown.content)} bytes)")


def _first_process(pid: int) -> int:
    """The process that gets the signals of a container's engine: the child of `unshare`, or the process itself."""
    if Path(f"/proc/{pid}/comm").read_text().strip() != "unshare":
        return pid
    return int(Path(f"/proc/{pid}/task/{pid}/children").read_text())


def _examples() -> tuple[str, str]:
    """The two blocks of the README's section "Example"."""
    section = (PROJECT / "README.md").read_text(encoding="utf-8").split("\n## Example\n")[1].split("\n## ")[0]
    register, upload = section.split("\nUpload ", 1)
    return "\n".join(_EXAMPLE_LINE.findall(register)), "\n".join(_EXAMPLE_LINE.findall(upload))


def _identity() -> Identity:
    """As root: the image's user. Otherwise the current one."""
    if os.geteuid() != 0:
        return {}
    return identity(Account(*Image(Path("/"), read()[-1]).user))


def _must_be_confined(confinement: Confinement, image: Image, temporary: Path, say: Say) -> None:
    """Where the machine allows it, nothing but the volume and the temporary folder can be written, by root neither."""
    if not confinement.alone:
        say(f"read-only root, first process of its own: skipped, {confinement.reason}")
        return
    volume = Path(image.environment["STORAGE_LOCAL_PATH"])
    kept = {volume, temporary}
    others = {Path("/"), Path(tempfile.gettempdir()), temporary.parent, Path("/var/tmp"), Path.home(), image.root}  # noqa: S108 - tried, not used
    written = confinement.written([*kept, *others])
    if set(written) != set(map(str, kept)):
        raise RehearsalError(f"can be written: {', '.join(written)}")
    say(
        "read-only root: only the volume and the temporary folder can be written; each command is the first process of its own"
    )


def _given_folder(path: Path, owner: Identity) -> Path:
    path.mkdir(mode=0o700)
    _give(path, owner)
    return path


def _give(path: Path, owner: Identity) -> None:
    if "user" in owner and "group" in owner:
        os.chown(path, owner["user"], owner["group"])


def _must_be_compiled(image: Image) -> None:
    """Every module of the service and of what it needs has its bytecode: a read-only tree never gets any."""
    sources = [path for path in image.root.rglob("site-packages/**/*.py") if path.name.isascii()]
    bare = [path for path in sources if not list((path.parent / "__pycache__").glob(f"{path.stem}.*.pyc"))]
    bare = [path for path in bare if "wondernest" in path.parts]
    if bare or not sources:
        raise RehearsalError(f"without bytecode: {', '.join(map(str, bare)) or 'everything'}")


def _make_read_only(image: Image) -> None:
    """As `read_only: true` of a container: all but the volume."""
    volume = Path(image.environment["STORAGE_LOCAL_PATH"])
    for path in (image.root, *image.root.rglob("*")):
        if not path.is_symlink() and not path.is_relative_to(volume):
            path.chmod(stat.S_IMODE(path.stat().st_mode) & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))


def _new_database(postgres: EmbeddedPostgres) -> str:
    """The address of an empty database, whose role owns it and is no superuser."""
    password = secrets.token_hex(16)
    with psycopg.connect(postgres.url(), autocommit=True) as admin:
        role = sql.Identifier(ROLE)
        admin.execute(sql.SQL("create role {} login password {}").format(role, sql.Literal(password)))
        admin.execute(sql.SQL("create database {} owner {}").format(role, role))
    return f"postgresql://{ROLE}:{password}@127.0.0.1:{postgres.port}/{ROLE}"


@contextmanager
def _pooler(folder: Path, direct: str, run_as: Identity, say: Say) -> Generator[dict[str, str]]:
    """PgBouncer in front of the database, if it is installed: the settings that lead through it."""
    program = shutil.which("pgbouncer") or shutil.which("pgbouncer", path="/usr/sbin")
    if program is None:
        say("PgBouncer: not installed, skipped")
        yield {}
        return
    address, port = urlsplit(direct), free_port()
    home = _given_folder(folder / "pgbouncer", run_as)
    (home / "users").write_text(f'"{address.username}" "{address.password}"\n')
    lines = [
        "[databases]",
        f"{ROLE} = host=127.0.0.1 port={address.port} dbname={ROLE} connect_query='{POOLER_SESSION}'",
        "[pgbouncer]",
        "pool_mode = transaction",
        "listen_addr = 127.0.0.1",
        f"listen_port = {port}",
        "unix_socket_dir =",
        "auth_type = scram-sha-256",
        f"auth_file = {home / 'users'}",
        f"logfile = {home / 'log'}",
    ]
    (home / "pgbouncer.ini").write_text("\n".join(lines))
    process = subprocess.Popen(
        [program, "-q", str(home / "pgbouncer.ini")], stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **run_as
    )
    pooled = f"postgresql://{address.username}:{address.password}@127.0.0.1:{port}/{ROLE}"
    try:
        _wait_for_database(pooled, home / "log")
        say("PgBouncer: in front, pool_mode=transaction")
        yield {"DATABASE_URL": pooled, "DATABASE_POOLER": "transaction", "DATABASE_DIRECT_URL": direct}
    finally:
        stop(process, [(signal.SIGINT, STOP_LIMIT_S)])


def _wait_for_database(url: str, log: Path) -> None:
    deadline = time.monotonic() + START_LIMIT_S
    while True:
        try:
            psycopg.connect(url).close()
        except psycopg.OperationalError:
            if time.monotonic() > deadline:
                raise RehearsalError(f"PgBouncer does not lead to the database\n{log.read_text()}") from None
            time.sleep(POLL_S)
        else:
            return


def _say(line: str) -> None:
    sys.stdout.write(f"· {line}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
