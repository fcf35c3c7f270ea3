"""The HTML template of the pages."""

from __future__ import annotations

from html import escape
from typing import Final

from wondernest.platform.caller import CallerKind
from wondernest.platform.http.endpoint import Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply

TYPE_HTML: Final = "text/html; charset=utf-8"
HEADERS: Final = (
    (
        b"content-security-policy",
        b"default-src 'none'; img-src 'self'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    ),
    (b"cache-control", b"no-store"),
)
_PAGE: Final = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui;max-width:48rem;margin:2rem auto;padding:0 1rem}}
article{{border:1px solid #ccc;border-radius:8px;padding:0 1rem;margin:1rem 0}}pre{{white-space:pre-wrap}}
iframe{{width:390px;max-width:100%;height:640px;border:1px solid #ccc;border-radius:8px}}
dt{{font-weight:600}}img{{margin:2px;border-radius:8px}}</style>
</head><body><h1>{title}</h1>
{content}</body></html>
"""


def page(title: str, content: str) -> Reply:
    """A page that holds the content, which is HTML; the title is text."""
    return Reply(200, _PAGE.format(title=escape(title), content=content).encode(), TYPE_HTML, HEADERS)


def pages() -> RouteGroup:
    """The route group of pages: public, and not part of the API."""
    return RouteGroup(
        tag="Development",
        caller=CallerKind.PUBLIC,
        mounts=("",),
        replies={200: Response(None, "A page", TYPE_HTML)},
        documented=False,
    )
