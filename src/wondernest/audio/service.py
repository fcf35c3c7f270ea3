"""Begins, ends and reads sessions, and stores what was measured in them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.audio import errors, rules
from wondernest.audio.repository import AudioRepository, NewReport, NewSession
from wondernest.audio.rules import AudioSession
from wondernest.platform.ids import parse_uuid

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.ids import Ids


class AudioService:
    """Sessions of the caller's children."""

    def __init__(self, repository: AudioRepository, database: Database, clock: Clock, ids: Ids) -> None:
        self._repository = repository
        self._database = database
        self._clock = clock
        self._ids = ids

    async def begin(
        self, unit: UnitOfWork, caller: Caller, child_id: str | None, kind: str | None, metadata: bytes
    ) -> AudioSession:
        """Begin a session. Raises the errors for a missing or unknown child."""
        named, kind = (child_id or "").strip(), (kind or "").replace("\0", "").strip()[: rules.MAX_TYPE_CHARS]
        if not named or not kind:
            raise errors.SessionIncomplete
        child = _child(named)
        now, session_id = self._clock.now(), self._ids.ordered_uuid()
        new = NewSession(session_id, caller.user_id, child, kind, rules.circumstances(metadata), now)
        begun = await self._repository.begin(unit, new)
        if begun is None:
            raise errors.ChildNotFound
        if not begun:
            raise errors.TooMany
        return AudioSession(session_id, child, kind, "recording", now, None)

    async def end(self, unit: UnitOfWork, caller: Caller, session_id: UUID) -> None:
        """End a session; one that has ended stays as it is."""
        if not await self._repository.end(unit, caller.user_id, session_id, self._clock.now()):
            raise errors.SessionNotFound

    async def find(self, caller: Caller, session_id: UUID) -> AudioSession:
        """A session."""
        session = await self._repository.find(self._database, caller.user_id, session_id)
        if session is None:
            raise errors.SessionNotFound
        return session

    async def measure(
        self,
        unit: UnitOfWork,
        caller: Caller,
        session_id: str | None,
        child_id: str | None,
        metrics: rules.Metrics | None,
    ) -> None:
        """Store metrics; None stands for numbers out of their range."""
        named, child_named = (session_id or "").strip(), (child_id or "").strip()
        if not named or not child_named:
            raise errors.MetricsIncomplete
        if metrics is None:
            raise errors.BadMetrics
        session, child = parse_uuid(named), _child(child_named)
        if session is None:
            raise errors.SessionNotFound
        report = NewReport(self._ids.ordered_uuid(), caller.user_id, session, child, metrics, self._clock.now())
        stored = await self._repository.measure(unit, report)
        if stored is None:
            raise errors.SessionNotFound
        if not stored:
            raise errors.TooMany


def _child(text: str) -> UUID:
    child = parse_uuid(text)
    if child is None:
        raise errors.BadChildId
    return child
