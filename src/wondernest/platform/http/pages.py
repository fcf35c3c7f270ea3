"""Routes of pages for people: their replies, their headers, their errors, their language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from wondernest.platform.http.endpoint import Query, Response
from wondernest.platform.http.errors import ApiError
from wondernest.platform.http.request import Reply, Request
from wondernest.platform.languages import accepted, spoken
from wondernest.platform.pages import POLICY, away

TYPE_HTML: Final = "text/html; charset=utf-8"
PAGE: Final = Response(None, "A page", "text/html")
LANGUAGE: Final = Query("language", str, "`en`, `es`, `de` or `fr`; without it, by Accept-Language")
AWAY_PAGE: Final = away()
AWAY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; base-uri 'none'; frame-ancestors 'none'",
    "Cache-Control": "no-store",
}
"""Of a page that has neither a style nor a form."""
PRIVATE: Final = (
    (b"content-security-policy", POLICY.encode()),
    (b"cache-control", b"no-store"),
    (b"vary", b"Accept-Language"),
)
PUBLIC: Final = tuple((name, b"no-cache" if name == b"cache-control" else value) for name, value in PRIVATE)


class PageError(ApiError):
    """An error that people see as a page; `page` is HTML."""

    def __init__(self, status: int, page: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(status, page, headers={**AWAY_HEADERS, **(headers or {})})
        self._page = page.encode()

    def render(self, now_ms: int) -> tuple[bytes, str]:
        """The page."""
        del now_ms
        return self._page, TYPE_HTML


def private_page(page: bytes, status: int = 200) -> Reply:
    """A page for one reader, which nothing keeps."""
    return Reply(status, page, TYPE_HTML, PRIVATE)


def public_page(page: bytes, status: int = 200) -> Reply:
    """A page for everybody."""
    return Reply(status, page, TYPE_HTML, PUBLIC)


def language_of(request: Request[Any]) -> str:
    """The language that the reader chose or prefers."""
    return spoken(request.query("language")) or accepted(request.header(b"accept-language"))
