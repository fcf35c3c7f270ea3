"""What is offered to children: packs and the library."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from bench.hot.parents import CLOCK, IDS, ParentRequests
from bench.library import ONE_ITEM, RARE
from wondernest.content.model import Engagement
from wondernest.content.model import Wanted as LibraryWanted
from wondernest.content.repository import FilterRepository, LibraryRepository
from wondernest.content.repository.library import Asker
from wondernest.packs.model import Use
from wondernest.packs.model import Wanted as PacksWanted
from wondernest.packs.repository import Asked, PackRepository, Proof, PurchaseRepository
from wondernest.packs.rules import Download, prefix_query
from wondernest.platform.ids import new_uuid


class ShelfRequests(ParentRequests):
    """Requests about packs and items of the library."""

    # Packs --------------------------------------------------------------------------------------------------------

    async def packs(self, _: int) -> None:
        """GET of a page of packs, of those found by words, of the owned ones, of one and of its assets."""
        one, packs, now = self._parents[0], PackRepository(), datetime.now(UTC)
        asked = Asked(one.user_id, one.family_id, one.child_id)
        assert (await packs.search(self._database, asked, PacksWanted(page=1, size=20), now)).packs
        assert (await packs.search(self._database, asked, PacksWanted(words=prefix_query("lion"), size=20), now)).total
        owned = await packs.owned(self._database, asked)
        assert await packs.one(self._database, asked, owned[0].id, now)
        assert await packs.assets(self._database, asked, owned[0].id, now)

    async def use_pack(self, _: int) -> None:
        """Download and use of an owned pack, and an offer."""
        one, packs, now = self._parents[0], PackRepository(), datetime.now(UTC)
        asked = Asked(one.user_id, one.family_id, None)
        pack_id = (await packs.owned(self._database, asked))[0].id
        assert await packs.downloaded(self._database, asked, pack_id, Download("completed", 100), now)
        use = Use(
            pack_id=pack_id,
            child_id=None,
            asset_id=None,
            session_id=None,
            feature="ai_story",
            duration_s=7,
            metadata=None,
        )
        await packs.used(self._database, asked, use, IDS.ordered_uuid(), 1_000_000, now)
        assert await PurchaseRepository().offer(self._database, asked, pack_id, Proof("", ""), now)

    # The library --------------------------------------------------------------------------------------------------

    async def library(self, _: int) -> None:
        """GET of a page of the library, of what a search finds, of an item, of recommendations, and of the filters."""
        one, library = self._parents[0], LibraryRepository()
        asker = Asker(one.user_id, one.family_id)
        page = LibraryWanted(
            child_id=one.child_id, category=None, most_age=None, words=None, limit=20, offset=20, after=None
        )
        found = await library.listed(self._database, asker, page)
        assert found.items
        assert (await library.listed(self._database, asker, replace(page, words=RARE, offset=0))).items
        assert await library.find(self._database, asker, one.child_id, str(found.items[0].id))
        assert (await library.recommend(self._database, asker, one.child_id, CLOCK.now().date())).picks
        assert await FilterRepository().read(self._database, asker)

    async def engage(self, _: int) -> None:
        """POST of an engagement."""
        one, library, now = self._parents[0], LibraryRepository(), CLOCK.now()
        asker = Asker(one.user_id, one.family_id)
        done = Engagement(
            id=new_uuid(),
            earlier=(new_uuid(),),
            child_id=one.child_id,
            content_id=ONE_ITEM,
            kind="view",
            started_at=now,
            ended_at=now,
            duration_s=60,
            completion=None,
            score=0.3,
        )
        assert (await library.engage(self._database, asker, done, 1_000_000)).is_new
