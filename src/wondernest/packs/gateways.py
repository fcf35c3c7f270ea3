"""Gateways: a simulated one for development, and one over HTTP whose events are signed."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from wondernest.packs.payments import BadSignature, Charge, PaymentEvent, Receipt, UnreadableEvent
from wondernest.packs.rules import MAX_NUMBER, Standing
from wondernest.platform.clock import epoch_ms
from wondernest.platform.outages import Outages
from wondernest.platform.signatures import verified

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import Payments

DEPENDENCY: Final = "payment gateway"
DECLINES: Final = "simulate_declined"
WAITS: Final = "simulate_pending"
"""Ways of paying that the simulated gateway declines, and leaves pending."""
MAX_REPLY_BYTES: Final = 64 * 1024
MAX_ID_CHARS: Final = 200
MAX_TRANSACTION_CHARS: Final = 100
PAYMENT_REQUIRED: Final = 402
SUCCESSFUL: Final = range(200, 300)
STANDINGS: Final = {
    "authorised": Standing.AUTHORISED,
    "declined": Standing.DECLINED,
    "pending": Standing.PENDING,
    "refunded": Standing.REFUNDED,
}
EVENTS: Final = {f"payment.{name}": standing for name, standing in STANDINGS.items()}


class SimulatedGateway:
    """Takes no money and authorises at once. Refused outside development."""

    name = "simulated"
    reports = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    async def charge(self, charge: Charge, /) -> Receipt:
        """Authorised, unless the way of paying asks for something else."""
        standing = {DECLINES: Standing.DECLINED, WAITS: Standing.PENDING}.get(charge.method or "", Standing.AUTHORISED)
        return Receipt(standing, f"txn-{epoch_ms(self._clock.now())}")

    def event(self, body: bytes, signature: str, now: datetime, /) -> PaymentEvent | None:
        """It sends none."""
        del body, signature, now
        raise BadSignature


class _Asked(Struct, rename="camel", kw_only=True):
    """The body of `POST <url>/charges`."""

    reference: str
    amount_cents: int
    currency: str
    method: str | None


class _Answer(Struct, rename="camel", kw_only=True):
    """The gateway's answer to it."""

    id: str | None = None
    status: str


class _Event(Struct, rename="camel", kw_only=True):
    """The body of an event."""

    id: str
    type: str
    reference: str = ""
    amount_cents: int = -1
    currency: str = ""
    transaction_id: str | None = None


_answer: Final = msgspec.json.Decoder(_Answer).decode
_event: Final = msgspec.json.Decoder(_Event).decode


class WebhookGateway:
    """A gateway over HTTP: asked with `POST <url>/charges`, and heard through signed events (docs/content.md, "Payments")."""

    name = "webhook"
    reports = True

    def __init__(self, settings: Payments, metrics: Metrics) -> None:
        self._settings = settings
        self._outages = Outages(DEPENDENCY, metrics)

    async def charge(self, charge: Charge, /) -> Receipt:
        """Ask for a payment, bounded in time and bytes."""
        status, content = await self._post(charge)
        try:
            answer = _answer(content)
            standing = STANDINGS[answer.status]
        except (msgspec.MsgspecError, KeyError):
            if status != PAYMENT_REQUIRED:
                raise self._outages.failed("an answer that cannot be read") from None
            answer, standing = None, Standing.DECLINED
        self._outages.answered()
        return Receipt(standing, None if answer is None or not answer.id else answer.id[:MAX_TRANSACTION_CHARS])

    async def _post(self, charge: Charge) -> tuple[int, bytes]:
        import httpx2

        settings = self._settings
        body = _Asked(
            reference=charge.reference, amount_cents=charge.cents, currency=charge.currency, method=charge.method
        )
        headers = {
            "Authorization": f"Bearer {settings.key}",
            "Content-Type": "application/json",
            "Idempotency-Key": charge.reference,
        }
        try:
            async with (
                asyncio.timeout(settings.timeout_s),
                httpx2.AsyncClient(timeout=settings.timeout_s, follow_redirects=False) as client,
                client.stream(
                    "POST", f"{settings.url.rstrip('/')}/charges", content=msgspec.json.encode(body), headers=headers
                ) as response,
            ):
                status, content = response.status_code, bytearray()
                if status not in SUCCESSFUL and status != PAYMENT_REQUIRED:
                    raise self._outages.failed(f"status {status}")
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > MAX_REPLY_BYTES:
                        raise self._outages.failed("too large an answer")
                return status, bytes(content)
        except (httpx2.HTTPError, OSError, TimeoutError) as error:
            raise self._outages.failed(type(error).__name__) from None

    def event(self, body: bytes, signature: str, now: datetime, /) -> PaymentEvent | None:
        """A verified event."""
        if not verified(self._settings.webhook_secret, body, signature, now):
            raise BadSignature
        try:
            told = _event(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise UnreadableEvent("it is no event") from None
        standing = EVENTS.get(told.type)
        if standing is None:
            return None
        if not 0 < len(told.id) <= MAX_ID_CHARS or "\0" in told.id:
            raise UnreadableEvent("its id is empty or too long")
        if not 0 <= told.amount_cents <= MAX_NUMBER:
            raise UnreadableEvent("it has no amount in cents")
        transaction = None if told.transaction_id is None else told.transaction_id.replace("\0", "")
        return PaymentEvent(
            id=told.id,
            standing=standing,
            reference=told.reference,
            cents=told.amount_cents,
            currency=told.currency,
            transaction_id=transaction[:MAX_TRANSACTION_CHARS] if transaction else None,
        )
