"""The page that lists the outbox."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, Final

from wondernest.development.pages.html import declared, page
from wondernest.platform.mail.outbox import SHOWN, OutboxMail, OutboxMailer

if TYPE_CHECKING:
    from wondernest.platform.http.endpoint import Endpoint
    from wondernest.platform.http.request import Reply, Request

_INTRODUCTION: Final = "<p>No mail server is configured: mails end here. The newest {shown} are shown.</p>\n"
_MAIL: Final = "<article><h2>{subject}</h2><p>To {to}, {date}</p><pre>{text}</pre></article>\n"


class OutboxPage:
    """GET /dev/outbox."""

    def __init__(self, outbox: OutboxMailer) -> None:
        self._outbox = outbox

    def endpoints(self) -> list[Endpoint]:
        """The declaration."""
        return [declared("/dev/outbox", self.show, "Mails written instead of sent")]

    async def show(self, request: Request[Any]) -> Reply:
        """The newest mails."""
        del request
        mails = "".join(_shown(mail) for mail in await self._outbox.latest()) or "<p>No mail yet.</p>"
        return page("Outbox", _INTRODUCTION.format(shown=SHOWN) + mails)


def _shown(mail: OutboxMail) -> str:
    return _MAIL.format(
        subject=escape(mail.subject), to=escape(mail.to), date=escape(mail.date), text=escape(mail.text)
    )
