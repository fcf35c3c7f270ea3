"""Keeps `content.file_references` up to date: which files a save shows.

The rows are for other readers of the database and for files whose owner has left the family. They are never the only witness: before
a file is deleted the documents themselves are read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.files.rules import may_name_files, mentions_in
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.files.ports import Mentions
    from wondernest.files.repository import FileRepository
    from wondernest.platform.db.pool import Database, Executor
    from wondernest.platform.jobs import Sender

NOTE: Final = "files.note_references"
RECONCILE: Final = "files.reconcile_references"
RECONCILING_LIMIT_S: Final = 1800.0
BATCH_ROWS: Final = 100
MOST_READS: Final = 3
"""How often one run reads a save that is stored again meanwhile."""


class SaveWatcher:
    """Has the references of a stored save noted. (`games.ports.Watcher`.)"""

    def __init__(self, note: Sender) -> None:
        self._note = note

    def concerns(self, document: bytes, /) -> bool:
        """Whether the document may show a file."""
        return may_name_files(document)

    async def stored(self, executor: Executor, save_id: UUID, /) -> None:
        """Enqueue the job; one for each save at a time."""
        await self._note(executor, {"save": save_id}, key=f"{NOTE}.{save_id}")


class ReferenceJobs:
    """Reads saves and writes their references. Every step can be repeated."""

    def __init__(self, repository: FileRepository, mentions: Mentions, database: Database) -> None:
        self._repository = repository
        self._mentions = mentions
        self._database = database

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(NOTE, self.note, unrecorded=Unrecorded.UPKEEP),
            Job(RECONCILE, self.reconcile, time_limit_s=RECONCILING_LIMIT_S, unrecorded=Unrecorded.UPKEEP),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Every night, before unused files are looked for."""
        return (Schedule(RECONCILE, "33 1 * * *", RECONCILE),)

    async def note(self, running: Running) -> None:
        """Note the references of one save. A save that is stored meanwhile makes no second job, so it is read again."""
        save_id = running.uuid("save")
        if save_id is None:
            return
        document = await self._note(save_id)
        for _ in range(MOST_READS - 1):
            again = await self._mentions.document(self._database, save_id)
            if again is None or again[1] == document:
                break
            document = await self._note(save_id)

    async def reconcile(self, _: Running) -> None:
        """Note the references of all saves that have some, or whose family has files: also of saves that another backend wrote."""
        after: UUID | None = None
        while referring := await self._repository.referring(self._database, after, BATCH_ROWS):
            for save_id in referring:
                await self._note(save_id)
            after = referring[-1]
        after = None
        while owners := await self._repository.owners(self._database, after, BATCH_ROWS):
            for user_id in owners:
                await self._of_household(user_id)
            after = owners[-1]

    async def _of_household(self, user_id: UUID) -> None:
        after: UUID | None = None
        while naming := await self._mentions.naming(self._database, user_id, after, BATCH_ROWS):
            for save_id in naming:
                await self._note(save_id)
            after = naming[-1]

    async def _note(self, save_id: UUID) -> bytes | None:
        """The document whose references were noted; None if the save is gone, and its references with it."""
        found = await self._mentions.document(self._database, save_id)
        if found is None:
            await self._repository.drop(self._database, save_id)
            return None
        child_id, document = found
        await self._repository.note(self._database, save_id, child_id, mentions_in(document))
        return document
