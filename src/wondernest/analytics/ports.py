"""What events change in other rooms; app.py passes in the implementation of the games room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.db.unit import UnitOfWork


class ProjectSaves(Protocol):
    """Stores and deletes projects that arrive as events. `user_id`: the acting adult; `key`: (game type, data key)."""

    async def store(
        self, unit: UnitOfWork, user_id: UUID, child_id: UUID, key: tuple[str, str], document: bytes
    ) -> None:
        """Store a document, as a save route does."""
        ...

    async def remove(self, unit: UnitOfWork, user_id: UUID, child_id: UUID, key: tuple[str, str]) -> None:
        """Delete a document if it exists."""
        ...
