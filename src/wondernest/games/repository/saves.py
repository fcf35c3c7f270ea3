"""Writes of saves: one statement each; stores are batched across concurrent requests."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Sequence
from typing import TYPE_CHECKING, Final, cast
from uuid import UUID

import asyncpg

from wondernest.access.consent import GateMode, Purpose
from wondernest.games.repository.statements import DELETE, LOCK, OVERWRITE, STORE, STORE_TOGETHER
from wondernest.games.rules import (
    LARGE_DOCUMENT_BYTES,
    LARGE_DOCUMENT_TIMEOUT_S,
    LAST_PLAYED_PRECISION,
    SESSION_GAP,
    Deletion,
    Limits,
    Saved,
    SaveKey,
    SaveState,
    Write,
)
from wondernest.platform.db.batch import ALONE_AT_ONCE, Batcher, LockWait, Run
from wondernest.platform.db.key_locks import KeyLocks
from wondernest.platform.db.pool import DEPENDENCY
from wondernest.platform.faults import CallerRefused, DependencyUnavailable, Held, Refusal

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Connection, Database, Executor, Row
    from wondernest.platform.db.unit import UnitOfWork

MAX_ATTEMPTS: Final = 8
"""How often a write is run when other writers change the same row; then it is refused."""
CONTENDED: Final = "other writers kept changing the save"
UNSTORABLE: Final = (
    asyncpg.DataError,
    asyncpg.StatementTooComplexError,
    asyncpg.ProgramLimitExceededError,
)
"""Errors of PostgreSQL for a document that it cannot store (schema trap 7)."""


class SaveRepository:
    """Writes saves of a child, if it is the adult's and a parent permits it; otherwise stores raise CallerRefused.

    Within a process, writes of one key run in order of arrival: small and large, batched or in a unit of work, stores and
    deletes, also those that wait for a lock. A unit of work that is rolled back and run again counts as a new arrival.
    """

    def __init__(
        self, database: Database, limits: Limits, gate: GateMode = GateMode.ENFORCE, *, lean: bool = True
    ) -> None:
        """`lean`: try OVERWRITE first for a save that shares its statement with none."""
        self._database = database
        self._limits = limits
        self._gate = gate
        self._lean = lean
        self._key_locks = KeyLocks()
        self._deletes: set[asyncio.Task[Saved]] = set()
        alone = asyncio.Semaphore(ALONE_AT_ONCE)
        self._stores = self._batcher(self._store_together, alone)
        self._large_stores = self._batcher(self._store_large, alone)

    def _batcher(self, run: Run[Write, Saved], alone: asyncio.Semaphore) -> Batcher[Write, Saved]:
        return Batcher(
            self._database,
            run,
            size=lambda write: len(write.document),
            ended=lambda write: self._key_locks.release(write.identity),
            alone=alone,
        )

    async def store(self, write: Write, unit: UnitOfWork | None = None) -> Saved:
        """Store one document, batched with others unless a unit is given. Raises the errors in UNSTORABLE."""
        key = write.identity
        if unit is not None:
            await self._lock_in_process(unit, [key])
            return await self._store_within(unit, write)
        if not self._key_locks.try_acquire(key):
            await self._key_locks.acquire([key])
        large = len(write.document) >= LARGE_DOCUMENT_BYTES
        return self._permitted(write, await (self._large_stores if large else self._stores).submit(write))

    async def store_all(self, unit: UnitOfWork, writes: Sequence[Write]) -> list[Saved]:
        """Store several documents, with different keys that `lock` was given, in one statement. Raises the errors in UNSTORABLE."""
        rows = await unit.fetch(STORE, *self._arguments(writes, LockWait.UNBOUNDED))
        outcomes = [_saved(row) for row in rows]
        for place, (write, saved) in enumerate(zip(writes, outcomes, strict=True)):
            outcomes[place] = await self._store_within(unit, write) if _undone(saved) else self._permitted(write, saved)
        return outcomes

    async def delete(self, deletion: Deletion, unit: UnitOfWork | None = None) -> Saved:
        """Delete one save or, without a key, all of a type; deleted saves are kept as versions."""
        keys = self._keys(deletion)
        if unit is not None:
            await self._lock_in_process(unit, keys)
            return await self._delete(unit, deletion)
        keys = list(await self._key_locks.acquire(keys))
        task = asyncio.create_task(self._delete_and_release(deletion, keys))
        self._deletes.add(task)
        task.add_done_callback(self._deletes.discard)
        # If the caller is cancelled the statement may still wait for a lock: the delete keeps its turn until it ends.
        return await asyncio.shield(task)

    async def lock(self, unit: UnitOfWork, user_id: UUID, child_id: UUID, keys: Sequence[SaveKey]) -> None:
        """Lock saves in key order until the transaction ends; saves of a child that is not the adult's are not locked."""
        await self._lock_in_process(unit, [(child_id, key) for key in keys])
        types, data_keys = [key.game_type for key in keys], [key.data_key for key in keys]
        await unit.execute(LOCK, child_id, types, data_keys, user_id)

    async def _lock_in_process(self, unit: UnitOfWork, keys: Sequence[Hashable]) -> None:
        """Wait for earlier writes of the keys; later ones wait until the unit ends."""
        taken = await self._key_locks.acquire(keys, owner=unit)

        def release() -> None:
            for key in taken:
                self._key_locks.release(key)

        unit.at_end(release)

    def _keys(self, deletion: Deletion) -> list[Hashable]:
        """The keys whose earlier writes a delete must wait for; for a whole type, those of all running writes of the type."""
        if deletion.data_key is not None:
            return [(deletion.child_id, SaveKey(deletion.game_type, deletion.data_key))]
        return [
            (child_id, key)
            for child_id, key in cast("Iterable[tuple[UUID, SaveKey]]", self._key_locks.held)
            if child_id == deletion.child_id and key.game_type == deletion.game_type
        ]

    async def _delete_and_release(self, deletion: Deletion, keys: Sequence[Hashable]) -> Saved:
        try:
            return await self._delete(self._database, deletion)
        finally:
            for key in keys:
                self._key_locks.release(key)

    async def _delete(self, executor: Executor, deletion: Deletion) -> Saved:
        arguments = (
            deletion.user_id,
            deletion.child_id,
            deletion.game_type,
            deletion.data_key,
            deletion.condition.expression,
            deletion.device,
            self._limits.kept_versions,
            deletion.archived_too,
            deletion.writer,
        )
        gone = 0
        for _ in range(MAX_ATTEMPTS):
            rows = await executor.fetch(DELETE, *arguments)
            gone += sum(row["gone"] for row in rows)
            if not rows and not gone:
                return Saved(owned=False)
            if any(row["holds"] is None for row in rows):
                continue
            if gone or deletion.data_key is None:
                return Saved(owned=True, done=gone > 0, count=gone)
            if rows[0]["holds"] is False:
                return Saved(owned=True, refused=True, current=_current(rows[0]), current_size=rows[0]["current_size"])
        raise DependencyUnavailable(DEPENDENCY, CONTENDED)

    async def _store_together(
        self, connection: Connection, writes: Sequence[Write], wait: LockWait
    ) -> list[Saved | Held]:
        """Store the saves of several requests in one transaction."""
        if wait is LockWait.ALONE:
            async with connection.transaction():
                return await self._store_locked(connection, writes)
        if self._lean and len(writes) == 1 and (saved := await self._overwrite(connection, writes[0], wait)):
            return [saved]
        rows = await connection.fetch(STORE_TOGETHER, *self._arguments(writes, wait))
        return [_outcome(row) for row in rows]

    async def _overwrite(self, connection: Connection, write: Write, wait: LockWait) -> Saved | None:
        """Store one save over an older one; None when nothing was written, and STORE has to decide."""
        if write.condition.makes:
            return None
        row = await connection.fetchrow(
            OVERWRITE,
            write.user_id,
            write.child_id,
            write.key.game_type,
            write.key.data_key,
            write.document,
            write.condition.expression,
            write.device,
            write.reason.value,
            self._limits.kept_versions,
            SESSION_GAP,
            LAST_PLAYED_PRECISION,
            wait.value,
            write.archived_too,
            write.writer,
            self._limits.bytes_per_family,
            self._gate.value,
        )
        return None if row is None else _stored(row)

    async def _store_large(self, connection: Connection, writes: Sequence[Write], wait: LockWait) -> list[Saved | Held]:
        """As `_store_together`, with LARGE_DOCUMENT_TIMEOUT_S: indexing documents of megabytes is slow."""
        async with connection.transaction():
            await connection.execute(f"set local statement_timeout = '{LARGE_DOCUMENT_TIMEOUT_S}s'")
            if wait is LockWait.ALONE:
                return await self._store_locked(connection, writes, LARGE_DOCUMENT_TIMEOUT_S)
            arguments = self._arguments(writes, wait)
            rows = await connection.fetch(STORE_TOGETHER, *arguments, timeout=LARGE_DOCUMENT_TIMEOUT_S)
        return [_outcome(row) for row in rows]

    async def _store_locked(
        self, connection: Connection, writes: Sequence[Write], timeout_s: float | None = None
    ) -> list[Saved | Held]:
        """Store the one save of a transaction that waits for its row first, so that the snapshot is younger than the lock."""
        [write] = writes
        arguments = self._arguments(writes, LockWait.ALONE)
        await connection.execute(f"set local lock_timeout = '{LockWait.ALONE.value}'")
        key = write.key
        await connection.execute(
            LOCK, write.child_id, [key.game_type], [key.data_key], write.user_id, timeout=timeout_s
        )
        return [_outcome(row) for row in await connection.fetch(STORE, *arguments, timeout=timeout_s)]

    async def _store_within(self, unit: UnitOfWork, write: Write) -> Saved:
        """Store a save in the transaction of its request."""
        for _ in range(MAX_ATTEMPTS):
            [row] = await unit.fetch(STORE, *self._arguments([write], LockWait.UNBOUNDED))
            saved = _saved(row)
            if not _undone(saved):
                return self._permitted(write, saved)
        raise DependencyUnavailable(DEPENDENCY, CONTENDED)

    def _arguments(self, writes: Sequence[Write], wait: LockWait) -> tuple[object, ...]:
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
            self._limits.kept_versions,
            SESSION_GAP,
            LAST_PLAYED_PRECISION,
            wait.value,
            [write.archived_too for write in writes],
            [write.writer for write in writes],
            self._limits.saves_per_child,
            self._limits.bytes_per_family,
            self._gate.value,
        )

    def _permitted(self, write: Write, saved: Saved) -> Saved:
        """The result of a write, unless the gate refuses it."""
        if saved.unpermitted:
            refusal = CallerRefused(Refusal.PURPOSE, Purpose.SAVES.value, str(write.child_id))
            if not saved.done:
                raise refusal
            self._database.passed(refusal)
        return saved


def _undone(saved: Saved) -> bool:
    """Whether nothing was written and nothing refused, so that it can be run again.

    Another transaction locked, inserted or deleted the row, or the statement's other items use up what the limits leave.
    """
    return saved.owned and not (saved.done or saved.refused or saved.exceeds or saved.unpermitted)


def _outcome(row: Row) -> Saved | Held:
    saved = _saved(row)
    return Held(DEPENDENCY, "its row is locked by another transaction") if _undone(saved) else saved


def _saved(row: Row) -> Saved:
    if row["id"] is None:
        return Saved(
            owned=row["owned"],
            refused=row["expected"] is False,
            exceeds=row["exceeds"] is True,
            unpermitted=row["barred"],
            current=_current(row),
            current_size=row["current_size"],
        )
    return _stored(row, unpermitted=row["permitted"] is False)


def _stored(row: Row, *, unpermitted: bool = False) -> Saved:
    state = SaveState(row["data_version"], row["updated_at"], row["digest"])
    return Saved(
        owned=True,
        done=True,
        id=row["id"],
        state=state,
        created_at=row["created_at"],
        instance_id=row["instance_id"],
        unpermitted=unpermitted,
    )


def _current(row: Row) -> SaveState | None:
    if row["current_digest"] is None:
        return None
    return SaveState(row["current_version"], row["current_updated_at"], row["current_digest"])
