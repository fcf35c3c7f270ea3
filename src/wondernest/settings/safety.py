"""What must not be served to people: values that only development and tests may have."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from wondernest.settings.tree import Settings

PLACEHOLDER_SECRETS = frozenset(
    {
        "your-super-secret-jwt-key-change-this-in-production",
        "development-jwt-secret-change-in-production",
    }
)
"""Published defaults of the two earlier backends (auth contract §1.5)."""
PUBLISHED_STORAGE_KEYS: Final = frozenset({"minioadmin"})
"""The default of MinIO and of an earlier backend."""
SECRET_MIN_BYTES: Final = 32
BCRYPT_MIN_COST: Final = 10
WHERE: Final = "unless APP_ENV is development or test"
_PENDING: Final = "PENDING"


def unsafe(settings: Settings) -> Iterator[str]:
    """Why these settings are not served outside development, a line for each variable; nothing when they may be."""
    if settings.app.development:
        return
    yield from _secrets(settings)
    yield from _origins(settings)
    yield from _consent(settings)
    yield from _limits(settings)
    yield from _mail(settings)
    yield from _key_sets(settings)
    yield from _storage(settings)
    yield from _payments(settings)


def _secrets(settings: Settings) -> Iterator[str]:
    if settings.jwt.secret in PLACEHOLDER_SECRETS:
        yield f"JWT_SECRET: a published placeholder is refused {WHERE}; set your own"
    elif len(settings.jwt.secret.encode()) < SECRET_MIN_BYTES:
        yield f"JWT_SECRET: at least {SECRET_MIN_BYTES} bytes are needed {WHERE}"
    if settings.auth.default_pin is not None:
        yield f"PARENT_DEFAULT_PIN: a default PIN is refused {WHERE}; remove it"
    if settings.auth.bcrypt_cost < BCRYPT_MIN_COST:
        yield f"BCRYPT_COST: less than {BCRYPT_MIN_COST} is refused {WHERE}"


def _origins(settings: Settings) -> Iterator[str]:
    """Replies allow credentials: a page that anybody can serve must not be able to read them."""
    origins = settings.cors_origins
    if "*" in origins:
        yield f"CORS_ALLOWED_ORIGINS: the wildcard is refused {WHERE}; list the origins"
    if local := [origin for origin in origins if _is_local(origin)]:
        yield f"CORS_ALLOWED_ORIGINS: {', '.join(local)} is refused {WHERE}; list the origins of your site"


def _is_local(origin: str) -> bool:
    return origin == "null" or _on_this_machine(origin)


def _on_this_machine(url: str) -> bool:
    host = (urlsplit(url).hostname or "").rstrip(".")
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")


def _consent(settings: Settings) -> Iterator[str]:
    """Nobody's consent counts, or is called verified, before a parent confirmed it; and a letter's link leads to us."""
    if not settings.confirms_consent:
        yield f"COPPA_CONFIRMATION: automatic consent is refused {WHERE}; set required or remove it"
    if not settings.pages_url:
        yield f"PUBLIC_BASE_URL: letters that ask for consent need the address of this service {WHERE}; set it"
    for name, url in (("COPPA_VERIFIER_URL", settings.verifier.url), ("TEXT_MESSAGES_URL", settings.texts.url)):
        if url.startswith("http://") and not _on_this_machine(url):
            yield f"{name}: a service over http is refused {WHERE}; use https"
    if settings.verifier.url and len(settings.verifier.webhook_secret.encode()) < SECRET_MIN_BYTES:
        yield f"COPPA_VERIFIER_WEBHOOK_SECRET: at least {SECRET_MIN_BYTES} bytes are needed {WHERE}"
    if settings.consent.ledger_key and len(settings.consent.ledger_key.encode()) < SECRET_MIN_BYTES:
        yield f"COPPA_LEDGER_KEY: at least {SECRET_MIN_BYTES} bytes are needed {WHERE}"
    if settings.consent_gate == "off":
        yield f"COPPA_GATE: off is refused {WHERE}; set enforce, or record to count what it would refuse"
    if not settings.coppa.unverified_status.upper().startswith(_PENDING):
        yield f"COPPA_UNVERIFIED_STATUS: a consent that nobody verified is {_PENDING}… {WHERE}"


def _limits(settings: Settings) -> Iterator[str]:
    limits = settings.limits
    if not limits.enabled:
        yield f"RATE_LIMIT_ENABLED: limits switched off are refused {WHERE}"
    for name, limit in (
        ("RATE_LIMIT_CREDENTIALS", limits.credentials_per_minute),
        ("RATE_LIMIT_AUTH", limits.auth_per_minute),
        ("RATE_LIMIT_FAILED_LOGINS", limits.failures_per_minute),
        ("RATE_LIMIT_API", limits.api_per_minute),
        ("RATE_LIMIT_UPLOAD", settings.files.uploads_per_minute),
    ):
        if not limit:
            yield f"{name}: 0 switches the limit off, which is refused {WHERE}"


def _mail(settings: Settings) -> Iterator[str]:
    if not settings.mail.smtp_host:
        if not settings.app.outbox_allowed:
            yield (
                f"SMTP_HOST: without a mail server no reset or consent letter arrives, which is refused {WHERE}; "
                "set it, or MAIL_OUTBOX_ALLOWED=true if somebody reads the outbox folder"
            )
    elif settings.mail.smtp_tls == "none":
        yield f"SMTP_TLS: mail without TLS is refused {WHERE}; set starttls or tls"


def _key_sets(settings: Settings) -> Iterator[str]:
    oauth = settings.oauth
    for name, address in (
        ("OAUTH_GOOGLE_JWKS", oauth.google_jwks),
        ("OAUTH_APPLE_JWKS", oauth.apple_jwks),
        ("OAUTH_FACEBOOK_JWKS", oauth.facebook_jwks),
    ):
        if urlsplit(address).scheme.lower() == "http":
            yield f"{name}: a key set over http is refused {WHERE}; use https or a file"


def _storage(settings: Settings) -> Iterator[str]:
    """What people upload, and the keys to it, must not cross a network in clear text."""
    bucket, prefix = settings.bucket, "MINIO" if settings.storage.provider == "minio" else "S3"
    if bucket is None:
        return
    plain = bucket.endpoint.startswith("http://") and not _on_this_machine(bucket.endpoint)
    if plain and not settings.storage.http_allowed:
        yield (
            f"{prefix}_ENDPOINT: storage over http is refused {WHERE}; "
            "use https, or STORAGE_HTTP_ALLOWED=true if nobody else can read that network"
        )
    if bucket.secret_key in PUBLISHED_STORAGE_KEYS:
        yield f"{prefix}_SECRET_KEY: a published default is refused {WHERE}; set your own"


def _payments(settings: Settings) -> Iterator[str]:
    """Packs are not given away, and what the gateway is told and tells is not read or made up by others."""
    payments = settings.payments
    if settings.payment_gateway == "simulated":
        yield f"PAYMENT_GATEWAY: the simulated gateway takes no money and is refused {WHERE}; set none or webhook"
    if settings.payment_gateway != "webhook":
        return
    if payments.url.startswith("http://") and not _on_this_machine(payments.url):
        yield f"PAYMENT_GATEWAY_URL: a gateway over http is refused {WHERE}; use https"
    if len(payments.webhook_secret.encode()) < SECRET_MIN_BYTES:
        yield f"PAYMENT_WEBHOOK_SECRET: at least {SECRET_MIN_BYTES} bytes are needed {WHERE}"
