"""Letters to parents: something of theirs will be erased, and until when that can be taken back. They name nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.jobs import Job, Running
from wondernest.platform.jobs.letters import LETTER_RETRY, LetterSender
from wondernest.platform.recording import Unrecorded
from wondernest.privacy.rules import State
from wondernest.privacy.words import words

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Database
    from wondernest.platform.mail import Mailer
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.privacy.repository import RequestRepository

ANNOUNCE: Final = "privacy.announce_erasure"
USER_ARGUMENT: Final = "user"
ERASURE: Final = "erasure"


class ErasureLetters:
    """Writes and sends them."""

    def __init__(self, requests: RequestRepository, database: Database, mailer: Mailer, metrics: Metrics) -> None:
        self._requests = requests
        self._database = database
        self._letters = LetterSender(mailer, metrics)

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(ANNOUNCE, self.announce, LETTER_RETRY, unrecorded=Unrecorded.NOBODY),)

    async def announce(self, job: Running) -> None:
        """Send one parent's letter, unless the request was taken back meanwhile."""
        user_id, erasure_id = job.uuid(USER_ARGUMENT), job.uuid(ERASURE)
        if user_id is None or erasure_id is None:
            return
        erasure = await self._requests.find(self._database, erasure_id)
        if erasure is None or erasure.state is not State.WAITING:
            return
        reader = await self._requests.reader(self._database, user_id)
        if reader is not None:
            chosen = words(reader.language)
            day, what = erasure.due_at.date().isoformat(), chosen.erased.of(erasure.kind)
            await self._letters.send(job, chosen.erasure.letter(reader.email, day=day, what=what))
