"""Running as root: servers run under an unprivileged account, in folders that the account can access."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple, TypedDict

from wondernest.development.embedded.errors import EmbeddedError

UNPRIVILEGED_NAMES = ("nobody", "daemon")
PUBLIC_HOME = Path("/var/lib/wondernest-dev")
"""For files that the account must access, when it cannot access the project's folder."""

OUTSIDE_LINK = "outside"
PROBE_TIMEOUT_S = 10.0


class Account(NamedTuple):
    """A user that servers run as."""

    uid: int
    gid: int


class Identity(TypedDict, total=False):
    """The keyword arguments of `subprocess` for an account; empty to keep the current user."""

    user: int
    group: int
    extra_groups: list[int]


def account_for(data: Path) -> Account | None:
    """The account that servers run under. None: the current user. As root: the owner of existing data, else `nobody`."""
    if os.geteuid() != 0:
        return None
    if data.exists() and (owner := data.stat()).st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    for name in UNPRIVILEGED_NAMES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(entry.pw_uid, entry.pw_gid)
    raise EmbeddedError(f"PostgreSQL refuses to run as root and there is no user {' or '.join(UNPRIVILEGED_NAMES)}")


def reachable_home(folder: Path) -> Path:
    """The folder, created if missing. For root in a folder that others cannot access: a public folder, linked from it."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.geteuid() != 0 or _open_to_all(folder):
        return folder
    link = folder / OUTSIDE_LINK
    if not link.is_dir():
        link.unlink(missing_ok=True)
        _public_folder(PUBLIC_HOME)
        outside = Path(tempfile.mkdtemp(prefix="data-", dir=PUBLIC_HOME))
        outside.chmod(0o755)
        link.symlink_to(outside)
    return link.resolve()


def own_folder(path: Path, account: Account | None) -> Path:
    """Create a folder that only the account (and root) can access."""
    path.mkdir(mode=0o700, exist_ok=True)
    if account is not None:
        os.chown(path, account.uid, account.gid)
    return path


def runs_as(binary: Path, account: Account | None) -> bool:
    """Whether the account can execute a binary here."""
    try:
        probe = subprocess.run(
            [binary, "--version"],
            cwd="/",
            capture_output=True,
            check=False,
            timeout=PROBE_TIMEOUT_S,
            **identity(account),
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return probe.returncode == 0


def public_copy(name: str, root: Path, parts: Sequence[Path]) -> Path:
    """Copy parts of the tree `root` to a folder that everyone can read, once per name; returns the root of the copy."""
    servers = _public_folder(_public_folder(PUBLIC_HOME) / "servers")
    target = servers / name
    if target.is_dir():
        return target
    fresh = Path(tempfile.mkdtemp(prefix=".copying-", dir=servers))
    try:
        for part in parts:
            destination = fresh / part.relative_to(root)
            destination.parent.mkdir(parents=True, exist_ok=True)
            shutil.copytree(part, destination) if part.is_dir() else shutil.copy2(part, destination)
        for path in [fresh, *fresh.rglob("*")]:
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        try:
            fresh.rename(target)
        except OSError:
            if not target.is_dir():
                raise
    finally:
        shutil.rmtree(fresh, ignore_errors=True)
    return target


def identity(account: Account | None) -> Identity:
    """The arguments that start a process under an account."""
    return {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}


def _open_to_all(folder: Path) -> bool:
    place = folder.resolve()
    return all(part.stat().st_mode & stat.S_IXOTH for part in [place, *place.parents])


def _public_folder(path: Path) -> Path:
    path.mkdir(parents=True, exist_ok=True)
    path.chmod(0o755)
    return path
