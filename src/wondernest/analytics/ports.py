"""What events change in other rooms, and the saves that a route of ours shows; app.py passes in the games room's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from uuid import UUID

    from wondernest.platform.caller import Caller
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


class SavedDocuments(Protocol):
    """Reads a child's saves."""

    async def of_child(
        self, caller: Caller, child_id: UUID
    ) -> list[tuple[str, bytes]] | AsyncGenerator[list[tuple[str, bytes]]]:
        """Data key and document of each save, last changed first; of a large list its parts. A child that is not the adult's has none."""
        ...


class Library(Protocol):
    """The content library, behind the family's filter."""

    async def suggestions(self, caller: Caller, child_id: UUID) -> list[tuple[str, str]]:
        """Title and category of the best items for one of the caller's children, the best first."""
        ...
