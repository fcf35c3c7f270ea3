"""Runs the service's own code on one connection, notes the statements it sends, and asks PostgreSQL how it ran them.

Nothing is copied: a statement is explained as the prepared statement that the driver made of it, under the settings that the
pool gives its connections, so the plan shown is the generic one that serves every request. All of it is rolled back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from bench.stage import StageError
from wondernest.platform.db.pool import Database
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Secret

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Connection

STATEMENT_TIMEOUT_S: Final = 120.0
"""Long enough for a plan that should not be: it is to be seen, not stopped."""
_WORK: Final = ("select", "insert", "update", "delete", "with")
_TYPES: Final = "select parameter_types::text[] from pg_prepared_statements where name = $1"
_LOG_END: Final = "select pg_current_wal_insert_lsn()::text"
_LOG_SINCE: Final = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::text::pg_lsn)::bigint"


@dataclass(frozen=True, slots=True)
class Statement:
    """What was sent, with its values."""

    sql: str
    values: Sequence[Any]


class OneConnection(Database):
    """A database of a single connection: whoever asks for one gets it, in whatever transaction is open on it."""

    def __init__(self, connection: Connection, settings: DatabaseSettings, metrics: Metrics) -> None:
        super().__init__(settings, metrics, role="bench")
        self.only = connection
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[Connection]:
        """The connection, when nobody else has it."""
        async with self._turn:
            yield self.only


@asynccontextmanager
async def one_connection(database_url: str) -> AsyncGenerator[OneConnection]:
    """Opened as the pool opens its own."""
    settings = DatabaseSettings(url=Secret(database_url), statement_timeout_s=STATEMENT_TIMEOUT_S)
    metrics = Metrics()
    connection = await Database(settings, metrics, role="bench").connect()
    try:
        yield OneConnection(connection, settings, metrics)
    finally:
        await connection.close()


async def rehearse(database: OneConnection, act: Callable[..., Awaitable[object]], *given: Any) -> list[Statement]:
    """The statements that an act runs, in their order; what it did is undone.

    The first time is for the driver, which asks about types it does not know yet, and for PostgreSQL's caches.
    """
    noted: list[Statement] = []

    def note(record: Any) -> None:
        if record.query.split(maxsplit=1)[0].lower() in _WORK:
            noted.append(Statement(record.query, record.args))

    await _undone(database, act, *given)
    database.only.add_query_logger(note)
    try:
        await _undone(database, act, *given)
    finally:
        database.only.remove_query_logger(note)
    return noted


async def _undone(database: OneConnection, act: Callable[..., Awaitable[object]], *given: Any) -> None:
    undone = database.only.transaction()
    await undone.start()
    try:
        await act(*given)
    finally:
        await undone.rollback()


@dataclass(frozen=True, slots=True)
class Explained:
    """How a statement ran, and what it was given."""

    plan: str
    parameters: Sequence[str]
    wal_bytes: int = 0
    """What it wrote to the log, pages that were whole included."""


async def explain(database: OneConnection, statements: Sequence[Statement]) -> list[Explained]:
    """The plan of each, run after those before it; undone."""
    async with database.lease() as connection:
        undone = connection.transaction()
        await undone.start()
        try:
            return [await _explained(connection, statement) for statement in statements]
        finally:
            await undone.rollback()


async def _explained(connection: Connection, statement: Statement) -> Explained:
    """EXECUTE takes no parameters inside EXPLAIN, so the values are written out, by PostgreSQL itself."""
    prepared = await connection.prepare(statement.sql)
    types = await connection.fetchval(_TYPES, prepared.get_name())
    if types is None:
        raise StageError("the driver prepared a statement under a name that PostgreSQL does not know")
    values: list[str] = [
        await connection.fetchval(f"select quote_nullable(($1::{kind})::text)", value)
        for kind, value in zip(types, statement.values, strict=True)
    ]
    given = f"({', '.join(values)})" if values else ""
    log_end = await connection.fetchval(_LOG_END)
    rows = await connection.fetch(f'explain (analyze, buffers, settings) execute "{prepared.get_name()}"{given}')
    wal_bytes = await connection.fetchval(_LOG_SINCE, log_end)
    parameters = [_described(kind, value) for kind, value in zip(types, statement.values, strict=True)]
    return Explained("\n".join(row[0] for row in rows), parameters, wal_bytes)


def _described(kind: str, value: Any) -> str:
    if isinstance(value, list):
        return f"{kind} of {len(cast('list[Any]', value))}"
    return f"{kind}, null" if value is None else kind
