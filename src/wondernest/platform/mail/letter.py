"""An outgoing mail, and the interface that sends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage


class MailFailed(Exception):
    """The mail could not be sent now; a retry may help."""


class MailRefused(Exception):
    """The mail is refused for good; a retry does not help."""


class Letter(Struct, frozen=True):
    """A plain-text mail to one address."""

    to: str
    subject: str
    text: str
    reference: str = ""
    """The local part of the Message-ID: a mail that is sent again has the same one. Empty: a random one."""

    def with_reference(self, reference: str) -> Letter:
        """A copy with this reference."""
        return replace(self, reference=reference)

    def rendered(self, sender: str, now: datetime) -> EmailMessage:
        """The mail with its headers. Raises MailRefused for an address or subject that is not a valid header value."""
        from email.message import EmailMessage
        from email.utils import format_datetime, make_msgid, parseaddr

        mail = EmailMessage()
        try:
            mail["From"] = sender
            mail["To"] = self.to
            mail["Subject"] = self.subject
        except (ValueError, IndexError) as error:
            raise MailRefused(type(error).__name__) from None
        mail["Date"] = format_datetime(now)
        domain = parseaddr(sender)[1].rpartition("@")[2] or None
        mail["Message-ID"] = f"<{self.reference}@{domain}>" if self.reference and domain else make_msgid(domain=domain)
        mail["Auto-Submitted"] = "auto-generated"
        mail.set_content(self.text)
        return mail


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, letter: Letter) -> None:
        """Send it; raises MailFailed or MailRefused."""
        ...
