"""The caller of a request: the verified owner of a token."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Protocol
from uuid import UUID


class CallerKind(Enum):
    """Who may call an endpoint; every endpoint declares it."""

    PUBLIC = "public"
    """Anyone; a bearer token is ignored."""
    OPTIONAL = "optional"
    """Anyone; a valid bearer token is used, an invalid one is ignored."""
    USER = "user"
    """A valid access token is required."""
    OPERATOR = "operator"
    """The operator's token if one is configured, otherwise anyone (metrics)."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The claims of a verified access token. `family_id` is only a hint: the database decides about membership."""

    user_id: UUID
    family_id: UUID | None
    family_claim: str | None
    """The claim as text. The family routes refuse one that is not a UUID, with their own message."""
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
