"""Exports: everything that is held about a user, their family and its children, as one ZIP file."""

from __future__ import annotations

import base64
import csv
import hmac
import io
from collections.abc import AsyncGenerator
from datetime import timedelta
from html import escape
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec

from wondernest.access.accesses import Look
from wondernest.access.people import CHILD, FAMILY
from wondernest.platform.blobs.blobs import BlobContent
from wondernest.platform.db.unit import unit_of
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.jobs.letters import LETTER_RETRY, LetterSender
from wondernest.platform.personal_data import USER
from wondernest.platform.recording import Unrecorded
from wondernest.platform.zipping import Entry, zipped
from wondernest.privacy import errors
from wondernest.privacy.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wondernest.coppa.trail import Trail
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.erasing import RowEraser, Step
    from wondernest.platform.jobs import Sender
    from wondernest.platform.personal_data import Exporter, People, Subjects
    from wondernest.platform.rooms import Parts
    from wondernest.privacy.repository import ExportRepository, RequestRepository
    from wondernest.privacy.rules import Export

MAKE: Final = "privacy.make_export"
ANNOUNCE_READY: Final = "privacy.announce_export"
FORGET: Final = "privacy.forget_exports"
USER_ARGUMENT, EXPORT = "user", "export"
MAKING_LIMIT_S: Final = 3600.0
MOST_A_DAY: Final = 5
DAY: Final = timedelta(days=1)
KEPT: Final = timedelta(days=7)
LINK_LIFE: Final = timedelta(hours=1)
"""After the first use of the mailed link: a download that breaks off goes on, a found letter opens nothing."""
LINK_PAGE: Final = "/privacy/exports/{}"
MOST_BYTES: Final = 64 * 1024**3
BATCH: Final = 100
FOLDER: Final = "exports"
_LINK_PURPOSE: Final = b"wondernest export link\0"
_ID_BYTES: Final = 16
_MAC_BYTES: Final = 16
_PADDING: Final = "=="
"""Of the 64 bytes of a token."""


class Link(msgspec.Struct, frozen=True):
    """A mailed link: whose export it opens. `bound`: a keyed hash with the address that it was mailed to."""

    user_id: UUID
    export_id: UUID
    bound: bytes


class ExportService:
    """Asks for exports, lists them, and gives them out. Raises the room's errors."""

    def __init__(self, exports: ExportRepository, parts: Parts, make: Sender, trail: Trail) -> None:
        self._exports = exports
        self._database = parts.database
        self._blobs = parts.blobs
        self._clock = parts.clock
        self._ids = parts.ids
        self._make = make
        self._trail = trail
        self._secret = parts.settings.jwt.secret.encode()

    async def ask(self, caller: Caller, family_id: UUID | None, unit: UnitOfWork) -> Export:
        """Have an export made; while one is being made, it is that one. Raises TooManyExports."""
        now = self._clock.now()
        await self._exports.lock(unit, caller.user_id)
        being_made = await self._exports.open(unit, caller.user_id, now - DAY)
        if being_made is not None:
            return being_made
        if await self._exports.number_since(unit, caller.user_id, now - DAY) >= MOST_A_DAY:
            raise errors.TooManyExports(int(DAY.total_seconds()))
        export = await self._exports.ask(unit, caller.user_id, self._ids.uuid(), family_id, now)
        await self._make(unit, {USER_ARGUMENT: export.user_id, EXPORT: export.id})
        return export

    async def own(self, caller: Caller) -> Sequence[Export]:
        """The caller's exports."""
        return await self._exports.own(self._database, caller.user_id)

    async def content(self, caller: Caller, export_id: UUID) -> BlobContent:
        """An export of the caller's. Raises ExportNotFound."""
        return await self._content(await self._exports.given(self._database, caller.user_id, export_id))

    async def offered(self, token: str) -> Export:
        """The export of a mailed link, which is not used by that. Raises ExportNotFound."""
        return await self._linked(token, used=False)

    async def begin(self, token: str) -> None:
        """Use a mailed link: its last hour begins, if it has not. Raises ExportNotFound."""
        known, now = await self._known(token), self._clock.now()
        if await self._exports.fetch(self._database, *known, now, now - LINK_LIFE) is None:
            raise errors.ExportNotFound

    async def begun(self, token: str) -> BlobContent:
        """The file of a mailed link that was used within the last hour. Raises ExportNotFound."""
        export = await self._linked(token, used=True)
        content = await self._content(export)
        await self._trail.append(self._database, export.user_id, None, Look.DOWNLOAD)
        return content

    async def _linked(self, token: str, *, used: bool) -> Export:
        known, now = await self._known(token), self._clock.now()
        export = await self._exports.linked(self._database, *known, now, now - LINK_LIFE, used=used)
        if export is None:
            raise errors.ExportNotFound
        return export

    async def _known(self, token: str) -> tuple[UUID, UUID]:
        """User and export of a link that was mailed to the address that is still the user's."""
        link = read_link(self._secret, token)
        address = None if link is None else await self._exports.address(self._database, link.user_id)
        if link is None or address is None or not leads_from(self._secret, link, address):
            raise errors.ExportNotFound
        return link.user_id, link.export_id

    async def _content(self, export: Export | None) -> BlobContent:
        if export is None or export.expires_at is None or export.expires_at <= self._clock.now():
            raise errors.ExportNotFound
        blob = await self._blobs.stat(key_of(export))
        if blob is None:
            raise errors.ExportNotFound
        return BlobContent(self._blobs, blob)


class ExportJobs:
    """Makes exports and removes them. A job that is killed begins again: nothing is shown of a file that is not whole."""

    def __init__(
        self,
        exports: ExportRepository,
        requests: RequestRepository,
        rows: RowEraser,
        exporters: Sequence[Exporter],
        parts: Parts,
        letter: Sender,
        trail: Trail,
    ) -> None:
        self._trail = trail
        self._exports = exports
        self._requests = requests
        self._rows = rows
        self._exporters = exporters
        self._database = parts.database
        self._blobs = parts.blobs
        self._clock = parts.clock
        self._letter = letter
        self._letters = LetterSender(parts.mailer, parts.metrics)
        self._secret = parts.settings.jwt.secret.encode()
        self._base = parts.settings.pages_url

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(MAKE, self.make, time_limit_s=MAKING_LIMIT_S, accesses=Look.EXPORT),
            Job(ANNOUNCE_READY, self.announce, LETTER_RETRY, unrecorded=Unrecorded.NOBODY),
            Job(FORGET, self.forget, unrecorded=Unrecorded.UPKEEP, by_age=True),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Every hour."""
        return (Schedule(FORGET, "47 * * * *", FORGET),)

    async def make(self, job: Running) -> None:
        """Write the file, then tell the user."""
        export = await self._export(job)
        if export is None or export.ready_at is not None:
            return
        people = await self._exports.people(self._database, export)
        content = zipped(self._entries(people), self._clock.now())
        blob = await self._blobs.put(key_of(export), content, MOST_BYTES)
        now = self._clock.now()
        async with unit_of(self._database) as unit:
            with_family = FAMILY in people
            ready = await self._exports.ready(unit, export, now, now + KEPT, blob.size, with_family=with_family)
            if ready:
                await self._trail.append(unit, export.user_id, people.get(CHILD, ()), Look.EXPORT)
                await self._letter(unit, {USER_ARGUMENT: export.user_id, EXPORT: export.id})
        if not ready:
            await self._blobs.delete(key_of(export))  # erased meanwhile

    async def announce(self, job: Running) -> None:
        """Send the letter with the link."""
        export = await self._export(job)
        reader = await self._requests.reader(self._database, export.user_id) if export is not None else None
        if export is not None and reader is not None:
            link = f"{self._base}{LINK_PAGE.format(link_of(self._secret, export, reader.email))}"
            await self._letters.send(job, words(reader.language).export.letter(reader.email, link=link))

    async def forget(self, _: Running) -> None:
        """Remove what is expired, the file before its row."""
        while True:
            now = self._clock.now()
            expired = await self._exports.expired(self._database, now, now - KEPT, BATCH)
            for export in expired:
                await self._remove(export)
            if len(expired) < BATCH:
                return

    async def erase(self, subjects: Subjects) -> Mapping[str, int]:
        """Remove the exports of users, and of those near the people: a file of theirs holds the people too."""
        found = await self._exports.of(self._database, [*subjects.people.get(USER, ()), *subjects.near])
        for export in found:
            await self._remove(export)
        return {FOLDER: len(found)} if found else {}

    async def _remove(self, export: Export) -> None:
        await self._blobs.delete(key_of(export))
        await self._exports.forget(self._database, export)

    async def _export(self, job: Running) -> Export | None:
        user_id, export_id = job.uuid(USER_ARGUMENT), job.uuid(EXPORT)
        if user_id is None or export_id is None:
            return None
        return await self._exports.find(self._database, user_id, export_id)

    async def _entries(self, people: People) -> AsyncGenerator[Entry]:
        steps = sorted(await self._rows.plan(self._database), key=lambda step: step.holding.table)
        counts: list[tuple[str, str, int]] = []
        for step in steps:
            number = [0]
            yield Entry(f"data/{step.holding.table}.json", self._documents(step, people, number))
            if not any(column.kind in {"json", "jsonb", "bytea"} for column in step.columns.values()):
                yield Entry(f"tables/{step.holding.table}.csv", self._lines(step, people))
            counts.append((step.holding.what, step.holding.table, number[0]))
        pages: list[str] = []
        for exporter in self._exporters:
            async for entry in exporter(people):
                yield entry
                pages.append(entry.name)
        yield Entry("index.html", _once(index(counts, pages).encode()))

    async def _documents(self, step: Step, people: People, number: list[int]) -> AsyncGenerator[bytes]:
        yield b"["
        async for document in self._exports.rows(self._database, step, people):
            yield (b",\n" if number[0] else b"\n") + document
            number[0] += 1
        yield b"\n]\n"

    async def _lines(self, step: Step, people: People) -> AsyncGenerator[bytes]:
        head: list[str] | None = None
        async for document in self._exports.rows(self._database, step, people):
            row: dict[str, Any] = msgspec.json.decode(document)
            if head is None:
                head = list(row)
                yield _line(head)
            yield _line([_safe(row.get(name)) for name in head])


def key_of(export: Export) -> str:
    """Where the file is in the blob storage."""
    return f"{FOLDER}/{export.id}.zip"


def link_of(secret: bytes, export: Export, address: str) -> str:
    """The token of the link that is mailed to an address: ids, a keyed hash of them, and one of them with the address."""
    ids = export.user_id.bytes + export.id.bytes
    token = base64.urlsafe_b64encode(ids + _mac(secret, ids) + _mac(secret, ids, address))
    return token.rstrip(b"=").decode()


def read_link(secret: bytes, token: str) -> Link | None:
    """A token; None for one that we did not make."""
    try:
        raw = base64.b64decode(token + _PADDING, altchars=b"-_", validate=True)
    except ValueError:
        return None
    ids, known, bound = raw[: 2 * _ID_BYTES], raw[2 * _ID_BYTES : -_MAC_BYTES], raw[-_MAC_BYTES:]
    if len(ids) < 2 * _ID_BYTES or not hmac.compare_digest(known, _mac(secret, ids)):
        return None
    return Link(UUID(bytes=ids[:_ID_BYTES]), UUID(bytes=ids[_ID_BYTES:]), bound)


def leads_from(secret: bytes, link: Link, address: str) -> bool:
    """Whether a link was mailed to this address."""
    return hmac.compare_digest(link.bound, _mac(secret, link.user_id.bytes + link.export_id.bytes, address))


def _mac(secret: bytes, ids: bytes, address: str = "") -> bytes:
    return hmac.digest(secret, _LINK_PURPOSE + ids + address.encode(), "sha256")[:_MAC_BYTES]


def index(counts: Sequence[tuple[str, str, int]], pages: Sequence[str]) -> str:
    """The first page: what is in the file. It opens without the service and without a network."""
    rows = "".join(
        f'<tr><td>{escape(what)}</td><td>{number}</td><td><a href="data/{escape(table)}.json">{escape(table)}</a></td></tr>\n'
        for what, table, number in counts
        if number
    )
    links = "".join(f'<li><a href="{escape(name)}">{escape(name)}</a></li>\n' for name in pages)
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>What WonderNest holds about your family</title>'
        "<style>body{font:16px sans-serif;max-width:60rem;margin:2rem auto}td{padding:.3rem;border-bottom:1px solid #ccc}</style>"
        "<h1>What WonderNest holds about your family</h1><h2>What was made, and files</h2><ul>"
        f"{links}</ul><h2>Everything else</h2><table><tr><th>what</th><th>rows</th><th>data</th></tr>\n{rows}</table></html>\n"
    )


def _line(cells: Sequence[Any]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerow(cells)
    return text.getvalue().encode()


def _safe(value: Any) -> Any:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value[:1] in {"=", "+", "-", "@", "\t", "\r"} else value


async def _once(content: bytes) -> AsyncGenerator[bytes]:
    yield content
