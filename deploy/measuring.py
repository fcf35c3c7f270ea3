"""What the rehearsal measures: the memory of processes and the size of a tree."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

KIB: Final = 1024


def memory(pid: int) -> str:
    """Resident memory of the service's processes, in MB, by what they run."""
    parents: dict[int, list[int]] = {}
    for place in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        parents.setdefault(parent, []).append(int(place.name))
    family, young = [pid], [pid]
    while young := [child for parent in young for child in parents.get(parent, [])]:
        family += young
    sizes = {member: _resident_megabytes(member) for member in family}
    each = ", ".join(f"{_role(member)} {size}" for member, size in sizes.items())
    return f"{sum(sizes.values())} MB ({each})"


def _role(pid: int) -> str:
    """The module that a process runs, or `serve` for the supervisor."""
    try:
        words = Path(f"/proc/{pid}/cmdline").read_text().split("\0")
    except OSError:
        return "ended"
    return next((word.removeprefix("wondernest.") for word in words if word.startswith("wondernest.")), "serve")


def _resident_megabytes(pid: int) -> int:
    try:
        found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    except OSError:
        return 0
    return int(found[1]) // KIB if found else 0


def megabytes(folder: Path) -> int:
    """The size of the files of a tree, in MB."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file()) // KIB // KIB
