"""The unit of work: one transaction per request, begun at its first statement, committed before the reply is sent."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from wondernest.platform.db.pool import Connection, Database, Row


class UnitOfWork:
    """Runs statements in one transaction. Services run statements; only the application commits or rolls back."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stack: AsyncExitStack | None = None
        self._connection: Connection | None = None
        self._after_commit: list[Callable[[], None]] = []
        self._at_end: list[Callable[[], None]] = []

    async def fetch(self, sql: str, *args: Any) -> list[Row]:
        """All rows."""
        return await (await self._begun()).fetch(sql, *args)

    async def fetchrow(self, sql: str, *args: Any) -> Row | None:
        """The first row."""
        return await (await self._begun()).fetchrow(sql, *args)

    async def fetchval(self, sql: str, *args: Any) -> Any:
        """The first column of the first row."""
        return await (await self._begun()).fetchval(sql, *args)

    async def execute(self, sql: str, *args: Any) -> str:
        """The command tag."""
        return await (await self._begun()).execute(sql, *args)

    @asynccontextmanager
    async def savepoint(self) -> AsyncGenerator[None]:
        """A savepoint: an exception inside rolls back only this part of the unit."""
        connection = await self._begun()
        async with connection.transaction():
            try:
                yield
            except TimeoutError:
                connection.terminate()  # as in rollback
                raise

    def after_commit(self, action: Callable[[], None]) -> None:
        """Call `action` after the commit; not after a rollback. It must be quick and must not raise."""
        self._after_commit.append(action)

    def at_end(self, action: Callable[[], None]) -> None:
        """Call `action` after the commit or the rollback. It must be quick and must not raise."""
        self._at_end.append(action)

    async def commit(self) -> None:
        """Commit. Does nothing if no statement was run."""
        if self._stack is not None:
            await self._stack.aclose()
        self._connection = self._stack = None
        for action in self._after_commit:
            action()
        self._after_commit.clear()
        self._run_at_end()

    async def rollback(self, error: BaseException) -> None:
        """Roll back because of `error`. After a time-out the connection is closed."""
        if self._connection is not None and isinstance(error, TimeoutError):
            self._connection.terminate()  # it did not answer in time: a rollback could wait as long again
        stack, self._stack = self._stack, None
        self._connection = None
        self._after_commit.clear()
        try:
            if stack is not None:
                await stack.__aexit__(type(error), error, error.__traceback__)
        finally:
            self._run_at_end()

    def _run_at_end(self) -> None:
        actions, self._at_end = self._at_end, []
        for action in actions:
            action()

    async def _begun(self) -> Connection:
        if self._connection is None:
            if self._stack is None:
                self._stack = AsyncExitStack()
            connection = await self._stack.enter_async_context(self._database.lease())
            await self._stack.enter_async_context(connection.transaction())
            self._connection = connection
        return self._connection


@asynccontextmanager
async def unit_of(database: Database) -> AsyncGenerator[UnitOfWork]:
    """A unit of work outside a request's own: committed at the end of the block, rolled back by an exception.

    For work that asks something slow between two transactions.
    """
    unit = UnitOfWork(database)
    try:
        yield unit
        await unit.commit()
    except BaseException as error:
        await unit.rollback(error)
        raise
