"""What is erased, in which states, and how the log of erasures names a person."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from msgspec import Struct

from wondernest.files.model import RecordingsEnd

LOG_PURPOSE: Final = b"wondernest erasure log\0"
"""Separates these hashes from everything else that is made with the same secret."""


class Kind(StrEnum):
    """What is erased."""

    CHILD = "child"
    FAMILY = "family"
    ACCOUNT = "account"


class State(StrEnum):
    """How far an erasure is."""

    WAITING = "waiting"
    """Hidden and frozen; it can be taken back."""
    ERASING = "erasing"
    SETTLING = "settling"
    """Everything was erased once; what was written at that moment is erased when the time is over."""
    DONE = "done"
    TAKEN_BACK = "taken_back"


OPEN: Final = (State.WAITING, State.ERASING, State.SETTLING)


class Erasure(Struct, frozen=True, kw_only=True):
    """A request to erase somebody, and its receipt."""

    id: UUID
    kind: Kind
    state: State
    child_id: UUID | None
    family_id: UUID | None
    user_id: UUID | None
    asked_at: datetime
    due_at: datetime
    settle_at: datetime | None
    finished_at: datetime | None
    counts: Mapping[str, int]


SECRET: Final = re.compile(r"hash|token|secret|salt|fingerprint")
"""Names of columns that open something, or could be tried out: an export leaves them out."""


def secret_names(columns: Iterable[str]) -> list[str]:
    """The names of columns that an export leaves out."""
    return [name for name in columns if SECRET.search(name)]


class Export(Struct, frozen=True, kw_only=True):
    """What a user asked to be given."""

    user_id: UUID
    id: UUID
    family_id: UUID | None
    asked_at: datetime
    ready_at: datetime | None
    expires_at: datetime | None
    bytes: int | None


class HeldClass(Struct, frozen=True):
    """What is held of one class of data: rows, bytes as stored, when the oldest was made."""

    table: str
    what: str
    count: int
    bytes: int
    oldest: datetime | None


ARCHIVED: Final = "archived"
"""Why a child is erased that nobody has asked to erase."""


class Planned(Struct, frozen=True):
    """That somebody is erased, unless it is taken back. `why`: a Kind, or ARCHIVED."""

    at: datetime
    why: str


class Ending(Struct, frozen=True):
    """What is held for a purpose that is not permitted any more is erased. `erase_at`: None while no day is set."""

    purpose: str
    ended_at: datetime
    erase_at: datetime | None


class Held(Struct, frozen=True):
    """What is held about one person, and what of it is erased when."""

    kind: str
    person: UUID
    classes: Sequence[HeldClass]
    archived_at: datetime | None = None
    planned: Planned | None = None
    endings: Sequence[Ending] = ()
    recordings: RecordingsEnd | None = None


class Plans(Struct, frozen=True):
    """Open erasures of a family, the next first, and when its children were archived. `alone`: families that go with the account."""

    open: Sequence[Erasure]
    archived: Mapping[UUID, datetime]
    alone: Sequence[UUID]

    def of(self, person: UUID, family_id: UUID | None) -> Planned | None:
        """The first erasure that takes a person of the family, or the family itself."""
        for one in self.open:
            families = [one.family_id] if one.kind is Kind.FAMILY else []
            if one.kind is Kind.ACCOUNT:
                families = [*self.alone]
            with_family = family_id is not None and family_id in families
            if with_family or person in {one.child_id, one.user_id}:
                return Planned(one.due_at, one.kind.value)
        return None


def end_of_archive(archived_at: datetime, kept: timedelta, grace: timedelta, now: datetime) -> Planned | None:
    """When an archived child is erased that nobody has asked to erase: its parents get a letter `grace` before. `kept` 0: never."""
    return Planned(max(archived_at + kept, now + grace), ARCHIVED) if kept else None


class Erased(Struct, frozen=True):
    """Everybody whom an erasure erases, by kind of person, and the users near them who stay."""

    people: dict[str, list[UUID]]
    near: list[UUID]


def person_hash(key: bytes, person: UUID) -> bytes:
    """What the log holds in the place of an id: nobody without the key can tell whose it is, or try ids."""
    return hmac.digest(key, LOG_PURPOSE + person.bytes, "sha256")


def log_key(own: str, shared: str) -> bytes:
    """The key of the log: its own secret, or one that is derived from the shared secret."""
    return own.encode() if own else hashlib.sha256(LOG_PURPOSE + shared.encode()).digest()


def everybody(people: Mapping[str, Sequence[UUID]]) -> Iterator[tuple[str, UUID]]:
    """Each person with their kind."""
    for kind, ids in people.items():
        for one in ids:
            yield kind, one
