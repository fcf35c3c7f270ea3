"""Documents of a child that another room makes: they are saves like any other, with kept versions, counters and limits."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Final, Protocol, TypeVar
from uuid import UUID

from wondernest.games import errors
from wondernest.games.repository import UNSTORABLE
from wondernest.games.rules import MAX_MADE_BYTES, Precondition, SaveKey, Write, device_name, writer
from wondernest.games.service import unstorable
from wondernest.platform.db.key_locks import KeyLocks
from wondernest.platform.db.pool import DEPENDENCY
from wondernest.platform.faults import DependencyUnavailable

if TYPE_CHECKING:
    from wondernest.games.metrics import SaveMetrics
    from wondernest.games.repository import DocumentRepository, MadeDocument, SaveRepository
    from wondernest.games.service import Notices
    from wondernest.platform.db.pool import Database
    from wondernest.platform.db.unit import UnitOfWork

Result = TypeVar("Result")
MAX_MERGES: Final = 16
"""How often a change is merged with what others wrote meanwhile. Requests of one process wait for each other, so each further
attempt means that another process, or another transaction, has written."""
PAUSE_S: Final = 0.004
"""Before the second attempt; before the third twice that, and so on."""
ABSENT: Final = Precondition("!")


class By(Protocol):
    """Who changes a document: the acting adult, and the device as its headers name it."""

    @property
    def user_id(self) -> UUID:
        """The acting adult."""
        ...

    @property
    def device(self) -> str | None:
        """X-Device-Id."""
        ...

    @property
    def agent(self) -> str | None:
        """User-Agent."""
        ...


class GameDocuments:
    """The documents of one game. Raises the errors of the games room, whose wire forms hold for every route under /games."""

    def __init__(
        self,
        game_type: str,
        saves: SaveRepository,
        documents: DocumentRepository,
        database: Database,
        notices: Notices,
        metrics: SaveMetrics,
    ) -> None:
        self._game_type = game_type
        self._saves = saves
        self._documents = documents
        self._database = database
        self._notices = notices
        self._metrics = metrics
        self._turns = KeyLocks()

    async def find(self, user_id: UUID, child_id: UUID, keys: Sequence[str] | None, /) -> Sequence[MadeDocument]:
        """The child's documents, or those with the keys, the newest first; raises ChildNotFound."""
        found = await self._documents.find(self._database, user_id, child_id, self._game_type, keys)
        if found is None:
            raise errors.ChildNotFound
        self._metrics.operation("load", self._game_type).inc()
        return found

    async def locate(self, user_id: UUID, prefix: str, field: tuple[str, str], /) -> MadeDocument | None:
        """The document of one of the adult's own children in which a text field has a value."""
        return await self._documents.locate(self._database, user_id, self._game_type, prefix, field)

    async def lock(self, unit: UnitOfWork, user_id: UUID, child_id: UUID, keys: Sequence[str], /) -> None:
        """Lock several documents that the unit will change, together: one after another could wait for each other for ever."""
        await self._saves.lock(unit, user_id, child_id, [SaveKey(self._game_type, key) for key in sorted(keys)])

    async def change(
        self,
        by: By,
        child_id: UUID,
        data_key: str,
        merge: Callable[[bytes | None], tuple[bytes | None, Result]],
        unit: UnitOfWork | None = None,
        /,
    ) -> Result:
        """Read the document, have it merged and store it only if nobody wrote it meanwhile; else merge with what was written.

        `merge` gets the stored document (None: there is none) and returns the new one (None: it stays) and the result. It
        may be called several times. Raises ChildNotFound, QuotaExceeded, InvalidBody, DependencyUnavailable.
        """
        if unit is not None:
            await self._saves.lock(unit, by.user_id, child_id, [SaveKey(self._game_type, data_key)])
            return await self._merged(by, child_id, data_key, merge, unit)
        turns = await self._turns.acquire([(child_id, data_key)])
        try:
            return await self._merged(by, child_id, data_key, merge, None)
        finally:
            for turn in turns:
                self._turns.release(turn)

    async def _merged(
        self,
        by: By,
        child_id: UUID,
        data_key: str,
        merge: Callable[[bytes | None], tuple[bytes | None, Result]],
        unit: UnitOfWork | None,
    ) -> Result:
        for attempt in range(MAX_MERGES):
            await asyncio.sleep(PAUSE_S * attempt)
            found = await self._documents.find(
                unit or self._database, by.user_id, child_id, self._game_type, [data_key]
            )
            if found is None:
                raise errors.ChildNotFound
            current = found[0] if found else None
            if current is not None and current.content is None:
                raise errors.InvalidBody(f"the stored document has more than {MAX_MADE_BYTES} bytes")
            document, result = merge(current.content if current else None)
            if document is None or await self._store(by, child_id, data_key, document, current, unit):
                return result
        raise DependencyUnavailable(DEPENDENCY, "other writers kept changing the document")

    async def _store(
        self,
        by: By,
        child_id: UUID,
        data_key: str,
        document: bytes,
        current: MadeDocument | None,
        unit: UnitOfWork | None,
    ) -> bool:
        """Whether the document was stored; False if another writer was first."""
        if len(document) > MAX_MADE_BYTES:
            raise errors.InvalidBody(f"the document would have more than {MAX_MADE_BYTES} bytes")
        device = device_name(by.device)
        write = Write(
            by.user_id,
            child_id,
            SaveKey(self._game_type, data_key),
            document,
            ABSENT if current is None else Precondition(f",{current.state.tag},"),
            device,
            writer=writer(by.user_id, device, by.agent),
        )
        try:
            saved = await self._saves.store(write, unit)
        except UNSTORABLE as error:
            raise unstorable(error) from None
        if not saved.owned:
            raise errors.ChildNotFound
        if saved.exceeds:
            raise errors.QuotaExceeded
        if saved.refused:
            return False
        self._metrics.operation("save", self._game_type).inc()
        await self._notices.stored(document, saved, unit)
        return True
