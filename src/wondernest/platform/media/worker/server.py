"""Forks a helper for each task, ends it when its time is over or nobody waits for it, and reports how it ended.

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
from wondernest.platform.media.worker.confinement import confine_helper, confine_server, die_with

DESCRIPTORS: Final = 3
_ENDED: Final = select.POLLHUP | select.POLLERR | select.POLLNVAL


class Helper(Struct, frozen=True):
    """A running helper. `deadline`: on the monotonic clock, in seconds."""

    channel: socket.socket
    deadline: float


def _only_wake(*_: object) -> None:
    """Without a handler of its own the signal would not reach the wake-up socket."""


class Server:
    """The loop. One thread, because only then may a process fork safely."""

    def __init__(self, control: int, owner: int, limits: Limits) -> None:
        self._control = socket.socket(fileno=control)
        self._owner = owner
        self._pid = os.getpid()
        self._limits = limits
        self._helpers: dict[int, Helper] = {}
        self._late: set[int] = set()
        self._poll = select.poll()

    def run(self) -> NoReturn:
        """Serve until the control socket ends."""
        confine_server()
        die_with(self._owner)
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
        """Milliseconds until the next deadline; None: no helper is running."""
        waiting = [helper.deadline for pid, helper in self._helpers.items() if pid not in self._late]
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
            self._become_helper(channel, source, target)
        os.close(source)
        os.close(target)
        self._helpers[pid] = Helper(channel, time.monotonic() + self._limits.seconds)
        self._poll.register(channel, 0)  # reports only that the other end is closed

    def _become_helper(self, channel: socket.socket, source: int, target: int) -> NoReturn:
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            die_with(self._pid)
            self._control.close()
            for helper in self._helpers.values():
                helper.channel.close()
            confine_helper(self._limits)
            tasks.work(channel, source, target)
            status = 0
        finally:
            os._exit(status)  # no handler of the server's runs, whatever has happened

    def _abandon(self, descriptor: int) -> None:
        """Nobody waits for this outcome any more."""
        for pid, helper in self._helpers.items():
            if helper.channel.fileno() == descriptor:
                self._poll.unregister(helper.channel)
                os.kill(pid, signal.SIGKILL)

    def _end_late_ones(self) -> None:
        now = time.monotonic()
        for pid, helper in self._helpers.items():
            if helper.deadline <= now and pid not in self._late:
                self._late.add(pid)
                os.kill(pid, signal.SIGKILL)

    def _reap(self) -> None:
        for pid in tuple(self._helpers):
            ended, status, used = os.wait4(pid, os.WNOHANG)
            if not ended:
                continue
            helper = self._helpers.pop(pid)
            with suppress(KeyError):
                self._poll.unregister(helper.channel)
            if status:
                died = os.WTERMSIG(status) if os.WIFSIGNALED(status) else signal.SIGABRT
                late = pid in self._late or died == signal.SIGXCPU
                starved = late and used.ru_utime + used.ru_stime < self._limits.seconds / 2
                outcome = Outcome(died=died, late=late, starved=starved)
                with suppress(OSError):
                    helper.channel.send(msgspec.json.encode(outcome) + b"\n")
            self._late.discard(pid)
            helper.channel.close()

    def _stop(self) -> NoReturn:
        for pid in self._helpers:
            os.kill(pid, signal.SIGKILL)
        sys.exit(0)
