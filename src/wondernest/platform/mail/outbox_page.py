"""The page that lists the outbox; wired in development only."""

from __future__ import annotations

from html import escape
from typing import Any, Final

from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.request import Reply, Request
from wondernest.platform.mail.outbox import SHOWN, OutboxMail, OutboxMailer

TYPE_HTML: Final = "text/html; charset=utf-8"
HEADERS: Final = (
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"cache-control", b"no-store"),
)
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Outbox</title>
<style>body{{font:16px/1.5 system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}}
article{{border:1px solid #ccc;border-radius:8px;padding:0 1rem;margin:1rem 0}}pre{{white-space:pre-wrap}}</style>
</head><body><h1>Outbox</h1><p>No mail server is configured: mails end here. The newest {shown} are shown.</p>
{mails}</body></html>
"""
_MAIL: Final = "<article><h2>{subject}</h2><p>To {to}, {date}</p><pre>{text}</pre></article>\n"


class OutboxPage:
    """GET /dev/outbox."""

    def __init__(self, outbox: OutboxMailer) -> None:
        self._outbox = outbox

    def endpoints(self) -> list[Endpoint]:
        """The declaration."""
        return [
            Endpoint(
                method="GET",
                path="/dev/outbox",
                handler=self.show,
                caller=CallerKind.PUBLIC,
                mounts=("",),
                replies={200: Response(None, "The mails", TYPE_HTML)},
                summary="Mails written instead of sent",
                tag="Development",
                documented=False,
            )
        ]

    async def show(self, request: Request[Any]) -> Reply:
        """The newest mails."""
        del request
        mails = "".join(_shown(mail) for mail in await self._outbox.latest()) or "<p>No mail yet.</p>"
        return Reply(200, _PAGE.format(shown=SHOWN, mails=mails).encode(), TYPE_HTML, HEADERS)


def _shown(mail: OutboxMail) -> str:
    return _MAIL.format(
        subject=escape(mail.subject), to=escape(mail.to), date=escape(mail.date), text=escape(mail.text)
    )
