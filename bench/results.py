"""bench/RESULTS.md: figures with the conditions they were measured under."""

from __future__ import annotations

import platform
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.options import Options
from bench.processes import cores

PATH = Path(__file__).with_name("RESULTS.md")


def conditions(options: Options, notes: Sequence[str]) -> str:
    """One paragraph: commit, interpreter, cores, database and load."""
    implementation = f"{platform.python_implementation()} {platform.python_version()}"
    parts = [
        f"commit {commit()}",
        implementation,
        f"{cores()} cores shared by load, server and database",
        *notes,
        f"{options.connections} connections, {options.rounds} rounds of {options.seconds:g} s",
        *(["answers compressed"] if options.gzip else []),
    ]
    return "; ".join(parts)


def append(described: str, shown: str) -> None:
    """Add a run at the end."""
    heading = f"\n## {datetime.now(UTC):%Y-%m-%d %H:%M} UTC\n\n"
    with PATH.open("a", encoding="utf-8") as file:
        file.write(f"{heading}{described}\n\n{shown}\n")


def commit() -> str:
    """The commit measured; marked `-dirty` when the working tree differs from it."""
    words = ["git", "-C", str(PATH.parent), "describe", "--always", "--dirty", "--abbrev=9"]
    shown = subprocess.run(words, capture_output=True, text=True, check=False)
    return shown.stdout.strip() or "unknown"
