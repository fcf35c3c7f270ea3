"""What jobs that send letters share: how long they try, and what a refusal means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.jobs.declarations import Retry, Running, Unrecoverable
from wondernest.platform.mail import Letter, MailFailed, MailRefused

if TYPE_CHECKING:
    from wondernest.platform.mail import Mailer
    from wondernest.platform.telemetry.metrics import Metrics

LETTER_RETRY: Final = Retry(attempts=14, first_pause_s=5.0, longest_pause_s=3600.0)
"""About four hours in all."""


class LetterSender:
    """Sends the letters of jobs; failures are counted."""

    def __init__(self, mailer: Mailer, metrics: Metrics) -> None:
        self._mailer = mailer
        self._metrics = metrics

    async def send(self, job: Running, letter: Letter) -> None:
        """Send a job's only letter, with the same Message-ID in every attempt. Raises MailFailed, or Unrecoverable if it is refused."""
        try:
            await self._mailer.send(letter.with_reference(job.reference))
        except MailRefused as refusal:
            self._metrics.dependency_failures.labels("mail").inc()
            raise Unrecoverable(f"mail refused: {refusal}") from None
        except MailFailed:
            self._metrics.dependency_failures.labels("mail").inc()
            raise
