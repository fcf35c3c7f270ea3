"""Where the payment gateway reports what became of a payment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.packs import errors, wire
from wondernest.packs.routes import parsing
from wondernest.packs.routes.parsing import PACKS
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.body import RawStream
from wondernest.platform.http.endpoint import KIB, Endpoint, HeaderField, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json

if TYPE_CHECKING:
    from wondernest.packs.purchases import PurchaseService
    from wondernest.platform.http.body import BodyStream

MAX_EVENT_BYTES: Final = 64 * KIB
SIGNATURE: Final = b"payment-signature"
RECEIVED: Final = "Event received"
GROUP: Final = RouteGroup(
    tag=parsing.TAG, caller=CallerKind.PUBLIC, failure=errors.Failed, unavailable=errors.Unavailable
)


class EventRoutes:
    """The one route of the gateway. It needs no token: the signature says who sends."""

    def __init__(self, purchases: PurchaseService) -> None:
        self._purchases = purchases

    def endpoints(self) -> list[Endpoint]:
        """The route."""
        return GROUP.endpoints(self)

    @GROUP.post(
        PACKS + "/payments/events",
        body=RawStream(max_bytes=MAX_EVENT_BYTES, media="application/json"),
        headers=(
            HeaderField("Payment-Signature", "`t=<seconds since 1970>,v1=<hex HMAC-SHA256 of t, a dot and the body>`"),
        ),
        example={
            "id": "event-1",
            "type": "payment.authorised",
            "reference": "<as it was sent>",
            "amountCents": 299,
            "currency": "USD",
            "transactionId": "t-1",
        },
        unit=True,
        replies={
            200: Response(wire.NotedReply, "Applied, applied before, or none that concerns packs"),
            400: Response(wire.PackRefusal, "Not an event, or another amount than that of the payment"),
            403: Response(wire.PackRefusal, "Another signature, or too old"),
            404: Response(wire.PackRefusal, "No such payment, or no gateway that reports"),
        },
        failure=errors.EVENTS,
        summary="An event of the payment gateway",
    )
    async def receive(self, request: Request[BodyStream]) -> Reply:
        """POST /content-packs/payments/events."""
        body = bytearray()
        async for piece in request.body:
            body += piece
        signature = request.header(SIGNATURE) or ""
        await self._purchases.receive(bytes(body), signature, request.unit)
        return reply_json(wire.NotedReply(wire.Noted(RECEIVED)))
