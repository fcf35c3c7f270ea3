"""A LIFO pool of asyncpg connections. Every wait has a time limit, and the pool recovers by itself after a fault."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias, TypeVar

import asyncpg

from wondernest.platform.clock import monotonic
from wondernest.platform.db.connections import Connection, open_connection
from wondernest.platform.faults import (
    MAX_ATTEMPTS,
    REFUSALS,
    CallerRefused,
    DependencyUnavailable,
    Held,
    Refusal,
    TransactionConflict,
)
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import Database as DatabaseSettings

log = get_logger(__name__)

Row: TypeAlias = asyncpg.Record
Answer = TypeVar("Answer")
DEPENDENCY = "database"
RECONNECT_PAUSE_S = 0.25
"""After a failed connect, how long requests are refused at once instead of each trying to connect again."""
RECOVERED_AFTER_S = 2.0
"""The recovery is logged after so long without a failure. Otherwise, when only some statements fail (a full disk, a locked
table), each of them would be logged as a new fault or a recovery."""
CLOSE_TIMEOUT_S = 3.0
_BROKEN = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # the connection failed while it was idle
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.PostgresSystemError,
    asyncpg.InternalServerError,  # among them: a file that cannot grow
    asyncpg.OperatorInterventionError,
    asyncpg.CannotConnectNowError,
    asyncpg.QueryCanceledError,
    asyncpg.ReadOnlySQLTransactionError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
)
"""Errors that mean "the database cannot serve now", as opposed to "this value is wrong"."""


class Executor(Protocol):
    """Runs statements: a `Database` (each in its own transaction) or a `UnitOfWork` (all in one transaction)."""

    async def fetch(self, sql: str, /, *args: Any) -> list[Row]:
        """All rows."""
        ...

    async def fetchrow(self, sql: str, /, *args: Any) -> Row | None:
        """The first row."""
        ...

    async def fetchval(self, sql: str, /, *args: Any) -> Any:
        """The first column of the first row."""
        ...

    async def execute(self, sql: str, /, *args: Any) -> str:
        """The command tag."""
        ...


class Database:
    """Connections to PostgreSQL. Raises DependencyUnavailable for every fault of the database."""

    def __init__(
        self, settings: DatabaseSettings, metrics: Metrics, *, role: str = "request", dependency: str = DEPENDENCY
    ) -> None:
        """`dependency`: the name of this database in logs and metrics."""
        self._settings = settings
        self._metrics = metrics
        self._role = role
        self._dependency = dependency
        self._failed, self._recovered = f"{dependency} unavailable", f"{dependency} available again"
        self._idle: list[Connection] = []
        self._waiters: deque[asyncio.Future[Connection | None]] = deque()
        self._open = 0
        self._closed = False
        self._refused_until = 0.0
        self._failing = False
        self._failed_at = 0.0
        self._passed: dict[Connection, list[CallerRefused]] = {}
        self.on_unpermitted: Callable[[CallerRefused, bool], None] | None = None
        """Called, in the context of the request, for each PURPOSE that nobody permitted, and whether the request was refused."""
        if dependency == DEPENDENCY:
            metrics.sample(self._report)

    # Leases -------------------------------------------------------------------------------------------------------

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[Connection]:
        """A connection for a few statements. Faults are raised as DependencyUnavailable; a broken connection is closed.

        A statement that refuses its caller is raised as CallerRefused.
        """
        connection = await self._acquire()
        self._passed.pop(connection, None)  # of a statement that failed
        try:
            yield connection
        except _BROKEN as error:
            self._discard(connection)
            raise self._unavailable(error) from error
        except asyncpg.LockNotAvailableError as error:
            self._release(connection)
            self._metrics.dependency_failures.labels(self._dependency).inc()
            raise Held(self._dependency, "its rows are locked") from error
        except asyncpg.TransactionRollbackError as error:
            self._release(connection)
            raise TransactionConflict(self._dependency, type(error).__name__) from error
        except asyncio.CancelledError:
            self._discard(connection)
            raise
        except asyncpg.PostgresError as error:
            self._release(connection)
            refusal = REFUSALS.get(error.sqlstate)
            if refusal is None:
                raise
            raise _refused(refusal, error) from None
        except BaseException:
            self._release(connection)
            raise
        else:
            if self._passed:
                self._report_passed(connection)
            self._release(connection)
            self.answered()

    async def fetch(self, sql: str, *args: Any) -> list[Row]:
        """All rows of one statement, in its own transaction."""
        return await self._run_alone(lambda connection: connection.fetch(sql, *args))

    async def fetchrow(self, sql: str, *args: Any) -> Row | None:
        """The first row of one statement."""
        return await self._run_alone(lambda connection: connection.fetchrow(sql, *args))

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """The first column of the first row of one statement."""
        return await self._run_alone(lambda connection: connection.fetchval(sql, *args))

    async def execute(self, sql: str, *args: Any) -> str:
        """The command tag of one statement."""
        return await self._run_alone(lambda connection: connection.execute(sql, *args))

    async def _run_alone(self, statement: Callable[[Connection], Awaitable[Answer]]) -> Answer:
        """Run one statement in its own transaction. After a conflict it changed nothing, so it is run again."""
        for attempt in range(1, MAX_ATTEMPTS + 1):
            try:
                async with self.lease() as connection:
                    return await statement(connection)
            except TransactionConflict:
                if attempt == MAX_ATTEMPTS:
                    raise
        raise AssertionError

    async def connect(self, *, directly: bool = False) -> Connection:
        """A new connection outside the pool, made as the pool makes them (for probes); the caller closes it.

        `directly`: one that keeps its session also where a pooler is in front (for listeners).
        """
        timeout = self._settings.connect_timeout_s
        try:
            async with asyncio.timeout(timeout):
                return await self._new_connection(directly=directly)
        except (*_BROKEN, asyncpg.PostgresError) as error:
            raise self._unavailable(error) from error

    async def close(self) -> None:
        """Close all idle connections; leased ones are closed when they are released."""
        self._closed = True
        idle, self._idle = self._idle, []
        self._open -= len(idle)
        await asyncio.gather(*(_close(connection) for connection in idle))

    # The pool -----------------------------------------------------------------------------------------------------

    async def _acquire(self) -> Connection:
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed():
                return connection
            self._open -= 1
        if monotonic() < self._refused_until:
            raise DependencyUnavailable(self._dependency, "not reachable")
        if self._open < self._settings.pool_size:
            return await self._open_one()
        return await self._wait()

    async def _open_one(self) -> Connection:
        self._open += 1
        try:
            async with asyncio.timeout(self._settings.connect_timeout_s):
                connection = await self._new_connection()
        except BaseException as error:
            self._open -= 1
            if isinstance(error, (*_BROKEN, asyncpg.PostgresError)):
                self._refused_until = monotonic() + RECONNECT_PAUSE_S
                self._wake_all()
                raise self._unavailable(error) from error
            self._wake_one(None)
            raise
        return connection

    async def _wait(self) -> Connection:
        if len(self._waiters) >= self._settings.max_waiting:
            raise DependencyUnavailable(self._dependency, "too many requests are waiting for a connection")
        future: asyncio.Future[Connection | None] = asyncio.get_running_loop().create_future()
        self._waiters.append(future)
        try:
            async with asyncio.timeout(self._settings.acquire_timeout_s):
                connection = await future
        except TimeoutError:
            self._leave_queue(future)
            raise DependencyUnavailable(self._dependency, "no connection became free in time") from None
        except BaseException:
            self._leave_queue(future)
            raise
        return connection if connection is not None else await self._acquire()

    def _leave_queue(self, future: asyncio.Future[Connection | None]) -> None:
        """Remove a waiter. If it already got a connection, the next waiter gets that."""
        if future.done() and not future.cancelled() and future.exception() is None:
            handed = future.result()
            if handed is not None:
                self._release(handed)
            else:
                self._wake_one(None)
        elif future in self._waiters:
            self._waiters.remove(future)

    def _release(self, connection: Connection) -> None:
        if connection.is_closed() or connection.is_in_transaction() or self._closed:
            self._discard(connection)
        elif not self._wake_one(connection):
            self._idle.append(connection)

    def _discard(self, connection: Connection) -> None:
        self._passed.pop(connection, None)
        if not connection.is_closed():
            connection.terminate()
        self._open -= 1
        self._wake_one(None)

    def _wake_one(self, connection: Connection | None) -> bool:
        while self._waiters:
            future = self._waiters.popleft()
            if not future.done():
                future.set_result(connection)
                return True
        return False

    def _wake_all(self) -> None:
        while self._wake_one(None):
            pass

    async def _new_connection(self, *, directly: bool = False) -> Connection:
        connection = await open_connection(self._settings, self._role, directly=directly)
        connection.add_log_listener(self._hear)
        return connection

    def _hear(self, connection: Any, message: Any) -> None:
        """Take a notice of a statement that passes although it could refuse its caller; it arrives before the statement's result."""
        refusal = REFUSALS.get(message.sqlstate)
        if refusal is not None:
            self._passed.setdefault(connection, []).append(_refused(refusal, message))

    def _report_passed(self, connection: Connection) -> None:
        for refusal in self._passed.pop(connection, ()):
            self.passed(refusal)

    def passed(self, refusal: CallerRefused) -> None:
        """Count a request that passed although nobody permitted its purpose."""
        if self.on_unpermitted is not None:
            self.on_unpermitted(refusal, False)

    def refused(self, refusal: CallerRefused) -> None:
        """Count a request, or a part of one, that is refused because nobody permitted its purpose."""
        if self.on_unpermitted is not None:
            self.on_unpermitted(refusal, True)

    # Logs and metrics -----------------------------------------------------------------------------------------------

    def answered(self) -> None:
        """Note that the database answered: on a lease, or on a connection outside the pool."""
        if self._failing and monotonic() - self._failed_at > RECOVERED_AFTER_S:
            self._failing = False
            log.info(self._recovered)

    def _unavailable(self, error: BaseException) -> DependencyUnavailable:
        self._failed_at = monotonic()
        self._metrics.dependency_failures.labels(self._dependency).inc()
        if not self._failing:
            self._failing = True
            log.error(self._failed, error=type(error).__name__)
        return DependencyUnavailable(self._dependency, type(error).__name__)

    def _report(self) -> None:
        self._metrics.db_idle.set(len(self._idle))
        self._metrics.db_active.set(self._open - len(self._idle))


def _refused(why: Refusal, error: asyncpg.PostgresError) -> CallerRefused:
    """Of a PURPOSE the message and the detail say which, and about whom."""
    if why is not Refusal.PURPOSE:
        return CallerRefused(why)
    return CallerRefused(why, error.message or "", error.detail or "")


async def _close(connection: Connection) -> None:
    try:
        await connection.close(timeout=CLOSE_TIMEOUT_S)
    except _BROKEN:
        connection.terminate()


def column(rows: Sequence[Row], name: str) -> list[Any]:
    """One column of some rows."""
    return [row[name] for row in rows]
