"""The methods of verifiable parental consent, each with what the law asks of it, and which of them are offered."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from enum import Enum
from typing import Final, Protocol

from msgspec import Struct

AUTOMATIC: Final = "automatic"
"""Stands in the ledger in place of a method where nobody was verified: in development."""


class Method(Enum):
    """How it is verified that a consent is a parent's (16 CFR 312.5(b)(2)). The value is stored and goes over the wire."""

    EMAIL_PLUS = "email_plus"
    """E-mail, and a second step: a delayed letter by which the parent can take it back. Only where a child's data is used by the
    operator itself and not disclosed; the letters must say that the consent can be revoked."""
    TEXT_PLUS = "text_plus"
    """A text message in place of the e-mail, with the same second step and the same limit: nothing may be disclosed."""
    CARD = "card"
    """A payment by credit or debit card or another online payment, with a notification of each transaction to the account's holder."""
    GOVERNMENT_ID = "government_id"
    """A government-issued identification, checked against a database; the operator deletes it promptly after the verification."""
    VIDEO = "video"
    """A video conference with trained personnel, or a call to a toll-free number staffed by it."""
    FORM = "form"
    """A form signed by the parent and returned by post, facsimile or electronic scan."""
    KNOWLEDGE = "knowledge"
    """Dynamic multiple-choice questions, so many and so hard that a child of 12 in the household could not reasonably answer them."""
    FACE_MATCH = "face_match"
    """A government-issued photographic identification compared with a live image by facial recognition and confirmed by trained
    personnel; both are deleted promptly after the match."""

    @property
    def discloses(self) -> bool:
        """Whether a consent by it may permit disclosure to third parties."""
        return self not in PLUS


PLUS: Final = frozenset({Method.EMAIL_PLUS, Method.TEXT_PLUS})
"""Methods with a second, delayed letter."""
NAMES: Final[Mapping[str, Method]] = {
    **{method.value: method for method in Method},
    "email": Method.EMAIL_PLUS,
    "text": Method.TEXT_PLUS,
    "credit_card": Method.CARD,
    "drivers_license": Method.GOVERNMENT_ID,
}
"""What clients call the methods. A social-security number is none: the app's `ssn` is answered by e-mail, as every other name."""


class Verification(Struct, frozen=True):
    """A verification that another service has begun: its own name of it, and the page on which the parent goes on."""

    reference: str
    url: str


class Report(Struct, frozen=True):
    """What a verifier reports of a verification, sooner or later, more than once. `subject`: what we named it."""

    subject: str
    reference: str
    confirmed: bool


class BadSignature(Exception):
    """The report is not from the verifier, or too old."""


class UnreadableReport(ValueError):
    """A signed report that cannot be read; the message is the reason."""


class Verifier(Protocol):
    """Verifies parents. It keeps the proof, or deletes it: we get a reference and no proof."""

    @property
    def methods(self) -> Collection[Method]:
        """What it offers."""
        ...

    async def begin(self, method: Method, subject: str, /) -> Verification:
        """Begin a verification; the same subject is the same verification. Raises DependencyUnavailable."""
        ...

    def report(self, body: bytes, signature: str, now: datetime, /) -> Report | None:
        """A verified report; None for one that does not concern us. Raises BadSignature, UnreadableReport."""
        ...


class Offer(Struct, frozen=True):
    """The methods that this installation offers."""

    methods: frozenset[Method]

    def choose(self, name: str, *, has_phone: bool) -> Method | None:
        """The method of that name, if it is offered and possible; else e-mail. None: nothing is offered."""
        method = NAMES.get(name.strip().lower())
        possible = self.methods if has_phone else self.methods - {Method.TEXT_PLUS}
        if method in possible:
            return method
        return Method.EMAIL_PLUS if Method.EMAIL_PLUS in possible else None
