"""An outgoing mail, and the interface that sends it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

if TYPE_CHECKING:
    from datetime import datetime
    from email.message import EmailMessage
    from typing import Self

MAX_LINE_CHARS: Final = 900
"""Of one of `headers`; a line of a mail has at most 998 (RFC 5322)."""


class MailFailed(Exception):
    """The mail could not be sent now; a retry may help."""


class MailRefused(Exception):
    """The mail is refused for good; a retry does not help."""


class Letter(Struct, frozen=True):
    """A mail to one address: plain text, and the same as HTML if there is some."""

    to: str
    subject: str
    text: str
    reference: str = ""
    """The local part of the Message-ID: a mail that is sent again has the same one. Empty: a random one."""
    html: str = ""
    """The same as an HTML document, for programs that show one; its text is escaped already."""
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    """More headers, of printable ASCII. They are never folded, so that an address in one stays whole."""

    def with_reference(self, reference: str) -> Letter:
        """A copy with this reference."""
        return replace(self, reference=reference)

    def rendered(self, sender: str, now: datetime) -> EmailMessage:
        """The mail with its headers. Raises MailRefused for an address, a subject or a header that is not a valid header value."""
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
        for name, value in self.headers.items():
            mail[name] = _Whole(name, value)
        mail.set_content(self.text)
        if self.html:
            mail.add_alternative(self.html, subtype="html")
        return mail


class Wording(Struct, frozen=True):
    """A letter in one language. Values in braces are replaced."""

    subject: str
    text: str

    def letter(self, to: str, **values: str) -> Letter:
        """The letter to an address."""
        return Letter(to, self.subject, self.text.strip().format_map(values) + "\n")


class _Whole(str):
    """The value of a header that stays in one line: `email` would fold a long address, or encode it, and nobody could follow it."""

    __slots__ = ("name",)
    name: str

    def __new__(cls, name: str, value: str) -> Self:
        """Raises MailRefused for a value that is not one line of printable ASCII."""
        if not (value.isascii() and value.isprintable() and len(value) <= MAX_LINE_CHARS):
            raise MailRefused("ValueError")
        self = super().__new__(cls, value)
        self.name = name
        return self

    def fold(self, *, policy: Any) -> str:
        """The header's line, as `email` asks for it."""
        return f"{self.name}: {self}{policy.linesep}"


class Mailer(Protocol):
    """Sends mail."""

    async def send(self, letter: Letter) -> None:
        """Send it; raises MailFailed or MailRefused."""
        ...
