"""The room's background jobs: removes blobs that no row owns, and files that nobody uses any more."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.files.rules import is_ours, original_of, variant_folder
from wondernest.platform.blobs.keys import is_key
from wondernest.platform.db.unit import UnitOfWork
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.recording import Unrecorded
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.files.metrics import FileMetrics
    from wondernest.files.repository import FileRepository
    from wondernest.files.service import FileService
    from wondernest.files.usage import FileUsage
    from wondernest.platform.blobs import Blobs
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database

log = get_logger(__name__)
REMOVE_BLOBS: Final = "files.remove_blobs"
REMOVE_UNUSED: Final = "files.remove_unused"
SWEEP: Final = "files.sweep"
SWEEPING_LIMIT_S: Final = 1800.0
BATCH_ROWS: Final = 100
BATCH_KEYS: Final = 500
UNFINISHED_AGE: Final = timedelta(hours=6)


class FileJobs:
    """Removes what is left over. Every step can be repeated."""

    def __init__(
        self,
        repository: FileRepository,
        service: FileService,
        usage: FileUsage,
        database: Database,
        blobs: Blobs,
        clock: Clock,
        metrics: FileMetrics,
        grace: timedelta,
    ) -> None:
        self._repository = repository
        self._service = service
        self._usage = usage
        self._database = database
        self._blobs = blobs
        self._clock = clock
        self._metrics = metrics
        self._grace = grace

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(
                REMOVE_BLOBS,
                self.remove_blobs,
                time_limit_s=SWEEPING_LIMIT_S,
                unrecorded=Unrecorded.UPKEEP,
                by_age=True,
            ),
            Job(
                REMOVE_UNUSED,
                self.remove_unused,
                time_limit_s=SWEEPING_LIMIT_S,
                unrecorded=Unrecorded.UPKEEP,
                by_age=True,
            ),
            Job(SWEEP, self.sweep, time_limit_s=SWEEPING_LIMIT_S, unrecorded=Unrecorded.UPKEEP),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Every ten minutes what is due; every night what is unused, and the sweep."""
        return (
            Schedule(REMOVE_BLOBS, "*/10 * * * *", REMOVE_BLOBS),
            Schedule(REMOVE_UNUSED, "13 2 * * *", REMOVE_UNUSED),
            Schedule(SWEEP, "43 2 * * *", SWEEP),
        )

    async def remove_blobs(self, _: Running) -> None:
        """Remove the files and the blobs that are due, each blob before its row: a killed process removes it again."""
        while retired := await self._repository.retired(self._database, self._clock.now(), BATCH_ROWS):
            for file_id in retired:
                await self._settle(file_id)
        while due := await self._repository.due(self._database, self._clock.now(), BATCH_ROWS):
            for key in due:
                await self.remove(key)

    async def remove_unused(self, _: Running) -> None:
        """Delete files for good that were softly deleted long ago and that nothing shows any more. `remove_blobs` looks again."""
        before = self._clock.now() - self._grace
        after: UUID | None = None
        while hidden := await self._repository.hidden_before(self._database, before, after, BATCH_ROWS):
            for file in hidden:
                unit = UnitOfWork(self._database)
                try:
                    if not file.system and not await self._usage.is_used(unit, file):
                        await self._service.retire(file, unit)
                        self._metrics.found("unused_file")
                    await unit.commit()
                except BaseException as error:
                    await unit.rollback(error)
                    raise
            after = hidden[-1].id

    async def _settle(self, file_id: UUID) -> None:
        unit = UnitOfWork(self._database)
        try:
            removed = await self._service.settle(file_id, unit)
            await unit.commit()
        except BaseException as error:
            await unit.rollback(error)
            raise
        if removed is False:
            self._metrics.found("rescued_file")
            log.info("a deleted file is shown by a newer save, so it is kept", file_id=str(file_id))

    async def sweep(self, _: Running) -> None:
        """Compare blobs and rows. A blob without a row is removed after the grace; a row without a blob is only reported."""
        keys: list[str] = []
        async for blob in self._blobs.list():
            keys.append(blob.key)
            if len(keys) >= BATCH_KEYS:
                await self._doom_unknown(keys)
                keys = []
        await self._doom_unknown(keys)
        for leftover in await self._blobs.unfinished(UNFINISHED_AGE):
            await self._blobs.discard(leftover)
        await self._report_missing()

    async def _doom_unknown(self, keys: Sequence[str]) -> None:
        listed: dict[str, list[str]] = {}
        for key in keys:
            if is_ours(key):
                listed.setdefault(original_of(key), []).append(key)
        unknown = [
            original
            for original in await self._repository.unknown(self._database, sorted(listed))
            if await self._any_left(listed[original])
        ]
        remove_at = self._clock.now() + self._grace
        for original in unknown:
            for key in (original, variant_folder(original)):
                await self._repository.doom(self._database, key, remove_at)
        if unknown:
            self._metrics.found("blob_without_row", len(unknown))
            log.warning("blobs without a file", count=len(unknown), removed_after=str(self._grace))

    async def _any_left(self, keys: Sequence[str]) -> bool:
        """Whether one of the listed blobs is still there: `remove_blobs` may run beside the sweep."""
        for key in keys:
            if await self._blobs.stat(key) is not None:
                return True
        return False

    async def _report_missing(self) -> None:
        after: UUID | None = None
        while known := await self._repository.keys(self._database, after, BATCH_KEYS):
            for file_id, key in known:
                if not is_key(key) or await self._is_missing(key):
                    self._metrics.found("row_without_blob")
                    log.warning("a file without its content", file_id=str(file_id))
            after = known[-1][0]

    async def _is_missing(self, key: str) -> bool:
        """Whether a file has no content, and was not deleted for good meanwhile."""
        return await self._blobs.stat(key) is None and await self._repository.by_key(self._database, key) is not None

    async def remove(self, key: str) -> None:
        """A key, or all keys of a folder: what ends with a slash. No blob has an invalid key, as an old row may hold."""
        name = key.removesuffix("/")
        if not is_key(name):
            log.warning("a file had an invalid key, so it has no content that can be removed")
        elif name != key:
            async for blob in self._blobs.list(name):
                await self._blobs.delete(blob.key)
        else:
            await self._blobs.delete(key)
        await self._repository.removed(self._database, key)
        self._metrics.found("removed_blob")
