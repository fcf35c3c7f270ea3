"""Letters to parents: something of theirs will be erased, and until when that can be taken back. They name nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.jobs import Job, Running
from wondernest.platform.jobs.letters import LETTER_RETRY, LetterSender
from wondernest.platform.mail import Letter
from wondernest.privacy.rules import Kind, State

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Database
    from wondernest.platform.mail import Mailer
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.privacy.repository import RequestRepository

ANNOUNCE: Final = "privacy.announce_erasure"
USER_ARGUMENT: Final = "user"
ERASURE: Final = "erasure"
WHAT: Final = {
    Kind.CHILD: "a child of your family, with everything that was stored about the child",
    Kind.FAMILY: "your family with all of its children, and everything that was stored about them",
    Kind.ACCOUNT: "your account, and your family and its children if no other parent is in it",
}
SUBJECT: Final = "Something in your WonderNest account will be erased"
TEXT: Final = """\
On {day:%d %B %Y} (UTC) WonderNest erases {what}.

Until then nobody can see it or change it, and you can take it back: sign in, and choose to restore. Afterwards it is gone for good,
and nobody can bring it back.

If you did not want this, restore it, and change your password.
"""


class ErasureLetters:
    """Writes and sends them."""

    def __init__(self, requests: RequestRepository, database: Database, mailer: Mailer, metrics: Metrics) -> None:
        self._requests = requests
        self._database = database
        self._letters = LetterSender(mailer, metrics)

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(ANNOUNCE, self.announce, LETTER_RETRY),)

    async def announce(self, job: Running) -> None:
        """Send one parent's letter, unless the request was taken back meanwhile."""
        user_id, erasure_id = job.uuid(USER_ARGUMENT), job.uuid(ERASURE)
        if user_id is None or erasure_id is None:
            return
        erasure = await self._requests.find(self._database, erasure_id)
        if erasure is None or erasure.state is not State.WAITING:
            return
        address = await self._requests.address(self._database, user_id)
        if address is not None:
            text = TEXT.format(day=erasure.due_at, what=WHAT[erasure.kind])
            await self._letters.send(job, Letter(address, SUBJECT, text))
