"""The business of the library: who sees which items, and what children do with them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from msgspec import Struct

from wondernest.content import errors, rules
from wondernest.content.model import Engagement
from wondernest.content.repository.library import Asker, NoChildFound, NoFamilyFound
from wondernest.platform.clock import latest_day
from wondernest.platform.faults import CallerRefused, Refusal
from wondernest.platform.ids import parse_uuid

if TYPE_CHECKING:
    from wondernest.content.model import Item, Listed, Picks, Wanted
    from wondernest.content.ports import Events
    from wondernest.content.repository import LibraryRepository
    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.db.unit import UnitOfWork

NOBODY: Final = UUID(int=0)
"""No child has this id: a text that is no id is answered as an unknown child, by the same statement."""


class Report(Struct, frozen=True, kw_only=True):
    """What a client says that a child did."""

    content_id: str
    child_id: str
    kind: str
    duration: float | None
    metadata: Any
    event_id: str | None


class ContentService:
    """Operations on the library. Raises the room's errors."""

    def __init__(
        self, repository: LibraryRepository, database: Database, clock: Clock, events: Events, most_a_day: int
    ) -> None:
        self._repository = repository
        self._database = database
        self._clock = clock
        self._events = events
        self._most_a_day = most_a_day

    async def listed(self, caller: Caller, wanted: Wanted) -> Listed:
        """A page of the items that the family may be shown, and the child if one is named. Raises NoFamily, ChildNotFound."""
        try:
            return await self._repository.listed(self._database, _asker(caller), wanted)
        except NoFamilyFound:
            raise errors.NoFamily from None
        except NoChildFound:
            raise errors.ChildNotFound from None

    async def find(self, caller: Caller, child_id: UUID | None, named: str) -> Item:
        """The item of an id. Raises NoFamily, ChildNotFound, ContentNotFound."""
        try:
            item = await self._repository.find(self._database, _asker(caller), child_id, named)
        except NoFamilyFound:
            raise errors.NoFamily from None
        except NoChildFound:
            raise errors.ChildNotFound from None
        if item is None:
            raise errors.ContentNotFound
        return item

    async def recommend(self, caller: Caller, child_id: UUID) -> Picks:
        """The best items for a child. Raises NoFamily, ChildNotFound."""
        today = latest_day(self._clock.now())
        try:
            return await self._repository.recommend(self._database, _asker(caller), child_id, today)
        except NoFamilyFound:
            raise errors.NoFamily from None
        except NoChildFound:
            raise errors.ChildNotFound from None

    async def suggestions(self, caller: Caller, child_id: UUID) -> list[tuple[str, str]]:
        """Title and category of the best items for a child, the best first; raises as `recommend`. None without consent to that."""
        try:
            picks = (await self.recommend(caller, child_id)).picks
        except CallerRefused as refused:
            if refused.why is not Refusal.PURPOSE:
                raise
            return []
        return [(pick.item.title, pick.item.category) for pick in picks]

    async def engage(self, caller: Caller, report: Report, unit: UnitOfWork) -> None:
        """Record what a child did with an item; a repeated delivery changes nothing. Likes and shares are events as well.

        Raises NoFamily, ChildNotFound, ContentNotFound, TooOften.
        """
        done = self._engagement(report)
        recorded = await self._repository.engage(unit, _asker(caller), done, self._most_a_day)
        if not recorded.has_family:
            raise errors.NoFamily
        if not recorded.is_child:
            raise errors.ChildNotFound
        if recorded.item_id is None:
            raise errors.ContentNotFound
        if not recorded.has_room:
            raise errors.TooOften(_seconds_left(done))
        if recorded.is_new and done.kind in rules.TOLD:
            kind = f"content_{done.kind}"
            await self._events.record(unit, caller.user_id, done.child_id, kind, str(recorded.item_id), done.id.bytes)

    def _engagement(self, report: Report) -> Engagement:
        now = self._clock.now()
        child_id = parse_uuid(report.child_id.strip()) or NOBODY
        content_id, kind = report.content_id.strip(), report.kind.strip().lower()
        duration_s = rules.seconds(report.duration)
        given = rules.identity_in(report.event_id, report.metadata)
        told = [report.duration, report.metadata]
        identity, earlier = rules.identities(now, child_id, content_id, kind, given, told)
        return Engagement(
            id=identity,
            earlier=earlier,
            child_id=child_id,
            content_id=content_id,
            kind=kind,
            started_at=now - timedelta(seconds=duration_s),
            ended_at=now,
            duration_s=duration_s,
            completion=rules.COMPLETED if kind == rules.COMPLETE else None,
            score=rules.SCORES.get(kind),
        )


def _asker(caller: Caller) -> Asker:
    return Asker(caller.user_id, caller.family_id)


def _seconds_left(done: Engagement) -> int:
    tomorrow = done.ended_at.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    return int((tomorrow - done.ended_at).total_seconds()) + 1
