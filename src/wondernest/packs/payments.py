"""The payment port: what packs ask of a gateway, and what a gateway tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from msgspec import Struct

from wondernest.packs.rules import Standing


class Charge(Struct, frozen=True, kw_only=True):
    """A payment that is asked for. The same reference is always the same payment, however often it is asked for."""

    reference: str
    cents: int
    currency: str
    """ISO 4217."""
    method: str | None
    """What the client calls its way of paying; a token of the gateway, never a card number."""


class Receipt(Struct, frozen=True):
    """How a payment stands after it was asked for."""

    standing: Standing
    transaction_id: str | None


class PaymentEvent(Struct, frozen=True, kw_only=True):
    """What a gateway reports of a payment, sooner or later, in any order, more than once."""

    id: str
    standing: Standing
    reference: str
    cents: int
    currency: str
    transaction_id: str | None


class OtherPayment(Exception):
    """The gateway answered about another payment, or with another amount."""


class BadSignature(Exception):
    """The event is not from the gateway, or too old."""


class UnreadableEvent(ValueError):
    """A signed event that cannot be read; the message is the reason."""


class Gateway(Protocol):
    """Takes payments."""

    @property
    def name(self) -> str:
        """What is stored with a payment."""
        ...

    @property
    def reports(self) -> bool:
        """Whether it sends events."""
        ...

    async def charge(self, charge: Charge, /) -> Receipt:
        """Ask for a payment. Raises DependencyUnavailable: nobody knows then how it stands, and it must be asked for again."""
        ...

    async def ask(self, charge: Charge, /) -> Receipt | None:
        """How a payment stands that was asked for; None if the gateway has no such payment. Takes no money.

        Raises DependencyUnavailable, OtherPayment.
        """
        ...

    def event(self, body: bytes, signature: str, now: datetime, /) -> PaymentEvent | None:
        """A verified event; None for a kind that does not concern packs. Raises BadSignature, UnreadableEvent."""
        ...
