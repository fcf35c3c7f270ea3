"""The page that lists the outbox."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from wondernest.development.pages.html import page, pages
from wondernest.platform.mail.outbox import SHOWN, OutboxMail, OutboxMailer

if TYPE_CHECKING:
    from wondernest.platform.http.endpoint import Endpoint
    from wondernest.platform.http.request import Reply, Request

_INTRODUCTION: Final = "<p>No mail server is configured: mails end here. The newest {shown} are shown.</p>\n"
_MAIL: Final = "<article><h2>{subject}</h2><p>To {to}, {date}</p>{unsubscribe}{html}<pre>{text}</pre></article>\n"
_HTML: Final = '<iframe title="As a phone shows it" sandbox srcdoc="{html}"></iframe>'
"""Without scripts, forms, and ways out of its frame. It is as wide as a phone's mail window."""
_UNSUBSCRIBE: Final = '<p>List-Unsubscribe: <a href="{address}">{address}</a></p>'
WEB: Final = ("http://", "https://")
GROUP: Final = pages()


class OutboxPage:
    """GET /dev/outbox."""

    def __init__(self, outbox: OutboxMailer) -> None:
        self._outbox = outbox

    def endpoints(self) -> list[Endpoint]:
        """The route."""
        return GROUP.endpoints(self)

    @GROUP.get("/dev/outbox", summary="Mails written instead of sent", replies={})
    async def show(self, _request: Request[None]) -> Reply:
        """The newest mails."""
        mails = "".join(_shown(mail) for mail in await self._outbox.latest()) or "<p>No mail yet.</p>"
        return page("Outbox", _INTRODUCTION.format(shown=SHOWN) + mails)


def _shown(mail: OutboxMail) -> str:
    address = mail.unsubscribe.strip("<> ")
    return _MAIL.format(
        subject=escape(mail.subject),
        to=escape(mail.to),
        date=escape(mail.date),
        unsubscribe=_UNSUBSCRIBE.format(address=escape(address)) if address.startswith(WEB) else "",
        html=_HTML.format(html=escape(mail.html)) if mail.html else "",
        text=escape(mail.text),
    )
