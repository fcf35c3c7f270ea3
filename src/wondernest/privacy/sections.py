"""The content of an export, in sections. Each writes entries of the ZIP, and can go on where a finished part ended."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Final, Protocol

from wondernest.platform.personal_data import Wanted
from wondernest.platform.zipping import ZipStream, directory
from wondernest.privacy import sheets
from wondernest.privacy.parts import Linked, Position, Progress, Record
from wondernest.privacy.rules import secret_names

if TYPE_CHECKING:
    from datetime import datetime

    from wondernest.platform.db.pool import Database
    from wondernest.platform.erasing import Column, Step
    from wondernest.platform.personal_data import Exporter
    from wondernest.privacy.offline import FirstPage
    from wondernest.privacy.repository import ExportRepository

FIRST_PAGE: Final = "index.html"


class UnknownSection(Exception):
    """An earlier part ended in a section that this release does not have."""


class Section(Protocol):
    """A part of the content. `name` stays the same in every release that may go on with an export of another one."""

    @property
    def name(self) -> str:
        """Its name, unique."""
        ...

    def content(self, part: PartWriter, after: str) -> AsyncGenerator[bytes]:
        """Write what comes behind `after`; after each `part.reached` that is True, end."""
        ...


class PartWriter:
    """Writes one part: from where the parts before it end, until it is full or the file is whole."""

    def __init__(self, sections: Sequence[Section], progress: Progress, now: datetime, most_bytes: int) -> None:
        """now: the moment that its entries carry; most_bytes: of content, after which the part ends. Raises UnknownSection."""
        self._left = _from(sections, progress.position.section)
        self._most_bytes = most_bytes
        self._rows: dict[str, int] = {}
        self._links: list[Linked] = []
        self._position: Position | None = progress.position
        self._after: str | None = None
        self.progress = progress
        self.now = now
        self.zip = ZipStream(progress.size, progress.position.opened)

    @property
    def scope(self) -> Wanted:
        """Whom and in which language."""
        return Wanted(self.progress.scope.people, self.progress.scope.language)

    @property
    def links(self) -> Sequence[Linked]:
        """Of this part and those before it."""
        return [*self.progress.links, *self._links]

    def rows_of(self, table: str) -> int:
        """How many rows of a table are written, in this part and those before it."""
        return self.progress.rows.get(table, 0) + self._rows.get(table, 0)

    def count(self, table: str) -> None:
        """One more row of a table is written."""
        self._rows[table] = self._rows.get(table, 0) + 1

    def link(self, name: str, title: str) -> None:
        """The first page links to an entry."""
        self._links.append(Linked(name, title))

    def reached(self, after: str) -> bool:
        """What a section calls `after` is written; whether the part is full, and the next one begins behind it."""
        if self.zip.taken >= self._most_bytes:
            self._after = after
        return self._after is not None

    async def content(self) -> AsyncGenerator[bytes]:
        """The bytes of the part. Then `record` says what it added."""
        after = self.progress.position.after
        for place, section in enumerate(self._left):
            async with aclosing(section.content(self, after)) as pieces:
                async for piece in pieces:
                    yield piece
            if self._after is not None:
                yield await self.zip.pause()
                self._position = Position(section.name, self._after, self.zip.opened)
                return
            after = ""
            if self.zip.taken >= self._most_bytes and place + 1 < len(self._left):
                self._position = Position(self._left[place + 1].name)
                return
        self._position = None
        yield directory([*self.progress.entries, *self.zip.finished], self.zip.offset)

    def record(self) -> Record:
        """What the part added."""
        return Record(self.progress.scope, self._position, self.zip.finished, self._rows, self._links)


class TableRows:
    """Every row of a table, exactly as the database has it."""

    def __init__(self, exports: ExportRepository, database: Database, step: Step) -> None:
        self._exports = exports
        self._database = database
        self._step = step
        self.name = f"data {step.holding.table}"

    async def content(self, part: PartWriter, after: str) -> AsyncGenerator[bytes]:
        """One JSON file; none of a table without a row."""
        table = self._step.holding.table
        async with aclosing(self._exports.rows(self._database, self._step, part.scope.people, after)) as rows:
            async for place, document in rows:
                if part.zip.opened is None:
                    yield part.zip.begin(document_file(table), part.now)
                yield await part.zip.write((b",\n" if part.rows_of(table) else b"[\n") + document)
                part.count(table)
                if self._step.keys and part.reached(place):
                    return
        if part.zip.opened is not None:
            yield await part.zip.write(b"\n]\n")
            yield await part.zip.end()


class TableLines:
    """The rows of a table as lines for a spreadsheet."""

    def __init__(self, exports: ExportRepository, database: Database, step: Step) -> None:
        self._exports = exports
        self._database = database
        self._step = step
        self.name = f"lines {step.holding.table}"

    async def content(self, part: PartWriter, after: str) -> AsyncGenerator[bytes]:
        """One CSV file; none of a table without a row."""
        table, columns = self._step.holding.table, shown_columns(self._step)
        if not part.rows_of(table):
            return
        if part.zip.opened is None:
            yield part.zip.begin(sheet_file(table), part.now)
            yield await part.zip.write(sheets.head([column.name for column in columns]))
        async with aclosing(self._exports.rows(self._database, self._step, part.scope.people, after)) as rows:
            async for place, document in rows:
                yield await part.zip.write(sheets.line(document, columns))
                if self._step.keys and part.reached(place):
                    return
        yield await part.zip.end()


class RoomFiles:
    """What a room gives out besides its rows."""

    def __init__(self, room: str, exporter: Exporter) -> None:
        self._exporter = exporter
        self.name = f"files {room}"

    async def content(self, part: PartWriter, after: str) -> AsyncGenerator[bytes]:
        """Its entries. A part ends between two of them."""
        wanted = Wanted(part.scope.people, part.scope.language, after)
        async with aclosing(self._exporter(wanted)) as entries:
            async for entry in entries:
                yield part.zip.begin(entry.name, part.now, dense=entry.dense)
                async with aclosing(entry.content) as pieces:
                    async for piece in pieces:
                        yield await part.zip.write(piece)
                yield await part.zip.end()
                if entry.title:
                    part.link(entry.name, entry.title)
                if part.reached(entry.mark):
                    return


class Contents:
    """The page that one opens first; it links to everything."""

    name = "contents"

    def __init__(self, page: FirstPage, steps: Sequence[Step]) -> None:
        self._page = page
        self._steps = steps

    async def content(self, part: PartWriter, after: str) -> AsyncGenerator[bytes]:
        """One page."""
        del after  # it is written at once
        counted = [(step, part.rows_of(step.holding.table)) for step in self._steps]
        written = self._page.content(part.scope.language, part.now, part.links, [one for one in counted if one[1]])
        yield part.zip.begin(FIRST_PAGE, part.now)
        yield await part.zip.write(written)
        yield await part.zip.end()


def document_file(table: str) -> str:
    """The file of a table's rows."""
    return f"data/{table}.json"


def sheet_file(table: str) -> str:
    """The file of a table's lines."""
    return f"tables/{table}.csv"


def shown_columns(step: Step) -> list[Column]:
    """The columns of a table that an export shows, in their order."""
    secret = secret_names(step.columns)
    return [column for name, column in step.columns.items() if name not in secret]


def _from(sections: Sequence[Section], name: str) -> Sequence[Section]:
    if not name:
        return sections
    for place, section in enumerate(sections):
        if section.name == name:
            return sections[place:]
    raise UnknownSection
