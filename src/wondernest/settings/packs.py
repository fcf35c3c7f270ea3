"""The groups of the settings tree about content packs: what is kept of their use, and who takes payments for them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from wondernest.settings.kinds import Positive, Seconds, Secret


class Packs(
    Struct,
    frozen=True,
    rename={"uses_per_day": "PACK_USES_PER_USER_AND_DAY", "purchases_per_day": "PACK_PURCHASES_PER_USER_AND_DAY"},
):
    """What one user may store. A day is a day in UTC."""

    uses_per_day: Positive = 5_000
    purchases_per_day: Positive = 100
    """Payments that begin, whatever becomes of them."""


class Payments(
    Struct,
    frozen=True,
    rename={
        "gateway": "PAYMENT_GATEWAY",
        "url": "PAYMENT_GATEWAY_URL",
        "key": "PAYMENT_GATEWAY_KEY",
        "webhook_secret": "PAYMENT_WEBHOOK_SECRET",
        "timeout_s": "PAYMENT_TIMEOUT_S",
        "currency": "PAYMENT_CURRENCY",
        "ask_after_s": "PAYMENT_ASK_AFTER_S",
        "unknown_after_s": "PAYMENT_UNKNOWN_AFTER_S",
    },
):
    """Who takes payments."""

    gateway: Literal["none", "simulated", "webhook"] | None = None
    """None: `simulated` in development, `none` anywhere else."""
    url: str = ""
    """Of a gateway of the kind `webhook`."""
    key: Secret = Secret()
    """What we show the gateway."""
    webhook_secret: Secret = Secret()
    """What its events are signed with."""
    timeout_s: Seconds = 5.0
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$")] = "USD"
    """Of all prices; ISO 4217."""
    ask_after_s: Seconds = 600.0
    """How long a payment is pending before the gateway is asked about it."""
    unknown_after_s: Seconds = 86_400.0
    """How long after its beginning a payment that the gateway does not know is ended."""
