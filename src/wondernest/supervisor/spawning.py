"""Starting a worker process. The master's own start waits for it, so this imports next to nothing."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from typing import NamedTuple

SLOT_VARIABLE = "WONDERNEST_WORKER"
WORKER_MODULE = "wondernest.supervisor.worker"


class Spawned(NamedTuple):
    """A worker process that has just started."""

    slot: int
    process: subprocess.Popen[bytes]
    channel: socket.socket
    """Says when the worker is ready, and ends with it."""


def worker_command(module: str = WORKER_MODULE) -> list[str]:
    """How a worker is started; `spawn` adds its channel and the sockets."""
    return [sys.executable, "-P", "-m", module]


def jobs_command() -> list[str]:
    """How a jobs process is started; it gets no sockets."""
    return [sys.executable, "-P", "-m", "wondernest.supervisor.jobs"]


def spawn(command: Sequence[str], sockets: Sequence[socket.socket], slot: int) -> Spawned:
    """Begin a worker that inherits the listening sockets and one end of a channel."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        listeners = [listener.fileno() for listener in sockets]
        process = subprocess.Popen(
            [*command, str(theirs.fileno()), ",".join(str(fd) for fd in listeners)],
            pass_fds=[theirs.fileno(), *listeners],
            stdin=subprocess.DEVNULL,
            env={**os.environ, SLOT_VARIABLE: str(slot)},
            process_group=0,  # Ctrl-C in a terminal is the master's business
        )
    return Spawned(slot, process, ours)
