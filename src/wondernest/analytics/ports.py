"""What events set in motion elsewhere; app.py fills these in with the games room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.db.pool import Executor


class ProjectSaves(Protocol):
    """Saves of projects that arrive or go by event. The caller has already been found to be the child's guardian."""

    async def store(self, executor: Executor, child_id: UUID, game_type: str, data_key: str, document: bytes) -> None:
        """Store a document, as a save of the app would."""
        ...

    async def remove(self, executor: Executor, child_id: UUID, game_type: str, data_key: str) -> None:
        """Delete a document, if it is there."""
        ...


class PlayTime(Protocol):
    """How long children played which game."""

    def recording(self, played: str) -> str:
        """A part of a statement: adds up the minutes of the query `played` (child_id, game_key, minutes).

        Text and not a call, so that events and what they add are one round trip; its SQL stays at home with its tables.
        """
        ...
