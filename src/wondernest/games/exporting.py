"""Shows what children made, for an export: a page for each child, readable without the service."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from html import escape
from typing import TYPE_CHECKING, Final

from wondernest.access.people import CHILD
from wondernest.games.drawing import drawn
from wondernest.platform.zipping import Entry

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.games.repository.exports import ExportRepository
    from wondernest.platform.db.pool import Database
    from wondernest.platform.personal_data import People

HEAD: Final = (
    '<!doctype html><html lang="en"><meta charset="utf-8"><title>What was made</title>'
    "<style>body{font:16px sans-serif;max-width:60rem;margin:2rem auto}svg{width:100%;border:1px solid #888}"
    "pre{white-space:pre-wrap;word-break:break-word}</style><h1>What was made</h1>\n"
)
MOST_SHOWN_BYTES: Final = 256 * 1024
"""A longer document is in the data only, unless it is drawn."""
MOST_DRAWN_BYTES: Final = 8 * 1024 * 1024


class MadePages:
    """A page for each child with its saves: sticker projects drawn, everything else as text."""

    def __init__(self, repository: ExportRepository, database: Database) -> None:
        self._repository = repository
        self._database = database

    async def pages(self, people: People) -> AsyncGenerator[Entry]:
        """The pages."""
        for child_id in people.get(CHILD, ()):
            yield Entry(f"made/{child_id}.html", self._page(child_id))

    async def _page(self, child_id: UUID) -> AsyncGenerator[bytes]:
        yield HEAD.encode()
        last: UUID | None = None
        while save := await self._repository.after(self._database, child_id, last):
            last = save.id
            yield f"<h2>{escape(save.game_type)}: {escape(save.data_key)}</h2>\n".encode()
            pictures = drawn(save.document) if len(save.document) <= MOST_DRAWN_BYTES else []
            for picture in pictures:
                yield picture.encode() + b"\n"
            if not pictures and len(save.document) <= MOST_SHOWN_BYTES:
                yield f"<pre>{escape(save.document.decode())}</pre>\n".encode()
