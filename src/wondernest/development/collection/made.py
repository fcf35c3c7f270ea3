"""How an item of the demo collection is described."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from msgspec import Struct

from wondernest.development.collection.paper import Draw, Page, book

EXTENSIONS: Final = {"story": "pdf", "book": "pdf", "page": "png", "audio": "wav"}
"""Of an item's file, by its type."""


class Made(Struct, frozen=True, kw_only=True):
    """An item of the collection, and how its file and its picture are made."""

    id: str
    title: str
    description: str
    category: str
    kind: str
    ages: tuple[int, int]
    minutes: float
    tags: tuple[str, ...]
    picture: str | Draw
    content: Callable[[], bytes]
    difficulty: str = "easy"
    educational: bool | None = None
    featured: bool = False
    language: str = "en"
    created_at: datetime | None = None


def told(title: str, *pages: tuple[str | Draw, str]) -> Callable[[], bytes]:
    """How a book of pictures with texts is made."""
    return lambda: book(title, [Page(picture, text) for picture, text in pages])
