"""Erases files: their content first, then their rows. A file that children who stay show is handed to a parent who stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.people import CHILD, FAMILY
from wondernest.files.letters import INFECTED
from wondernest.files.repository import RecordingRepository
from wondernest.files.rules import variant_folder
from wondernest.files.uploads import UPLOADS
from wondernest.platform.db.unit import unit_of
from wondernest.platform.personal_data import USER

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence
    from uuid import UUID

    from wondernest.files.jobs import FileJobs
    from wondernest.files.model import StoredFile
    from wondernest.files.repository import FileRepository
    from wondernest.files.usage import FileUsage
    from wondernest.platform.personal_data import Subjects
    from wondernest.platform.rooms import Parts

BATCH_FILES: Final = 50
FILES: Final = "files"
"""The name under which removed files are counted."""


class FileEraser:
    """Erases the files of users and children. Every step can be repeated."""

    def __init__(self, repository: FileRepository, usage: FileUsage, jobs: FileJobs, parts: Parts) -> None:
        self._repository = repository
        self._recordings = RecordingRepository()
        self._usage = usage
        self._jobs = jobs
        self._database = parts.database
        self._clock = parts.clock
        self._counters = parts.counters

    async def erase(
        self, subjects: Subjects, goes_on: Callable[[], Awaitable[bool]] | None = None
    ) -> Mapping[str, int]:
        """Erase them; returns how many files. Stops when `goes_on` says so. Raises DependencyUnavailable while the storage is away."""
        users, children = list(subjects.people.get(USER, ())), list(subjects.people.get(CHILD, ()))
        removed = 0
        while files := await self._repository.of_people(self._database, users, children, BATCH_FILES):
            for file in files:
                if goes_on is not None and not await goes_on():
                    return {FILES: removed} if removed else {}
                heir = await self._heir(file, children, subjects.near)
                if heir is None:
                    await self.remove(file)
                    removed += 1
                else:
                    await self._repository.hand_over(self._database, file.id, heir)
        for user_id in users:
            await self._counters.forget(f"{UPLOADS}{user_id}")
        for family_id in subjects.people.get(FAMILY, ()):
            await self._counters.forget(f"{INFECTED}{family_id}")
        return {FILES: removed} if removed else {}

    async def erase_recordings(
        self, subjects: Subjects, goes_on: Callable[[], Awaitable[bool]] | None = None
    ) -> Mapping[str, int]:
        """As `erase`, the recordings about the children alone."""
        children, removed = list(subjects.people.get(CHILD, ())), 0
        while files := await self._recordings.of_children(self._database, children, BATCH_FILES):
            for file in files:
                if goes_on is not None and not await goes_on():
                    return {FILES: removed} if removed else {}
                await self.remove(file)
                removed += 1
        return {FILES: removed} if removed else {}

    async def _heir(self, file: StoredFile, children: Sequence[UUID], near: Sequence[UUID]) -> UUID | None:
        """Who gets a file of an adult who goes; None: it goes too."""
        if not near or file.child_id in children:
            return None
        if file.child_id is not None or await self._usage.is_used(self._database, file):
            return near[0]
        return None

    async def remove(self, file: StoredFile) -> None:
        """Erase one file. The content goes before the row, so that an erasure that is interrupted finds it again."""
        keys = [file.key, variant_folder(file.key)]
        for key in keys:
            await self._jobs.remove(key)
        async with unit_of(self._database) as unit:
            tags = await self._repository.tags_of(unit, file.id)
            await self._repository.remove(unit, file.id, keys, self._clock.now())
            await self._repository.forget_tags(unit, tags)
        for key in keys:
            await self._jobs.remove(key)
