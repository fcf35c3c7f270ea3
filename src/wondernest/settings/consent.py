"""The groups of the settings tree about verifiable consent: how it is confirmed, what the notice names, who verifies parents."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from wondernest.settings.kinds import Csv, Positive, Seconds, Secret

VERIFIED_METHODS: Final = ("card", "government_id", "video", "form", "knowledge", "face_match")
"""Methods that a verifier may offer (16 CFR 312.5(b)(2)); coppa/methods.py says what each needs."""


class Consent(
    Struct,
    frozen=True,
    rename={
        "confirmation": "COPPA_CONFIRMATION",
        "operator": "COPPA_OPERATOR",
        "contact": "COPPA_CONTACT",
        "second_letter_h": "COPPA_SECOND_LETTER_H",
        "renotice_grace_days": "COPPA_RENOTICE_GRACE_DAYS",
        "ledger_key": "COPPA_LEDGER_KEY",
        "ledger_key_before": "COPPA_LEDGER_KEY_BEFORE",
    },
):
    """How consent is asked for, and what the notice says of the operator."""

    confirmation: Literal["automatic", "required"] | None = None
    """Whether a parent has to confirm a consent. None: `automatic` in development, `required` anywhere else."""
    operator: str = "WonderNest"
    contact: str = ""
    """The operator's postal address, telephone number and e-mail address. Empty: the address of MAIL_FROM."""
    second_letter_h: Annotated[int, Meta(ge=1, le=168)] = 24
    """How long after the confirmation the second letter is sent."""
    renotice_grace_days: Positive = 30
    """How long a consent to an older notice still counts after the notice was changed in substance."""
    ledger_key: Secret = Secret()
    """Seals the ends of the consent ledger. Empty: a key made from JWT_SECRET does."""
    ledger_key_before: Secret = Secret()
    """The key that sealed before, so that what it sealed still counts."""


class Verifier(
    Struct,
    frozen=True,
    rename={
        "url": "COPPA_VERIFIER_URL",
        "key": "COPPA_VERIFIER_KEY",
        "webhook_secret": "COPPA_VERIFIER_WEBHOOK_SECRET",
        "methods": "COPPA_VERIFIER_METHODS",
        "timeout_s": "COPPA_VERIFIER_TIMEOUT_S",
    },
):
    """The service that verifies parents; without `url` its methods are not offered."""

    url: str = ""
    key: Secret = Secret()
    """What we show the verifier."""
    webhook_secret: Secret = Secret()
    """What its events are signed with."""
    methods: Csv = Csv()
    """The methods that it offers, of VERIFIED_METHODS."""
    timeout_s: Seconds = 5.0


class TextMessages(
    Struct,
    frozen=True,
    rename={"url": "TEXT_MESSAGES_URL", "key": "TEXT_MESSAGES_KEY", "timeout_s": "TEXT_MESSAGES_TIMEOUT_S"},
):
    """The gateway that sends text messages; without `url` none are sent."""

    url: str = ""
    key: Secret = Secret()
    """What we show the gateway."""
    timeout_s: Seconds = 10.0
