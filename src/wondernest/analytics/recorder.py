"""Events that other rooms tell: stored in their transaction, counted and deduplicated as those that arrive by themselves."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from wondernest.analytics.envelope import wrapped
from wondernest.analytics.repository import NewEvent
from wondernest.analytics.rules import Event, category
from wondernest.platform.json import Raw

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.analytics.repository import AnalyticsRepository
    from wondernest.platform.db.pool import Executor


class EventRecorder:
    """Stores events of this service's own making."""

    def __init__(self, repository: AnalyticsRepository) -> None:
        self._repository = repository

    async def record(
        self, executor: Executor, user_id: UUID, child_id: UUID, kind: str, content_id: str, identity: bytes
    ) -> None:
        """Store an event of the adult's child, once for an identity. Beyond the child's events of a day nothing is stored."""
        event = Event(kind, content_id, None, None, {})
        data = wrapped(event, Raw(b"{}"), truncated=False)
        fingerprint = hashlib.sha256(b"\0".join((kind.encode(), identity))).digest()
        new = NewEvent(user_id, child_id, kind, category(event), data, None, fingerprint)
        await self._repository.store(executor, [new])
