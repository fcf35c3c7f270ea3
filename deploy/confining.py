"""Runs the image's commands as a container's engine does, as far as this machine allows it: read-only root, own processes, no rights."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from wondernest.development.embedded.account import Identity

MEMORY: Final = Path("/dev/shm")  # noqa: S108 - a folder of a random name is made in it
CHECK_LIMIT_S: Final = 30.0
_READ_ONLY: Final = """
set -e
kept=
while [ "$1" != -- ]; do mount --bind "$1" "$1"; kept="$kept $1 "; shift; done
shift
cut -d' ' -f5 /proc/self/mountinfo | sort -u | while read -r place; do
    case "$place" in /proc|/proc/*|/sys|/sys/*|/dev|/dev/pts|/dev/mqueue|/dev/hugepages) continue;; esac
    case "$kept" in *" $place "*) continue;; esac
    mount -o remount,bind,ro "$place" 2>/dev/null || [ ! -w "$place" ] || { echo "stays writable: $place" >&2; exit 1; }
done
exec "$@"
"""
"""Every file system of a new mount namespace becomes read-only, except the folders before `--`; then the rest is run."""
_NOTHING_ELSE: Final = """
for place in "$@"; do
    if (: > "$place/.written") 2>/dev/null; then echo "$place"; rm -f "$place/.written"; fi
done
"""
"""Prints those of some folders that can be written."""


class Confinement:
    """What comes before a command of the image."""

    def __init__(self, run_as: Identity, writable: Sequence[Path]) -> None:
        """`run_as`: empty for the current user. `writable`: the folders that stay writable, without a space in their names."""
        self._run_as = run_as
        self.alone: list[str] = []
        """Makes the command process 1 of a namespace of its own, on a read-only root. Empty where this is not possible."""
        self._as_user: list[str] = []
        self.reason = ""
        """Why it is not possible."""
        if "user" not in run_as or "group" not in run_as:
            self.reason = "only root can do it"
        elif missing := [tool for tool in ("unshare", "setpriv", "mount") if shutil.which(tool) is None]:
            self.reason = f"{', '.join(missing)} is not installed"
        else:
            self._as_user = [
                "setpriv",
                f"--reuid={run_as['user']}",
                f"--regid={run_as['group']}",
                "--clear-groups",
                "--no-new-privs",
            ]
            alone = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
            alone += ["sh", "-c", _READ_ONLY, "sh", *map(str, writable), "--"]
            self.reason = _failure(alone)
            self.alone = [] if self.reason else alone

    @property
    def words(self) -> list[str]:
        """What comes before a command."""
        return [*self.alone, *self._as_user] if self.alone else []

    @property
    def identity(self) -> Identity:
        """As whom `subprocess` starts the words: as root where they drop the rights themselves."""
        return {} if self.alone else self._run_as

    def written(self, places: Sequence[Path]) -> list[str]:
        """Those of the folders in which root can write: rights do not hide what is writable."""
        done = subprocess.run(
            [*self.alone, "sh", "-c", _NOTHING_ELSE, "sh", *map(str, places)],
            capture_output=True,
            text=True,
            check=True,
            timeout=CHECK_LIMIT_S,
        )
        return done.stdout.split()


def temporary_home() -> Path | None:
    """Where a temporary folder is in memory, as a container's tmpfs; None: nowhere."""
    return MEMORY if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) else None


def _failure(alone: Sequence[str]) -> str:
    """Why nothing can be run like this; empty if it can."""
    done = subprocess.run([*alone, "true"], capture_output=True, text=True, check=False, timeout=CHECK_LIMIT_S)
    return "" if done.returncode == 0 else (done.stderr.strip().splitlines() or ["the kernel refuses it"])[-1]
