"""Where the verifier of parents reports what became of a verification."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.coppa import errors, wire
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.body import RawStream
from wondernest.platform.http.endpoint import KIB, Endpoint, HeaderField, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json

if TYPE_CHECKING:
    from wondernest.coppa.links import ConsentLinks
    from wondernest.platform.http.body import BodyStream

MAX_REPORT_BYTES: Final = 16 * KIB
SIGNATURE: Final = b"verification-signature"
GROUP: Final = RouteGroup(tag="Consent", caller=CallerKind.PUBLIC, failure=errors.Failed)


class ReportRoutes:
    """The one route of the verifier. It needs no token: the signature says who sends."""

    def __init__(self, links: ConsentLinks) -> None:
        self._links = links

    def endpoints(self) -> list[Endpoint]:
        """The route."""
        return GROUP.endpoints(self)

    @GROUP.post(
        "/coppa/verifications/events",
        body=RawStream(max_bytes=MAX_REPORT_BYTES, media="application/json"),
        headers=(
            HeaderField(
                "Verification-Signature", "`t=<seconds since 1970>,v1=<hex HMAC-SHA256 of t, a dot and the body>`"
            ),
        ),
        example={"type": "verification.confirmed", "reference": "<as it was sent>", "verificationId": "v-1"},
        replies={
            200: Response(wire.ConsentMessage, "Applied, applied before, or none that concerns a consent that waits"),
            400: Response(wire.ConsentMessage, "Not a report"),
            403: Response(wire.ConsentMessage, "Another signature, or too old"),
            404: Response(wire.ConsentMessage, "No verifier is set up"),
        },
        failure="Failed to process the report",
        summary="A report of the verifier of parents",
    )
    async def receive(self, request: Request[BodyStream]) -> Reply:
        """POST /coppa/verifications/events."""
        body = bytearray()
        async for piece in request.body:
            body += piece
        await self._links.report(bytes(body), request.header(SIGNATURE) or "")
        return reply_json(wire.ConsentMessage(message="Report received"))
