"""The page that ends the weekly letter (RFC 8058): a GET shows a form and changes nothing, a POST of the form or of a mail program ends it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.letters import texts
from wondernest.letters.addresses import LANGUAGE, PATH, TOKEN
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.endpoint import Query, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.pages import TYPE_HTML, private_page
from wondernest.platform.http.request import Reply, Request

if TYPE_CHECKING:
    from wondernest.analytics.catalogue import Text
    from wondernest.family.service import FamilyService
    from wondernest.letters.addresses import EndAddresses
    from wondernest.letters.writer import LetterWriter
    from wondernest.platform.http.endpoint import Endpoint

QUERIES: Final = (
    Query(TOKEN, description="From the letter: it names the account, and is good for this alone"),
    Query(LANGUAGE, description="Language of the page: en, es, de or fr"),
)
GROUP: Final = RouteGroup(
    tag="Letters",
    caller=CallerKind.PUBLIC,
    replies={400: Response(None, "A page: the token is not one of ours", TYPE_HTML)},
)


class EndRoutes:
    """Ends the letters of the account that the token names."""

    def __init__(self, family: FamilyService, writer: LetterWriter, addresses: EndAddresses) -> None:
        self._family = family
        self._writer = writer
        self._addresses = addresses

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        PATH,
        queries=QUERIES,
        replies={200: Response(None, "A page with a form", TYPE_HTML)},
        summary="Ask whether to end the weekly letter",
    )
    async def ask(self, request: Request[None]) -> Reply:
        """GET /letters/weekly/end."""
        if self._addresses.user_of(request.query(TOKEN)) is None:
            return self._page(request, texts.UNKNOWN, 400)
        return self._page(request, texts.END_QUESTION, asks=True)

    @GROUP.post(
        PATH,
        queries=QUERIES,
        replies={200: Response(None, "A page; the letter is ended, now or before", TYPE_HTML)},
        summary="End the weekly letter, with one click (RFC 8058)",
    )
    async def end(self, request: Request[None]) -> Reply:
        """POST /letters/weekly/end."""
        user_id = self._addresses.user_of(request.query(TOKEN))
        if user_id is None:
            return self._page(request, texts.UNKNOWN, 400)
        await self._family.end_letters(user_id)
        return self._page(request, texts.ENDED)

    def _page(self, request: Request[None], text: Text, status: int = 200, *, asks: bool = False) -> Reply:
        content = self._writer.page(request.query(LANGUAGE) or "", text, asks=asks)
        return private_page(content, status)
