"""What the files room speaks of."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct


class StoredFile(Struct, frozen=True):
    """A file: its row, or what its row will be."""

    id: UUID
    owner_id: UUID
    child_id: UUID | None
    key: str
    name: str
    content_type: str
    size: int
    """Bytes."""
    provider: str
    category: str
    public: bool
    system: bool
    uploaded_at: datetime
    tags: tuple[str, ...]
    accessed_at: datetime | None = None
    """When it was downloaded, to ACCESS_PRECISION."""


class Usage(Struct, frozen=True):
    """Where a file is used: a save of the family's, by the site's story or the document's name."""

    id: str
    title: str
    page_count: int


class Household(Struct, frozen=True):
    """Whom to tell of something. `id`: of the family that an adult acts for, or their own."""

    id: UUID
    parents: tuple[UUID, ...]


class Holdings(Struct, frozen=True):
    """What a family keeps."""

    files: int
    bytes: int


class Filter(Struct, frozen=True):
    """Which of their own files a caller asks for."""

    category: str | None
    child_id: UUID | None
    limit: int
    offset: int


class Changes(Struct, frozen=True):
    """What changes of a file; None keeps it."""

    name: str | None = None
    category: str | None = None
    tags: str | None = None
    public: bool | None = None


class RecordingsEnd(Struct, frozen=True):
    """How many recordings about a child end, and when the first one does if its end is announced in time."""

    number: int
    first_end: datetime
