"""How clearly games heard a child lately and before, for other rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from wondernest.audio.repository import AudioRepository
    from wondernest.audio.rules import Heard
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.pool import Database


class SpeechClarity:
    """Reads the clarity of sessions of the caller's children."""

    def __init__(self, database: Database, repository: AudioRepository) -> None:
        self._database = database
        self._repository = repository

    async def heard(
        self, caller: Caller, child_id: UUID, since: datetime, middle: datetime, until: datetime
    ) -> tuple[Heard, Heard]:
        """The sessions before and after `middle`. Without a consent in force to listen there are none."""
        return await self._repository.heard(self._database, caller.user_id, child_id, (since, middle, until))
