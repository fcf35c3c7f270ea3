"""What files ask of other rooms; app.py passes in the implementation of the games room."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor


class Document(Protocol):
    """A stored document with its key."""

    @property
    def game_type(self) -> str:
        """The game it belongs to."""
        ...

    @property
    def data_key(self) -> str:
        """Its name."""
        ...


class Mentions(Protocol):
    """Finds the documents of a household in which one of some words stands."""

    async def current(
        self, executor: Executor, user_id: UUID, words: Sequence[str], /
    ) -> Sequence[tuple[Document, bytes]]:
        """The current documents of the adult's children, the newest first."""
        ...

    async def kept(self, executor: Executor, user_id: UUID, words: Sequence[str], /) -> bool:
        """Whether an overwritten document that can be restored holds one of the words."""
        ...

    async def document(self, executor: Executor, save_id: UUID, /) -> tuple[UUID, bytes] | None:
        """The child and the document of a save; None if it is gone."""
        ...

    async def naming(self, executor: Executor, user_id: UUID, after: UUID | None, limit: int, /) -> Sequence[UUID]:
        """Ids, in their order, of the saves of the adult's children that may name a file."""
        ...
