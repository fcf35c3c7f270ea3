"""The pages behind letters' links, and the public notice.

A GET changes nothing; a POST needs the link's one-time token, so no other site can send it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.coppa.wishes import Origin, Outcome
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.pages import AWAY_PAGE, LANGUAGE, PAGE, PageError, language_of, private_page, public_page
from wondernest.platform.http.paths import text_parameter
from wondernest.platform.http.request import Reply, Request

if TYPE_CHECKING:
    from wondernest.coppa.links import ConsentLinks
    from wondernest.coppa.notices import Notice, Notices
    from wondernest.coppa.pages import ConsentPages

GONE: Final = 410
MAX_DIGITS: Final = 6
TOKEN: Final = text_parameter("token", example="A" * 64)
VERSION: Final = Query("version", int, "Of the notice; without it, the current one")
GROUP: Final = RouteGroup(
    tag="Consent pages",
    caller=CallerKind.PUBLIC,
    mounts=("",),
    parameters=(TOKEN,),
    documented=False,
    replies={200: PAGE, GONE: Response(None, "The link is not valid, or no longer", "text/html")},
    failure=lambda page: PageError(500, page),
    unavailable=lambda outage: PageError(503, AWAY_PAGE, outage.headers),
)


class PageRoutes:
    """Pages for people, in their language."""

    def __init__(self, links: ConsentLinks, notices: Notices, pages: ConsentPages) -> None:
        self._links = links
        self._notices = notices
        self._pages = pages

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/coppa/consents/{token}",
        queries=(LANGUAGE,),
        replies={},
        failure=AWAY_PAGE,
        summary="The question of a letter",
    )
    async def ask(self, request: Request[None]) -> Reply:
        """Show the question; scanners of mail do this too, so nothing changes."""
        language = language_of(request)
        asked = await self._links.seen(request.path(TOKEN), undo=False)
        if asked is None:
            return private_page(self._pages.gone(language), GONE)
        if asked.granted:
            return private_page(self._pages.already(language))
        return private_page(self._pages.ask(asked, language))

    @GROUP.post(
        "/coppa/consents/{token}", queries=(LANGUAGE, VERSION), replies={}, failure=AWAY_PAGE, summary="Consent"
    )
    async def confirm(self, request: Request[None]) -> Reply:
        """Consent, to the notice that the page showed; if that is no longer the current one, it is shown first."""
        language = language_of(request)
        notice = self._notices.current(language)
        if request.query("version") != str(notice.version):
            return await self.ask(request)
        origin = Origin(request.client_ip, request.header(b"user-agent"))
        step = await self._links.confirm(request.path(TOKEN), notice, origin)
        if step.url is not None:
            return private_page(self._pages.verify(language, step.url))
        if step.outcome is Outcome.GONE:
            return private_page(self._pages.gone(language), GONE)
        page = self._pages.already if step.outcome is Outcome.ALREADY else self._pages.done
        return private_page(page(language))

    @GROUP.get(
        "/coppa/undo/{token}", queries=(LANGUAGE,), replies={}, failure=AWAY_PAGE, summary="The link of a second letter"
    )
    async def ask_undo(self, request: Request[None]) -> Reply:
        """Ask whether to take the consent back."""
        language = language_of(request)
        asked = await self._links.seen(request.path(TOKEN), undo=True)
        if asked is None:
            return private_page(self._pages.gone(language), GONE)
        return private_page(self._pages.undo(asked, language))

    @GROUP.post(
        "/coppa/undo/{token}", queries=(LANGUAGE,), replies={}, failure=AWAY_PAGE, summary="Take a consent back"
    )
    async def undo(self, request: Request[None]) -> Reply:
        """Take the consent back."""
        language = language_of(request)
        if await self._links.undo(request.path(TOKEN)) is Outcome.GONE:
            return private_page(self._pages.gone(language), GONE)
        return private_page(self._pages.undone(language))

    @GROUP.get("/coppa/notice", queries=(LANGUAGE, VERSION), replies={}, failure=AWAY_PAGE, summary="The notice")
    async def notice(self, request: Request[None]) -> Reply:
        """Show a notice to anybody."""
        notice = self._chosen(request)
        if notice is None:
            return public_page(self._pages.gone(language_of(request)), 404)
        return public_page(self._pages.notice(notice))

    def _chosen(self, request: Request[None]) -> Notice | None:
        language, version = language_of(request), request.query("version")
        if version is None:
            return self._notices.current(language)
        try:
            return self._notices.find(
                int(version) if version.isascii() and version.isdigit() and len(version) <= MAX_DIGITS else 0, language
            )
        except KeyError:
            return None
