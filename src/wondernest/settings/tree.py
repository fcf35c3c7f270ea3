"""The immutable settings tree: one group per topic, each field with its variable, default and bounds."""

from __future__ import annotations

import os
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Annotated, Final, Literal

from msgspec import Meta, Struct

from wondernest.settings.consent import Consent, TextMessages, Verifier
from wondernest.settings.kinds import MIB, Csv, NonNegative, Pooler, Port, Positive, Seconds, Secret
from wondernest.settings.limits import Analytics, Games, Limits, Quotas
from wondernest.settings.packs import Packs, Payments
from wondernest.settings.privacy import Privacy
from wondernest.settings.storage import S3, BucketAddress, Files, Media, Minio, Scan, Storage

SITE_ORIGIN: Final = "https://wondernest.app"
LOCAL_ORIGINS: Final = ("http://localhost:3000", "http://localhost:3001", "http://localhost:8080")
PRIVATE_NETWORKS: Final = (
    *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "100.64.0.0/10"),
    *("::1/128", "fc00::/7", "fe80::/10"),
)
"""Loopback, private, link-local and shared addresses (RFC 1918, 3927, 4193, 4291, 6598)."""

DEVELOPMENT: Final = frozenset({"development", "test"})
"""The environments that may have demo data and published secrets."""
UNKNOWN: Final = "unknown"
"""APP_ENV is not set: commands run, but unsafe values are not served."""


class App(
    Struct,
    frozen=True,
    rename={
        "environment": "APP_ENV",
        "docs_enabled": "DOCS_ENABLED",
        "outbox_path": "MAIL_OUTBOX_PATH",
        "outbox_allowed": "MAIL_OUTBOX_ALLOWED",
    },
):
    """The environment, and what is shown in it."""

    environment: str = UNKNOWN
    docs_enabled: bool | None = None
    outbox_path: str = ".dev/outbox"
    outbox_allowed: bool = False
    """Whether mail may go to the outbox folder outside development."""

    @property
    def production(self) -> bool:
        """Whether the strict rules of production apply: also to every name that we do not know, such as `prod` or `staging`."""
        return self.environment not in {UNKNOWN, *DEVELOPMENT}

    @property
    def development(self) -> bool:
        """Whether demo data, development pages and lenient defaults are allowed."""
        return self.environment in DEVELOPMENT

    @property
    def shows_docs(self) -> bool:
        """Whether /openapi.* and /swagger are served: off in production by default."""
        return not self.production if self.docs_enabled is None else self.docs_enabled


class Server(
    Struct,
    frozen=True,
    rename={
        "host": "SERVER_HOST",
        "port": "SERVER_PORT",
        "extra_ports": "SERVER_EXTRA_PORTS",
        "allowed_hosts": "SERVER_ALLOWED_HOSTS",
        "workers": "WORKERS",
        "shutdown_grace_s": "SHUTDOWN_GRACE_S",
        "max_body_bytes": "MAX_BODY_BYTES",
        "body_timeout_s": "BODY_TIMEOUT_S",
        "trusted_proxies": "TRUSTED_PROXIES",
        "cors_origins": "CORS_ALLOWED_ORIGINS",
        "metrics_token": "METRICS_TOKEN",
        "metrics_networks": "METRICS_NETWORKS",
        "hsts_s": "HSTS_SECONDS",
        "readiness_requires_redis": "READINESS_REQUIRES_REDIS",
        "max_connections": "SERVER_MAX_CONNECTIONS",
    },
):
    """Sockets, limits of one request, and origins of browsers."""

    host: str = "0.0.0.0"  # noqa: S104 - a server in a container listens on all interfaces (contract §5.10)
    port: Port = 8082
    extra_ports: Csv = Csv()
    allowed_hosts: Csv = Csv()
    """Allowed Host names, in addition to IP addresses; empty: any."""
    workers: NonNegative = 0
    """0: one per CPU core, at most 4."""
    shutdown_grace_s: Seconds = 20.0
    max_body_bytes: Positive = 10 * MIB
    body_timeout_s: Seconds = 30.0
    trusted_proxies: Csv = Csv()
    cors_origins: Csv | None = None
    """None: the site, and in development the usual local addresses."""
    metrics_token: Secret = Secret()
    metrics_networks: Csv | None = None
    """None: loopback and private networks if there is no token; otherwise none."""
    hsts_s: NonNegative = 0
    """max-age of Strict-Transport-Security; 0: the header is not sent."""
    readiness_requires_redis: bool = False
    max_connections: Positive = 10_000

    @property
    def worker_count(self) -> int:
        """How many worker processes to run."""
        return self.workers or min(os.cpu_count() or 1, 4)

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks whose X-Forwarded-For is trusted."""
        return tuple(ip_network(text, strict=False) for text in self.trusted_proxies)

    @property
    def operator_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Networks that see metrics and the version without METRICS_TOKEN."""
        default = () if self.metrics_token else PRIVATE_NETWORKS
        named = default if self.metrics_networks is None else self.metrics_networks
        return tuple(ip_network(text, strict=False) for text in named)


class Database(
    Struct,
    frozen=True,
    rename={
        "url": "DATABASE_URL",
        "pooler": "DATABASE_POOLER",
        "direct_url": "DATABASE_DIRECT_URL",
        "replica_url": "DATABASE_REPLICA_URL",
        "replica_pool_size": "DATABASE_REPLICA_MAX_CONNECTIONS",
        "replica_max_lag_s": "DATABASE_REPLICA_MAX_LAG_S",
        "pool_size": "DATABASE_MAX_CONNECTIONS",
        "acquire_timeout_s": "DATABASE_ACQUIRE_TIMEOUT_S",
        "connect_timeout_s": "DATABASE_CONNECT_TIMEOUT_S",
        "statement_timeout_s": "DATABASE_STATEMENT_TIMEOUT_S",
        "max_waiting": "DATABASE_MAX_WAITING",
        "migrate_lock_wait_s": "MIGRATE_LOCK_WAIT_S",
    },
):
    """PostgreSQL."""

    url: Secret = Secret()
    pooler: Pooler = Pooler.NONE
    """What is at that address in front of PostgreSQL."""
    direct_url: Secret = Secret()
    """PostgreSQL itself, for listeners, migrations and commands, where a pooler is at `url`. Empty: `url`."""
    replica_url: Secret = Secret()
    """A streaming standby for figures of parents. Empty: the primary serves them. `pooler` is also what is in front of it."""
    replica_pool_size: Positive = 4
    """Per worker."""
    replica_max_lag_s: Annotated[float, Meta(ge=1)] = 5.0
    """What the standby must show: everything that was committed so long ago."""
    pool_size: Positive = 8
    """Per worker. 4 workers, a fifth during a replacement, and listeners make 45 connections; old installations allow the role 50."""
    acquire_timeout_s: Seconds = 2.0
    connect_timeout_s: Seconds = 2.0
    statement_timeout_s: Seconds = 5.0
    max_waiting: Positive = 1_000
    migrate_lock_wait_s: Seconds = 60.0

    @property
    def direct(self) -> Secret:
        """The address of PostgreSQL itself, or of a session of a pooler."""
        return self.direct_url or self.url


class Cache(
    Struct, frozen=True, rename={"url": "REDIS_URL", "enabled": "REDIS_ENABLED", "timeout_s": "REDIS_TIMEOUT_S"}
):
    """Valkey or Redis. No durable data is in it."""

    url: Secret = Secret("redis://localhost:6379/0")
    enabled: bool = True
    timeout_s: Seconds = 0.25


class Jwt(
    Struct,
    frozen=True,
    rename={
        "secret": "JWT_SECRET",
        "issuer": "JWT_ISSUER",
        "audience": "JWT_AUDIENCE",
        "realm": "JWT_REALM",
        "access_life_ms": "JWT_EXPIRES_IN",
        "refresh_life_ms": "JWT_REFRESH_EXPIRES_IN",
        "cache_size": "JWT_CACHE_SIZE",
    },
):
    """Tokens, shared with the two earlier backends (auth contract §1.5)."""

    secret: Secret = Secret("your-super-secret-jwt-key-change-this-in-production")
    issuer: str = "wondernest-api"
    audience: str = "wondernest-users"
    realm: str = "WonderNest API"
    access_life_ms: Positive = 3_600_000
    refresh_life_ms: Positive = 2_592_000_000
    cache_size: Positive = 20_000


class Auth(
    Struct,
    frozen=True,
    rename={
        "default_pin": "PARENT_DEFAULT_PIN",
        "bcrypt_cost": "BCRYPT_COST",
        "bcrypt_threads": "BCRYPT_THREADS",
        "bcrypt_queue": "BCRYPT_QUEUE",
        "reset_life_h": "PASSWORD_RESET_LIFE_H",
        "reset_page_url": "PASSWORD_RESET_PAGE_URL",
        "verification_life_h": "EMAIL_VERIFICATION_LIFE_H",
        "require_mail_token": "EMAIL_VERIFICATION_REQUIRE_TOKEN",
        "pin_attempts": "PIN_MAX_ATTEMPTS",
        "pin_lock_s": "PIN_LOCK_S",
        "sessions_per_user": "SESSIONS_PER_USER",
    },
):
    """Passwords, PIN, reset and verification."""

    default_pin: Secret | None = None
    """None: 1234 in development, no default PIN anywhere else."""
    bcrypt_cost: Annotated[int, Meta(ge=4, le=15)] = 12
    bcrypt_threads: NonNegative = 0
    """0: one per CPU core."""
    bcrypt_queue: NonNegative = 16
    reset_life_h: Positive = 24
    reset_page_url: str = ""
    verification_life_h: Positive = 72
    require_mail_token: bool = False
    pin_attempts: Positive = 5
    pin_lock_s: Positive = 900
    sessions_per_user: Positive = 100
    """Logins of one user; the one that was used least recently ends when there is one more."""

    @property
    def bcrypt_room(self) -> int:
        """How many hash operations one worker runs and queues."""
        return (self.bcrypt_threads or os.cpu_count() or 1) + self.bcrypt_queue


class Coppa(
    Struct,
    frozen=True,
    rename={
        "unverified_status": "COPPA_UNVERIFIED_STATUS",
        "gate": "COPPA_GATE",
        "grace_days": "COPPA_GRACE_DAYS",
        "default_country": "COPPA_DEFAULT_COUNTRY",
        "third_parties": "COPPA_THIRD_PARTIES",
    },
):
    """Consent."""

    unverified_status: str = "PENDING_VERIFICATION"
    """The status of a consent that no verifier has confirmed."""
    gate: Literal["enforce", "record", "off"] | None = None
    """What happens to a request without consent. None: it is recorded in development, and refused anywhere else."""
    grace_days: NonNegative = 30
    """How long children made before the gate was enforced for the first time may go on without consent; their parents get a letter."""
    default_country: Annotated[str, Meta(pattern="^([A-Za-z]{2})?$")] = ""
    """The country (ISO 3166) of families that named none; empty: unknown, and the highest age of consent applies."""
    third_parties: Csv = Csv()
    """The third parties to which the notice says data is disclosed, by name."""


class OAuth(
    Struct,
    frozen=True,
    rename={
        "google_client_ids": "OAUTH_GOOGLE_CLIENT_IDS",
        "google_jwks": "OAUTH_GOOGLE_JWKS",
        "apple_client_ids": "OAUTH_APPLE_CLIENT_IDS",
        "apple_jwks": "OAUTH_APPLE_JWKS",
        "facebook_client_ids": "OAUTH_FACEBOOK_CLIENT_IDS",
        "facebook_jwks": "OAUTH_FACEBOOK_JWKS",
        "jwks_cache_s": "OAUTH_JWKS_CACHE_S",
        "timeout_s": "OAUTH_TIMEOUT_S",
    },
):
    """External identity providers. A provider without client ids is off. A JWKS is a URL or a file path."""

    google_client_ids: Csv = Csv()
    google_jwks: str = "https://www.googleapis.com/oauth2/v3/certs"
    apple_client_ids: Csv = Csv()
    apple_jwks: str = "https://appleid.apple.com/auth/keys"
    facebook_client_ids: Csv = Csv()
    facebook_jwks: str = "https://www.facebook.com/.well-known/oauth/openid/jwks/"
    jwks_cache_s: Positive = 3600
    timeout_s: Seconds = 3.0


class Mail(
    Struct,
    frozen=True,
    rename={
        "smtp_host": "SMTP_HOST",
        "smtp_port": "SMTP_PORT",
        "smtp_username": "SMTP_USERNAME",
        "smtp_password": "SMTP_PASSWORD",
        "smtp_tls": "SMTP_TLS",
        "sender": "MAIL_FROM",
        "timeout_s": "SMTP_TIMEOUT_S",
    },
):
    """Outgoing mail; without SMTP_HOST it goes to the outbox folder."""

    smtp_host: str = ""
    smtp_port: Port = 587
    smtp_username: str = ""
    smtp_password: Secret = Secret()
    smtp_tls: Literal["none", "starttls", "tls"] = "starttls"
    sender: str = "WonderNest <no-reply@wondernest.app>"
    timeout_s: Seconds = 10.0


class Jobs(
    Struct,
    frozen=True,
    rename={"processes": "JOBS_PROCESSES", "concurrency": "JOBS_CONCURRENCY", "lease_s": "JOBS_LEASE_S"},
):
    """Background work."""

    processes: NonNegative = 1
    """How many jobs processes `serve` runs in addition to its workers."""
    concurrency: Annotated[int, Meta(ge=2, le=64)] = 4
    """How many jobs one process runs at the same time."""
    lease_s: Annotated[float, Meta(ge=1)] = 30.0
    """A job is taken again when its process has sent no heartbeat for so long."""


class Log(
    Struct,
    frozen=True,
    rename={
        "level": "LOG_LEVEL",
        "format": "LOG_FORMAT",
        "requests": "LOG_REQUESTS",
        "kept_days": "LOG_KEPT_DAYS",
    },
):
    """Logging."""

    level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    format: Literal["json", "text"] = "json"
    requests: bool = True
    kept_days: Annotated[int, Meta(ge=1, le=366)] = 30
    """After how many days the operator deletes log lines. The service only tells people; it does not delete them."""


class Settings(Struct, frozen=True):
    """All settings."""

    app: App = App()
    server: Server = Server()
    database: Database = Database()
    cache: Cache = Cache()
    jwt: Jwt = Jwt()
    auth: Auth = Auth()
    oauth: OAuth = OAuth()
    coppa: Coppa = Coppa()
    consent: Consent = Consent()
    verifier: Verifier = Verifier()
    texts: TextMessages = TextMessages()
    limits: Limits = Limits()
    games: Games = Games()
    analytics: Analytics = Analytics()
    quotas: Quotas = Quotas()
    mail: Mail = Mail()
    storage: Storage = Storage()
    s3: S3 = S3()
    minio: Minio = Minio()
    scan: Scan = Scan()
    files: Files = Files()
    jobs: Jobs = Jobs()
    media: Media = Media()
    packs: Packs = Packs()
    payments: Payments = Payments()
    privacy: Privacy = Privacy()
    log: Log = Log()

    @property
    def default_pin(self) -> str:
        """The PIN of parents who never set one; empty: no default PIN (auth contract, verify-pin)."""
        if self.auth.default_pin is not None:
            return self.auth.default_pin
        return "1234" if self.app.development else ""

    @property
    def consent_gate(self) -> Literal["enforce", "record", "off"]:
        """What happens to a request without consent."""
        return self.coppa.gate or ("record" if self.app.development else "enforce")

    @property
    def payment_gateway(self) -> str:
        """The kind of gateway that takes payments; `none`: nobody does."""
        return self.payments.gateway or ("simulated" if self.app.development else "none")

    @property
    def confirms_consent(self) -> bool:
        """Whether a parent has to confirm a consent before it counts."""
        if self.consent.confirmation is None:
            return not self.app.development
        return self.consent.confirmation == "required"

    @property
    def pages_url(self) -> str:
        """The origin of links in letters; empty: nobody said it."""
        known = self.files.public_base_url.rstrip("/")
        return known or (f"http://localhost:{self.server.port}" if self.app.development else "")

    @property
    def bucket(self) -> BucketAddress | None:
        """Where blobs are stored; None: in the local folder."""
        if self.storage.provider == "local":
            return None
        if self.storage.provider == "minio":
            return BucketAddress(
                endpoint=self.minio.endpoint.rstrip("/"),
                name=self.minio.bucket,
                region=self.minio.region,
                access_key=self.minio.access_key,
                secret_key=self.minio.secret_key,
                path_style=self.minio.path_style,
            )
        return BucketAddress(
            endpoint=self.s3.endpoint.rstrip("/"),
            name=self.s3.bucket,
            region=self.s3.region,
            access_key=self.s3.access_key,
            secret_key=self.s3.secret_key,
            path_style=bool(self.s3.endpoint) if self.s3.path_style is None else self.s3.path_style,
        )

    @property
    def cors_origins(self) -> tuple[str, ...]:
        """The origins whose pages may read replies (server contract §5.3)."""
        if self.server.cors_origins is not None:
            return self.server.cors_origins
        return (*LOCAL_ORIGINS, SITE_ORIGIN) if self.app.development else (SITE_ORIGIN,)
