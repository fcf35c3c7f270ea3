"""The chain of the consent ledger: how an entry is written down, hashed over the one before it, and sealed. Pure functions.

docs/privacy/consent-ledger.md describes the same for somebody who checks it without this code.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final
from uuid import UUID

import msgspec
from msgspec import Struct

FORM: Final = "wondernest-consent-1"
"""Names the form of an entry; another form gets another name."""
START: Final = bytes(32)
"""What the first entry of a family is hashed over."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_KEY_PURPOSE: Final = b"wondernest consent ledger\0"


class Entry(Enum):
    """What happened to a consent."""

    REQUEST = "request"
    """It was asked for; nothing is permitted yet. A later request for the same child takes its place."""
    CONFIRM = "confirm"
    """The parent was verified by the method, or in development nobody was."""
    GRANT = "grant"
    """The purposes are permitted, in place of what was permitted before."""
    WITHDRAW = "withdraw"
    """A parent took the purposes back, or a request."""
    UNDO = "undo"
    """A parent took the purposes back with the link of the second letter."""
    EXPIRE = "expire"
    """Its time was over, or nobody confirmed a request."""
    RENOTICE = "re-notice"
    """The notice was changed in substance, so the consent is asked for again."""


class Fact(Struct, frozen=True, kw_only=True):
    """An entry that is to be written."""

    entry: Entry
    child_id: UUID
    consent_id: UUID
    actor_id: UUID | None
    """The parent; None for the service itself."""
    at: datetime
    method: str | None = None
    reference: str | None = None
    """The verifier's own name of what it verified; never a proof."""
    notice_version: int | None = None
    notice_digest: bytes | None = None
    purposes: tuple[str, ...] = ()


class Line(Struct, frozen=True):
    """An entry as it is stored."""

    family_id: UUID
    number: int
    fact: Fact
    digest: bytes


class Head(Struct, frozen=True):
    """The end of a family's chain. `doubted`: the first entry after a head whose seal was wrong."""

    family_id: UUID
    entries: int
    digest: bytes
    doubted: int | None
    seal: bytes


class Receipt(Struct, frozen=True):
    """What is left of a family's chain that was erased."""

    family_digest: bytes
    entries: int
    erased_at: datetime
    seal: bytes


def written(family_id: UUID, number: int, fact: Fact) -> bytes:
    """The one form of an entry: a JSON array without spaces, in UTF-8."""
    return msgspec.json.encode(
        [
            FORM,
            str(family_id),
            number,
            str(fact.child_id),
            str(fact.consent_id),
            fact.entry.value,
            None if fact.actor_id is None else str(fact.actor_id),
            microseconds(fact.at),
            fact.method,
            fact.reference,
            fact.notice_version,
            None if fact.notice_digest is None else fact.notice_digest.hex(),
            sorted(fact.purposes),
        ]
    )


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def digest(previous: bytes, family_id: UUID, number: int, fact: Fact) -> bytes:
    """SHA-256 of the digest before, and the entry."""
    return hashlib.sha256(previous + written(family_id, number, fact)).digest()


def linked(head: Head, facts: Sequence[Fact]) -> Iterator[Line]:
    """The lines that follow a head."""
    previous, number = head.digest, head.entries
    for fact in facts:
        number += 1
        previous = digest(previous, head.family_id, number, fact)
        yield Line(head.family_id, number, fact, previous)


class Seals:
    """Seals heads and receipts with a key that is not in the database; also knows the key before it."""

    def __init__(self, secret: str, before: str = "") -> None:
        """`before`: the secret that was used earlier; empty: none was."""
        self._keys = [hmac.digest(text.encode(), _KEY_PURPOSE, "sha256") for text in (secret, before) if text]

    def head(self, family_id: UUID, entries: int, last: bytes, doubted: int | None) -> Head:
        """A sealed head."""
        return Head(family_id, entries, last, doubted, self._seal(_head_text(family_id, entries, last, doubted)))

    def holds_head(self, head: Head) -> bool:
        """Whether the service sealed this head."""
        return self._holds(_head_text(head.family_id, head.entries, head.digest, head.doubted), head.seal)

    def receipt(self, family_id: UUID, entries: int, at: datetime) -> Receipt:
        """A sealed receipt of an erasure."""
        name = hashlib.sha256(family_id.bytes).digest()
        return Receipt(name, entries, at, self._seal(_receipt_text(name, entries, at)))

    def holds_receipt(self, receipt: Receipt) -> bool:
        """Whether the service sealed this receipt."""
        return self._holds(_receipt_text(receipt.family_digest, receipt.entries, receipt.erased_at), receipt.seal)

    def _seal(self, text: bytes) -> bytes:
        return hmac.digest(self._keys[0], text, "sha256")

    def _holds(self, text: bytes, seal: bytes) -> bool:
        return any(hmac.compare_digest(hmac.digest(key, text, "sha256"), seal) for key in self._keys)


def _head_text(family_id: UUID, entries: int, last: bytes, doubted: int | None) -> bytes:
    return msgspec.json.encode(["head", str(family_id), entries, last.hex(), doubted])


def _receipt_text(family_digest: bytes, entries: int, at: datetime) -> bytes:
    return msgspec.json.encode(["erasure", family_digest.hex(), entries, microseconds(at)])


class FamilyCheck:
    """Checks the lines of one family, in order, and then its head. `problems`: what is wrong, each a line of text."""

    def __init__(self, family_id: UUID) -> None:
        self.family_id = family_id
        self.entries = 0
        self.problems: list[str] = []
        self._previous = START
        self._expected = 1

    def line(self, line: Line) -> None:
        """Take the next line. After a wrong one the chain goes on from what is stored, so that each fault is reported once."""
        if line.number != self._expected:
            self._report(f"entries {self._expected} to {line.number - 1} are missing")
        elif digest(self._previous, line.family_id, line.number, line.fact) != line.digest:
            self._report(f"entry {line.number} is not what was written")
        self._previous, self._expected = line.digest, line.number + 1
        self.entries += 1

    def end(self, head: Head | None, seals: Seals) -> list[str]:
        """Take the head, if there is one; returns the problems."""
        last = self._expected - 1
        if head is None:
            self._report("it has no head")
            return self.problems
        if not seals.holds_head(head):
            self._report("the seal of its head is not by a key of this service")
        if head.doubted is not None:
            self._report(f"the seal of its head was wrong when entry {head.doubted} was written")
        if head.entries > last:
            self._report(f"entries {last + 1} to {head.entries} are missing at the end")
        elif head.entries < last:
            self._report(f"its head ends at entry {head.entries}, but there are {last}")
        elif head.digest != self._previous:
            self._report("its head names another last entry")
        return self.problems

    def _report(self, what: str) -> None:
        self.problems.append(f"family {self.family_id}: {what}")
