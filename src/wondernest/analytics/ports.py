"""What events set in motion elsewhere; app.py fills these in with the games room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.db.unit import UnitOfWork


class ProjectSaves(Protocol):
    """Saves of projects that arrive or go by event. `user_id` is the acting adult; `key` the game's type and the save's key."""

    async def store(
        self, unit: UnitOfWork, user_id: UUID, child_id: UUID, key: tuple[str, str], document: bytes
    ) -> None:
        """Store a document, as a save of the app would."""
        ...

    async def remove(self, unit: UnitOfWork, user_id: UUID, child_id: UUID, key: tuple[str, str]) -> None:
        """Delete a document, if it is there."""
        ...
