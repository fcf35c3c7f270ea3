"""What events change in other rooms, and the saves that a route of ours shows; app.py passes in the games room's."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from datetime import datetime
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


class Mastery(Protocol):
    """The words that children meet in stories."""

    async def average(self, caller: Caller, child_id: UUID) -> float | None:
        """The average mastery of the words that a child met, from 0 to 100; None if it met none."""
        ...


class Heard(Protocol):
    """Some sessions in which a game listened."""

    @property
    def sessions(self) -> int:
        """How many."""
        ...

    @property
    def clarity(self) -> float:
        """The average of their clarity, from 0 to 1."""
        ...


class Speech(Protocol):
    """What games heard, where the parents permit it."""

    async def heard(
        self, caller: Caller, child_id: UUID, since: datetime, middle: datetime, until: datetime
    ) -> tuple[Heard, Heard]:
        """The sessions before and after `middle`; none without consent."""
        ...


class Library(Protocol):
    """The content library, behind the family's filter."""

    async def suggestions(self, caller: Caller, child_id: UUID) -> list[tuple[str, str]]:
        """Title and category of the best items for one of the caller's children, the best first."""
        ...


class Neighbours(NamedTuple):
    """The rooms that insights ask."""

    library: Library
    mastery: Mastery
    speech: Speech
