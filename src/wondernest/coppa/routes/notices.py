"""The notices and the methods of consent, for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.coppa import errors, wire
from wondernest.coppa.methods import Method
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.conditional import tagged_json
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.pages import LANGUAGE, language_of
from wondernest.platform.http.paths import PathParameter
from wondernest.platform.http.request import Reply, Request
from wondernest.platform.languages import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wondernest.coppa.methods import Offer
    from wondernest.coppa.notices import Notice, Notices

MAX_DIGITS: Final = 6


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) <= MAX_DIGITS else None


def _no_notice(_text: str) -> errors.NoSuchNotice:
    return errors.NoSuchNotice()


VERSION: Final = PathParameter("version", _number, _no_notice, int, "The number of a notice", example="1")
GROUP: Final = RouteGroup(tag="Consent", caller=CallerKind.PUBLIC, parameters=(VERSION,), failure=errors.Failed)


class NoticeRoutes:
    """What is collected and why, in every version that a parent ever consented to."""

    def __init__(self, notices: Notices, offer: Offer, operator: Mapping[str, str]) -> None:
        self._notices = notices
        self._offer = offer
        self._operator = operator

    def endpoints(self) -> list[Endpoint]:
        """The routes."""
        return GROUP.endpoints(self)

    @GROUP.get(
        "/coppa/notices",
        queries=(LANGUAGE,),
        replies={200: Response(wire.NoticeList, "The current notice, and which others there are")},
        failure="Failed to retrieve the notices",
        summary="The notices of data collection",
    )
    async def find_all(self, request: Request[None]) -> Reply:
        """List them."""
        notices = self._notices
        reply = wire.NoticeList(
            current=self._shown(notices.current(language_of(request))),
            languages=LANGUAGES,
            versions=[
                wire.NoticeVersion(
                    version=notice.version,
                    date=notice.day.isoformat(),
                    material=notice.material,
                    hashes={language: notices.find(notice.version, language).digest.hex() for language in LANGUAGES},
                )
                for notice in (notices.find(version, LANGUAGES[0]) for version in reversed(notices.versions))
            ],
            methods=[
                wire.MethodOffer(method=method.value, offered=method in self._offer.methods, discloses=method.discloses)
                for method in Method
            ],
        )
        return tagged_json(request, reply)

    @GROUP.get(
        "/coppa/notices/{version}",
        queries=(LANGUAGE,),
        replies={200: Response(wire.NoticeReply), 404: Response(wire.ConsentMessage, "No such notice")},
        failure="Failed to retrieve the notice",
        summary="A notice of data collection",
    )
    async def find(self, request: Request[None]) -> Reply:
        """Show one."""
        try:
            notice = self._notices.find(request.path(VERSION), language_of(request))
        except KeyError:
            raise errors.NoSuchNotice from None
        return tagged_json(request, self._shown(notice))

    def _shown(self, notice: Notice) -> wire.NoticeReply:
        return wire.NoticeReply(
            version=notice.version,
            language=notice.language,
            date=notice.day.isoformat(),
            material=notice.material,
            title=notice.title,
            hash=notice.digest.hex(),
            document=notice.document,
            operator=wire.Operator(
                name=self._operator["operator"],
                contact=self._operator["contact"],
                third_parties=self._operator["third_parties"],
                recording_days=self._operator["recording_days"],
            ),
        )
