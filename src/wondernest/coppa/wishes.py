"""What a parent wishes to permit and from where, what settings say of it, and what became of a step."""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from uuid import UUID

from msgspec import Struct


class Origin(Struct, frozen=True):
    """The client that gave a consent."""

    ip: str | None
    user_agent: str | None


class Policy(Struct, frozen=True, kw_only=True):
    """What settings say of consent."""

    confirms: bool
    """Whether a parent has to confirm; else a consent is in force at once, and nobody is verified."""
    second_after: timedelta
    grace: timedelta
    """How long a consent to an older notice still counts."""
    third_parties: tuple[str, ...]
    most_a_day: int


class Wish(Struct, frozen=True, kw_only=True):
    """A consent that a parent asks for. The child's row is locked."""

    child_id: UUID
    family_id: UUID
    parent_id: UUID
    kind: str
    permissions: dict[str, bool]
    method: str
    """As the client calls it."""
    named_as: str | None
    language: str


class Outcome(Enum):
    """What became of a step."""

    DONE = "done"
    ALREADY = "already"
    GONE = "gone"
