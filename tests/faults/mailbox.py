"""A mail server in a thread, which can pause in the middle of a mail."""

from __future__ import annotations

import asyncio
import email
import email.policy
import threading
from collections.abc import Generator
from contextlib import contextmanager
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from tests.fixtures.processes import wait_for
from wondernest.development.embedded.process import free_port

PATIENCE_S = 60.0


class Mailbox:
    """The mails that arrived, in order. A held mail has arrived, but its sender has no answer yet."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.answer = "250 OK"
        self._go_on = threading.Event()
        self._go_on.set()

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's name
        assert isinstance(envelope.content, bytes)
        answer = self.answer
        if answer.startswith("250"):
            self.mails.append(email.message_from_bytes(envelope.content, EmailMessage, policy=email.policy.default))
        while not self._go_on.is_set():
            await asyncio.sleep(0.01)
        return answer

    @contextmanager
    def held(self) -> Generator[None]:
        """Answer no mail until the end of the block."""
        self._go_on.clear()
        try:
            yield
        finally:
            self._go_on.set()

    def wait_for(self, subject: str, address: str, count: int = 1) -> list[EmailMessage]:
        """The mails with that subject to that address; waits until there are `count`."""

        def found() -> list[EmailMessage]:
            return [mail for mail in list(self.mails) if mail["Subject"] == subject and mail["To"] == address]

        wait_for(lambda: len(found()) >= count, f"{count} mails {subject!r}", PATIENCE_S)
        return found()


@contextmanager
def mail_server() -> Generator[tuple[Mailbox, dict[str, str]]]:
    """A running mail server, and the environment variables that point to it."""
    mailbox = Mailbox()
    port = free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port, server_hostname="test")
    controller.start()
    try:
        yield mailbox, {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(port), "SMTP_TLS": "none", "SMTP_TIMEOUT_S": "60"}
    finally:
        controller.stop()
