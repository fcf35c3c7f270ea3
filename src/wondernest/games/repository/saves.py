"""Saves: one statement each, gathered across concurrent requests where they are hot."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

import asyncpg

from wondernest.access.guardianship import guards
from wondernest.games.repository.statements import DELETE, DIGEST, LOCK, STORE
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
    Read,
    Saved,
    SaveKey,
    SaveState,
    StoredSave,
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

_MADE: Final = "coalesce(s.created_at, s.updated_at, 'epoch') as created_at"
_CHANGED: Final = "coalesce(s.updated_at, s.created_at, 'epoch') as updated_at"
_GET: Final = f"""
    select i.n, s.id, s.data_value, s.data_version, {_MADE}, {_CHANGED}, {DIGEST.format(document="s.data_value")} as digest
      from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[])
           with ordinality as i(user_id, child_id, game_type, data_key, n)
      join games.simple_game_data s
        on s.child_id = i.child_id and s.game_type = i.game_type and s.data_key = i.data_key
     where {guards("i.child_id", "i.user_id")}"""
"""Plan: nested loop over the input with the save's unique key, then two primary-key probes of the guard."""

_LISTED: Final = f"""
    select s.id, s.game_type, s.data_key, s.data_value, s.data_version, {_MADE}, {_CHANGED}, {{instance}} as instance_id
      from games.simple_game_data s{{join}}
     where s.child_id = $2 and {guards("$2", "$1")}
       and ($3::text is null or s.game_type = $3) and ($4::text is null or s.data_key = $4)
     order by s.updated_at desc nulls last, s.id"""
_LIST: Final = _LISTED.format(instance="null::uuid", join="")
_LIST_WITH_INSTANCES: Final = _LISTED.format(
    instance="g.id",
    join="""
      left join games.game_registry r on r.game_key = s.game_type
      left join games.child_game_instances g on g.game_id = r.id and g.child_id = s.child_id""",
)
"""Only the key dialect names the game's instance; the simple one is spared two joins."""


class SaveRepository:
    """Reads and writes saves within the child and the adult given."""

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
        self._reads: Gatherer[Read, StoredSave | None] = Gatherer(database, _read_all)

    async def get(self, read: Read) -> StoredSave | None:
        """One save, None when there is none or the child is not the adult's."""
        return await self._reads.submit(read)

    async def find(
        self, user_id: UUID, child_id: UUID, game_type: str | None, data_key: str | None, *, instances: bool
    ) -> list[StoredSave]:
        """A child's saves, newest first; empty for a child that is not the adult's."""
        statement = _LIST_WITH_INSTANCES if instances else _LIST
        rows = await self._database.fetch(statement, user_id, child_id, game_type, data_key)
        return [_stored(row, SaveKey(row["game_type"], row["data_key"]), row["instance_id"]) for row in rows]

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


async def _read_all(executor: Executor, reads: Sequence[Read]) -> list[StoredSave | None]:
    rows = await executor.fetch(
        _GET,
        [read.user_id for read in reads],
        [read.child_id for read in reads],
        [read.key.game_type for read in reads],
        [read.key.data_key for read in reads],
    )
    found: list[StoredSave | None] = [None] * len(reads)
    for row in rows:
        place: int = row["n"] - 1
        found[place] = _stored(row, reads[place].key, digest=row["digest"])
    return found


def _stored(row: Row, key: SaveKey, instance_id: UUID | None = None, digest: str = "") -> StoredSave:
    return StoredSave(
        row["id"],
        key,
        row["data_value"],
        row["data_version"],
        row["created_at"],
        row["updated_at"],
        instance_id,
        digest,
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
