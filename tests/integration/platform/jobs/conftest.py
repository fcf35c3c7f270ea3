"""Runners on the test's own database, with the test's own jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
import pytest

from wondernest.platform.clock import Clock
from wondernest.platform.db.pool import Database
from wondernest.platform.jobs import Job, QueuedJobs, Schedule
from wondernest.platform.jobs.instruments import JobInstruments
from wondernest.platform.jobs.runner import JobRunner
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Settings

PATIENCE_S = 30.0
POLL_S = 0.02


@dataclass
class Bench:
    """A queue, its runners, and queries about its state."""

    settings: Settings
    metrics: Metrics = field(default_factory=Metrics)

    @asynccontextmanager
    async def running(
        self, *jobs: Job, schedules: Sequence[Schedule] = (), clock: Clock | None = None
    ) -> AsyncGenerator[JobRunner]:
        """A running runner; stopped in order at the end."""
        metrics = Metrics()
        instruments = JobInstruments(metrics)
        instruments.show(job.name for job in jobs)
        runner = JobRunner(self.settings, jobs, schedules, metrics, instruments, clock)
        work = asyncio.create_task(runner.run())
        try:
            yield runner
        finally:
            runner.stop()
            await work

    async def send(self, job: str, *, key: str | None = None, **args: Any) -> None:
        """Enqueue a job in a transaction of its own."""
        database = Database(self.settings.database, self.metrics)
        await QueuedJobs().sender(job)(database, args, key=key)
        await database.close()

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows of the database."""
        with psycopg.connect(self.settings.database.url, autocommit=True) as connection:
            found = connection.execute(sql.encode(), values)
            return found.fetchall() if found.description else []

    def statuses(self) -> list[str]:
        """The states of the jobs in the queue, oldest first."""
        return [row[0] for row in self.rows("select status::text from wondernest.jobs order by id")]

    async def until(self, holds: Callable[[], object | Awaitable[object]], what: str) -> None:
        """Wait until a condition holds."""
        try:
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    found = holds()
                    if await found if isinstance(found, Awaitable) else found:
                        return
                    await asyncio.sleep(POLL_S)
        except TimeoutError:
            pytest.fail(f"never happened: {what}")


@pytest.fixture
def bench(make_settings: Callable[..., Settings]) -> Bench:
    """A queue with short leases."""
    return Bench(make_settings(JOBS_LEASE_S="1", SHUTDOWN_GRACE_S="20"))
