"""Gateways: a simulated one for development, and one over HTTP whose events are signed."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from wondernest.packs.payments import BadSignature, Charge, OtherPayment, PaymentEvent, Receipt, UnreadableEvent
from wondernest.packs.rules import MAX_NUMBER, Standing
from wondernest.platform.asking import Answer, asked
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
MAX_ID_CHARS: Final = 200
MAX_TRANSACTION_CHARS: Final = 100
PAYMENT_REQUIRED: Final = 402
NOT_FOUND: Final = 404
UNKNOWN: Final = "unknown"
"""The status of a payment that the gateway has not. It must say so: any other 404 may come from a wrong address."""
STANDINGS: Final = {
    "authorised": Standing.AUTHORISED,
    "declined": Standing.DECLINED,
    "pending": Standing.PENDING,
    "refunded": Standing.REFUNDED,
}
EVENTS: Final = {f"payment.{name}": standing for name, standing in STANDINGS.items()}
ASKING: Final = "state of payments"
"""The name of this kind of work in logs: it may fail while payments are taken, and the other way round."""
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)


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

    async def ask(self, charge: Charge, /) -> Receipt | None:
        """Authorised: what was left pending is paid as soon as it is asked about."""
        del charge
        return Receipt(Standing.AUTHORISED, f"txn-{epoch_ms(self._clock.now())}")

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


class _State(Struct, rename="camel", kw_only=True):
    """The gateway's answer to `GET <url>/charges/<reference>`."""

    reference: str
    status: str
    id: str | None = None
    amount_cents: int = -1
    currency: str = ""


class _Event(Struct, rename="camel", kw_only=True):
    """The body of an event."""

    id: str
    type: str
    reference: str = ""
    amount_cents: int = -1
    currency: str = ""
    transaction_id: str | None = None


_answer: Final = msgspec.json.Decoder(_Answer).decode
_state: Final = msgspec.json.Decoder(_State).decode
_event: Final = msgspec.json.Decoder(_Event).decode


class WebhookGateway:
    """A gateway over HTTP: asked with `POST <url>/charges` and `GET <url>/charges/<reference>`, heard through signed events.

    docs/content.md, "Payments". Its answers are as trustworthy as the connection: https, except on this machine.
    """

    name = "webhook"
    reports = True

    def __init__(self, settings: Payments, metrics: Metrics) -> None:
        self._settings = settings
        self._outages = Outages(DEPENDENCY, metrics)

    async def charge(self, charge: Charge, /) -> Receipt:
        """Ask for a payment, bounded in time and bytes."""
        body = _Asked(
            reference=charge.reference, amount_cents=charge.cents, currency=charge.currency, method=charge.method
        )
        answered = await self._asked("", PAYMENT_REQUIRED, charge.reference, msgspec.json.encode(body))
        if answered.status == PAYMENT_REQUIRED:
            self._outages.answered()
            return Receipt(Standing.DECLINED, None)
        try:
            answer = _answer(answered.content)
            standing = STANDINGS[answer.status]
        except (*_UNREADABLE, KeyError):
            raise self._outages.failed("an answer that cannot be read") from None
        self._outages.answered()
        return Receipt(standing, _transaction(answer.id))

    async def ask(self, charge: Charge, /) -> Receipt | None:
        """How a payment stands, bounded in time and bytes."""
        answered = await self._asked(f"/{charge.reference}", NOT_FOUND, work=ASKING)
        try:
            state = _state(answered.content)
        except _UNREADABLE:
            raise self._outages.failed("an answer that cannot be read", ASKING) from None
        missing, standing = state.status == UNKNOWN, STANDINGS.get(state.status)
        if missing is not (answered.status == NOT_FOUND) or (standing is None and not missing):
            raise self._outages.failed("an answer that cannot be read", ASKING)
        self._outages.answered(ASKING)
        if state.reference != charge.reference:
            raise OtherPayment
        if standing is None:
            return None
        if (state.amount_cents, state.currency) != (charge.cents, charge.currency):
            raise OtherPayment
        return Receipt(standing, _transaction(state.id))

    async def _asked(
        self, path: str, also: int, reference: str = "", body: bytes | None = None, *, work: str = ""
    ) -> Answer:
        """What `<url>/charges<path>` answers: with 2xx or the status `also`."""
        return await asked(
            f"{self._settings.url.rstrip('/')}/charges{path}",
            body,
            key=self._settings.key,
            reference=reference,
            timeout_s=self._settings.timeout_s,
            outages=self._outages,
            work=work,
            also=(also,),
        )

    def event(self, body: bytes, signature: str, now: datetime, /) -> PaymentEvent | None:
        """A verified event."""
        if not verified(self._settings.webhook_secret, body, signature, now):
            raise BadSignature
        try:
            told = _event(body)
        except _UNREADABLE:
            raise UnreadableEvent("it is no event") from None
        standing = EVENTS.get(told.type)
        if standing is None:
            return None
        if not 0 < len(told.id) <= MAX_ID_CHARS or "\0" in told.id:
            raise UnreadableEvent("its id is empty or too long")
        if not 0 <= told.amount_cents <= MAX_NUMBER:
            raise UnreadableEvent("it has no amount in cents")
        return PaymentEvent(
            id=told.id,
            standing=standing,
            reference=told.reference,
            cents=told.amount_cents,
            currency=told.currency,
            transaction_id=_transaction(told.transaction_id),
        )


def _transaction(text: str | None) -> str | None:
    """A gateway's name for a payment, as it is stored."""
    return (text or "").replace("\0", "")[:MAX_TRANSACTION_CHARS] or None
