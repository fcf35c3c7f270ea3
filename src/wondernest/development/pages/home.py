"""The start page."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Final

from wondernest.development.pages.html import page, pages
from wondernest.development.seed import CLIENTS_CHILD, DEMO_EMAIL, DEMO_PASSWORD
from wondernest.platform.faults import DependencyUnavailable

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Database
    from wondernest.platform.http.endpoint import Endpoint
    from wondernest.platform.http.request import Reply, Request
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
THUMBNAIL_WIDTH: Final = 160
"""In pixels; one that the service offers."""
_PICTURES: Final = """
    select f.file_key, f.original_name from core.uploaded_files f join core.users u on u.id = f.user_id
     where u.email = $1 and f.deleted_at is null and f.mime_type like 'image/%' order by f.uploaded_at desc limit 24"""


class HomePage:
    """GET /."""

    def __init__(self, settings: Settings, database: Database, *, shows_outbox: bool) -> None:
        self._database = database
        login = {"demo parent": DEMO_EMAIL, "password": DEMO_PASSWORD, "child": CLIENTS_CHILD}
        if settings.default_pin:
            login["PIN"] = settings.default_pin
        links = (
            *(_DOCUMENTS if settings.app.shows_docs else ()),
            *(_OUTBOX if shows_outbox else ()),
            *_HEALTH,
        )
        self._login, self._links = _login(login), _links(links)

    def endpoints(self) -> list[Endpoint]:
        """The route."""
        return GROUP.endpoints(self)

    @GROUP.get("/", summary="The start page", replies={})
    async def show(self, _request: Request[None]) -> Reply:
        """The page; without pictures where the database does not answer."""
        try:
            rows = await self._database.fetch(_PICTURES, DEMO_EMAIL)
        except DependencyUnavailable:
            rows = []
        pictures = _pictures([(row["file_key"], row["original_name"]) for row in rows])
        return page("WonderNest", _INTRODUCTION + self._login + pictures + self._links)


def _login(entries: dict[str, str]) -> str:
    rows = "".join(f"<dt>{name}</dt><dd><code>{escape(value)}</code></dd>\n" for name, value in entries.items())
    return f"<h2>The demo family</h2>\n<dl>{rows}</dl>\n"


def _pictures(files: list[tuple[str, str]]) -> str:
    images = "".join(
        f'<img src="/files/{escape(key)}?w={THUMBNAIL_WIDTH}" alt="{escape(name)}" width="{THUMBNAIL_WIDTH}">\n'
        for key, name in files
    )
    return f"<h2>Its pictures</h2>\n<p>{images}</p>\n" if images else ""


def _links(links: tuple[tuple[str, str], ...]) -> str:
    items = "".join(f'<li><a href="{path}">{path}</a>: {what}</li>\n' for path, what in links)
    return f"<h2>Where to go</h2>\n<ul>{items}</ul>\n"
