"""Shows what children made, for an export: pages for each child, readable without the service and without a network."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from wondernest.access.people import CHILD
from wondernest.games.drawing import drawn
from wondernest.games.telling import told
from wondernest.games.words import MadeWords, words
from wondernest.platform.pages import PageWriter
from wondernest.platform.zipping import Entry, safe_name

if TYPE_CHECKING:
    from wondernest.games.repository.exports import ExportedSave, ExportRepository
    from wondernest.platform.db.pool import Database
    from wondernest.platform.personal_data import Wanted

MOST_SHOWN_BYTES: Final = 256 * 1024
"""A longer document is in the data only, unless it is drawn or told."""
MOST_DRAWN_BYTES: Final = 8 * 1024 * 1024
MOST_WORKS: Final = 20
PAGE_BYTES: Final = 1024 * 1024
"""Of documents, after which another page begins: a phone shows it, and it is in memory while it is made."""
MOST_TITLE_CHARS: Final = 200


class Mark(Struct, frozen=True):
    """The last page that an export has."""

    child: UUID
    page: int
    last: UUID
    saved_at: datetime
    """Of the last save on it."""
    done: bool
    """Whether it is the child's last page."""


class ToldPage(Struct, frozen=True):
    """A page of a story."""

    heading: str
    texts: Sequence[str]


class Work(Struct, frozen=True):
    """A save as a page shows it: drawn, told or as text."""

    anchor: str
    title: str
    saved: str
    pictures: Sequence[str]
    """SVG, which the page takes as it is: everything of the document is escaped in it."""
    told: Sequence[ToldPage]
    text: str


class MadePages:
    """Pages for each child with its saves: sticker projects drawn, stories told, everything else as text."""

    def __init__(self, repository: ExportRepository, database: Database) -> None:
        self._repository = repository
        self._database = database
        self._writer = PageWriter("wondernest.games")

    async def pages(self, wanted: Wanted) -> AsyncGenerator[Entry]:
        """The pages; none for a child without saves."""
        mark = msgspec.json.decode(wanted.after, type=Mark) if wanted.after else None
        children = list(wanted.people.get(CHILD, ()))
        if mark is not None:
            children = children[children.index(mark.child) + mark.done :]
        for child_id in children:
            async for entry in self._of(child_id, wanted.language, mark):
                yield entry
            mark = None

    async def _of(self, child_id: UUID, language: str, mark: Mark | None) -> AsyncGenerator[Entry]:
        name = await self._repository.name(self._database, child_id)
        left = await self._repository.places(self._database, child_id, (mark.saved_at, mark.last) if mark else None)
        number = mark.page if mark else 0
        works, size = list[Work](), 0
        for place, (saved_at, save_id) in enumerate(left, 1):
            save = await self._repository.find(self._database, child_id, save_id)
            if save is not None:
                size += len(save.document)
                works.append(await asyncio.to_thread(shown, save, words(language).made))
            more = place < len(left)
            if more and len(works) < MOST_WORKS and size < PAGE_BYTES:
                continue
            number += 1
            yield Entry(
                f"made/{safe_name(name)}-{child_id}/{number}.html",
                _once(self._page(language, name, number, works, more=more)),
                msgspec.json.encode(Mark(child_id, number, save_id, saved_at, not more)).decode(),
                words(language).made.title.format(name=name) if number == 1 else "",
            )
            works, size = [], 0

    def _page(self, language: str, name: str, number: int, works: Sequence[Work], *, more: bool) -> bytes:
        page = words(language).made
        title = page.title if number == 1 else page.further
        return self._writer.page(
            "made.html",
            language,
            title.format(name=name, number=number),
            page=page,
            works=works,
            previous=f"{number - 1}.html" if number > 1 else "",
            next=f"{number + 1}.html" if more else "",
        )


def shown(save: ExportedSave, page: MadeWords) -> Work:
    """A save for a page. It may take a second, so it runs in a thread."""
    fits, document = len(save.document) <= MOST_DRAWN_BYTES, save.document
    says = told(document) if fits else told(b"")
    title = (says.title or save.data_key)[:MOST_TITLE_CHARS]
    pictures = drawn(document, lambda number: page.picture.format(number=number, name=title)) if fits else []
    tale: list[ToldPage] = []
    if says.pages is not None:
        tale = [ToldPage(page.page.format(number=number), texts) for number, texts in enumerate(says.pages, 1)]
    if says.description:
        tale.insert(0, ToldPage("", [says.description]))
    text = ""
    if not pictures and says.pages is None:
        text = msgspec.json.format(document, indent=1).decode() if len(document) <= MOST_SHOWN_BYTES else page.large
    return Work(
        anchor=f"save-{save.id}",
        title=f"{title} ({save.game_type})",
        saved=page.saved.format(moment=save.saved_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M")),
        pictures=pictures,
        told=tale,
        text=text,
    )


async def _once(content: bytes) -> AsyncGenerator[bytes]:
    yield content
