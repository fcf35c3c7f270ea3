"""Identity tokens of Google, Apple and Facebook: verified, or refused."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from wondernest.auth import errors, rules
from wondernest.auth.jwks import ALGORITHMS, KeySet

if TYPE_CHECKING:
    from jwt.types import Options

    from wondernest.platform.clock import Clock
    from wondernest.platform.telemetry.metrics import Metrics
    from wondernest.settings import OAuth

FUTURE_LEEWAY_S: Final = 60
"""How far a provider's clock may be ahead of ours. An expired token gets no leeway."""
ISSUERS: Final[Mapping[str, tuple[str, ...]]] = {
    "google": ("https://accounts.google.com", "accounts.google.com"),
    "apple": ("https://appleid.apple.com",),
    "facebook": ("https://www.facebook.com", "https://facebook.com"),
}
"""The names that a provider gives itself in `iss`. A subject means the same person under each; the first one is stored."""
NEVER_STATE_VERIFICATION: Final = frozenset({"facebook"})
"""Providers whose tokens have an address without `email_verified`. Such an address may begin an account, but proves nothing."""
MAX_SUBJECT_CHARS: Final = 255
"""OpenID Connect Core §2: at most 255 ASCII characters."""
LATEST: Final = datetime(9999, 12, 31, tzinfo=UTC).timestamp()
_CANONICAL: Final = re.compile(r"(?:[A-Za-z0-9_-]+\.){2}[A-Za-z0-9_-]+", re.ASCII)
_SIGNATURE_ONLY: Final[Options] = {
    "require": ["exp", "iss", "aud", "sub"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
}


class Identity(Struct, frozen=True, kw_only=True):
    """The person that an identity token identifies: by issuer and subject, never by address."""

    issuer: str
    subject: str
    email: str | None
    """In lower case; None if the token has none."""
    owns_email: bool
    """Whether the provider states that it has verified the address."""
    may_use_email: bool
    """Whether a new account may have the address: it is verified, or the provider never states that."""
    names: rules.NameFields
    nonce: str | None
    token_hash: bytes
    """SHA-256 of what the provider signed. The signature is left out: one signature has several spellings, and anybody can make a
    second valid one from a signature of ES256."""
    expires_at: datetime


class Provider(Struct, frozen=True):
    """One identity provider as it is configured."""

    issuers: tuple[str, ...]
    client_ids: frozenset[str]
    keys: KeySet
    states_verification: bool


def providers_of(settings: OAuth, metrics: Metrics) -> dict[str, Provider]:
    """The providers that have client ids; the others are switched off."""
    configured = {
        "google": (settings.google_client_ids, settings.google_jwks),
        "apple": (settings.apple_client_ids, settings.apple_jwks),
        "facebook": (settings.facebook_client_ids, settings.facebook_jwks),
    }
    return {
        name: Provider(
            ISSUERS[name],
            frozenset(client_ids),
            KeySet(source, settings.jwks_cache_s, settings.timeout_s, metrics),
            name not in NEVER_STATE_VERIFICATION,
        )
        for name, (client_ids, source) in configured.items()
        if client_ids
    }


class IdentityVerifier:
    """Verifies identity tokens: signature, algorithm, issuer, audience, times, subject."""

    def __init__(self, providers: Mapping[str, Provider], clock: Clock) -> None:
        self._providers = providers
        self._clock = clock

    async def verify(self, provider_name: str, token: str) -> Identity:
        """The identity in the token; raises ExternalLoginRefused, or DependencyUnavailable without the provider's keys."""
        provider = self._providers.get(provider_name)
        if provider is None:
            raise errors.ExternalLoginRefused
        claims = await self._claims(provider, token)
        if claims is None:
            raise errors.ExternalLoginRefused
        email, verified = claims.get("email"), claims.get("email_verified")
        owns_email, nonce = verified is True or verified == "true", claims.get("nonce")
        return Identity(
            issuer=provider.issuers[0],
            subject=claims["sub"],
            email=rules.normal_email(email) if isinstance(email, str) and rules.is_email(email) else None,
            owns_email=owns_email,
            may_use_email=owns_email or (verified is None and not provider.states_verification),
            names=_names(claims),
            nonce=nonce if isinstance(nonce, str) else None,
            token_hash=hashlib.sha256(token.rpartition(".")[0].encode()).digest(),
            expires_at=datetime.fromtimestamp(float(claims["exp"]), UTC),
        )

    async def _claims(self, provider: Provider, token: str) -> dict[str, Any] | None:
        import jwt

        if _CANONICAL.fullmatch(token) is None:
            return None
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            return None
        key_id = header.get("kid")
        if header.get("alg") not in ALGORITHMS.values() or not isinstance(key_id, str):
            return None
        key = await provider.keys.key(key_id)
        if key is None:
            return None
        try:
            claims: dict[str, Any] = jwt.decode(token, key, algorithms=[key.algorithm_name], options=_SIGNATURE_ONLY)
            expires, issued = float(claims["exp"]), float(claims.get("iat", 0))
            begins = float(claims.get("nbf", 0))
        except (jwt.PyJWTError, ValueError, TypeError, OverflowError):
            return None
        now = self._clock.now().timestamp()
        timely = now < expires < LATEST and max(issued, begins) <= now + FUTURE_LEEWAY_S
        issuer, audience = claims.get("iss"), claims.get("aud")
        ours = isinstance(issuer, str) and issuer in provider.issuers
        for_us = isinstance(audience, str) and audience in provider.client_ids
        return claims if timely and ours and for_us and _is_subject(claims.get("sub")) else None


def _is_subject(value: object) -> bool:
    if not isinstance(value, str) or not 0 < len(value) <= MAX_SUBJECT_CHARS:
        return False
    return value.isascii() and value.isprintable() and not value.isspace()


def _names(claims: Mapping[str, Any]) -> rules.NameFields:
    """The names in the token, cut to the stored length."""

    def text(name: str) -> str | None:
        value = claims.get(name)
        return rules.clean_text(value)[: rules.MAX_NAME_CHARS] if isinstance(value, str) else None

    return rules.NameFields(text("name"), text("given_name"), text("family_name"))
