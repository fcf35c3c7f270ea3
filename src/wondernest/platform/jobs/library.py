"""PgQueuer as we use it: under our names, over our pool, and patient while the database is away."""

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
from wondernest.platform.jobs.attempts import Again, Attempts, Dead, Delivered

if TYPE_CHECKING:
    from typing import Self

    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import Database as DatabaseSettings

Answer = TypeVar("Answer")

PATIENCE_PAUSE_S: Final = 1.0
"""Between two tries to write down how a job ended, while the database is away."""
CHANNEL: Final = "wondernest_jobs"
ACQUIRE_TIMEOUT_S: Final = 30.0
"""The queue has one connection, and its statements wait for each other."""

_DELIVERIES: Final = """
    select count(*) from wondernest.job_log
     where job_id = $1 and status = 'picked'
       and id > coalesce((select max(id) from wondernest.job_log where job_id = $1 and status = 'failed'), 0)"""
"""How often a job was taken since an operator last had it retried. Counted here because a process that is killed counts nothing."""
_FORGET_SCHEDULES: Final = """
    delete from wondernest.job_schedules where not (entrypoint, expression) in (select * from unnest($1::text[], $2::text[]))"""


def library_settings() -> DBSettings:
    """Every name given, so that none is read from the environment."""
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


def silence() -> None:
    """The library logs with the texts of exceptions, which may quote people; what matters of it we log ourselves."""
    logging.getLogger("pgqueuer").setLevel(logging.CRITICAL + 1)


class JobStopped(Exception):
    """Why a job is dead, in words that hold nothing personal: the library stores them."""


class QueueDatabase(Database):
    """One connection for the library's statements, with PostgreSQL's own reading of jsonb, which the library expects."""

    def __init__(self, settings: DatabaseSettings, metrics: Metrics) -> None:
        super().__init__(replace(settings, pool_size=1, acquire_timeout_s=ACQUIRE_TIMEOUT_S), metrics, role="queue")

    async def _dial(self) -> Connection:
        connection = await super()._dial()
        try:
            await connection.reset_type_codec("jsonb", schema="pg_catalog")
        except BaseException:  # nobody has it yet who could close it
            connection.terminate()
            raise
        return connection


class PooledDriver(Driver):
    """The library's driver over our pool; a listener has a connection of its own."""

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
        """Announce; the library checks its listener by this, so it waits until somebody listens."""
        await self._listening.wait()
        await self._database.execute("select pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        """Have announcements handed on."""

        def heard(_connection: object, _pid: object, _channel: object, payload: object) -> None:
            if isinstance(payload, str):
                callback(payload)

        self._listener = await self._database.connect()
        await self._listener.add_listener(channel, heard)
        self._listening.set()

    @property
    def shutdown(self) -> asyncio.Event:
        """Never set: the managers have events of their own."""
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        """Nothing runs in the background here."""
        return TaskManager()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._listener is not None:
            self._listener.terminate()
            self._listener = None


class PatientQueries(Queries):
    """The library's statements. How a job ended is written down as soon as the database is there, however long that takes.

    Without this a job whose retry cannot be written down would be dead, and one that is done would be done again.
    """

    async def retry_job(self, job: QueueRow, delay: timedelta, traceback_record: TracebackRecord | None) -> None:
        """As the library's."""
        await _patiently(lambda: super(PatientQueries, self).retry_job(job, delay, traceback_record))

    async def log_jobs(self, job_status: list[tuple[QueueRow, JOB_STATUS, TracebackRecord | None]]) -> None:
        """As the library's. A job that was cancelled with its process stays in the queue: its lease ends."""
        kept = [item for item in job_status if item[1] != "canceled"]
        if kept:
            await _patiently(lambda: super(PatientQueries, self).log_jobs(kept))

    async def deliveries(self, job_id: int) -> int:
        """How often the job was taken from the queue."""
        rows = await _patiently(lambda: self.driver.fetch(_DELIVERIES, job_id))
        return int(str(rows[0]["count"]))

    async def keep_schedules(self, schedules: list[tuple[str, str]]) -> None:
        """Remove the moments of schedules, by name and expression, that are no longer declared."""
        names, expressions = [name for name, _ in schedules], [expression for _, expression in schedules]
        await self.driver.execute(_FORGET_SCHEDULES, names, expressions)


class Workers(QueueManager):
    """The library's queue loop; whether its tables are there is asked by our own start-up check."""

    async def verify_structure(self) -> None:
        """Nothing to do."""


class Executor(AbstractEntrypointExecutor):
    """Hands a job to `Attempts` and its verdict to the library."""

    def __init__(self, attempts: Attempts, queries: PatientQueries) -> None:
        super().__init__(EntrypointExecutorParameters(concurrency_limit=0, func=_unused, on_failure="hold"))
        self._attempts = attempts
        self._queries = queries

    async def execute(self, job: QueueRow, context: Context) -> None:
        """Run it; raises RetryRequested or JobStopped."""
        del context
        times = await self._queries.deliveries(job.id)
        verdict = await self._attempts.attempt(Delivered(job.id, job.entrypoint, job.payload, job.created, times))
        if isinstance(verdict, Again):
            raise RetryRequested(timedelta(seconds=verdict.pause_s), verdict.reason)
        if isinstance(verdict, Dead):
            raise JobStopped(verdict.reason)


def queries_over(database: Database) -> PatientQueries:
    """The library's statements under our names, with a driver of their own."""
    settings = library_settings()
    return PatientQueries(
        PooledDriver(database),
        QueryBuilderEnvironment(settings),
        QueryQueueBuilder(settings),
        QuerySchedulerBuilder(settings),
    )


async def _unused(job: QueueRow) -> None:
    """Takes the place of the function that `Executor` does without."""


async def _patiently(ask: Callable[[], Awaitable[Answer]]) -> Answer:
    while True:
        try:
            return await ask()
        except DependencyUnavailable:  # logged and counted where it was seen
            await asyncio.sleep(PATIENCE_PAUSE_S)
