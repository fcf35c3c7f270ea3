"""What children play: saves, games, stories."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Sequence
from secrets import token_urlsafe
from typing import TYPE_CHECKING

from bench.data_set import FIRST_KEY, GAME
from bench.documents import SMALL_BYTES, project
from bench.hot.parents import LIMITS, SAVES_OF_A_BATCH, Parent, ParentRequests
from wondernest.games.repository import (
    DocumentRepository,
    HistoryRepository,
    LoadRepository,
    PublishedStories,
    RegistryRepository,
    SaveRepository,
)
from wondernest.games.rules import SMALL_LIST_BYTES, Deletion, Listing, Read, SaveKey, Write
from wondernest.platform.db.unit import UnitOfWork
from wondernest.platform.ids import new_uuid
from wondernest.stories.reading import INSTANCE_ID, INSTANCE_PREFIX
from wondernest.stories.repository import TemplateRepository
from wondernest.stories.rules import Wanted

if TYPE_CHECKING:
    from bench.statements import OneConnection


class PlayRequests(ParentRequests):
    """Requests about what a child plays."""

    def __init__(self, database: OneConnection, parents: Sequence[Parent]) -> None:
        super().__init__(database, parents)
        self._saves = SaveRepository(database, LIMITS)
        self._loads = LoadRepository(database)
        self._history = HistoryRepository(database)
        self._registry = RegistryRepository(database)
        self._documents = DocumentRepository()
        self._templates = TemplateRepository(database, PublishedStories())

    # Saves --------------------------------------------------------------------------------------------------------

    async def load(self, count: int) -> None:
        """GET of a save."""
        key = SaveKey(GAME, FIRST_KEY)
        reads = [self._loads.get(Read(parent.user_id, parent.child_id, key)) for parent in self._parents[:count]]
        assert all(await asyncio.gather(*reads))

    async def list_saves(self, count: int) -> None:
        """GET of a child's saves."""
        asked = [Listing(parent.user_id, parent.child_id, GAME) for parent in self._parents[:count]]
        assert all(await asyncio.gather(*(self._loads.find(listing, instances=True) for listing in asked)))

    async def list_large(self, _: int) -> None:
        """GET of a child's saves that are too large to share a read with others."""
        one = self._parents[0]
        document = b'{"project":"%s"}' % token_urlsafe(SMALL_LIST_BYTES).encode()
        await self._saves.store(Write(one.user_id, one.child_id, SaveKey(GAME, "project"), document))
        listing = Listing(one.user_id, one.child_id, GAME)
        assert await self._loads.find(listing, instances=True) is None
        async for piece in await self._loads.open_large(listing, instances=True):
            assert piece
            break

    async def save(self, count: int, data_key: str = FIRST_KEY) -> None:
        """PUT of a save."""
        saved = await asyncio.gather(*(self._saves.store(write) for write in self._writes(count, data_key)))
        assert all(one.done for one in saved)

    async def first_save(self, count: int) -> None:
        """PUT of a save under a new key."""
        await self.save(count, "sticker_project_new")

    async def delete(self, _: int) -> None:
        """DELETE of a save."""
        one = self._parents[0]
        await self._saves.delete(Deletion(one.user_id, one.child_id, GAME, FIRST_KEY))

    async def lock(self, _: int) -> None:
        """The first step of a batch."""
        one = self._parents[0]
        keys = [SaveKey(GAME, f"sticker_project_{number}") for number in range(SAVES_OF_A_BATCH)]
        unit = UnitOfWork(self._database)
        await self._saves.lock(unit, one.user_id, one.child_id, keys)
        await unit.commit()

    async def versions(self, _: int) -> None:
        """GET of a save's kept versions, and of one of them."""
        one, key = self._parents[0], SaveKey(GAME, FIRST_KEY)
        kept = await self._history.find(one.user_id, one.child_id, (GAME, FIRST_KEY), None, 50)
        await self._history.get(one.user_id, one.child_id, key, kept[0].version)

    async def instances(self, _: int) -> None:
        """The child's games."""
        one = self._parents[0]
        await self._registry.prepare_instance(one.user_id, one.child_id, GAME)
        await self._registry.instances(one.user_id, one.child_id)
        await self._registry.active(one.user_id, one.child_id)

    def _writes(self, count: int, data_key: str) -> list[Write]:
        key = SaveKey(GAME, data_key)
        return [
            Write(parent.user_id, parent.child_id, key, self._document(), device="tablet")
            for parent in self._parents[:count]
        ]

    def _document(self) -> bytes:
        return project(SMALL_BYTES, random.Random(0), revision=f"{next(self._serials):016d}")

    # Stories ------------------------------------------------------------------------------------------------------

    async def templates(self, _: int) -> None:
        """GET of the templates for a child, with those of other families and published stories, and of one of them."""
        one = self._parents[0]
        wanted = Wanted(marketplace=True, family=True)
        shelf = await self._templates.find(one.user_id, one.child_id, one.family_id, wanted)
        assert shelf is not None
        template_id = shelf.templates[0].id
        assert (await self._templates.get(one.user_id, one.child_id, one.family_id, template_id))[1] is not None

    async def child_documents(self, _: int) -> None:
        """GET of a child's report; and the search for an instance."""
        one = self._parents[0]
        assert await self._documents.find(self._database, one.user_id, one.child_id, GAME, None)
        field = INSTANCE_ID, str(new_uuid())
        assert await self._documents.locate(self._database, one.user_id, GAME, INSTANCE_PREFIX, field) is None
