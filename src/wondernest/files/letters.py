"""The letter to the parents of a family whose upload the virus scanner refused.

A job finds the parents and enqueues a letter for each, so that one address that fails makes no other parent get two. Jobs hold ids only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.files.words import words
from wondernest.platform.jobs import Job, Running
from wondernest.platform.jobs.letters import LETTER_RETRY, LetterSender
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from wondernest.files.repository import FileRepository
    from wondernest.platform.rooms import Parts

TELL: Final = "files.tell_of_infected_file"
LETTER: Final = "files.infected_file_letter"
USER: Final = "user"
"""The argument of both jobs: who uploaded, and who gets a letter."""
END_LETTER: Final = "files.recordings_end_letter"
CHILD: Final = "child"
"""An argument of END_LETTER: whom the recordings are about; the other one is USER."""
INFECTED: Final = "letter:infected:"
"""What the keys of the cache begin with, followed by the family."""
WINDOW_S: Final = 24 * 3600
"""One letter in it for each family."""


class InfectionLetters:
    """Tells the parents."""

    def __init__(self, repository: FileRepository, parts: Parts) -> None:
        self._repository = repository
        self._database = parts.database
        self._counters = parts.counters
        self._letter = parts.jobs.sender(LETTER)
        self._sender = LetterSender(parts.mailer, parts.metrics)

    def jobs(self) -> tuple[Job, ...]:
        """The declarations."""
        return (
            Job(TELL, self.tell, unrecorded=Unrecorded.NOBODY),
            Job(LETTER, self.send, LETTER_RETRY, unrecorded=Unrecorded.NOBODY),
        )

    async def tell(self, job: Running) -> None:
        """Enqueue the letters, unless the family got some within WINDOW_S."""
        uploader = job.uuid(USER)
        if uploader is None:
            return
        household = await self._repository.parents(self._database, uploader)
        told = f"{INFECTED}{household.id}"
        if (await self._counters.peek(told))[0]:
            return
        for parent in household.parents:
            await self._letter(self._database, {USER: parent}, key=f"{LETTER}.{parent}")
        await self._counters.increment(told, WINDOW_S)

    async def send(self, job: Running) -> None:
        """Send one parent's letter."""
        parent = job.uuid(USER)
        reader = await self._repository.reader(self._database, parent) if parent is not None else None
        if reader is not None:
            await self._sender.send(job, words(reader.language).infected.letter(reader.email))
