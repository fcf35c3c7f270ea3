"""What stories ask of other rooms; app.py passes in the implementation of the games room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, TypeVar
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.db.unit import UnitOfWork

Result = TypeVar("Result")


class By(Struct, frozen=True):
    """Who changes a document: the acting adult, and the device as its headers name it."""

    user_id: UUID
    device: str | None = None
    """X-Device-Id."""
    agent: str | None = None
    """User-Agent."""


class Document(Protocol):
    """A stored document of a child."""

    @property
    def child_id(self) -> UUID:
        """The child."""
        ...

    @property
    def data_key(self) -> str:
        """Its name."""
        ...

    @property
    def content(self) -> bytes | None:
        """Its JSON text; None if it is too large to be read."""
        ...

    @property
    def updated_at(self) -> datetime:
        """When it was written."""
        ...


class Documents(Protocol):
    """A child's documents of story adventure. Every call is about children of the acting adult alone, and raises ChildNotFound else."""

    async def find(self, user_id: UUID, child_id: UUID, keys: Sequence[str] | None, /) -> Sequence[Document]:
        """The child's documents, or those with the keys, the newest first."""
        ...

    async def locate(self, user_id: UUID, prefix: str, field: tuple[str, str], /) -> Document | None:
        """The document, with a key of this prefix, of one of the adult's own children in which a text field has a value."""
        ...

    async def lock(self, unit: UnitOfWork, user_id: UUID, child_id: UUID, keys: Sequence[str], /) -> None:
        """Lock several documents that the unit will change, together."""
        ...

    async def change(
        self,
        by: By,
        child_id: UUID,
        data_key: str,
        merge: Callable[[bytes | None], tuple[bytes | None, Result]],
        unit: UnitOfWork | None = None,
        /,
    ) -> Result:
        """Merge a change into a document in one atomic step; `merge` gets the stored document and may be called several times."""
        ...


class Published(Protocol):
    """The stories that children of a family have published with the site's story builder."""

    def rows(self, family_id: str) -> str:
        """SQL query of them; `family_id` is an SQL expression.

        It is text, not a call, so that templates and stories are one statement; the SQL stays in the room of its tables. Columns:
        child_id, data_key, title, description, content, age_min, age_max, read_time_s, words, goals, language, pages, created_at,
        updated_at.
        """
        ...
