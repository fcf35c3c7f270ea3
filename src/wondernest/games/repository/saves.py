"""Writes of saves: one statement each, gathered across concurrent requests where they are hot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

import asyncpg

from wondernest.games.repository.statements import DELETE, LOCK, STORE
from wondernest.games.rules import (
    ALONE_AT_ONCE,
    LARGE_DOCUMENT_BYTES,
    LARGE_DOCUMENT_TIMEOUT_S,
    LOCK_WAIT_ALONE,
    LOCK_WAIT_IN_UNIT,
    LOCK_WAIT_TOGETHER,
    PLAY_GRAIN,
    SESSION_GAP,
    Precondition,
    Saved,
    SaveKey,
    SaveState,
    Write,
)
from wondernest.platform.db.batch import Gatherer
from wondernest.platform.faults import DependencyUnavailable, Held

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Connection, Database, Executor, Row

MAX_ATTEMPTS: Final = 8
"""How often a store that met somebody else's insert is run again before it is refused."""
UNSTORABLE: Final = (
    asyncpg.DataError,
    asyncpg.StatementTooComplexError,
    asyncpg.ProgramLimitExceededError,
)
"""What PostgreSQL raises for a document it cannot hold (schema trap 7)."""


class SaveRepository:
    """Writes saves within the child and the adult given."""

    def __init__(self, database: Database, kept_versions: int) -> None:
        self._database = database
        self._kept_versions = kept_versions
        self._waiting_alone = asyncio.Semaphore(ALONE_AT_ONCE)
        self._stores: Gatherer[Write, Saved] = Gatherer(
            database, self._store_together, key=lambda write: write.identity, size=lambda write: len(write.document)
        )
        self._large_stores: Gatherer[Write, Saved] = Gatherer(
            database, self._store_large, key=lambda write: write.identity, size=lambda write: len(write.document)
        )

    async def store(self, write: Write, executor: Executor | None = None) -> Saved:
        """Store one document, gathered with others unless an executor is given. Raises UNSTORABLE's errors."""
        for _ in range(MAX_ATTEMPTS):
            if executor is None:
                saved = await self._store_gathered(write)
            else:
                [saved] = await self._store_within(executor, [write], LOCK_WAIT_IN_UNIT)
            if saved.done or saved.refused or not saved.owned:
                return saved
        raise DependencyUnavailable("database", "a save kept being overtaken")

    async def store_all(self, executor: Executor, writes: Sequence[Write]) -> list[Saved]:
        """Store several documents with different keys in one statement. Raises UNSTORABLE's errors."""
        outcomes = await self._store_within(executor, writes, LOCK_WAIT_IN_UNIT)
        for place, (write, saved) in enumerate(zip(writes, outcomes, strict=True)):
            if saved.owned and not saved.done and not saved.refused:
                outcomes[place] = await self.store(write, executor)
        return outcomes

    async def delete(
        self,
        user_id: UUID | None,
        child_id: UUID,
        game_type: str,
        data_key: str | None,
        *,
        condition: Precondition,
        device: str | None = None,
        executor: Executor | None = None,
    ) -> Saved:
        """Delete one save, or with no key all of a type; what goes is kept as a version."""
        arguments = (user_id, child_id, game_type, data_key, condition.expression, device, self._kept_versions)
        for _ in range(MAX_ATTEMPTS):
            rows = await (executor or self._database).fetch(DELETE, *arguments)
            if not rows:
                return Saved(owned=False)
            gone = sum(row["gone"] for row in rows)
            first = rows[0]
            if data_key is None or gone:
                return Saved(owned=True, done=gone > 0, count=gone)
            if first["holds"] is False:
                return Saved(owned=True, refused=True, current=_current(first), current_size=first["current_size"])
        raise DependencyUnavailable("database", "a save kept being overtaken")

    async def lock(self, executor: Executor, user_id: UUID, child_id: UUID, keys: Sequence[SaveKey]) -> None:
        """Lock saves in key order until the transaction ends; those of a child that is not the adult's stay free."""
        types, data_keys = [key.game_type for key in keys], [key.data_key for key in keys]
        await executor.execute(LOCK, child_id, types, data_keys, user_id)

    async def _store_gathered(self, write: Write) -> Saved:
        """With others; by itself where somebody holds its row, so that it alone waits for that."""
        large = len(write.document) >= LARGE_DOCUMENT_BYTES
        try:
            return await (self._large_stores if large else self._stores).submit(write)
        except Held:
            if self._waiting_alone.locked():
                raise
        async with self._waiting_alone:
            if large:
                async with self._database.lease() as connection:
                    [saved] = await self._store_large(connection, [write], LOCK_WAIT_ALONE)
            else:
                [saved] = await self._store_within(self._database, [write], LOCK_WAIT_ALONE)
        return saved

    async def _store_together(self, connection: Connection, writes: Sequence[Write]) -> list[Saved]:
        """Saves of several requests, in a transaction of their own."""
        rows = await connection.fetch(STORE, *self._arguments(writes, LOCK_WAIT_TOGETHER))
        return [_saved(row) for row in rows]

    async def _store_large(
        self, connection: Connection, writes: Sequence[Write], lock_wait: str = LOCK_WAIT_TOGETHER
    ) -> list[Saved]:
        """As `_store_together`, in the time that indexing documents of megabytes takes; others do not queue behind it."""
        async with connection.transaction():
            await connection.execute(f"set local statement_timeout = '{LARGE_DOCUMENT_TIMEOUT_S}s'")
            arguments = self._arguments(writes, lock_wait)
            rows = await connection.fetch(STORE, *arguments, timeout=LARGE_DOCUMENT_TIMEOUT_S)
        return [_saved(row) for row in rows]

    async def _store_within(self, executor: Executor, writes: Sequence[Write], lock_wait: str) -> list[Saved]:
        """Saves of one request, in its transaction."""
        return [_saved(row) for row in await executor.fetch(STORE, *self._arguments(writes, lock_wait))]

    def _arguments(self, writes: Sequence[Write], lock_wait: str) -> tuple[object, ...]:
        return (
            list(range(len(writes))),
            [write.user_id for write in writes],
            [write.child_id for write in writes],
            [write.key.game_type for write in writes],
            [write.key.data_key for write in writes],
            [write.document for write in writes],
            [write.condition.expression for write in writes],
            [write.device for write in writes],
            [write.reason.value for write in writes],
            self._kept_versions,
            SESSION_GAP,
            PLAY_GRAIN,
            lock_wait,
        )


def _saved(row: Row) -> Saved:
    if row["id"] is None:
        refused = row["holds"] is False
        return Saved(owned=row["owned"], refused=refused, current=_current(row), current_size=row["current_size"])
    state = SaveState(row["data_version"], row["updated_at"], row["digest"])
    return Saved(
        owned=True,
        done=True,
        id=row["id"],
        state=state,
        created_at=row["created_at"],
        instance_id=row["instance_id"],
    )


def _current(row: Row) -> SaveState | None:
    if row["current_digest"] is None:
        return None
    return SaveState(row["current_version"], row["current_updated_at"], row["current_digest"])
