"""Runs the service's own code on one connection, records the statements it sends, and explains them with PostgreSQL.

A statement is explained as the driver's own prepared statement, under the pool's settings, so the plan shown is the generic one
that serves every request. Everything is rolled back.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, cast

from bench.setup import SetupError
from wondernest.platform.db.pool import Database
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Secret

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Connection

STATEMENT_TIMEOUT_S: Final = 120.0
"""Long enough to explain a bad plan too, instead of stopping it."""
_WORK: Final = ("select", "insert", "update", "delete", "with")
_TYPES: Final = "select parameter_types::text[] from pg_prepared_statements where name = $1"
_LOG_END: Final = "select pg_current_wal_insert_lsn()::text"
_LOG_SINCE: Final = "select pg_wal_lsn_diff(pg_current_wal_insert_lsn(), $1::text::pg_lsn)::bigint"


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement that was sent, with its values."""

    sql: str
    values: Sequence[Any]


class OneConnection(Database):
    """A database of a single connection: every lease gets it, inside the transaction that is open on it."""

    def __init__(self, connection: Connection, settings: DatabaseSettings, metrics: Metrics) -> None:
        super().__init__(settings, metrics, role="bench")
        self.only = connection
        self._turn = asyncio.Lock()

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[Connection]:
        """The connection, once it is free."""
        async with self._turn:
            yield self.only


@asynccontextmanager
async def one_connection(database_url: str) -> AsyncGenerator[OneConnection]:
    """A connection opened in the same way as the pool's."""
    settings = DatabaseSettings(url=Secret(database_url), statement_timeout_s=STATEMENT_TIMEOUT_S)
    metrics = Metrics()
    connection = await Database(settings, metrics, role="bench").connect()
    try:
        yield OneConnection(connection, settings, metrics)
    finally:
        await connection.close()


async def record_statements(
    database: OneConnection, operation: Callable[..., Awaitable[object]], *given: Any
) -> list[Statement]:
    """The statements that an operation runs, in order; its changes are rolled back.

    It runs twice: the first run lets the driver look up types and fills PostgreSQL's caches.
    """
    noted: list[Statement] = []

    def note(record: Any) -> None:
        if record.query.split(maxsplit=1)[0].lower() in _WORK:
            noted.append(Statement(record.query, record.args))

    await _undone(database, operation, *given)
    database.only.add_query_logger(note)
    try:
        await _undone(database, operation, *given)
    finally:
        database.only.remove_query_logger(note)
    return noted


async def _undone(database: OneConnection, operation: Callable[..., Awaitable[object]], *given: Any) -> None:
    undone = database.only.transaction()
    await undone.start()
    try:
        await operation(*given)
    finally:
        await undone.rollback()


@dataclass(frozen=True, slots=True)
class Explained:
    """A statement's plan and parameters."""

    plan: str
    parameters: Sequence[str]
    wal_bytes: int = 0
    """Bytes written to the write-ahead log, full-page images included."""


async def explain(database: OneConnection, statements: Sequence[Statement]) -> list[Explained]:
    """The plan of each statement, run one after another; rolled back at the end."""
    async with database.lease() as connection:
        undone = connection.transaction()
        await undone.start()
        try:
            return [await _explained(connection, statement) for statement in statements]
        finally:
            await undone.rollback()


async def _explained(connection: Connection, statement: Statement) -> Explained:
    """EXPLAIN EXECUTE takes no bind parameters, so PostgreSQL itself quotes the values into the statement."""
    prepared = await connection.prepare(statement.sql)
    types = await connection.fetchval(_TYPES, prepared.get_name())
    if types is None:
        raise SetupError("PostgreSQL does not know the name of a statement that the driver prepared")
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
