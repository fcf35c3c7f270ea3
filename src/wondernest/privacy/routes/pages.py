"""The public page of what is held, and the page behind the link of an export's letter.

A GET changes nothing, because scanners of mail follow links; the last day of a link begins with the POST of its page. The file itself is
a GET again, so that a browser goes on with a download that broke off.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.pages import AWAY_PAGE, LANGUAGE, PAGE, PageError, language_of, private_page, public_page
from wondernest.platform.http.paths import text_parameter
from wondernest.platform.http.request import Reply, Request
from wondernest.privacy import errors
from wondernest.privacy.routes.files import zip_reply

if TYPE_CHECKING:
    from wondernest.platform.http.replies import BlobReply
    from wondernest.privacy.exporting import ExportService
    from wondernest.privacy.pages import PrivacyPages

GONE: Final = 410
SEE_OTHER: Final = 303
TOKEN: Final = text_parameter("token", example="A" * 86)
GROUP: Final = RouteGroup(
    tag="Privacy pages",
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

    def __init__(self, exports: ExportService, pages: PrivacyPages) -> None:
        self._exports = exports
        self._pages = pages

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get("/privacy/catalogue", queries=(LANGUAGE,), replies={}, failure=AWAY_PAGE, summary="What is held")
    async def catalogue(self, request: Request[None]) -> Reply:
        """Show every class of personal data to anybody."""
        return public_page(self._pages.catalogue(language_of(request)))

    @GROUP.get(
        "/privacy/exports/{token}", queries=(LANGUAGE,), replies={}, failure=AWAY_PAGE, summary="The link of a letter"
    )
    async def offer(self, request: Request[None]) -> Reply:
        """Offer the file."""
        language = language_of(request)
        try:
            export = await self._exports.offered(request.path(TOKEN))
        except errors.ExportNotFound:
            return private_page(self._pages.gone(language), GONE)
        return private_page(self._pages.export(export, language))

    @GROUP.post(
        "/privacy/exports/{token}",
        queries=(LANGUAGE,),
        replies={SEE_OTHER: Response(None, "The file, by `Location`", "text/html")},
        failure=AWAY_PAGE,
        summary="Begin the download",
    )
    async def begin(self, request: Request[None]) -> Reply:
        """Begin the last day of the link, and lead to the file."""
        token = request.path(TOKEN)
        try:
            await self._exports.begin(token)
        except errors.ExportNotFound:
            return private_page(self._pages.gone(language_of(request)), GONE)
        page = private_page(b"", SEE_OTHER)
        return Reply(
            page.status, page.content, page.content_type, (*page.headers, (b"location", f"{token}/file".encode()))
        )

    @GROUP.get(
        "/privacy/exports/{token}/file",
        replies={200: Response(None, "The file", "application/zip", blob=True)},
        failure=AWAY_PAGE,
        summary="The file, after its page began the download",
    )
    async def file(self, request: Request[None]) -> Reply | BlobReply:
        """Send the file."""
        try:
            return zip_reply(await self._exports.begun(request.path(TOKEN)))
        except errors.ExportNotFound:
            return private_page(self._pages.gone(language_of(request)), GONE)
