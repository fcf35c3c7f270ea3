"""Saves: store, read, delete, restore."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from msgspec import Struct
from msgspec.structs import replace

from wondernest.games import errors
from wondernest.games.repository import UNSTORABLE
from wondernest.games.rules import (
    ANY_STATE,
    Deletion,
    KeptVersion,
    Listing,
    Precondition,
    Read,
    Reason,
    Saved,
    SaveKey,
    SaveState,
    StoredSave,
    Write,
    writer,
)
from wondernest.games.turns import Turns
from wondernest.platform.json import doubles, expansion, instant
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.games.metrics import SaveMetrics
    from wondernest.games.ports import Watcher
    from wondernest.games.repository import HistoryRepository, LoadRepository, MentionRepository, SaveRepository
    from wondernest.games.site_children import SiteChildren
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.pool import Database, Executor
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.large_work import LargeWork


log = get_logger(__name__)


class Intent(Struct, frozen=True):
    """The precondition and the device of a write, from its headers."""

    condition: Precondition = ANY_STATE
    device: str | None = None
    writer: bytes | None = None
    """See rules.writer."""


def unstorable(error: Exception) -> errors.InvalidBody:
    """The error for a document that PostgreSQL cannot store, with its message."""
    return errors.InvalidBody(str(error).partition("\n")[0])


def state_info(state: SaveState, size_bytes: int) -> dict[str, Any]:
    """A state's metadata, for the body of a 409."""
    return {
        "version": state.version,
        "etag": state.etag,
        "updatedAt": instant(state.updated_at),
        "sizeBytes": size_bytes,
    }


def conflict(saved: Saved, condition: Precondition, size_bytes: int | None) -> errors.VersionConflict:
    """The refusal of a write whose precondition failed."""
    current = state_info(saved.current, saved.current_size or 0) if saved.current else None
    return errors.VersionConflict(current, {"ifMatch": condition.sent, "sizeBytes": size_bytes})


class Notices:
    """Tells the watcher of stored saves."""

    def __init__(self, watcher: Watcher, database: Database) -> None:
        self._watcher = watcher
        self._database = database

    async def stored(self, document: bytes, saved: Saved, unit: UnitOfWork | None) -> None:
        """Tell it in the save's own transaction; without one the save is committed, and a failure here is only logged.

        What is lost then, the watcher finds by reading the saves.
        """
        if saved.id is None or not self._watcher.concerns(document):
            return
        if unit is not None:
            await self._watcher.stored(unit, saved.id)
            return
        try:
            await self._watcher.stored(self._database, saved.id)
        except Exception as error:  # the save is stored: it must not be answered as a failure
            log.warning("a stored save was not announced", error=type(error).__name__)


class SaveService:
    """The operations of a parent's device on a child's saves. Raises the room's errors."""

    def __init__(
        self,
        saves: SaveRepository,
        loads: LoadRepository,
        history: HistoryRepository,
        metrics: SaveMetrics,
        notices: Notices,
        site: SiteChildren,
    ) -> None:
        self._saves = saves
        self._notices = notices
        self._loads = loads
        self._history = history
        self._metrics = metrics
        self._site = site
        self._turns = Turns()

    async def store(
        self,
        caller: Caller,
        child_id: UUID,
        key: SaveKey,
        document: bytes,
        intent: Intent,
        unit: UnitOfWork | None = None,
    ) -> Saved:
        """Store a document; the one it overwrites is kept as a version.

        Raises ChildNotFound, VersionConflict, QuotaExceeded, InvalidBody.
        """
        write = Write(caller.user_id, child_id, key, document, intent.condition, intent.device, writer=intent.writer)
        saved = await self._write(caller, write, unit)
        self._metrics.operation("save", key.game_type).inc()
        return saved

    async def get(self, caller: Caller, child_id: UUID, key: SaveKey) -> StoredSave:
        """One save; raises SaveNotFound."""
        read = Read(caller.user_id, child_id, key)
        found = await self._loads.get(read)
        if found is None and (child := await self._site.own(caller, child_id)):
            found = await self._loads.get(replace(read, child_id=child))
        if found is None:
            raise errors.SaveNotFound
        self._metrics.operation("load", key.game_type).inc()
        return found

    async def find(
        self, caller: Caller, listing: Listing, *, instances: bool
    ) -> list[StoredSave] | AsyncGenerator[list[StoredSave]]:
        """A child's saves, newest first; a child that is not the caller's has none. A large list is a generator of parts."""
        found = await self._loads.find(listing, instances=instances)
        if found == [] and (child := await self._site.own(caller, listing.child_id)):
            listing = listing._replace(child_id=child)
            found = await self._loads.find(listing, instances=instances)
        if found is None:
            pieces = await self._loads.open_large(listing, instances=instances)
            found = self._turns.in_turn(listing.user_id, pieces)
        self._metrics.operation("load", listing.game_type or "").inc()
        return found

    async def delete(
        self, caller: Caller, child_id: UUID, key: SaveKey, intent: Intent, unit: UnitOfWork | None = None
    ) -> None:
        """Delete a save, keeping it as a version; raises SaveNotFound, VersionConflict."""
        deletion = Deletion(
            caller.user_id,
            child_id,
            key.game_type,
            key.data_key,
            intent.condition,
            intent.device,
            writer=intent.writer,
        )
        gone = await self._delete(caller, deletion, unit)
        if gone.refused:
            raise conflict(gone, intent.condition, None)
        if not gone.done:
            raise errors.SaveNotFound

    async def delete_type(self, caller: Caller, child_id: UUID, game_type: str, intent: Intent) -> int:
        """Delete every save of a type, keeping each as a version; returns their number. The precondition is not looked at."""
        deletion = Deletion(caller.user_id, child_id, game_type, device=intent.device, writer=intent.writer)
        gone = await self._delete(caller, deletion, None)
        return gone.count

    async def meant(self, caller: Caller, child_id: UUID, unit: UnitOfWork | None = None) -> UUID:
        """Whose saves an id names: the child's itself, but for a hard-wired id. Only that one asks the database."""
        return await self._site.own(caller, child_id, unit) or child_id

    async def history(
        self, caller: Caller, child_id: UUID, key: tuple[str | None, str | None], before: datetime | None, limit: int
    ) -> list[KeptVersion]:
        """Kept versions, the last kept first."""
        kept = await self._history.find(caller.user_id, child_id, key, before, limit)
        if not kept and (child := await self._site.own(caller, child_id)):
            kept = await self._history.find(caller.user_id, child, key, before, limit)
        return kept

    async def version(self, caller: Caller, child_id: UUID, key: SaveKey, version: int) -> KeptVersion:
        """One kept version with its document; raises VersionNotFound."""
        kept = await self._history.get(caller.user_id, child_id, key, version)
        if kept is None and (child := await self._site.own(caller, child_id)):
            kept = await self._history.get(caller.user_id, child, key, version)
        if kept is None:
            raise errors.VersionNotFound
        return kept

    async def restore(
        self, caller: Caller, child_id: UUID, key: SaveKey, version: int, intent: Intent, unit: UnitOfWork | None = None
    ) -> Saved:
        """Make a kept version current again; the current one is kept as a version.

        Raises VersionNotFound, VersionConflict, QuotaExceeded.
        """
        kept = await self.version(caller, child_id, key, version)
        write = Write(
            caller.user_id,
            child_id,
            key,
            kept.document,
            intent.condition,
            intent.device,
            Reason.RESTORED,
            writer=intent.writer,
        )
        return await self._write(caller, write, unit)

    async def _write(self, caller: Caller, write: Write, unit: UnitOfWork | None) -> Saved:
        try:
            saved = await self._saves.store(write, unit)
            if not saved.owned and (child := await self._site.own(caller, write.child_id, unit)):
                saved = await self._saves.store(replace(write, child_id=child), unit)
        except UNSTORABLE as error:
            raise unstorable(error) from None
        if not saved.owned:
            raise errors.ChildNotFound
        if saved.refused:
            raise conflict(saved, write.condition, len(write.document))
        if saved.exceeds:
            raise errors.QuotaExceeded
        await self._notices.stored(write.document, saved, unit)
        return saved

    async def _delete(self, caller: Caller, deletion: Deletion, unit: UnitOfWork | None) -> Saved:
        gone = await self._saves.delete(deletion, unit)
        if not gone.owned and (child := await self._site.own(caller, deletion.child_id, unit)):
            gone = await self._saves.delete(replace(deletion, child_id=child), unit)
        return gone


class ProjectSaves:
    """Stores and deletes saves that arrive as events; also for archived children, whose events may arrive late (games contract §6)."""

    def __init__(self, saves: SaveRepository, large_work: LargeWork, notices: Notices) -> None:
        self._saves = saves
        self._large_work = large_work
        self._notices = notices

    async def store(
        self, unit: UnitOfWork, user_id: UUID, child_id: UUID, key: tuple[str, str], document: bytes
    ) -> None:
        """Store a document, as a save route does; raises InvalidBody, ChildNotFound, QuotaExceeded."""
        if await self._large_work.run(expansion(document), len(document)):
            raise errors.InvalidBody("its numbers are too long")
        document = await self._large_work.run(doubles(document), len(document))
        write = Write(user_id, child_id, SaveKey(*key), document, archived_too=True, writer=writer(user_id, None))
        try:
            saved = await self._saves.store(write, unit)
        except UNSTORABLE as error:
            raise unstorable(error) from None
        if not saved.owned:
            raise errors.ChildNotFound
        if saved.exceeds:
            raise errors.QuotaExceeded
        await self._notices.stored(document, saved, unit)

    async def remove(self, unit: UnitOfWork, user_id: UUID, child_id: UUID, key: tuple[str, str]) -> None:
        """Delete a document if it exists and the child is the adult's."""
        await self._saves.delete(
            Deletion(user_id, child_id, *key, archived_too=True, writer=writer(user_id, None)), unit
        )


class SavedDocuments:
    """Reads all saves of a child, for a room that shows them in another form."""

    def __init__(self, saves: SaveService) -> None:
        self._saves = saves

    async def of_child(
        self, caller: Caller, child_id: UUID
    ) -> list[tuple[str, bytes]] | AsyncGenerator[list[tuple[str, bytes]]]:
        """Data key and document of each save, last changed first; of a large list its parts. A child that is not the adult's has none."""
        found = await self._saves.find(caller, Listing(caller.user_id, child_id), instances=False)
        return _documents(found) if isinstance(found, list) else _in_parts(found)


async def _in_parts(pieces: AsyncGenerator[list[StoredSave]]) -> AsyncGenerator[list[tuple[str, bytes]]]:
    async with aclosing(pieces):
        async for saves in pieces:
            yield _documents(saves)


def _documents(saves: Sequence[StoredSave]) -> list[tuple[str, bytes]]:
    return [(save.key.data_key, save.document) for save in saves]


class SaveMentions:
    """Finds the saves of a household in which a word stands, for rooms whose things saves show."""

    def __init__(self, repository: MentionRepository) -> None:
        self._repository = repository

    async def current(
        self, executor: Executor, user_id: UUID, words: Sequence[str], /
    ) -> Sequence[tuple[SaveKey, bytes]]:
        """The saves of the adult's children, the newest first."""
        return await self._repository.current(executor, user_id, words)

    async def kept(self, executor: Executor, user_id: UUID, words: Sequence[str], /) -> bool:
        """Whether a kept version, which can be restored, holds one of the words."""
        return await self._repository.kept(executor, user_id, words)

    async def document(self, executor: Executor, save_id: UUID, /) -> tuple[UUID, bytes] | None:
        """The child and the document of a save; None if it is gone."""
        return await self._repository.document(executor, save_id)

    async def naming(self, executor: Executor, user_id: UUID, after: UUID | None, limit: int, /) -> Sequence[UUID]:
        """Ids, in their order, of the saves of the adult's children that may name a file."""
        return await self._repository.naming(executor, user_id, after, limit)
