"""Access and refresh tokens: the claims and checks that all three backends share (auth contract §1.5)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from importlib import import_module
from threading import Thread
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from msgspec import Struct

from wondernest.platform.caller import Caller
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.ids import new_uuid, parse_uuid, sha256_hex

if TYPE_CHECKING:
    from jwt.types import Options

    from wondernest.auth.repository import RevokedToken
    from wondernest.platform.clock import Clock
    from wondernest.settings import Jwt

ALGORITHM: Final = "HS256"
REFRESH_SUFFIX: Final = "-refresh"
FUTURE_LEEWAY_S: Final = 5
"""How far the clock of a token's issuer may be ahead of ours."""
MAX_TOKEN_CHARS: Final = 4096
CANONICAL: Final = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]", re.ASCII)
"""The one spelling of an HS256 token. Decoders of base64 ignore padding, foreign characters and the last character's unused
bits, so one signature has many spellings, and each would have a hash, and so a revocation, of its own."""
EARLIEST: Final = 0
LATEST: Final = 253_402_300_799
"""The end of the year 9999. Times outside EARLIEST and LATEST, NaN and infinities are invalid."""
_CHECKS: Final[Options] = {
    "require": ["exp", "iss", "aud"],
    "strict_aud": True,
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
}
"""Everything except the times, which are compared with our own clock."""


class TokenSubject(Struct, frozen=True):
    """The user that a pair of tokens is issued to."""

    user_id: UUID
    family_id: UUID | None
    email: str
    role: str
    verified: bool


class TokenPair(Struct, frozen=True):
    """New tokens and when they expire."""

    access: str
    refresh: str
    access_expires_at: datetime
    refresh_expires_at: datetime


class RefreshClaims(Struct, frozen=True):
    """The claims of a verified refresh token."""

    user_id: UUID
    token_hash: str
    issued_at: int


class TokenIssuer:
    """Signs tokens with exactly the claims of Kotlin's tokens, plus `familyId` in both."""

    def __init__(self, settings: Jwt, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock

    def issue(self, subject: TokenSubject) -> TokenPair:
        """A new pair for the subject."""
        now = self._clock.now()
        access_expires = now + timedelta(milliseconds=self._settings.access_life_ms)
        refresh_expires = now + timedelta(milliseconds=self._settings.refresh_life_ms)
        shared: dict[str, Any] = {
            "iss": self._settings.issuer,
            "sub": str(subject.user_id),
            "userId": str(subject.user_id),
        }
        if subject.family_id is not None:
            shared["familyId"] = str(subject.family_id)
        access = {
            **shared,
            "aud": self._settings.audience,
            "email": subject.email,
            "role": subject.role.upper(),
            "verified": subject.verified,
        }
        refresh = {**shared, "aud": self._settings.audience + REFRESH_SUFFIX, "type": "refresh"}
        return TokenPair(
            self._sign(access, now, access_expires),
            self._sign(refresh, now, refresh_expires),
            access_expires,
            refresh_expires,
        )

    def _sign(self, claims: dict[str, Any], now: datetime, expires: datetime) -> str:
        import jwt

        times = {"nonce": str(new_uuid()), "iat": int(now.timestamp()), "exp": int(expires.timestamp())}
        return jwt.encode({**claims, **times}, self._settings.secret, algorithm=ALGORITHM)


async def load_library() -> None:
    """Import PyJWT, and with it cryptography, in a thread, so that the start does not wait for it."""
    Thread(target=import_module, args=("jwt",), name="import jwt").start()


class TokenVerifier:
    """Verifies bearer tokens without I/O; caches verified ones until they expire."""

    def __init__(self, settings: Jwt, clock: Clock) -> None:
        self._settings = settings
        self._clock = clock
        self._known: dict[bytes, Caller] = {}
        self._revoked: dict[str, float] = {}
        self._cutoffs: dict[UUID, float] = {}
        self._revocations_missing = False

    def verify(self, token: bytes) -> Caller | None:
        """The caller, or None for a token that is invalid, expired, revoked or not an access token."""
        caller = self._known.get(token)
        now = self._clock.now().timestamp()
        if caller is None:
            caller = self._check(token.decode("latin-1"), now)
            if caller is None:
                return None
            if len(self._known) >= self._settings.cache_size:
                del self._known[next(iter(self._known))]
            self._known[token] = caller
        elif now >= caller.expires_at or caller.issued_at > now + FUTURE_LEEWAY_S:
            del self._known[token]
            return None
        return None if self.is_revoked(caller.token_hash, caller.user_id, caller.issued_at) else caller

    def was_revoked(self, token: str) -> bool:
        """Whether this is an access token that is valid except for being revoked."""
        caller = self._check(token, self._clock.now().timestamp())
        return caller is not None and self.is_revoked(caller.token_hash, caller.user_id, caller.issued_at)

    def verify_refresh(self, token: str) -> RefreshClaims | None:
        """The claims of a valid refresh token, or None. Does not check whether its row in the database is revoked."""
        claims = self._claims(token, self._settings.audience + REFRESH_SUFFIX, self._clock.now().timestamp())
        user_id = parse_uuid(str(claims.get("userId", ""))) if claims else None
        if claims is None or user_id is None or claims.get("type") != "refresh":
            return None
        token_hash = sha256_hex(token)
        issued_at = int(claims.get("iat", 0))
        if self.is_revoked(token_hash, user_id, issued_at):
            return None
        return RefreshClaims(user_id, token_hash, issued_at)

    def is_revoked(self, token_hash: str, user_id: UUID, issued_at: int) -> bool:
        """Whether this token was revoked alone or with all earlier tokens of its user.

        Raises DependencyUnavailable until the revocations are loaded.
        """
        if self._revocations_missing:
            raise DependencyUnavailable("database", "revocations are not loaded yet")
        return token_hash in self._revoked or issued_at < self._cutoffs.get(user_id, 0.0)

    def revocations_unknown(self) -> None:
        """Verify no token until `revocations_loaded` is called."""
        self._revocations_missing = True

    def revocations_loaded(self) -> None:
        """All revocations so far were passed in."""
        self._revocations_missing = False

    def revoke(self, token_hash: str, expires_at: float) -> None:
        """Refuse one token until it expires (epoch seconds)."""
        self._revoked[token_hash] = expires_at

    def revoke_all(self, tokens: Iterable[RevokedToken]) -> None:
        """Refuse some tokens until they expire."""
        for token in tokens:
            self.revoke(token.token_hash, token.expires_at.timestamp())

    def revoke_before(self, user_id: UUID, moment: float) -> None:
        """Refuse every token of a user that was issued before a moment (epoch seconds)."""
        self._cutoffs[user_id] = max(moment, self._cutoffs.get(user_id, 0.0))

    def prune(self) -> None:
        """Drop revocations of expired tokens."""
        now = self._clock.now().timestamp()
        self._revoked = {token_hash: ends for token_hash, ends in self._revoked.items() if ends > now}
        oldest = now - self._settings.refresh_life_ms / 1000
        self._cutoffs = {user_id: moment for user_id, moment in self._cutoffs.items() if moment > oldest}

    def _check(self, token: str, now: float) -> Caller | None:
        claims = self._claims(token, self._settings.audience, now)
        if claims is None or claims.get("type") == "refresh":
            return None
        user_id = parse_uuid(str(claims.get("userId", "")))
        if user_id is None:
            return None
        family = claims.get("familyId")
        return Caller(
            user_id=user_id,
            family_id=parse_uuid(family) if isinstance(family, str) else None,
            family_claim=family if isinstance(family, str) and family else None,
            email=str(claims.get("email", "")),
            role=str(claims.get("role", "")).upper(),
            verified=claims.get("verified") is True,
            token_hash=sha256_hex(token),
            issued_at=int(claims.get("iat", 0)),
            expires_at=int(claims["exp"]),
        )

    def _claims(self, token: str, audience: str, now: float) -> dict[str, Any] | None:
        """Check signature, issuer and audience with PyJWT, then the times with our own clock; None if invalid."""
        import jwt

        if len(token) > MAX_TOKEN_CHARS or CANONICAL.fullmatch(token) is None:
            return None
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                self._settings.secret,
                algorithms=[ALGORITHM],
                audience=audience,
                issuer=self._settings.issuer,
                options=_CHECKS,
            )
            expires, issued = int(claims["exp"]), int(claims.get("iat", 0))
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            return None
        return claims if now < expires <= LATEST and EARLIEST <= issued <= now + FUTURE_LEEWAY_S else None
