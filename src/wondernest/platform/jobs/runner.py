"""Runs the declared jobs and schedules in this process until `stop`. Waits while the database is unavailable."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from pgqueuer.core.sm import SchedulerManager

from wondernest.platform.clock import SystemClock
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.ids import new_uuid
from wondernest.platform.jobs.attempts import Attempts
from wondernest.platform.jobs.library import Executor, QueueDatabase, Workers, mute_library_log, queries_over
from wondernest.platform.jobs.queue import ENQUEUE_FUNCTION
from wondernest.platform.jobs.state import queue_state
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from wondernest.platform.clock import Clock
    from wondernest.platform.jobs.declarations import Job, Schedule
    from wondernest.platform.jobs.instruments import JobInstruments
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import Settings

log = get_logger(__name__)

POLL_S: Final = 5.0
"""How often the queue is polled without a notification: for ended leases and lost notifications."""
HEARTBEAT_S: Final = 5.0
"""How often a process stores its heartbeat and measures the queue."""
FIRST_PAUSE_S: Final = 0.25
LONGEST_PAUSE_S: Final = 5.0
STEADY_S: Final = 30.0
"""After running for so long the next restart pause is short again."""
MOST_AHEAD: Final = timedelta(minutes=1)
"""By how much the clock of this process may be ahead of the database's."""
INTERRUPT_S: Final = 2.0
"""After the grace period: how long interrupted jobs may take to go back into the queue."""

_ALIVE: Final = """
    insert into wondernest.job_processes (id) values ($1) on conflict (id) do update set seen_at = now()"""
_ENQUEUE_DUE: Final = f"select {ENQUEUE_FUNCTION}($1, '{{}}', $2)"
_NOW: Final = "select clock_timestamp()"
_GONE: Final = "delete from wondernest.job_processes where id = $1"


class JobRunner:
    """Runs each job at least once, with bounded concurrency and a lease; each schedule once for all jobs processes."""

    def __init__(
        self,
        settings: Settings,
        jobs: Sequence[Job],
        schedules: Sequence[Schedule],
        metrics: Metrics,
        instruments: JobInstruments,
        clock: Clock | None = None,
    ) -> None:
        mute_library_log()
        self._clock = clock or SystemClock()
        self._settings = settings.jobs
        self._grace_s = settings.server.shutdown_grace_s
        self._database = QueueDatabase(settings.database, metrics)
        self._jobs = jobs
        self._schedules = schedules
        self._metrics = metrics
        self._instruments = instruments
        self._attempts = Attempts(jobs, instruments, self._is_ahead)
        self._stopping = asyncio.Event()
        self._stop_now = asyncio.Event()
        self._id = new_uuid()

    async def run(self) -> None:
        """Run until `stop`, then until the running jobs have ended or the grace period is over."""
        heartbeat = asyncio.create_task(self._heartbeat(), name="jobs: alive")
        loop = asyncio.get_running_loop()
        pause_s = FIRST_PAUSE_S
        while not self._stopping.is_set():
            began = loop.time()
            try:
                await self._work()
            except DependencyUnavailable:
                pass  # already logged and counted by its source
            except Exception:  # whatever the error, the queue must go on
                log.exception("the queue stopped and is started again")
            pause_s = FIRST_PAUSE_S if loop.time() - began > STEADY_S else min(pause_s * 2, LONGEST_PAUSE_S)
            await self._pause(pause_s)
        heartbeat.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await heartbeat
        with contextlib.suppress(DependencyUnavailable):
            await self._database.execute(_GONE, self._id)
        await self._database.close()

    def stop(self) -> None:
        """Take no more jobs and end; a second call skips the wait for running jobs."""
        if self._stopping.is_set():
            self._stop_now.set()
        self._stopping.set()

    async def _work(self) -> None:
        """Run the library's two loops until `stop` or until one fails; raises that loop's error."""
        workers, scheduler = self._workers(), self._scheduler()
        loops = [
            asyncio.create_task(self._take_jobs(workers), name="jobs: queue"),
            asyncio.create_task(self._keep_schedules(scheduler), name="jobs: schedules"),
        ]
        stopping = asyncio.create_task(self._stopping.wait())
        try:
            await asyncio.wait((*loops, stopping), return_when=asyncio.FIRST_COMPLETED)
            workers.shutdown.set()
            scheduler.shutdown.set()
            ended = asyncio.gather(*loops, return_exceptions=True)
            await asyncio.wait((ended, stopping), return_when=asyncio.FIRST_COMPLETED)
            if not ended.done():
                await self._drain(loops)
        finally:
            stopping.cancel()
        for result in await ended:
            if isinstance(result, Exception) and not self._stopping.is_set():
                raise result

    async def _drain(self, loops: Sequence[asyncio.Task[None]]) -> None:
        """Wait for running jobs within the grace period. The rest goes back into the queue, now or when the lease ends."""
        stop_now = asyncio.create_task(self._stop_now.wait())
        everything = asyncio.gather(*loops, return_exceptions=True)
        await asyncio.wait((everything, stop_now), timeout=self._grace_s, return_when=asyncio.FIRST_COMPLETED)
        stop_now.cancel()
        if not everything.done():
            self._attempts.interrupt()
            await asyncio.wait((everything,), timeout=INTERRUPT_S)
        if not everything.done():
            log.warning("jobs are left to the end of their lease")
            for loop in loops:
                loop.cancel()
            await everything

    async def _take_jobs(self, workers: Workers) -> None:
        concurrency = self._settings.concurrency
        lease = timedelta(seconds=self._settings.lease_s)
        await workers.run(
            dequeue_timeout=timedelta(seconds=min(POLL_S, self._settings.lease_s / 2)),
            batch_size=concurrency // 2,
            max_concurrent_tasks=concurrency,
            shutdown_on_listener_failure=True,
            heartbeat_timeout=lease,
            log_aggregation_interval=timedelta(0),
        )

    async def _keep_schedules(self, scheduler: SchedulerManager) -> None:
        await queries_over(self._database).keep_schedules(
            [(key.entrypoint, key.expression) for key in scheduler.registry]
        )
        await scheduler.run()

    def _workers(self) -> Workers:
        queries = queries_over(self._database)
        workers = Workers(queries, channel=queries.qbe.settings.channel)
        for job in self._jobs:
            workers.register_executor(job.name, Executor(self._attempts, queries))
        return workers

    def _scheduler(self) -> SchedulerManager:
        scheduler = SchedulerManager(queries_over(self._database))
        for schedule in self._schedules:
            scheduler.schedule(schedule.name, schedule.cron)(self._due(schedule))
        return scheduler

    def _due(self, schedule: Schedule) -> Callable[[object], Awaitable[None]]:
        """Enqueue the schedule's job, unless the previous one still waits or runs."""

        async def enqueue(_: object) -> None:
            await self._database.fetchval(_ENQUEUE_DUE, schedule.job, f"schedule {schedule.name}")

        return enqueue

    async def _heartbeat(self) -> None:
        while True:
            try:
                await self._database.execute(_ALIVE, self._id)
                state = await queue_state(self._database)
                self._instruments.queue(state.waiting, sum(state.dead.values()), state.late_s)
                self._metrics.flush()
            except DependencyUnavailable:
                pass  # already logged and counted by its source
            except Exception:  # the next heartbeat tries again
                log.exception("the queue cannot be measured")
            await asyncio.sleep(HEARTBEAT_S)

    async def _is_ahead(self) -> bool:
        now: datetime = await self._database.fetchval(_NOW)
        return self._clock.now() - now > MOST_AHEAD

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
