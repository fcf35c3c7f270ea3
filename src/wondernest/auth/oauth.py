"""Identity tokens of Google, Apple and Facebook: verified, or refused."""

from __future__ import annotations

from collections.abc import Mapping
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
ISSUERS: Final[Mapping[str, frozenset[str]]] = {
    "google": frozenset({"https://accounts.google.com", "accounts.google.com"}),
    "apple": frozenset({"https://appleid.apple.com"}),
    "facebook": frozenset({"https://www.facebook.com", "https://facebook.com"}),
}
VERIFIES_ADDRESSES: Final = frozenset({"facebook"})
"""Providers whose tokens hold verified addresses only, without `email_verified`. If the claim is there, it decides."""
_SIGNATURE_ONLY: Final[Options] = {
    "require": ["exp", "iss", "aud", "sub"],
    "verify_exp": False,
    "verify_iat": False,
    "verify_nbf": False,
    "verify_aud": False,
    "verify_iss": False,
}


class Identity(Struct, frozen=True):
    """The person that an identity token identifies."""

    email: str
    names: rules.NameFields


class Provider(Struct, frozen=True):
    """One identity provider as it is configured."""

    issuers: frozenset[str]
    client_ids: frozenset[str]
    keys: KeySet
    verifies_addresses: bool


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
            name in VERIFIES_ADDRESSES,
        )
        for name, (client_ids, source) in configured.items()
        if client_ids
    }


class IdentityVerifier:
    """Verifies identity tokens: signature, algorithm, issuer, audience, times, address."""

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
        confirmed = verified is True or verified == "true" or (verified is None and provider.verifies_addresses)
        if not isinstance(email, str) or not rules.is_email(email) or not confirmed:
            raise errors.ExternalLoginRefused
        return Identity(rules.normal_email(email), _names(claims))

    async def _claims(self, provider: Provider, token: str) -> dict[str, Any] | None:
        import jwt

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
        timely = now < expires and max(issued, begins) <= now + FUTURE_LEEWAY_S
        issuer, audience = claims.get("iss"), claims.get("aud")
        ours = isinstance(issuer, str) and issuer in provider.issuers
        for_us = isinstance(audience, str) and audience in provider.client_ids
        return claims if timely and ours and for_us else None


def _names(claims: Mapping[str, Any]) -> rules.NameFields:
    """The names in the token, cut to the stored length."""

    def text(name: str) -> str | None:
        value = claims.get(name)
        return rules.clean_text(value)[: rules.MAX_NAME_CHARS] if isinstance(value, str) else None

    return rules.NameFields(text("name"), text("given_name"), text("family_name"))
