"""The work of exports: made part by part, announced, and removed. A process that is killed loses the part that it was making."""

from __future__ import annotations

from contextlib import aclosing
from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.access.accesses import Look
from wondernest.access.people import CHILD, FAMILY
from wondernest.platform.db.unit import unit_of
from wondernest.platform.ids import parse_uuid
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.jobs.letters import LETTER_RETRY, LetterSender
from wondernest.platform.languages import DEFAULT_LANGUAGE
from wondernest.platform.personal_data import USER
from wondernest.platform.recording import Unrecorded
from wondernest.privacy.exporting import (
    ANNOUNCE_READY,
    EXPORT,
    FOLDER,
    FORGET,
    KEPT,
    LINK_PAGE,
    MAKE,
    UNFINISHED_KEPT,
    USER_ARGUMENT,
    folder_of,
    link_of,
    single_key_of,
)
from wondernest.privacy.parts import PART_BYTES, Part, Progress, Scope, progress_of
from wondernest.privacy.sections import (
    Contents,
    PartWriter,
    RoomFiles,
    TableLines,
    TableRows,
    UnknownSection,
    shown_columns,
)
from wondernest.privacy.sheets import fits
from wondernest.privacy.words import words

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wondernest.coppa.trail import Trail
    from wondernest.platform.blobs import Blob
    from wondernest.platform.erasing import RowEraser
    from wondernest.platform.jobs import Sender
    from wondernest.platform.personal_data import Exporter, Subjects
    from wondernest.platform.rooms import Parts
    from wondernest.privacy.offline import FirstPage
    from wondernest.privacy.repository import ExportRepository, PartRepository, RequestRepository
    from wondernest.privacy.rules import Export
    from wondernest.privacy.sections import Section

MAKING_LIMIT_S: Final = 3600.0
MOST_PART_BYTES: Final = 5 * 1024**3
"""What a bucket takes in one request. A part ends as soon as it can, so only one file can make it large."""
BATCH: Final = 100


class ExportJobs:
    """Makes exports and removes them. `exporters`: with names that stay the same."""

    def __init__(
        self,
        exports: ExportRepository,
        made: PartRepository,
        requests: RequestRepository,
        rows: RowEraser,
        exporters: Sequence[tuple[str, Exporter]],
        page: FirstPage,
        parts: Parts,
        trail: Trail,
    ) -> None:
        self._trail = trail
        self._exports = exports
        self._made = made
        self._requests = requests
        self._rows = rows
        self._exporters = exporters
        self._page = page
        self._part_bytes = PART_BYTES
        self._database = parts.database
        self._blobs = parts.blobs
        self._clock = parts.clock
        self._ids = parts.ids
        self._letter: Sender = parts.jobs.sender(ANNOUNCE_READY)
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
        """Make the parts that are missing; with the last one the user is told.

        While somebody in it is erased none is made: the last look of the erasure would remove the file of which the user was told. When
        the erasure is done, it has this job run again.
        """
        sections: Sequence[Section] = ()
        progress: Progress | None = None
        while (export := await self._export(job)) is not None and export.ready_at is None:
            if await self._exports.held_up(self._database, export.user_id):
                return
            sections = sections or await self._sections()
            progress = progress or await self._so_far(export) or Progress(await self._scope(export))
            try:
                writer = PartWriter(sections, progress, self._clock.now(), self._part_bytes)
            except UnknownSection:
                await self._made.drop(self._database, export)
                progress = None
                continue
            if not await self._store(export, progress, writer):
                progress = None

    async def announce(self, job: Running) -> None:
        """Send the letter with the link."""
        export = await self._export(job)
        reader = await self._requests.reader(self._database, export.user_id) if export is not None else None
        if export is not None and reader is not None:
            link = f"{self._base}{LINK_PAGE.format(link_of(self._secret, export, reader.email))}"
            await self._letters.send(job, words(reader.language).export.letter(reader.email, link=link))

    async def forget(self, _: Running) -> None:
        """Remove what is expired or was never finished, and blobs of exports that are gone."""
        while True:
            now = self._clock.now()
            expired = await self._exports.expired(self._database, now, now - UNFINISHED_KEPT, BATCH)
            for export in expired:
                await self._remove(export)
            if len(expired) < BATCH:
                break
        await self._sweep()

    async def erase(self, subjects: Subjects) -> Mapping[str, int]:
        """Remove the exports of users, and of those near the people: a file of theirs holds the people too.

        In the place of one that is being made for a user who stays, another one is made when the erasure is done.
        """
        users = set(subjects.people.get(USER, ()))
        found = await self._exports.of(self._database, [*users, *subjects.near])
        for export in found:
            await self._remove(export, again=export.ready_at is None and export.user_id not in users)
        await self._sweep()
        return {FOLDER: len(found)} if found else {}

    async def _so_far(self, export: Export) -> Progress | None:
        """What is finished; None when nothing is, or when a part is gone: the database was restored from an older backup."""
        parts = await self._made.all(self._database, export)
        stored = {blob.key async for blob in self._blobs.list(folder_of(export))} if parts else set[str]()
        if any(part.key not in stored for part in parts):
            await self._made.drop(self._database, export)
            return None
        return progress_of(parts)

    async def _store(self, export: Export, progress: Progress, writer: PartWriter) -> bool:
        """Make one part; False if it does not count, because another process was faster or what it is about has changed."""
        number = progress.parts
        key = f"{folder_of(export)}/{number:06}-{self._ids.uuid()}"
        async with aclosing(writer.content()) as content:
            blob = await self._blobs.put(key, content, MOST_PART_BYTES)
        record, now = writer.record(), self._clock.now()
        part = Part(number, key, blob.size, writer.now, record)
        ready = record.position is None
        async with unit_of(self._database) as unit:
            stored = await self._made.lock(unit, export) == number
            if stored and await self._exports.people(unit, export) != progress.scope.people:
                await self._made.drop(unit, export)
                stored = False
            stored = stored and await self._made.add(unit, export, part)
            if stored and ready:
                size, with_family = progress.size + blob.size, FAMILY in progress.scope.people
                await self._exports.ready(unit, export, now, now + KEPT, size, with_family=with_family)
                await self._made.settle(unit, export)
                await self._trail.append(unit, export.user_id, progress.scope.people.get(CHILD, ()), Look.EXPORT)
                await self._letter(unit, {USER_ARGUMENT: export.user_id, EXPORT: export.id})
        if not stored:
            await self._blobs.delete(key)
            return False
        progress.add(blob.size, record)
        if ready:
            await self._discard(export, {one.key for one in await self._made.all(self._database, export)})
        return True

    async def _scope(self, export: Export) -> Scope:
        people = await self._exports.people(self._database, export)
        reader = await self._requests.reader(self._database, export.user_id)
        return Scope(people, DEFAULT_LANGUAGE if reader is None else reader.language)

    async def _sections(self) -> Sequence[Section]:
        steps = sorted(await self._rows.plan(self._database), key=lambda step: step.holding.table)
        sections: list[Section] = []
        for step in steps:
            sections.append(TableRows(self._exports, self._database, step))
            if fits(shown_columns(step)):
                sections.append(TableLines(self._exports, self._database, step))
        sections += [RoomFiles(name, exporter) for name, exporter in self._exporters]
        return [*sections, Contents(self._page, steps)]

    async def _remove(self, export: Export, *, again: bool = False) -> None:
        """Delete an export, the row first: then a process that makes it stores nothing more. `again`: another one waits in its place."""
        async with unit_of(self._database) as unit:
            await self._exports.forget(unit, export)
            if again:
                await self._exports.ask(unit, export.user_id, self._ids.uuid(), export.family_id, self._clock.now())
        await self._discard(export, set())
        await self._blobs.delete(single_key_of(export.id))

    async def _discard(self, export: Export, kept: set[str]) -> None:
        """Delete an export's blobs, but for those that are kept: what a killed process stored and did not record, too."""
        async for blob in self._blobs.list(folder_of(export)):
            if blob.key not in kept:
                await self._blobs.delete(blob.key)

    async def _sweep(self) -> None:
        """Delete blobs whose export is gone: a process was killed that had just stored one. A row is there before any blob."""
        waiting: list[tuple[UUID, Blob]] = []
        async for blob in self._blobs.list(FOLDER):
            export_id = parse_uuid(blob.key.removeprefix(f"{FOLDER}/").partition("/")[0].removesuffix(".zip"))
            if export_id is not None:
                waiting.append((export_id, blob))
            if len(waiting) >= BATCH:
                await self._delete_unknown(waiting)
                waiting.clear()
        await self._delete_unknown(waiting)

    async def _delete_unknown(self, blobs: Sequence[tuple[UUID, Blob]]) -> None:
        known = set(await self._made.known(self._database, {export_id for export_id, _ in blobs}))
        for export_id, blob in blobs:
            if export_id not in known:
                await self._blobs.delete(blob.key)

    async def _export(self, job: Running) -> Export | None:
        user_id, export_id = job.uuid(USER_ARGUMENT), job.uuid(EXPORT)
        if user_id is None or export_id is None:
            return None
        return await self._exports.find(self._database, user_id, export_id)
