"""The pages behind letters' links, and the public notice.

A GET changes nothing; a POST needs the link's one-time token, so no other site can send it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from wondernest.coppa import errors
from wondernest.coppa.flows import Origin, Outcome
from wondernest.coppa.languages import accepted, spoken
from wondernest.coppa.pages import ConsentPages, away
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.paths import text_parameter
from wondernest.platform.http.request import Reply, Request

if TYPE_CHECKING:
    from wondernest.coppa.links import ConsentLinks
    from wondernest.coppa.notices import Notice, Notices

TYPE_HTML: Final = "text/html; charset=utf-8"
GONE: Final = 410
MAX_DIGITS: Final = 6
PAGE: Final = Response(None, "A page", "text/html")
AWAY: Final = away()
TOKEN: Final = text_parameter("token", example="A" * 64)
LANGUAGE: Final = Query("language", str, "`en`, `es`, `de` or `fr`; without it, by Accept-Language")
VERSION: Final = Query("version", int, "Of the notice; without it, the current one")
GROUP: Final = RouteGroup(
    tag="Consent pages",
    caller=CallerKind.PUBLIC,
    mounts=("",),
    parameters=(TOKEN,),
    documented=False,
    replies={200: PAGE, GONE: Response(None, "The link is not valid, or no longer", "text/html")},
    failure=lambda page: errors.PageError(500, page),
    unavailable=lambda outage: errors.PageError(503, AWAY, outage.headers),
)


class PageRoutes:
    """Pages for people, in their language."""

    def __init__(self, links: ConsentLinks, notices: Notices, pages: ConsentPages) -> None:
        self._links = links
        self._notices = notices
        self._pages = pages
        self._private = (
            (b"content-security-policy", pages.policy.encode()),
            (b"cache-control", b"no-store"),
            (b"vary", b"Accept-Language"),
        )
        self._public = tuple(
            (name, b"no-cache" if name == b"cache-control" else value) for name, value in self._private
        )

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/coppa/consents/{token}", queries=(LANGUAGE,), replies={}, failure=AWAY, summary="The question of a letter"
    )
    async def ask(self, request: Request[None]) -> Reply:
        """Show the question; scanners of mail do this too, so nothing changes."""
        language = _language(request)
        asked = await self._links.seen(request.path(TOKEN), undo=False)
        if asked is None:
            return self._reply(self._pages.gone(language), GONE)
        if asked.granted:
            return self._reply(self._pages.already(language))
        return self._reply(self._pages.ask(asked, language))

    @GROUP.post("/coppa/consents/{token}", queries=(LANGUAGE, VERSION), replies={}, failure=AWAY, summary="Consent")
    async def confirm(self, request: Request[None]) -> Reply:
        """Consent, to the notice that the page showed; if that is no longer the current one, it is shown first."""
        language = _language(request)
        notice = self._notices.current(language)
        if request.query("version") != str(notice.version):
            return await self.ask(request)
        origin = Origin(request.client_ip, request.header(b"user-agent"))
        step = await self._links.confirm(request.path(TOKEN), notice, origin)
        if step.url is not None:
            return self._reply(self._pages.verify(language, step.url))
        if step.outcome is Outcome.GONE:
            return self._reply(self._pages.gone(language), GONE)
        page = self._pages.already if step.outcome is Outcome.ALREADY else self._pages.done
        return self._reply(page(language))

    @GROUP.get(
        "/coppa/undo/{token}", queries=(LANGUAGE,), replies={}, failure=AWAY, summary="The link of a second letter"
    )
    async def ask_undo(self, request: Request[None]) -> Reply:
        """Ask whether to take the consent back."""
        language = _language(request)
        asked = await self._links.seen(request.path(TOKEN), undo=True)
        if asked is None:
            return self._reply(self._pages.gone(language), GONE)
        return self._reply(self._pages.undo(asked, language))

    @GROUP.post("/coppa/undo/{token}", queries=(LANGUAGE,), replies={}, failure=AWAY, summary="Take a consent back")
    async def undo(self, request: Request[None]) -> Reply:
        """Take the consent back."""
        language = _language(request)
        if await self._links.undo(request.path(TOKEN)) is Outcome.GONE:
            return self._reply(self._pages.gone(language), GONE)
        return self._reply(self._pages.undone(language))

    @GROUP.get("/coppa/notice", queries=(LANGUAGE, VERSION), replies={}, failure=AWAY, summary="The notice")
    async def notice(self, request: Request[None]) -> Reply:
        """Show a notice to anybody."""
        notice = self._chosen(request)
        if notice is None:
            return Reply(404, self._pages.gone(_language(request)), TYPE_HTML, self._public)
        return Reply(200, self._pages.notice(notice), TYPE_HTML, self._public)

    def _chosen(self, request: Request[None]) -> Notice | None:
        language, version = _language(request), request.query("version")
        if version is None:
            return self._notices.current(language)
        try:
            return self._notices.find(
                int(version) if version.isascii() and version.isdigit() and len(version) <= MAX_DIGITS else 0, language
            )
        except KeyError:
            return None

    def _reply(self, page: bytes, status: int = 200) -> Reply:
        return Reply(status, page, TYPE_HTML, self._private)


def _language(request: Request[Any]) -> str:
    return spoken(request.query("language")) or accepted(request.header(b"accept-language"))
