"""CPU time, memory and open files of process trees, read from /proc. Linux only: on other systems they are empty."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
_LISTEN = "0A"
_ADDRESS_FIELD = 1
_STATE_FIELD = 3
_QUEUES_FIELD = 4
_INODE_FIELD = 9


@dataclass(frozen=True, slots=True)
class Usage:
    """A process tree at one moment."""

    cpu_s: float
    rss_mb: float
    largest_rss_mb: float
    descriptors: int = 0
    """Open files and sockets, of the processes whose /proc entries we may read."""


class ProcessTree:
    """A process and all it started."""

    def __init__(self, root: int) -> None:
        self.root = root

    def usage(self) -> Usage:
        """CPU time so far (ended children included) and memory now."""
        parents = _parents()
        members, growing = {self.root}, True
        while growing:
            more = {pid for pid, parent in parents.items() if parent in members} - members
            members |= more
            growing = bool(more)
        sizes = [_rss_mb(pid) for pid in members]
        return Usage(sum(map(_cpu_s, members)), sum(sizes), max(sizes), sum(map(_descriptors, members)))


def listening(port: int) -> ProcessTree | None:
    """The process tree that listens on a TCP port of this machine; None when we may not see it."""
    inodes = {f"socket:[{inode}]" for inode in _listening_inodes(port)}
    owners = {pid for pid in _pids() if inodes and _holds(pid, inodes)}
    parents = _parents()
    roots = [pid for pid in owners if parents.get(pid) not in owners]
    return ProcessTree(min(roots)) if roots else None


def waiting_at(port: int) -> int:
    """Connections not accepted yet, plus accepted connections with unread bytes."""
    waiting = 0
    for fields in _sockets(port):
        unread = int(fields[_QUEUES_FIELD].rpartition(":")[2], 16)
        waiting += unread if fields[_STATE_FIELD] == _LISTEN else bool(unread)
    return waiting


def postmaster_of(backend: int) -> ProcessTree | None:
    """The process tree of the PostgreSQL server that owns a backend; None when it does not run on this machine."""
    if not backend or _name(backend) != "postgres":
        return None
    parent = _parents().get(backend)
    return ProcessTree(parent) if parent and _name(parent) == "postgres" else None


def cores() -> int:
    """How many cores we may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _pids() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()] if PROC.is_dir() else []


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat from the third on (the second, the name, may hold anything)."""
    try:
        return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []


def _parents() -> dict[int, int]:
    return {pid: int(fields[1]) for pid in _pids() if (fields := _stat(pid))}


def _cpu_s(pid: int) -> float:
    fields = _stat(pid)
    return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _rss_mb(pid: int) -> float:
    try:
        pages = int((PROC / str(pid) / "statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _name(pid: int) -> str:
    try:
        return (PROC / str(pid) / "comm").read_text().strip()
    except OSError:
        return ""


def _descriptors(pid: int) -> int:
    try:
        return sum(1 for _ in (PROC / str(pid) / "fd").iterdir())
    except OSError:
        return 0


def _listening_inodes(port: int) -> set[str]:
    return {fields[_INODE_FIELD] for fields in _sockets(port) if fields[_STATE_FIELD] == _LISTEN}


def _sockets(port: int) -> list[list[str]]:
    """The kernel's fields for each TCP socket of this machine with that local port."""
    found: list[list[str]] = []
    for table in ("tcp", "tcp6"):
        try:
            lines = (PROC / "net" / table).read_text().splitlines()[1:]
        except OSError:
            continue
        rows = map(str.split, lines)
        found += [fields for fields in rows if int(fields[_ADDRESS_FIELD].rpartition(":")[2], 16) == port]
    return found


def _holds(pid: int, sockets: set[str]) -> bool:
    try:
        return any(str(entry.readlink()) in sockets for entry in (PROC / str(pid) / "fd").iterdir())
    except OSError:
        return False
