"""The files of people, for an export: their content, and pages that list them."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, cast
from uuid import UUID

import msgspec
from msgspec import Struct

from wondernest.access.people import CHILD
from wondernest.files.words import words
from wondernest.platform.blobs.keys import is_key
from wondernest.platform.media.kinds import EXTENSIONS, Kind, allowed, normalised
from wondernest.platform.pages import PageWriter
from wondernest.platform.personal_data import USER
from wondernest.platform.zipping import Entry, safe_name

if TYPE_CHECKING:
    from wondernest.files.model import StoredFile
    from wondernest.files.repository import FileRepository
    from wondernest.platform.blobs import Blob, Blobs
    from wondernest.platform.db.pool import Database
    from wondernest.platform.personal_data import Wanted

FILES_ON_A_PAGE: Final = 40
FOLDER: Final = "files"
BYTES_PER_KB: Final = 1000
DENSE: Final = frozenset(Kind) - {Kind.TEXT, Kind.WAV}
"""Kinds that are compressed already."""
PLAIN: Final = "bin"
ACTIVE: Final = re.compile("html|xml|script|svg")
"""In the types of what a browser would run, which only earlier backends took."""
_EXTENSION: Final = re.compile(r"\.([a-z0-9]{1,10})", re.IGNORECASE)


class Mark(Struct, frozen=True):
    """How far an export is. `start`: the last file of the page before; `written`: those of this page that it has."""

    page: int = 1
    start: UUID | None = None
    written: tuple[UUID, ...] = ()
    done: bool = False


class Listed(Struct, frozen=True):
    """A file on a page. `address`: empty if its content is gone."""

    name: str
    about: str
    address: str
    picture: bool


class FileEntries:
    """Each file with its content, and after every FILES_ON_A_PAGE a page that shows them."""

    def __init__(self, repository: FileRepository, database: Database, blobs: Blobs) -> None:
        self._repository = repository
        self._database = database
        self._blobs = blobs
        self._writer = PageWriter("wondernest.files")

    async def files(self, wanted: Wanted) -> AsyncGenerator[Entry]:
        """The files of the users and for the children; one whose content is gone is only listed."""
        mark = msgspec.json.decode(wanted.after, type=Mark) if wanted.after else Mark()
        while not mark.done:
            found = await self._of(wanted, mark.start)
            files, more = found[:FILES_ON_A_PAGE], len(found) > FILES_ON_A_PAGE
            if not files:
                return
            written = list(mark.written)
            for file in files:
                if file.id in written:
                    continue
                blob = await self._blobs.stat(file.key) if is_key(file.key) else None
                if blob is None:
                    continue
                written.append(file.id)
                now = Mark(mark.page, mark.start, tuple(written))
                yield Entry(f"{FOLDER}/{file_name(file)}", self._content(blob), _text(now), dense=_kind(file) in DENSE)
            title = "" if mark.start else words(wanted.language).page.title
            content = self._page(wanted.language, mark.page, files, written, more=more)
            mark = Mark(mark.page + 1, files[-1].id, done=not more)
            yield Entry(f"{FOLDER}/{page_name(mark.page - 1)}", _once(content), _text(mark), title)

    async def _of(self, wanted: Wanted, after: UUID | None) -> Sequence[StoredFile]:
        users, children = list(wanted.people.get(USER, ())), list(wanted.people.get(CHILD, ()))
        return await self._repository.of_people(self._database, users, children, FILES_ON_A_PAGE + 1, after)

    async def _content(self, blob: Blob) -> AsyncGenerator[bytes]:
        pieces = cast("AsyncGenerator[bytes]", self._blobs.read(blob))
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    def _page(
        self, language: str, number: int, files: Sequence[StoredFile], written: Sequence[UUID], *, more: bool
    ) -> bytes:
        page = words(language).page
        listed = [
            Listed(
                file.name,
                page.about.format(size=-(-file.size // BYTES_PER_KB), moment=f"{file.uploaded_at:%Y-%m-%d %H:%M}"),
                file_name(file) if file.id in written else "",
                (kind := _kind(file)) is not None and kind.picture,
            )
            for file in files
        ]
        return self._writer.page(
            "files.html",
            language,
            (page.title if number == 1 else page.further).format(number=number),
            page=page,
            files=listed,
            previous=page_name(number - 1) if number > 1 else "",
            next=page_name(number + 1) if more else "",
        )


def file_name(file: StoredFile) -> str:
    """What a file is called in its folder: its own name and its id, so that no two are equal in any case of letters."""
    kind = _kind(file)
    if kind is not None:
        ending = EXTENSIONS[kind][0]
    elif ACTIVE.search(file.content_type.lower()):
        ending = EXTENSIONS[Kind.TEXT][0]
    else:
        known = _EXTENSION.fullmatch("." + file.key.rpartition("/")[2].rpartition(".")[2])
        ending = known[1].lower() if known and "." in file.key else PLAIN
    return f"{safe_name(file.name.rpartition('.')[0] or file.name)}-{file.id}.{ending}"


def page_name(number: int) -> str:
    """What a page is called in that folder."""
    return f"{number}.html"


def _kind(file: StoredFile) -> Kind | None:
    return allowed(normalised(file.content_type))


def _text(mark: Mark) -> str:
    return msgspec.json.encode(mark).decode()


async def _once(content: bytes) -> AsyncGenerator[bytes]:
    yield content
