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
from msgspec.structs import replace

FORM: Final = "wondernest-consent-1"
"""Names the form of an entry; another form gets another name."""
START: Final = bytes(32)
"""What the first entry of a family is hashed over."""
CHILD_ID: Final = "child_id"
CONSENT_ID: Final = "consent_id"
ACTOR_ID: Final = "actor_id"
REFERENCE: Final = "reference"
"""The columns that a redaction can empty."""
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
    child_id: UUID | None
    consent_id: UUID | None
    """None of either: the child was erased."""
    actor_id: UUID | None
    """The parent; None for the service itself, or when the parent was erased (`Redaction.emptied` says which)."""
    at: datetime
    method: str | None = None
    reference: str | None = None
    """The verifier's own name of what it verified; never a proof."""
    notice_version: int | None = None
    notice_digest: bytes | None = None
    purposes: tuple[str, ...] = ()


class Redaction(Struct, frozen=True):
    """That columns of an entry were emptied, because somebody whom it named was erased."""

    emptied: tuple[str, ...]
    doubted: bool
    """The entry was not what had been written, already before: its redaction does not make it good."""
    seal: bytes


class Line(Struct, frozen=True):
    """An entry as it is stored."""

    family_id: UUID
    number: int
    fact: Fact
    digest: bytes
    """Of the whole entry, also after a redaction: so the entries after it stay as they are."""
    redaction: Redaction | None = None


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
    return msgspec.json.encode(_fields(family_id, number, fact))


def _fields(family_id: UUID, number: int, fact: Fact) -> list[object]:
    return [
        FORM,
        str(family_id),
        number,
        _text(fact.child_id),
        _text(fact.consent_id),
        fact.entry.value,
        _text(fact.actor_id),
        microseconds(fact.at),
        fact.method,
        fact.reference,
        fact.notice_version,
        None if fact.notice_digest is None else fact.notice_digest.hex(),
        sorted(fact.purposes),
    ]


def _text(one: UUID | None) -> str | None:
    return None if one is None else str(one)


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


class Gone(Struct, frozen=True):
    """Who is erased."""

    children: frozenset[UUID]
    adults: frozenset[UUID]
    references: frozenset[str] = frozenset()
    """What verifiers call the erased adults' verifications."""

    def columns(self, fact: Fact) -> list[str]:
        """The columns of an entry that name one of them."""
        child = fact.child_id in self.children and fact.child_id is not None
        adult = fact.actor_id in self.adults and fact.actor_id is not None
        emptied = [CHILD_ID, CONSENT_ID] if child else []
        emptied += [ACTOR_ID] if adult else []
        if fact.reference is not None and (child or adult or fact.reference in self.references):
            emptied.append(REFERENCE)
        return emptied


class Seals:
    """Seals heads, receipts and redactions with a key that is not in the database; also knows the key before it."""

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

    def redacted(self, line: Line, previous: bytes | None, gone: Gone) -> Line | None:
        """The line without those who are gone, sealed; None if it names none of them.

        `previous`: the digest of the line before it, None if that is missing. A line that is not what was written, or whose earlier
        redaction has a wrong seal, is redacted too, and says so for good.
        """
        emptied = gone.columns(line.fact)
        if not emptied:
            return None
        before = line.redaction
        if before is None:
            doubted = previous is None or digest(previous, line.family_id, line.number, line.fact) != line.digest
        else:
            doubted = before.doubted or not self.holds_redaction(line)
        names = tuple(sorted({*emptied, *(() if before is None else before.emptied)}))
        fact = replace(line.fact, **dict.fromkeys(emptied))
        left = Line(line.family_id, line.number, fact, line.digest, Redaction(names, doubted, b""))
        return replace(left, redaction=Redaction(names, doubted, self._seal(_redaction_text(left))))

    def holds_redaction(self, line: Line) -> bool:
        """Whether the service emptied what is missing in a redacted line, and nothing of it was changed since."""
        return line.redaction is not None and self._holds(_redaction_text(line), line.redaction.seal)

    def _seal(self, text: bytes) -> bytes:
        return hmac.digest(self._keys[0], text, "sha256")

    def _holds(self, text: bytes, seal: bytes) -> bool:
        return any(hmac.compare_digest(hmac.digest(key, text, "sha256"), seal) for key in self._keys)


def _head_text(family_id: UUID, entries: int, last: bytes, doubted: int | None) -> bytes:
    return msgspec.json.encode(["head", str(family_id), entries, last.hex(), doubted])


def _receipt_text(family_digest: bytes, entries: int, at: datetime) -> bytes:
    return msgspec.json.encode(["erasure", family_digest.hex(), entries, microseconds(at)])


def _redaction_text(line: Line) -> bytes:
    emptied, doubted = (line.redaction.emptied, line.redaction.doubted) if line.redaction else ((), False)
    left = _fields(line.family_id, line.number, line.fact)
    return msgspec.json.encode(["redaction", left, line.digest.hex(), sorted(emptied), doubted])


class FamilyCheck:
    """Checks the lines of one family, in order, and then its head. `problems`: what is wrong, each a line of text."""

    def __init__(self, family_id: UUID, seals: Seals) -> None:
        self.family_id = family_id
        self._seals = seals
        self.entries = self.redacted = 0
        self.problems: list[str] = []
        self._previous = START
        self._expected = 1

    def line(self, line: Line) -> None:
        """Take the next line. After a wrong one the chain goes on from what is stored, so that each fault is reported once."""
        if line.number != self._expected:
            self._report(f"entries {self._expected} to {line.number - 1} are missing")
        elif line.redaction is not None:
            self._check_redaction(line, line.redaction)
            self.redacted += 1
        elif digest(self._previous, line.family_id, line.number, line.fact) != line.digest:
            self._report(f"entry {line.number} is not what was written")
        self._previous, self._expected = line.digest, line.number + 1
        self.entries += 1

    def _check_redaction(self, line: Line, redaction: Redaction) -> None:
        if not self._seals.holds_redaction(line):
            self._report(f"entry {line.number} was redacted, or changed after that, without a key of this service")
        elif redaction.doubted:
            self._report(f"entry {line.number} was not what was written when it was redacted")

    def end(self, head: Head | None) -> list[str]:
        """Take the head, if there is one; returns the problems."""
        last = self._expected - 1
        if head is None:
            self._report("it has no head")
            return self.problems
        if not self._seals.holds_head(head):
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
