"""Stores an event and applies its consequences."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from msgspec import Struct

from wondernest.analytics import errors, rules
from wondernest.analytics.envelope import (
    MAX_DATA_BYTES,
    BadDocument,
    envelope,
    fingerprint,
    identity_of_large,
    project_document,
    read_object,
)
from wondernest.analytics.large import envelope_of, read_project, read_used
from wondernest.analytics.placing import LATE_DAYS, is_late, is_local, placed
from wondernest.analytics.repository import AnalyticsRepository, NewEvent, StoreResult
from wondernest.analytics.zones import Zones
from wondernest.platform.db.batch import Batcher
from wondernest.platform.faults import CallerRefused, Refusal
from wondernest.platform.ids import parse_uuid
from wondernest.platform.large_work import Steps, sha256

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from wondernest.analytics.ports import ProjectSaves
    from wondernest.analytics.repository import RollupRepository
    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.large_work import LargeWork


class Report(Struct, frozen=True):
    """An event as it arrived; `data` is JSON text."""

    kind: str
    child_id: str
    content_id: str | None
    minutes: int | None
    data: bytes
    session_id: str | None
    event_id: str | None = None
    """The client's own, by which it recognises an event without a `timestamp`."""

    @property
    def size(self) -> int:
        """The size of all of it, about in bytes."""
        return sum(len(part or "") for part in (self.kind, self.content_id, self.session_id)) + len(self.data)


class Prepared(NamedTuple):
    """An event ready to be stored: what follows from it, the project it brings, its data as sent, and when it happened.

    `late`: days that are summed up already may have to be counted again.
    """

    new: NewEvent
    follows: rules.Consequence | None
    document: bytes | None
    data: bytes
    at: datetime
    late: bool

    @property
    def alone(self) -> bool:
        """Whether one statement stores it with all that follows."""
        return not self.late and self.follows_nothing

    @property
    def follows_nothing(self) -> bool:
        """Whether nothing follows from it but play time, which is stored in the statement of the event."""
        return self.follows is None or self.new.played is not None


class _Stored(NamedTuple):
    """The stored form of an event, and the project it brings."""

    document: bytes | None
    envelope: bytes


class AnalyticsService:
    """Stores each event once and applies its consequences."""

    def __init__(
        self,
        database: Database,
        repository: AnalyticsRepository,
        saves: ProjectSaves,
        clock: Clock,
        large_work: LargeWork,
        rollups: RollupRepository,
    ) -> None:
        self._clock = clock
        self._database = database
        self._repository = repository
        self._rollups = rollups
        self._saves = saves
        self._large_work = large_work
        self._zones = Zones(database, repository)
        self._events = Batcher(database, repository.store, size=lambda event: len(event.data))

    async def track(self, caller: Caller, report: Report, unit: UnitOfWork, *, within: bool = False) -> None:
        """Store an event of one of the caller's children; a repeated event changes nothing and raises nothing.

        `within`: in the unit of work in any case, because it holds the key of the request.

        Raises TooManyEvents when the child has its number of the day, and the other errors of the room.
        """
        prepared = await self.prepare(caller, report)
        if prepared.alone and not within:
            await self.store_alone(prepared)
        else:
            await self.store_with(unit, [prepared])

    async def prepare(self, caller: Caller, report: Report) -> Prepared:
        """An event ready to be stored; raises UnreadableEvent, EventTypeRequired, ChildRequired, BadChildId, NoFamily."""
        try:
            return await self._prepared(caller, report)
        except BadDocument as error:
            raise errors.UnreadableEvent(str(error)) from None

    async def store_alone(self, prepared: Prepared) -> bool:
        """Store an event that changes nothing else, in a batch with those of other requests; whether it is new. Raises as `track`."""
        try:
            return self._admit(prepared.new, await self._events.submit(prepared.new))
        except BadDocument as error:
            raise errors.UnreadableEvent(str(error)) from None

    async def store_with(self, unit: UnitOfWork, many: Sequence[Prepared]) -> list[bool]:
        """Store events with what follows from them; whether each is new. Raises as `track`, and then the unit must be rolled back."""
        try:
            results = await self._repository.store(unit, [prepared.new for prepared in many])
        except BadDocument as error:
            raise errors.UnreadableEvent(str(error)) from None
        fresh = [prepared for prepared, result in zip(many, results, strict=True) if self._admit(prepared.new, result)]
        for child_id in sorted({prepared.new.child_id for prepared in fresh if prepared.late}):
            moments = [prepared.at for prepared in fresh if prepared.late and prepared.new.child_id == child_id]
            await self._recount(unit, child_id, min(moments), max(moments))
        for prepared in fresh:
            await self._follow(unit, prepared.new, prepared.follows, prepared.document, prepared.data)
        return [result.is_new for result in results]

    async def _prepared(self, caller: Caller, report: Report) -> Prepared:
        size = report.size
        is_large = size > MAX_DATA_BYTES
        data = await self._large_work.run(read_used(report.data), size) if is_large else read_object(report.data)
        event = rules.Event(report.kind, report.content_id, report.session_id, report.minutes, data)
        child_id = _child_of(report) or await self._no_child(caller)
        timestamp, now = data.get("timestamp"), self._clock.now()
        zone = await self._zones.of(child_id) if is_local(timestamp) else UTC
        at, by_arrival = placed(timestamp, now, zone)
        follows = rules.consequence(event)
        store = _stored_large if is_large else _stored
        document, stored = await self._large_work.run(store(event, follows, report.data, by_arrival), size)
        new = NewEvent(
            caller.user_id,
            child_id,
            event.kind[: rules.MAX_TYPE_CHARS],
            rules.category(event),
            stored,
            parse_uuid(event.session_id or ""),
            await _fingerprint(event, report),
            follows if isinstance(follows, rules.Played) else None,
            at,
            isinstance(follows, rules.SAVING),
        )
        return Prepared(new, follows, document, report.data, at, late=is_late(at, now))

    async def _recount(self, unit: UnitOfWork, child_id: UUID, first: datetime, last: datetime) -> None:
        """Have the days counted again that late events may change."""
        days = (first - LATE_DAYS).date(), (last + LATE_DAYS).date()
        await self._rollups.recount(unit, child_id, *days, self._clock.now())

    def _admit(self, event: NewEvent, result: StoreResult) -> bool:
        """Whether the event is new; raises NoFamily, ChildNotFound, TooManyEvents, and CallerRefused without consent."""
        if not result.has_family:
            raise errors.NoFamily
        if not result.is_allowed:
            raise errors.ChildNotFound
        if not result.is_permitted:
            refusal = CallerRefused(Refusal.PURPOSE, event.purpose.value, str(event.child_id))
            if result.is_barred:
                raise refusal
            self._database.passed(refusal)
        if result.is_refused:
            raise errors.TooManyEvents(rules.seconds_left_of_day(self._clock.now()))
        return result.is_new

    def count_refused(self, refusal: CallerRefused) -> None:
        """Count an event of a request that is refused without consent."""
        self._database.refused(refusal)

    async def _no_child(self, caller: Caller) -> NoReturn:
        """A childId that is no UUID. Raises NoFamily first, if the adult has none; else BadChildId."""
        raise (
            errors.BadChildId if await self._repository.has_family(self._database, caller.user_id) else errors.NoFamily
        )

    async def _follow(
        self, unit: UnitOfWork, event: NewEvent, follows: rules.Consequence | None, document: bytes | None, data: bytes
    ) -> None:
        user_id, child_id = event.user_id, event.child_id
        match follows:
            case rules.ProjectSaved(data_key=key) if document is not None:
                await self._saves.store(unit, user_id, child_id, (rules.STICKER_BOOK, key), document)
            case rules.ProjectDeleted(data_key=key):
                await self._saves.remove(unit, user_id, child_id, (rules.STICKER_BOOK, key))
            case rules.Currency():
                await self._repository.set_currency(unit, child_id, follows)
            case rules.Milestone():
                kept = data if len(data) <= MAX_DATA_BYTES else b"{}"
                await self._repository.add_milestone(unit, child_id, follows, kept)
            case _:
                pass


def _stored(event: rules.Event, follows: rules.Consequence | None, data: bytes, by_arrival: bool) -> Steps[_Stored]:
    document = _document(follows, data)
    return _Stored(document, envelope(event, data, without_document=document is not None, by_arrival=by_arrival))
    yield


def _stored_large(
    event: rules.Event, follows: rules.Consequence | None, data: bytes, by_arrival: bool
) -> Steps[_Stored]:
    document = None
    if isinstance(follows, rules.ProjectSaved):
        with contextlib.suppress(BadDocument):
            document = yield from read_project(follows.document)
    stored = yield from envelope_of(event, data, without_document=document is not None, by_arrival=by_arrival)
    return _Stored(document, stored)


async def _fingerprint(event: rules.Event, report: Report) -> bytes | None:
    if event.data.get("timestamp") is None and report.event_id:
        return await sha256(b"event id\0", report.event_id.encode())
    if report.size <= MAX_DATA_BYTES:
        return fingerprint(event)
    identity = identity_of_large(event)
    return None if identity is None else await sha256(identity, report.data)


def _child_of(report: Report) -> UUID | None:
    if not report.kind.strip():
        raise errors.EventTypeRequired
    if not report.child_id.strip():
        raise errors.ChildRequired
    return parse_uuid(report.child_id.strip())


def _document(follows: rules.Consequence | None, data: bytes) -> bytes | None:
    """The project to store; None if there is none or it cannot be read: the event itself is stored anyway."""
    if isinstance(follows, rules.ProjectSaved):
        with contextlib.suppress(BadDocument):
            return project_document(follows.document, data)
    return None
