"""Starts worker and jobs processes. The master's own start waits for it, so it imports very little."""

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
    """A process that was just started."""

    slot: int
    process: subprocess.Popen[bytes]
    channel: socket.socket
    """The process writes to it when it is ready. End-of-file means that the process has ended."""


def worker_command(module: str = WORKER_MODULE) -> list[str]:
    """The command line of a worker, without the arguments that `spawn` adds."""
    return [sys.executable, "-P", "-m", module]


def jobs_command() -> list[str]:
    """The command line of a jobs process. It gets no sockets."""
    return [sys.executable, "-P", "-m", "wondernest.supervisor.jobs"]


def spawn(command: Sequence[str], sockets: Sequence[socket.socket], slot: int) -> Spawned:
    """Start a process that inherits the listening sockets and one end of a channel."""
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        listeners = [listener.fileno() for listener in sockets]
        process = subprocess.Popen(
            [*command, str(theirs.fileno()), ",".join(str(fd) for fd in listeners)],
            pass_fds=[theirs.fileno(), *listeners],
            stdin=subprocess.DEVNULL,
            env={**os.environ, SLOT_VARIABLE: str(slot)},
            process_group=0,  # so that Ctrl-C in a terminal only signals the master
        )
    return Spawned(slot, process, ours)
