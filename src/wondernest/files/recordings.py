"""The life of recordings: files of sound and film about a child are erased after a time, and the parents are told before.

A file that names no child is its owner's and stays. So does one about a child who is of the age of consent.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.access.accesses import Service
from wondernest.files.letters import CHILD, END_LETTER, USER
from wondernest.files.repository import RecordingRepository
from wondernest.files.words import words
from wondernest.platform.db.unit import unit_of
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.jobs.letters import LETTER_RETRY, LetterSender
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from wondernest.coppa.trail import Trail
    from wondernest.files.erasing import FileEraser
    from wondernest.files.metrics import FileMetrics
    from wondernest.files.model import RecordingsEnd
    from wondernest.files.repository import FileRepository
    from wondernest.platform.rooms import Parts

END: Final = "files.end_recordings"
LIMIT_S: Final = 1800.0
TOLD_BEFORE: Final = timedelta(days=14)
"""So long before the end the parents get a letter, and never less. Recordings that end in the same time after that are in it too, so
that a family gets a letter in two weeks at most."""
NOTED_WITHIN: Final = timedelta(days=2)
"""A file that is noted later after its upload was there before recordings had an end: its time counts from now."""
BATCH_ROWS: Final = 500
BATCH_FILES: Final = 50
BATCH_CHILDREN: Final = 100


class RecordingEnds:
    """When recordings about children end, for who shows it."""

    def __init__(self, parts: Parts) -> None:
        self._recordings = RecordingRepository()
        self._database = parts.database
        self._clock = parts.clock
        self._kept = timedelta(days=parts.settings.files.recording_days)

    async def of(self, children: Sequence[UUID]) -> Mapping[UUID, RecordingsEnd]:
        """The children with recordings that end."""
        if not children:
            return {}
        now = self._clock.now()
        told = min(TOLD_BEFORE, self._kept)
        return await self._recordings.ends(self._database, children, self._kept, told, now, now - NOTED_WITHIN)


class RecordingJobs:
    """Notes recordings, tells of their end, and erases them. Every step can be repeated after a kill."""

    def __init__(
        self,
        recordings: RecordingRepository,
        files: FileRepository,
        eraser: FileEraser,
        metrics: FileMetrics,
        parts: Parts,
        trail: Trail,
    ) -> None:
        self._recordings = recordings
        self._files = files
        self._eraser = eraser
        self._metrics = metrics
        self._trail = trail
        self._database = parts.database
        self._clock = parts.clock
        self._kept = timedelta(days=parts.settings.files.recording_days)
        self._told = min(TOLD_BEFORE, self._kept)
        self._letter = parts.jobs.sender(END_LETTER)
        self._sender = LetterSender(parts.mailer, parts.metrics)

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(END, self.end, time_limit_s=LIMIT_S, unrecorded=Unrecorded.UPKEEP, by_age=True),
            Job(END_LETTER, self.send, LETTER_RETRY, accesses=Service.RECORDING_LETTER),
        )

    def schedules(self) -> tuple[Schedule, ...]:
        """Every night."""
        return (Schedule(END, "53 2 * * *", END),)

    async def end(self, _: Running) -> None:
        """Note what is new, tell of what ends soon, and erase what has ended."""
        await self._note()
        await self._tell()
        await self._erase()

    async def send(self, job: Running) -> None:
        """Send one parent's letter, unless everything that it is about is gone."""
        child_id, parent = job.uuid(CHILD), job.uuid(USER)
        if child_id is None or parent is None:
            return
        told = await self._recordings.told(self._database, child_id)
        reader = await self._files.reader(self._database, parent)
        if not told or reader is None:
            return
        days = Counter(max(one.counted_from + self._kept, one.told_at + self._told).date().isoformat() for one in told)
        lines = "\n".join(f"- {day}: {number}" for day, number in sorted(days.items()))
        await self._trail.by_service(self._database, [child_id], Service.RECORDING_LETTER)
        await self._sender.send(job, words(reader.language).recordings.letter(reader.email, list=lines))

    async def _note(self) -> None:
        now = self._clock.now()
        after: UUID | None = None
        while last := await self._recordings.note(self._database, after, now, now - NOTED_WITHIN, BATCH_ROWS):
            after = last
        await self._recordings.prune(self._database)

    async def _tell(self) -> None:
        now = self._clock.now()
        begun = now - self._kept + self._told
        while children := await self._recordings.untold(self._database, begun, BATCH_CHILDREN):
            for child_id in children:
                async with unit_of(self._database) as unit:
                    for parent in await self._recordings.tell(unit, child_id, begun + self._told, now):
                        await self._letter(unit, {CHILD: child_id, USER: parent})

    async def _erase(self) -> None:
        now = self._clock.now()
        before, told_before = now - self._kept, now - self._told
        after: UUID | None = None
        while due := await self._recordings.due(self._database, before, told_before, after, BATCH_FILES):
            for file in due:
                await self._eraser.remove(file)
                self._metrics.found("ended_recording")
            after = due[-1].id
