"""Forks a child for each task, ends it when its time is over or nobody waits for it, and reports how it ended.

The control socket carries one byte for each task, with three descriptors: the task's own socket, the file to read, and the file
to write. The task itself and its outcome go over the task's socket. The end of the control socket ends this process.
"""

from __future__ import annotations

import gc
import os
import select
import signal
import socket
import sys
import time
from contextlib import suppress
from typing import Final, NoReturn

import msgspec
from msgspec import Struct

from wondernest.platform.media.messages import Limits, Outcome
from wondernest.platform.media.worker import tasks
from wondernest.platform.media.worker.confinement import confine_child, confine_server, die_with

DESCRIPTORS: Final = 3
_ENDED: Final = select.POLLHUP | select.POLLERR | select.POLLNVAL


class Child(Struct, frozen=True):
    """A running child. `deadline`: on the monotonic clock, in seconds."""

    channel: socket.socket
    deadline: float


def _only_wake(*_: object) -> None:
    """Without a handler of its own the signal would not reach the wake-up socket."""


class Server:
    """The loop. One thread, because only then may a process fork safely."""

    def __init__(self, control: int, parent: int, limits: Limits) -> None:
        self._control = socket.socket(fileno=control)
        self._parent = parent
        self._pid = os.getpid()
        self._limits = limits
        self._children: dict[int, Child] = {}
        self._late: set[int] = set()
        self._poll = select.poll()

    def run(self) -> NoReturn:
        """Serve until the control socket ends."""
        confine_server()
        die_with(self._parent)
        wake, woken = socket.socketpair()
        for end in (wake, woken):
            end.setblocking(False)
        signal.set_wakeup_fd(woken.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, _only_wake)
        self._poll.register(self._control, select.POLLIN)
        self._poll.register(wake, select.POLLIN)
        gc.collect()
        gc.freeze()
        while True:
            for descriptor, event in self._poll.poll(self._wait_ms()):
                if descriptor == self._control.fileno():
                    self._accept()
                elif descriptor == wake.fileno():
                    with suppress(BlockingIOError):
                        wake.recv(4096)
                elif event & _ENDED:
                    self._abandon(descriptor)
            self._end_late_ones()
            self._reap()

    def _wait_ms(self) -> int | None:
        """Milliseconds until the next deadline; None: no child is running."""
        waiting = [child.deadline for pid, child in self._children.items() if pid not in self._late]
        return max(0, round((min(waiting) - time.monotonic()) * 1000) + 1) if waiting else None

    def _accept(self) -> None:
        head, descriptors, _, _ = socket.recv_fds(self._control, 1, DESCRIPTORS)
        if not head:
            self._stop()
        channel_fd, source, target = descriptors
        channel = socket.socket(fileno=channel_fd)
        tasks.prepare(head)
        pid = os.fork()
        if pid == 0:
            self._become_child(channel, source, target)
        os.close(source)
        os.close(target)
        self._children[pid] = Child(channel, time.monotonic() + self._limits.seconds)
        self._poll.register(channel, 0)  # reports only that the other end is closed

    def _become_child(self, channel: socket.socket, source: int, target: int) -> NoReturn:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            die_with(self._pid)
            self._control.close()
            for child in self._children.values():
                child.channel.close()
            confine_child(self._limits)
            tasks.work(channel, source, target)
            status = 0
        finally:
            os._exit(status)  # no handler of the server's runs, whatever has happened

    def _abandon(self, descriptor: int) -> None:
        """Nobody waits for this outcome any more."""
        for pid, child in self._children.items():
            if child.channel.fileno() == descriptor:
                self._poll.unregister(child.channel)
                os.kill(pid, signal.SIGKILL)

    def _end_late_ones(self) -> None:
        now = time.monotonic()
        for pid, child in self._children.items():
            if child.deadline <= now and pid not in self._late:
                self._late.add(pid)
                os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        for pid in tuple(self._children):
            ended, status = os.waitpid(pid, os.WNOHANG)
            if not ended:
                continue
            child = self._children.pop(pid)
            with suppress(KeyError):
                self._poll.unregister(child.channel)
            if status:
                died = os.WTERMSIG(status) if os.WIFSIGNALED(status) else signal.SIGABRT
                outcome = Outcome(died=died, late=pid in self._late)
                with suppress(OSError):
                    child.channel.send(msgspec.json.encode(outcome) + b"\n")
            self._late.discard(pid)
            child.channel.close()

    def _stop(self) -> NoReturn:
        for pid in self._children:
            os.kill(pid, signal.SIGKILL)
        sys.exit(0)
