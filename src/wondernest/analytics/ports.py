"""What events set in motion elsewhere; app.py fills these in with the games room."""

from __future__ import annotations

from collections.abc import Sequence
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

    async def add_minutes(self, executor: Executor, played: Sequence[tuple[UUID, str, int]]) -> None:
        """Add minutes, by child and game key, to the copies of registered games; others are passed over."""
        ...
