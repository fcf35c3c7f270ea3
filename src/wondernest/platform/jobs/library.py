"""PgQueuer with our table names and our connection pool. It retries while the database is unavailable."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Final, TypeVar

from msgspec.structs import replace
from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.adapters.persistence.queries import Queries
from pgqueuer.core.executors import AbstractEntrypointExecutor, EntrypointExecutorParameters
from pgqueuer.core.qm import QueueManager
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.errors import RetryRequested
from pgqueuer.domain.models import Context, TracebackRecord
from pgqueuer.domain.models import Job as QueueRow
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import JOB_STATUS, Channel
from pgqueuer.ports.driver import Driver, NotifyCallback

from wondernest.platform.db.pool import Connection, Database
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.jobs.attempts import Attempts, Dead, Delivered, RetryLater

if TYPE_CHECKING:
    from typing import Self

    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import Database as DatabaseSettings

Answer = TypeVar("Answer")

RETRY_PAUSE_S: Final = 1.0
"""Pause between attempts to store a job's result while the database is unavailable."""
CHANNEL: Final = "wondernest_jobs"
ACQUIRE_TIMEOUT_S: Final = 30.0
"""Long, because the queue has one connection and its statements wait for each other."""

_DELIVERIES: Final = """
    select count(*) from wondernest.job_log
     where job_id = $1 and status = 'picked'
       and id > coalesce((select max(id) from wondernest.job_log where job_id = $1 and status = 'failed'), 0)"""
"""How often a job was taken since an operator last had it retried. Counted from the log: a killed process counts nothing."""
_FORGET_SCHEDULES: Final = """
    delete from wondernest.job_schedules where not (entrypoint, expression) in (select * from unnest($1::text[], $2::text[]))"""


def library_settings() -> DBSettings:
    """All names are given here, so that the library reads none from the environment."""
    return DBSettings(
        prefix="",
        db_schema="wondernest",
        channel=Channel(CHANNEL),
        function="notify_jobs_changed",
        statistics_table="job_statistics",
        queue_status_type="job_status",
        queue_table="jobs",
        queue_table_log="job_log",
        trigger="jobs_changed",
        schedules_table="job_schedules",
        durability=Durability.durable,
        widen_id=True,
    )


def mute_library_log() -> None:
    """Switch the library's log off: it contains messages of exceptions, which may contain personal data. We log instead."""
    logging.getLogger("pgqueuer").setLevel(logging.CRITICAL + 1)


class JobStopped(Exception):
    """Tells the library that a job is dead. The library stores the message; it contains no personal data."""


class QueueDatabase(Database):
    """One connection for the library's statements, with the driver's default codec of jsonb, which the library expects."""

    def __init__(self, settings: DatabaseSettings, metrics: Metrics) -> None:
        super().__init__(replace(settings, pool_size=1, acquire_timeout_s=ACQUIRE_TIMEOUT_S), metrics, role="queue")

    async def _new_connection(self, *, directly: bool = False) -> Connection:
        connection = await super()._new_connection(directly=directly)
        try:
            await connection.reset_type_codec("jsonb", schema="pg_catalog")
        except BaseException:  # the caller does not have it yet, so it cannot close it
            connection.terminate()
            raise
        return connection


class PooledDriver(Driver):
    """The library's driver on our pool. Its listener has a separate connection."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._listener: Connection | None = None
        self._listening = asyncio.Event()
        self._shutdown = asyncio.Event()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        """All rows."""
        return [dict(row) for row in await self._database.fetch(query, *args)]

    async def execute(self, query: str, *args: object) -> str:
        """The command tag."""
        return await self._database.execute(query, *args)

    async def notify(self, channel: str, payload: str) -> None:
        """Send a notification. The library tests its listener with it, so it waits until the listener is connected."""
        await self._listening.wait()
        await self._database.execute("select pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Pass notifications of the channel to the callback."""

        def forward(_connection: object, _pid: object, _channel: object, payload: object) -> None:
            if isinstance(payload, str):
                callback(payload)

        self._listener = await self._database.connect(directly=True)
        await self._listener.add_listener(channel, forward)
        self._listening.set()

    @property
    def shutdown(self) -> asyncio.Event:
        """Never set: the library's managers have their own events."""
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        """Empty: the driver runs nothing in the background."""
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.terminate()
            self._listener = None


class RetryingQueries(Queries):
    """The library's statements. A job's result is stored as soon as the database is available, however long that takes.

    Otherwise a job whose retry cannot be stored would be dead, and a job that is done would be run again.
    """

    async def retry_job(self, job: QueueRow, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        """As the library's."""
        await _until_available(lambda: super(RetryingQueries, self).retry_job(job, delay, traceback_record))

    async def log_jobs(self, job_status: list[tuple[QueueRow, JOB_STATUS, TracebackRecord | None]]) -> None:
        """As the library's. A job that was cancelled because its process ends stays in the queue; it is taken again after its lease."""
        kept = [item for item in job_status if item[1] != "canceled"]
        if kept:
            await _until_available(lambda: super(RetryingQueries, self).log_jobs(kept))

    async def deliveries(self, job_id: int) -> int:
        """How often the job was taken from the queue."""
        rows = await _until_available(lambda: self.driver.fetch(_DELIVERIES, job_id))
        return int(str(rows[0]["count"]))

    async def keep_schedules(self, schedules: list[tuple[str, str]]) -> None:
        """Delete the stored schedules that are not among these; each is a name and a cron expression."""
        names, expressions = [name for name, _ in schedules], [expression for _, expression in schedules]
        await self.driver.execute(_FORGET_SCHEDULES, names, expressions)


class Workers(QueueManager):
    """The library's queue loop without its check of the tables: our own start-up check does that."""

    async def verify_structure(self) -> None:
        """Does nothing."""


class Executor(AbstractEntrypointExecutor):
    """Runs a job with `Attempts` and gives the verdict to the library."""

    def __init__(self, attempts: Attempts, queries: RetryingQueries) -> None:
        super().__init__(EntrypointExecutorParameters(concurrency_limit=0, func=_unused, on_failure="hold"))
        self._attempts = attempts
        self._queries = queries

    async def execute(self, job: QueueRow, context: Context) -> None:
        """Run the job; raises RetryRequested or JobStopped."""
        del context
        times = await self._queries.deliveries(job.id)
        verdict = await self._attempts.attempt(Delivered(job.id, job.entrypoint, job.payload, job.created, times))
        if isinstance(verdict, RetryLater):
            raise RetryRequested(timedelta(seconds=verdict.pause_s), verdict.reason)
        if isinstance(verdict, Dead):
            raise JobStopped(verdict.reason)


def queries_over(database: Database) -> RetryingQueries:
    """The library's statements with our table names and a new driver."""
    settings = library_settings()
    return RetryingQueries(
        PooledDriver(database),
        QueryBuilderEnvironment(settings),
        QueryQueueBuilder(settings),
        QuerySchedulerBuilder(settings),
    )


async def _unused(job: QueueRow) -> None:
    """The library requires a function; `Executor` never calls it."""


async def _until_available(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    while True:
        try:
            return await ask()
        except DependencyUnavailable:  # already logged and counted by its source
            await asyncio.sleep(RETRY_PAUSE_S)
