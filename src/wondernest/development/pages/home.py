"""The start page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from wondernest.development.pages.html import page, pages
from wondernest.development.seed import CLIENTS_CHILD, DEMO_EMAIL, DEMO_PASSWORD
from wondernest.platform.http.request import Reply, Request

if TYPE_CHECKING:
    from wondernest.platform.http.endpoint import Endpoint
    from wondernest.settings import Settings

_INTRODUCTION: Final = (
    "<p>This is the backend of WonderNest, a children's play-and-learn platform, on a developer's machine: HTTP and JSON "
    "for the app and the site. In production this address answers 404.</p>\n"
)
_DOCUMENTS: Final = (
    ("/swagger", "the API's documentation"),
    ("/openapi.yaml", "the API as OpenAPI 3.1"),
    ("/openapi.json?version=3.0", "the API as OpenAPI 3.0, for generators"),
)
_OUTBOX: Final = (("/dev/outbox", "mails, kept here instead of being sent"),)
_HEALTH: Final = (
    ("/health", "the service answers"),
    ("/health/detailed", "database and cache"),
    ("/metrics", "metrics"),
)
GROUP: Final = pages()


class HomePage:
    """GET /."""

    def __init__(self, settings: Settings, *, shows_outbox: bool) -> None:
        login = {"demo parent": DEMO_EMAIL, "password": DEMO_PASSWORD, "child": CLIENTS_CHILD}
        if settings.default_pin:
            login["PIN"] = settings.default_pin
        links = (
            *(_DOCUMENTS if settings.app.shows_docs else ()),
            *(_OUTBOX if shows_outbox else ()),
            *_HEALTH,
        )
        self._reply = page("WonderNest", _INTRODUCTION + _login(login) + _links(links))

    def endpoints(self) -> list[Endpoint]:
        """The route."""
        return GROUP.endpoints(self)

    @GROUP.get("/", summary="The start page", replies={})
    async def show(self, _request: Request[None]) -> Reply:
        """The page."""
        return Reply(self._reply.status, self._reply.content, self._reply.content_type, self._reply.headers)


def _login(entries: dict[str, str]) -> str:
    rows = "".join(f"<dt>{name}</dt><dd><code>{escape(value)}</code></dd>\n" for name, value in entries.items())
    return f"<h2>The demo family</h2>\n<dl>{rows}</dl>\n"


def _links(links: tuple[tuple[str, str], ...]) -> str:
    items = "".join(f'<li><a href="{path}">{path}</a>: {what}</li>\n' for path, what in links)
    return f"<h2>Where to go</h2>\n<ul>{items}</ul>\n"
