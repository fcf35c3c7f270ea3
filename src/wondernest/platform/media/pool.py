"""Runs tasks in helper processes: how many at once, how many wait, and what happens when one ends badly.

The pool starts one server process when it is first needed (`worker.server`), and ends it when it was not needed for a while. The
server forks a helper for each task. This process only passes descriptors on: it never reads a file.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from contextlib import suppress
from typing import Final

import msgspec

from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.media.instruments import DEPENDENCY
from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.messages import MAX_LINE_BYTES, Limits, Outcome, Task
from wondernest.platform.telemetry.events import get_logger

log = get_logger(__name__)

WORKER_MODULE: Final = "wondernest.platform.media.worker"
IDLE_S: Final = 120.0
"""An unused server process is ended after so long."""
START_GRACE_S: Final = 10.0
"""How much longer than a task may take this process waits for its outcome: the server process may have to start first."""
_KILLED: Final = signal.SIGKILL
_PDF_HEAD: Final = b"d"
_OTHER_HEAD: Final = b"o"
_ENVIRONMENT: Final = {
    "LC_ALL": "C.UTF-8",
    "PATH": os.defpath,
    "MALLOC_ARENA_MAX": "1",
    "OMP_NUM_THREADS": "1",
}
"""The helpers see no setting and no secret."""


class ServerLost(Exception):
    """The server process, or a helper, was ended from outside: the file is not the reason."""


class Pool:
    """Bounded work in helper processes. Raises DependencyUnavailable at once when too many tasks wait."""

    def __init__(
        self,
        limits: Limits,
        *,
        concurrency: int,
        queue: int,
        start_grace_s: float = START_GRACE_S,
        idle_s: float = IDLE_S,
    ) -> None:
        self._limits = limits
        self._idle_s = idle_s
        self._patience_s = limits.seconds + start_grace_s
        self._slots = asyncio.Semaphore(concurrency)
        self._places = concurrency + queue
        self._taken = 0
        self._running = 0
        self._server: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._ending: set[asyncio.Task[int]] = set()
        self._closed = False

    @property
    def server_pid(self) -> int | None:
        """The id of the server process; None: none is running."""
        return self._server.pid if self._server is not None and self._server.poll() is None else None

    def require_capacity(self) -> None:
        """Raise DependencyUnavailable if no more task may wait; called before more expensive steps."""
        if self._closed:
            raise DependencyUnavailable(DEPENDENCY, "this process is stopping")
        if self._taken >= self._places:
            raise DependencyUnavailable(DEPENDENCY, "too many files are waiting")

    async def run(self, task: Task, source: int, target: int) -> Outcome:
        """The outcome of a task on two open files. A task whose server process is lost is run once more.

        Raises DependencyUnavailable when too many tasks wait, when one waits too long, or when helpers cannot be run.
        """
        self.require_capacity()
        self._taken += 1
        try:
            await self._enter()
            try:
                return await self._attempts(task, source, target)
            finally:
                self._leave()
        finally:
            self._taken -= 1

    async def close(self) -> None:
        """End the server process and its helpers; running tasks fail."""
        self._closed = True
        self._end_server()
        if self._ending:
            await asyncio.gather(*self._ending)

    async def _enter(self) -> None:
        try:
            async with asyncio.timeout(self._limits.seconds):  # wait_for of Python 3.11 can lose a cancellation
                await self._slots.acquire()
        except TimeoutError:
            raise DependencyUnavailable(DEPENDENCY, "files are waiting too long") from None
        self._running += 1
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None

    def _leave(self) -> None:
        self._running -= 1
        self._slots.release()
        if not self._running and not self._closed:
            self._idle = asyncio.get_running_loop().call_later(self._idle_s, self._end_server)

    async def _attempts(self, task: Task, source: int, target: int) -> Outcome:
        for _ in range(2):
            if self._closed:
                break
            os.lseek(source, 0, os.SEEK_SET)
            os.ftruncate(target, 0)
            os.lseek(target, 0, os.SEEK_SET)
            with suppress(ServerLost):
                return await self._attempt(task, source, target)
        raise DependencyUnavailable(DEPENDENCY, "the process that inspects files ended")

    async def _attempt(self, task: Task, source: int, target: int) -> Outcome:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        with ours:
            with theirs:
                self._hand_over(task, [theirs.fileno(), source, target])
            try:
                async with asyncio.timeout(self._patience_s):
                    answer = await _exchange(ours, msgspec.json.encode(task) + b"\n")
            except TimeoutError:  # the server process ends late helpers itself, unless it hangs
                self._end_server()
                raise ServerLost from None
            except OSError:
                raise ServerLost from None
        lines = answer.splitlines()
        if not lines:
            raise ServerLost
        outcome = msgspec.json.decode(lines[0], type=Outcome)
        if outcome.died == _KILLED and not outcome.late:
            raise ServerLost
        return outcome

    def _hand_over(self, task: Task, descriptors: list[int]) -> None:
        head = _PDF_HEAD if task.kind == Kind.PDF else _OTHER_HEAD
        for _ in range(2):
            try:
                socket.send_fds(self._running_control(), [head], descriptors)
                return
            except OSError:
                self._end_server()
        raise ServerLost

    def _running_control(self) -> socket.socket:
        if self._control is None or self._server is None or self._server.poll() is not None:
            self._end_server()
            self._start_server()
        assert self._control is not None
        return self._control

    def _start_server(self) -> None:
        ours, theirs = socket.socketpair()
        ours.setblocking(False)
        limits = msgspec.json.encode(self._limits).decode()
        command = [sys.executable, "-I", "-m", WORKER_MODULE, str(theirs.fileno()), str(os.getpid()), limits]
        try:
            with theirs:
                self._server = subprocess.Popen(
                    command,
                    pass_fds=[theirs.fileno()],
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    cwd="/",
                    env=_ENVIRONMENT,
                    process_group=0,  # so that Ctrl-C in a terminal only signals the master
                )
        except OSError as error:
            ours.close()
            raise DependencyUnavailable(DEPENDENCY, f"no process can be started ({type(error).__name__})") from None
        self._control = ours

    def _end_server(self) -> None:
        server, self._server = self._server, None
        if self._idle is not None:
            self._idle.cancel()
            self._idle = None
        if self._control is not None:
            self._control.close()
            self._control = None
        if server is not None:
            server.kill()  # its helpers die with it
            waiting = asyncio.get_running_loop().create_task(asyncio.to_thread(server.wait))
            self._ending.add(waiting)
            waiting.add_done_callback(self._ending.discard)


async def _exchange(channel: socket.socket, line: bytes) -> bytes:
    """Send a line and read the one that answers it; less than a line when the other side has ended."""
    loop = asyncio.get_running_loop()
    await loop.sock_sendall(channel, line)
    answer = bytearray()
    while len(answer) <= MAX_LINE_BYTES and (piece := await loop.sock_recv(channel, MAX_LINE_BYTES)):
        answer += piece
        if b"\n" in piece:  # what follows is the end, or a reset when the helper had not read its task
            break
    return bytes(answer)
