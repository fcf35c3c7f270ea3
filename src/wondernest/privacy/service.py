"""Requests to erase a child, a family or an account; taking them back; receipts."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.privacy import errors
from wondernest.privacy.letters import ERASURE, USER_ARGUMENT
from wondernest.privacy.rules import Erasure, Kind

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime
    from uuid import UUID

    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database, Executor
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.ids import Ids
    from wondernest.platform.jobs import Sender
    from wondernest.privacy.repository import RequestRepository

SHOWN: Final = 100
"""How many requests are shown."""


class ErasureService:
    """What an adult asks for. Raises the room's errors."""

    def __init__(
        self,
        requests: RequestRepository,
        database: Database,
        clock: Clock,
        ids: Ids,
        letter: Sender,
        grace: timedelta,
    ) -> None:
        self._requests = requests
        self._database = database
        self._clock = clock
        self._ids = ids
        self._letter = letter
        self._grace = grace

    async def erase_child(self, caller: Caller, child_id: UUID, unit: UnitOfWork) -> Erasure:
        """Hide and freeze a child now, and erase it after the grace. Again it changes nothing. Raises ChildNotFound."""
        now = self._clock.now()
        family_id = await self._requests.lock_child(unit, child_id, caller.user_id)
        if family_id is None:
            raise errors.ChildNotFound
        frozen = await self._requests.freeze(unit, child_id, (), now)
        subject = (child_id, family_id, None)
        return await self._ask(unit, Kind.CHILD, subject, caller.user_id, frozen, [family_id], now)

    async def erase_family(self, caller: Caller, unit: UnitOfWork) -> tuple[Erasure, Sequence[UUID]]:
        """As `erase_child`, for the family that the caller acts for and all of its children; who was hidden. Raises NoFamily."""
        now = self._clock.now()
        family_id = await self._requests.lock_family(unit, caller.user_id, caller.family_id)
        if family_id is None:
            raise errors.NoFamily
        frozen = await self._requests.freeze(unit, None, [family_id], now)
        subject = (None, family_id, None)
        return await self._ask(unit, Kind.FAMILY, subject, caller.user_id, frozen, [family_id], now), frozen

    async def erase_account(self, caller: Caller, unit: UnitOfWork) -> tuple[Erasure, Sequence[UUID]]:
        """As `erase_family`, for the caller's account, and for each family in which nobody else is a parent."""
        now = self._clock.now()
        await self._requests.lock_account(unit, caller.user_id)
        families = await self._requests.left_alone(unit, caller.user_id)
        frozen = await self._requests.freeze(unit, None, families, now)
        subject = (None, None, caller.user_id)
        return await self._ask(unit, Kind.ACCOUNT, subject, caller.user_id, frozen, (), now), frozen

    async def restore_child(self, caller: Caller, child_id: UUID, unit: UnitOfWork) -> bool:
        """Take a child out of the archive, and its erasure back; False if it was not archived. Raises ChildNotFound, Begun, PartOfLarger."""
        family_id = await self._requests.lock_child(unit, child_id, caller.user_id)
        if family_id is None:
            raise errors.ChildNotFound
        if await self._requests.has_begun(unit, child_id, family_id, None):
            raise errors.Begun
        if await self._requests.is_part_of_larger(unit, child_id):
            raise errors.PartOfLarger
        now = self._clock.now()
        await self._requests.take_back(unit, Kind.CHILD, child_id, now)
        archived = await self._requests.is_archived(unit, child_id)
        if archived:
            await self._requests.thaw(unit, [child_id], now)
        return archived

    async def restore_family(self, caller: Caller, unit: UnitOfWork) -> Sequence[UUID] | None:
        """Take back the erasure of the family; the children that are there again, None if none waits. Raises NoFamily, Begun."""
        family_id = await self._requests.lock_family(unit, caller.user_id, caller.family_id)
        if family_id is None:
            raise errors.NoFamily
        return await self._restore(unit, Kind.FAMILY, family_id, (None, family_id, None))

    async def restore_account(self, caller: Caller, unit: UnitOfWork) -> Sequence[UUID] | None:
        """As `restore_family`, for the caller's account. Raises Begun."""
        return await self._restore(unit, Kind.ACCOUNT, caller.user_id, (None, None, caller.user_id))

    async def seen_by(self, caller: Caller) -> Sequence[Erasure]:
        """The newest requests of the caller and of their family."""
        return await self._requests.seen_by(self._database, caller.user_id, caller.family_id, SHOWN)

    async def _restore(
        self,
        unit: UnitOfWork,
        kind: Kind,
        subject: UUID,
        where: tuple[UUID | None, UUID | None, UUID | None],
    ) -> Sequence[UUID] | None:
        now = self._clock.now()
        frozen = await self._requests.take_back(unit, kind, subject, now)
        if frozen is None:
            if await self._requests.has_begun(unit, *where):
                raise errors.Begun
            return None
        await self._requests.thaw(unit, frozen, now)
        return frozen

    async def _ask(
        self,
        unit: Executor,
        kind: Kind,
        subject: tuple[UUID | None, UUID | None, UUID | None],
        asked_by: UUID,
        frozen: Sequence[UUID],
        families: Sequence[UUID],
        now: datetime,
    ) -> Erasure:
        wanted, times = self._ids.uuid(), (now, now + self._grace)
        erasure = await self._requests.ask(unit, wanted, kind, subject, asked_by, frozen, times)
        if erasure.id == wanted:
            parents = await self._requests.parents(unit, families) if families else [asked_by]
            for parent in parents:
                await self._letter(unit, {USER_ARGUMENT: parent, ERASURE: erasure.id})
        return erasure
