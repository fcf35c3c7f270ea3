"""Who is acting: the verified bearer of a token."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol
from uuid import UUID


class CallerKind(Enum):
    """Whom an endpoint serves; every endpoint must say."""

    PUBLIC = "public"
    """Anyone; a bearer token is not looked at."""
    OPTIONAL = "optional"
    """Anyone; a valid bearer token is used, an invalid one counts as absent."""
    USER = "user"
    """A valid access token is required."""
    OPERATOR = "operator"
    """The operator's token where one is configured, else anyone (metrics)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The claims of a verified access token. `family_id` is a hint: membership in the database decides."""

    user_id: UUID
    family_id: UUID | None
    family_claim: str | None
    """The claim as sent: a text that is no UUID is refused by the family routes with its own message."""
    email: str
    role: str
    verified: bool
    token_hash: str
    """Lower-case hex SHA-256 of the token."""
    issued_at: int
    expires_at: int


class Authenticator(Protocol):
    """Verifies bearer tokens without I/O."""

    def verify(self, token: bytes) -> Caller | None:
        """The caller, or None for a token that is invalid, expired, revoked or not an access token."""
        ...
