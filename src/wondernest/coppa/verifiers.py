"""A verifier of parents over HTTP, whose reports are signed (docs/privacy/consent.md, "A verifier")."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import datetime
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from wondernest.coppa.methods import BadSignature, Method, Report, UnreadableReport, Verification
from wondernest.platform.asking import asked
from wondernest.platform.outages import Outages
from wondernest.platform.signatures import verified

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import Verifier as VerifierSettings

DEPENDENCY: Final = "verifier"
CONFIRMED: Final = "verification.confirmed"
REFUSED: Final = "verification.refused"
_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:-]{1,100}")
"""Short and without blanks, so that it can hold no name and no number of a card with its holder."""
_PAGE: Final = re.compile(
    r"https://[^\s\"'<>]{1,1900}|http://(?:127\.0\.0\.1|localhost)(?::[0-9]+)?/[^\s\"'<>]{0,1900}"
)


class _Asked(Struct, rename="camel", kw_only=True):
    """The body of `POST <url>/verifications`."""

    reference: str
    method: str


class _Begun(Struct, rename="camel", kw_only=True):
    """The verifier's answer to it."""

    id: str
    url: str


class _Event(Struct, rename="camel", kw_only=True):
    """The body of an event."""

    type: str
    reference: str = ""
    verification_id: str = ""


_begun: Final = msgspec.json.Decoder(_Begun).decode
_event: Final = msgspec.json.Decoder(_Event).decode


class WebhookVerifier:
    """Asked with `POST <url>/verifications`, and heard through signed events."""

    def __init__(self, settings: VerifierSettings, metrics: Metrics) -> None:
        self._settings = settings
        self._outages = Outages(DEPENDENCY, metrics)

    @property
    def methods(self) -> Collection[Method]:
        """Those of COPPA_VERIFIER_METHODS."""
        return frozenset(Method(name) for name in self._settings.methods)

    async def begin(self, method: Method, subject: str, /) -> Verification:
        """Begin a verification. Nothing about the parent or the child is sent."""
        settings = self._settings
        body = msgspec.json.encode(_Asked(reference=subject, method=method.value))
        answer = await asked(
            f"{settings.url.rstrip('/')}/verifications",
            body,
            key=settings.key,
            reference=subject,
            timeout_s=settings.timeout_s,
            outages=self._outages,
        )
        try:
            begun = _begun(answer.content)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise self._outages.failed("an answer that cannot be read") from None
        if not _REFERENCE.fullmatch(begun.id) or not _PAGE.fullmatch(begun.url):
            raise self._outages.failed("an answer without a page or with a wrong id")
        self._outages.answered()
        return Verification(begun.id, begun.url)

    def report(self, body: bytes, signature: str, now: datetime, /) -> Report | None:
        """A verified report."""
        if not verified(self._settings.webhook_secret, body, signature, now):
            raise BadSignature
        try:
            told = _event(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            raise UnreadableReport("it is no event") from None
        if told.type not in {CONFIRMED, REFUSED}:
            return None
        if not _REFERENCE.fullmatch(told.verification_id):
            raise UnreadableReport("its verificationId is empty or not an id")
        return Report(told.reference, told.verification_id, told.type == CONFIRMED)
