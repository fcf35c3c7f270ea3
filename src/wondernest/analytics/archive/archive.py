"""Writes old events to the archive, and rewrites it without children who are erased.

Any run may be killed at any moment. A day counts as archived when all its files and its manifest are stored; until then the next run
writes it again, under the same names, and deletes what a killed run left beside them.
"""

from __future__ import annotations

import asyncio
import hashlib
import tempfile
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Collection, Sequence
from contextlib import aclosing
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from wondernest.analytics.archive.layout import (
    FOLDER,
    ArchivedFile,
    Manifest,
    day_of,
    decoded,
    encoded,
    file_key,
    folder_of,
    manifest_key,
    manifest_of,
    shard_of,
)
from wondernest.analytics.archive.parquet import GROUP_BYTES, GROUP_ROWS, ParquetWriter, rows_of, without
from wondernest.analytics.days import EARLIEST_DAY
from wondernest.analytics.jobs import removed_before
from wondernest.analytics.repository.archives import start_of
from wondernest.analytics.repository.rollups import earlier

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.analytics.repository import ArchiveRepository
    from wondernest.analytics.repository.archives import Group
    from wondernest.platform.blobs import Blob, Blobs
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database

MOST_BYTES: Final = 5 * 1024**3
"""Of a file: the limit of one request to S3."""
MOST_MANIFEST_BYTES: Final = 1024**2


class ArchiveError(Exception):
    """The archive cannot be written; the text says what to do."""


class ArchivedDay(Struct, frozen=True):
    """A day, and its events and files."""

    day: date
    events: int
    files: int
    bytes: int


class EventArchive:
    """The archive. Raises ArchiveError, and DependencyUnavailable when database or storage cannot serve."""

    def __init__(
        self, database: Database, repository: ArchiveRepository, blobs: Blobs, clock: Clock, kept_days: int
    ) -> None:
        self._database = database
        self._repository = repository
        self._blobs = blobs
        self._clock = clock
        self._kept_days = kept_days

    async def keep(self, report: Callable[[ArchivedDay], None]) -> None:
        """Archive every day whose events may be removed and that is not archived yet, the oldest first."""
        _require_library()
        async with self._repository.alone(self._database) as alone:
            _require_alone(alone=alone)
            now = await earlier(self._database, self._clock.now())
            before, since = removed_before(now, self._kept_days), start_of(EARLIEST_DAY)
            while day := await self._repository.next_day(self._database, since, before):
                report(await self._keep(day))
                since = start_of(day)

    async def has_days(self) -> bool:
        """Whether anything is archived, or was begun."""
        return bool(await self._days())

    async def forget(self, child_ids: Collection[UUID], report: Callable[[ArchivedDay], None]) -> None:
        """Rewrite every file that has rows of these children, without them; reports the days that changed.

        Their events must be deleted from the database before, so that no later run archives them.
        """
        _require_library()
        async with self._repository.alone(self._database) as alone:
            _require_alone(alone=alone)
            for day in await self._days():
                changed = await self._forget(day, child_ids)
                if changed is not None:
                    report(changed)

    async def _days(self) -> list[date]:
        """Every day with files. A restored database does not know all of them."""
        stored = {day async for blob in self._blobs.list(FOLDER) if (day := day_of(blob.key)) is not None}
        return sorted(stored.union(await self._repository.days(self._database)))

    async def _keep(self, day: date) -> ArchivedDay:
        await self._claim(day)
        there = [blob.key async for blob in self._blobs.list(folder_of(day))]
        async with aclosing(self._repository.groups(self._database, day, (GROUP_ROWS, GROUP_BYTES))) as groups:
            files = await self._files(day, groups)
        for key in set(there) - {file.key for file in files} - {manifest_key(day)}:
            await self._blobs.delete(key)
        return await self._conclude(manifest_of(day, files))

    async def _claim(self, day: date) -> None:
        """Note that the day is begun. Another installation's archive, or that of a lost database, is never written over."""
        begun = await self._repository.state(self._database, day) is not None
        if not begun and await self._blobs.stat(manifest_key(day)) is not None:
            raise ArchiveError(
                f"the storage has an archive of {day} that this database does not know: move {folder_of(day)} away, or use another storage"
            )
        await self._repository.begin(self._database, day, self._clock.now())

    async def _conclude(self, manifest: Manifest) -> ArchivedDay:
        await self._blobs.put(manifest_key(manifest.day), _once(encoded(manifest)), MOST_MANIFEST_BYTES)
        done = ArchivedDay(manifest.day, manifest.events, len(manifest.files), manifest.bytes)
        sizes = done.events, done.files, done.bytes
        await self._repository.finish(self._database, done.day, self._clock.now(), sizes)
        return done

    async def _files(self, day: date, groups: AsyncGenerator[Group]) -> list[ArchivedFile]:
        files: list[ArchivedFile] = []
        source = _Groups(groups)
        while (shard := await source.shard()) is not None:
            writer = ParquetWriter()
            await self._blobs.put(file_key(day, shard), source.written(shard, writer), MOST_BYTES)
            files.append(_described(file_key(day, shard), writer))
        return files

    async def _forget(self, day: date, child_ids: Collection[UUID]) -> ArchivedDay | None:
        known = await self._manifest(day)
        if known is None:  # a run was killed before it: the next one writes the day again
            for shard in {shard_of(child_id) for child_id in child_ids}:
                await self._blobs.delete(file_key(day, shard))
            return None
        files = {file.key: file for file in known.files}
        for shard in sorted({shard_of(child_id) for child_id in child_ids}):
            key = file_key(day, shard)
            left = await self._rewritten(key, [one for one in child_ids if shard_of(one) == shard])
            files.pop(key, None)
            if left is not None:
                files[key] = left
        changed = manifest_of(day, list(files.values()))
        return None if changed == known else await self._conclude(changed)

    async def _rewritten(self, key: str, child_ids: Sequence[UUID]) -> ArchivedFile | None:
        """A file without some children, stored if it had them; None if there is none, or no row is left."""
        blob = await self._blobs.stat(key)
        if blob is None:
            return None
        with tempfile.TemporaryDirectory() as folder:
            whole, rest = Path(folder, "whole"), Path(folder, "rest")
            before = await self._fetch(blob, whole)
            writer = await asyncio.to_thread(_rewrite, whole, rest, child_ids)
            if writer.events == before.events:
                return before
            if not writer.events:
                await self._blobs.delete(key)
                return None
            await self._blobs.put(key, _pieces(rest), MOST_BYTES)
        return _described(key, writer)

    async def _fetch(self, blob: Blob, target: Path) -> ArchivedFile:
        """Copy a file of the archive."""
        with target.open("wb") as file:
            async for piece in self._blobs.read(blob):
                file.write(piece)
        return await asyncio.to_thread(_examined, blob.key, target)

    async def _manifest(self, day: date) -> Manifest | None:
        blob = await self._blobs.stat(manifest_key(day))
        if blob is None:
            return None
        try:
            return decoded(b"".join([piece async for piece in self._blobs.read(blob)]))
        except msgspec.DecodeError:
            raise ArchiveError(f"{manifest_key(day)} is damaged: restore it from a backup of the storage") from None


class _Groups:
    """Groups of rows, of which the next one is known before it is taken."""

    def __init__(self, groups: AsyncGenerator[Group]) -> None:
        self._groups = groups
        self._next: Group | None = None

    async def shard(self) -> str | None:
        """The shard of the next group; None at the end."""
        if self._next is None:
            self._next = await anext(self._groups, None)
        return None if self._next is None else self._next.shard

    async def written(self, shard: str, writer: ParquetWriter) -> AsyncIterator[bytes]:
        """The bytes of a file with the groups of one shard."""
        while await self.shard() == shard and self._next is not None:
            rows, self._next = self._next.rows, None
            yield await asyncio.to_thread(writer.add, rows)
        yield await asyncio.to_thread(writer.end)


def _require_library() -> None:
    try:
        ParquetWriter()
    except ImportError:
        raise ArchiveError("pyarrow is not installed here: pip install 'wondernest[archive]'") from None


def _require_alone(*, alone: bool) -> None:
    if not alone:
        raise ArchiveError("another run is working on the archive: wait until it has ended")


def _described(key: str, writer: ParquetWriter) -> ArchivedFile:
    return ArchivedFile(key=key, events=writer.events, bytes=writer.size, sha256=writer.sha256)


def _examined(key: str, file: Path) -> ArchivedFile:
    with file.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").hexdigest()
    return ArchivedFile(key=key, events=rows_of(file), bytes=file.stat().st_size, sha256=digest)


def _rewrite(whole: Path, rest: Path, child_ids: Collection[UUID]) -> ParquetWriter:
    writer = ParquetWriter()
    with rest.open("wb") as target:
        for batch in without(whole, child_ids):
            if batch.num_rows:
                target.write(writer.add_batch(batch))
        target.write(writer.end())
    return writer


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as content:
        while piece := await asyncio.to_thread(content.read, 128 * 1024):
            yield piece


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
