"""The caller of a request: the verified owner of a token."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Protocol
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


class Authority(Enum):
    """What an endpoint for users acts on; every one that changes something declares it."""

    OWN = "own"
    """The caller's own account."""
    MEMBER = "member"
    """What every member of the caller's group may read and change."""
    MANAGER = "manager"
    """The group itself: only members whose role allows it."""


STEP_UP_HEADER: Final = b"x-step-up"
"""The request header that carries a step-up proof."""


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


class Admission(Protocol):
    """Decides whether the owner of a valid token is admitted. Raises CallerRefused."""

    async def admit(self, caller: Caller, authority: Authority | None, proof: str | None) -> None:
        """Ask the database: the account, the authority and, unless `proof` is None, the step-up proof."""
        ...

    def recall(self, caller: Caller) -> None:
        """Refuse a caller whose account was found deactivated a moment ago, without I/O."""
        ...

    def remember(self, caller: Caller) -> None:
        """Note that the caller's account was found deactivated."""
        ...
