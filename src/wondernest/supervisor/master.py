"""The master: keeps a process running in every slot, replaces the processes on request, and stops them in order.

The first slots are for workers. The slots after them are for jobs processes, which start when the workers are ready.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wondernest.platform.clock import monotonic
from wondernest.platform.telemetry.events import get_logger
from wondernest.supervisor.spawning import Spawned, spawn

log = get_logger(__name__)

STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)
START_ATTEMPTS = 5
"""After so many failed starts, with no worker ever ready, the master gives up."""
STEADY_S = 5.0
"""After a process has run this long, its successor starts without a pause."""
FIRST_PAUSE_S = 0.1
LONGEST_PAUSE_S = 5.0
KILL_MARGIN_S = 3.0
"""Added to the grace period, for the application to close its resources, before SIGKILL."""
FORCED_STOP_S = 1.0
"""How long a process may take to end after its second SIGTERM, before SIGKILL."""


@dataclass(eq=False)
class Worker:
    """A worker or jobs process and its state."""

    slot: int
    process: subprocess.Popen[bytes]
    ready: asyncio.Task[bool]
    """Whether it became ready; False if it ended before."""
    ended: asyncio.Task[int]
    """Its exit code, when it has ended."""
    began: float = field(default_factory=monotonic)

    def signal(self, number: signal.Signals) -> None:
        """Send a signal, unless the process has ended."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(number)


class Master:
    """Runs `count` workers on inherited sockets until it gets a stop signal."""

    def __init__(
        self,
        command: Sequence[str],
        sockets: Sequence[socket.socket],
        count: int,
        grace_s: float,
        metrics: Path,
        started: Sequence[Spawned] = (),
        *,
        jobs_command: Sequence[str] = (),
        jobs_count: int = 0,
    ) -> None:
        """`started`: workers that were started before, each with its slot."""
        self._command = command
        self._sockets = sockets
        self._count = count
        self._grace_s = grace_s
        self._metrics = metrics
        self._started_early = {spawned.slot: spawned for spawned in started}
        self._workers: set[Worker] = set()
        self._current: dict[int, Worker] = {}
        self._stopping = asyncio.Event()
        self._stop_now = asyncio.Event()
        self._replace = asyncio.Event()
        self._jobs_command = jobs_command
        self._jobs_slots = range(count + 1, count + 1 + jobs_count)
        self._starting = set(range(1, count + 1))
        self._serving = asyncio.Event()
        """Set when every worker is ready or has failed. Jobs processes start then, so that they do not slow the workers' start."""
        self._ever_ready = False
        self._give_up_reason = ""

    async def run(self) -> str:
        """Run until SIGTERM or SIGINT. A second one skips the grace period; SIGHUP replaces all processes.

        Returns why it gave up; empty after a normal stop.
        """
        loop = asyncio.get_running_loop()
        for number in STOP_SIGNALS:
            loop.add_signal_handler(number, self._asked_to_stop)
        loop.add_signal_handler(signal.SIGHUP, self._replace.set)
        keepers = [asyncio.create_task(self._keep_running(slot)) for slot in range(1, self._count + 1)]
        keepers += [asyncio.create_task(self._keep_jobs_running(slot)) for slot in self._jobs_slots]
        replacer = asyncio.create_task(self._replace_on_request())
        await self._stopping.wait()
        self._serving.set()
        replacer.cancel()
        for listener in self._sockets:  # once the workers have closed theirs too, the kernel refuses connections
            listener.close()
        await asyncio.gather(*(self._end(worker) for worker in list(self._workers)))
        await asyncio.gather(*keepers)
        return self._give_up_reason

    def _asked_to_stop(self) -> None:
        if self._stopping.is_set():
            self._stop_now.set()
        log.info("stopping", workers=len(self._workers), grace_s=0 if self._stop_now.is_set() else self._grace_s)
        self._stopping.set()

    async def _keep_running(self, slot: int) -> None:
        """Keep a process running in one slot until the stop."""
        failures = 0
        while not self._stopping.is_set():
            worker = self._current.get(slot) or self._begin(slot)
            self._current[slot] = worker
            self._ever_ready |= await worker.ready
            self._started(slot)
            code = await worker.ended
            if self._stopping.is_set() or self._current.get(slot) is not worker:
                continue
            del self._current[slot]
            ended = "jobs process ended" if slot in self._jobs_slots else "worker ended"
            log.warning(ended, slot=slot, pid=worker.process.pid, exit_code=code)
            failures = 0 if monotonic() - worker.began > STEADY_S else failures + 1
            if not self._ever_ready and (code == os.EX_CONFIG or failures >= START_ATTEMPTS):
                self._give_up_reason = f"no worker could start (exit code {code}); the lines above say why"
                self._stopping.set()
                return
            await self._pause(failures)

    async def _keep_jobs_running(self, slot: int) -> None:
        """As `_keep_running`, for a jobs process."""
        await self._serving.wait()
        await self._keep_running(slot)

    def _started(self, slot: int) -> None:
        self._starting.discard(slot)
        if self._ever_ready and not self._starting:
            self._serving.set()

    def _begin(self, slot: int) -> Worker:
        if slot in self._jobs_slots:
            spawned = spawn(self._jobs_command, (), slot)
        else:
            spawned = self._started_early.pop(slot, None) or spawn(self._command, self._sockets, slot)
        ready = asyncio.create_task(_is_ready(spawned.channel))
        ended = asyncio.create_task(self._reap(spawned, ready))
        worker = Worker(slot, spawned.process, ready, ended)
        self._workers.add(worker)
        ended.add_done_callback(lambda _: self._workers.discard(worker))
        return worker

    async def _reap(self, spawned: Spawned, ready: asyncio.Task[bool]) -> int:
        """Wait for the end of a process, and clean up after it; returns its exit code."""
        await ready
        while await _received(spawned.channel):
            pass
        code = await asyncio.to_thread(spawned.process.wait)
        spawned.channel.close()
        # A gauge of an ended process is not valid any more.
        for gauge in self._metrics.glob(f"gauge_*_{spawned.process.pid}.db"):
            gauge.unlink()
        return code

    async def _pause(self, failures: int) -> None:
        if failures > 1:
            delay = min(FIRST_PAUSE_S * 2 ** (failures - 2), LONGEST_PAUSE_S)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stopping.wait(), delay)

    async def _end(self, worker: Worker) -> None:
        """Stop a process: wait for it within the grace period or until `_stop_now`, then force it."""
        worker.signal(signal.SIGTERM)
        stop_now = asyncio.create_task(self._stop_now.wait())
        await asyncio.wait(
            (worker.ended, stop_now), timeout=self._grace_s + KILL_MARGIN_S, return_when=asyncio.FIRST_COMPLETED
        )
        stop_now.cancel()
        if not worker.ended.done():
            worker.signal(signal.SIGTERM)
            await asyncio.wait((worker.ended,), timeout=FORCED_STOP_S)
        if not worker.ended.done():
            log.error("worker killed", slot=worker.slot, pid=worker.process.pid)
            worker.signal(signal.SIGKILL)
        await asyncio.wait((worker.ended,))

    async def _replace_on_request(self) -> None:
        while True:
            await self._replace.wait()
            self._replace.clear()
            log.info("replacing workers", workers=self._count)
            for slot in range(1, self._count + 1):
                if not await self._replaced(slot):
                    break
            else:
                log.info("workers replaced", workers=self._count)
                await self._replace_jobs()

    async def _replace_jobs(self) -> None:
        """Stop each jobs process; `_keep_running` starts the next. The old one ends first, so no additional connections are needed."""
        for slot in self._jobs_slots:
            if (old := self._current.pop(slot, None)) is not None:
                await self._end(old)

    async def _replaced(self, slot: int) -> bool:
        """Start a new worker in a slot, then stop the old one. False if the new one fails; then the old one stays."""
        old = self._current.get(slot)
        if old is None:
            return True
        new = self._begin(slot)
        if not await new.ready:
            log.error("replacement failed, the old worker stays", slot=slot, exit_code=await new.ended)
            return False
        if self._current.get(slot) is old:
            self._current[slot] = new
        else:
            old = new  # the old one died meanwhile, and `_keep_running` already started another
        await self._end(old)
        return True


async def _is_ready(channel: socket.socket) -> bool:
    return bool(await _received(channel))


async def _received(channel: socket.socket) -> bytes:
    """The next bytes of a process; empty when it has ended."""
    try:
        return await asyncio.get_running_loop().sock_recv(channel, 16)
    except OSError:
        return b""


def run_master(master: Master) -> str:
    """Run a master in a new event loop; returns what `Master.run` returns."""

    async def run() -> str:
        gave_up = await master.run()
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)  # everything has stopped: do not interrupt the cleanup
        return gave_up

    return asyncio.run(run())
