"""Stores an event and applies its consequences."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

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
from wondernest.analytics.repository import AnalyticsRepository, NewEvent, StoreResult
from wondernest.platform.db.batch import Batcher
from wondernest.platform.ids import parse_uuid
from wondernest.platform.large_work import Steps, sha256

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.analytics.ports import ProjectSaves
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

    @property
    def size(self) -> int:
        """The size of all of it, about in bytes."""
        return sum(len(part or "") for part in (self.kind, self.content_id, self.session_id)) + len(self.data)


class _Reading(NamedTuple):
    """An event, what follows from it, the project it brings, and its stored form."""

    event: rules.Event
    follows: rules.Consequence | None
    document: bytes | None
    stored: bytes


class AnalyticsService:
    """Stores each event once and applies its consequences."""

    def __init__(
        self,
        database: Database,
        repository: AnalyticsRepository,
        saves: ProjectSaves,
        clock: Clock,
        large_work: LargeWork,
    ) -> None:
        self._clock = clock
        self._database = database
        self._repository = repository
        self._saves = saves
        self._large_work = large_work
        self._events = Batcher(database, repository.store, size=lambda event: len(event.data))

    async def track(self, caller: Caller, report: Report, unit: UnitOfWork, *, within: bool = False) -> None:
        """Store an event of one of the caller's children; a repeated event changes nothing and raises nothing.

        `within`: in the unit of work in any case, because it holds the key of the request.

        Raises TooManyEvents when the child has its number of the day, and the other errors of the room.
        Most events are one batched statement; an event that changes other rows is written with them in the unit of work.
        """
        try:
            size = report.size
            read = _read_large(report) if size > MAX_DATA_BYTES else _read(report)
            event, follows, document, stored = await self._large_work.run(read, size)
            child_id = _child_of(report) or await self._no_child(caller)
            new = NewEvent(
                caller.user_id,
                child_id,
                event.kind[: rules.MAX_TYPE_CHARS],
                rules.category(event),
                stored,
                parse_uuid(event.session_id or ""),
                await _fingerprint(event, report),
                follows if isinstance(follows, rules.Played) else None,
            )
            if not within and (follows is None or new.played is not None):
                self._admit(await self._events.submit(new))
                return
            [result] = await self._repository.store(unit, [new])
        except BadDocument as error:
            raise errors.UnreadableEvent(str(error)) from None
        self._admit(result)
        if result.is_new and follows is not None:
            await self._follow(unit, new, follows, document, report.data)

    def _admit(self, result: StoreResult) -> None:
        if not result.has_family:
            raise errors.NoFamily
        if not result.is_allowed:
            raise errors.ChildNotFound
        if result.is_refused:
            raise errors.TooManyEvents(rules.seconds_left_of_day(self._clock.now()))

    async def _no_child(self, caller: Caller) -> NoReturn:
        """A childId that is no UUID. Raises NoFamily first, if the adult has none; else BadChildId."""
        raise (
            errors.BadChildId if await self._repository.has_family(self._database, caller.user_id) else errors.NoFamily
        )

    async def _follow(
        self, unit: UnitOfWork, event: NewEvent, follows: rules.Consequence, document: bytes | None, data: bytes
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


def _read(report: Report) -> Steps[_Reading]:
    event = _event(report, read_object(report.data))
    follows = rules.consequence(event)
    document = _document(follows, report.data)
    return _Reading(event, follows, document, envelope(event, report.data, without_document=document is not None))
    yield


def _read_large(report: Report) -> Steps[_Reading]:
    event = _event(report, (yield from read_used(report.data)))
    follows = rules.consequence(event)
    yield
    document = None
    if isinstance(follows, rules.ProjectSaved):
        with contextlib.suppress(BadDocument):
            document = yield from read_project(follows.document)
    stored = yield from envelope_of(event, report.data, without_document=document is not None)
    return _Reading(event, follows, document, stored)


async def _fingerprint(event: rules.Event, report: Report) -> bytes | None:
    if report.size <= MAX_DATA_BYTES:
        return fingerprint(event)
    identity = identity_of_large(event)
    return None if identity is None else await sha256(identity, report.data)


def _event(report: Report, data: dict[str, Any]) -> rules.Event:
    return rules.Event(report.kind, report.content_id, report.session_id, report.minutes, data)


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
