"""Packs as a family sees and uses them. Raises the room's errors."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID

from wondernest.packs import errors
from wondernest.packs.purchases import left_of_day_s
from wondernest.packs.repository import Asked, BadMetadata, DayFull, NoPack, NoPart, NotTheirChild

if TYPE_CHECKING:
    from wondernest.packs.model import Asset, Category, Found, Pack, Review, Use, Wanted
    from wondernest.packs.repository import PackRepository
    from wondernest.packs.rules import Download
    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database, Executor
    from wondernest.platform.ids import Ids


class PackService:
    """Reads packs and notes their use. A child that is named must be the caller's; then its limits count as well."""

    def __init__(self, repository: PackRepository, database: Database, clock: Clock, ids: Ids, uses_a_day: int) -> None:
        """uses_a_day: how many uses of one user are kept."""
        self._repository = repository
        self._database = database
        self._clock = clock
        self._ids = ids
        self._uses_a_day = uses_a_day

    async def categories(self, caller: Caller) -> Sequence[Category]:
        """The active categories."""
        return await self._repository.categories(self._database, caller.user_id)

    async def featured(self, caller: Caller, child_id: UUID | None, wanted: Wanted) -> Sequence[Pack]:
        """The published packs that are featured, the most popular first."""
        with _of_child(errors.FEATURED):
            found = await self._repository.search(self._database, Asked.by(caller, child_id), wanted, self._clock.now())
        return found.packs

    async def search(self, caller: Caller, child_id: UUID | None, wanted: Wanted) -> Found:
        """A page of published packs."""
        with _of_child(errors.SEARCH):
            return await self._repository.search(self._database, Asked.by(caller, child_id), wanted, self._clock.now())

    async def owned(self, caller: Caller, child_id: UUID | None) -> Sequence[Pack]:
        """What the caller owns: of the child and for all children, or everything."""
        with _of_child(errors.OWNED):
            return await self._repository.owned(self._database, Asked.by(caller, child_id))

    async def one(self, caller: Caller, child_id: UUID | None, pack_id: UUID) -> Pack:
        """A pack; with its assets if it is free or owned. Raises PackNotFound."""
        with _of_child(errors.PACK):
            asked = Asked.by(caller, child_id)
            pack = await self._repository.one(self._database, asked, pack_id, self._clock.now())
        if pack is None:
            raise errors.PackNotFound
        return pack

    async def assets(self, caller: Caller, child_id: UUID | None, pack_id: UUID) -> Sequence[Asset]:
        """The assets of a free or owned pack. Raises AssetsRefused."""
        with _of_child(errors.ASSETS):
            asked = Asked.by(caller, child_id)
            assets = await self._repository.assets(self._database, asked, pack_id, self._clock.now())
        if assets is None:
            raise errors.AssetsRefused
        return assets

    async def downloaded(self, caller: Caller, child_id: UUID | None, pack_id: UUID, download: Download) -> None:
        """Note how far a download is. Raises NotOwned, also for a child that is not the caller's: nothing is owned for it."""
        asked = Asked.by(caller, child_id)
        try:
            owned = await self._repository.downloaded(self._database, asked, pack_id, download, self._clock.now())
        except NotTheirChild:
            owned = False
        if not owned:
            raise errors.NotOwned

    async def review(self, caller: Caller, pack_id: UUID, stars: int) -> Review:
        """Store how many stars a parent gives a pack that they own. Raises NotOwned, also for one that may not be shown."""
        asked, now = Asked.by(caller), self._clock.now()
        review = await self._repository.review(self._database, asked, pack_id, self._ids.ordered_uuid(), stars, now)
        if review is None:
            raise errors.NotOwned
        return review

    async def forget_review(self, caller: Caller, pack_id: UUID) -> None:
        """Take the caller's review of a pack back, also of one that they own no more. Without one nothing happens."""
        await self._repository.forget_review(self._database, Asked.by(caller), pack_id)

    async def used(self, caller: Caller, use: Use, executor: Executor | None) -> None:
        """Note that a free or owned pack was used. `executor`: the request's unit of work, if it has one."""
        now = self._clock.now()
        try:
            with _of_child(errors.USAGE):
                await self._repository.used(
                    executor or self._database,
                    Asked.by(caller, use.child_id),
                    use,
                    self._ids.ordered_uuid(),
                    self._uses_a_day,
                    now,
                )
        except NoPack:
            raise errors.Refused(errors.USAGE, "Pack not owned or not found") from None
        except NoPart:
            raise errors.Refused(errors.USAGE, "Asset not found") from None
        except BadMetadata:
            raise errors.Refused(errors.USAGE, "Invalid metadata") from None
        except DayFull:
            raise errors.TooMuchUsage(left_of_day_s(now)) from None


@contextmanager
def _of_child(prefix: str) -> Generator[None]:
    try:
        yield
    except NotTheirChild:
        raise errors.ChildNotFound(prefix) from None
