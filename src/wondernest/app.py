"""The composition root: settings → adapters → rooms → ASGI application. Only it builds adapters."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, field

from wondernest.analytics.repository import AnalyticsRepository
from wondernest.analytics.routes import AnalyticsRoutes
from wondernest.analytics.service import AnalyticsService
from wondernest.auth.attempts import LoginAttempts, MailAllowance, PinAttempts
from wondernest.auth.dependencies import Dependencies as AuthDependencies
from wondernest.auth.letters import Letters
from wondernest.auth.oauth import IdentityVerifier, providers_of
from wondernest.auth.passwords import PasswordHasher
from wondernest.auth.pins import PinService
from wondernest.auth.recovery import RecoveryService
from wondernest.auth.repository import AccountRepository, ProofRepository, SessionRepository
from wondernest.auth.revocations import PRUNE_EVERY_S, RevocationFollower
from wondernest.auth.routes import AccountRoutes, ProofRoutes
from wondernest.auth.service import AccountService
from wondernest.auth.tokens import TokenIssuer, TokenVerifier, load_library
from wondernest.coppa.repository import ConsentRepository
from wondernest.coppa.routes import ConsentRoutes
from wondernest.coppa.service import ConsentService
from wondernest.family.repository import FamilyRepository
from wondernest.family.routes import FamilyRoutes
from wondernest.family.service import FamilyService
from wondernest.games.batch import BatchService
from wondernest.games.registry import RegistryService
from wondernest.games.repository import HistoryRepository, LoadRepository, RegistryRepository, SaveRepository
from wondernest.games.routes import HistoryRoutes, RegistryRoutes, SaveRoutes
from wondernest.games.service import ProjectSaves, SaveService
from wondernest.health.routes import HealthRoutes
from wondernest.health.service import HealthService
from wondernest.platform.cache import Counters, MemoryCounters, ValkeyCounters
from wondernest.platform.clock import Clock, SystemClock
from wondernest.platform.db.idempotency import IdempotencyKeys
from wondernest.platform.db.pool import Database
from wondernest.platform.http.application import Application, Hook, Machinery
from wondernest.platform.http.cors import CrossOrigin
from wondernest.platform.http.limits import RequestLimits
from wondernest.platform.http.sending import Sender
from wondernest.platform.mail import Delivery, Mailer, OutboxMailer, SmtpMailer
from wondernest.platform.mail.outbox_page import OutboxPage
from wondernest.platform.periodic import Periodic
from wondernest.platform.telemetry.exposition import Exposition
from wondernest.platform.telemetry.logs import RequestLog
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.platform.telemetry.outlet import STDOUT
from wondernest.web.documents import Documents
from wondernest.web.routes import DocumentationRoutes

if TYPE_CHECKING:
    from wondernest.platform.http.endpoint import Endpoint
    from wondernest.settings import Settings


FORGET_EXPIRED_EVERY_S: Final = 600.0
"""How often a process drops idempotency keys past their life."""


class Parts(Struct):
    """What rooms are built from, and what they leave to be started and stopped."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    database: Database
    counters: Counters
    authenticator: TokenVerifier
    idempotency: IdempotencyKeys
    on_start: list[Hook] = field(default_factory=list["Hook"])
    on_stop: list[Hook] = field(default_factory=list["Hook"])


def create_app(settings: Settings, *, clock: Clock | None = None) -> Application:
    """The whole service as one ASGI application; opens nothing before its lifespan starts."""
    parts = _parts(settings, clock or SystemClock(timedelta()))
    _forget_expired(parts)
    endpoints: list[Endpoint] = []
    # Rooms are wired here, lowest first; each adds its endpoints and hooks.
    endpoints += _health(parts)
    delivery, outbox_page = _mail(parts)
    accounts, of_accounts = _auth(parts, delivery)
    endpoints += [*outbox_page, *of_accounts]
    endpoints += _coppa(parts)
    endpoints += _family(parts, accounts)
    registry = RegistryService(RegistryRepository(parts.database))
    repository = SaveRepository(parts.database, parts.settings.games.kept_versions)
    endpoints += _games(parts, repository, registry)
    endpoints += _analytics(parts, ProjectSaves(repository), registry)
    if settings.app.shows_docs:
        endpoints += DocumentationRoutes(Documents(tuple(endpoints))).endpoints()
    return Application(
        endpoints,
        _machinery(parts),
        on_start=parts.on_start,
        on_stop=[*parts.on_stop, parts.counters.close, parts.database.close],
    )


def _mail(parts: Parts) -> tuple[Delivery, list[Endpoint]]:
    settings = parts.settings
    outbox = OutboxMailer(Path(settings.app.outbox_path), settings.mail.sender, parts.clock)
    mailer: Mailer = SmtpMailer(settings.mail, parts.clock) if settings.mail.smtp_host else outbox
    delivery = Delivery(mailer, parts.metrics)
    parts.on_start.append(delivery.start)
    parts.on_stop.append(delivery.stop)
    shown = settings.app.development and mailer is outbox
    return delivery, OutboxPage(outbox).endpoints() if shown else []


def _auth(parts: Parts, delivery: Delivery) -> tuple[AccountService, list[Endpoint]]:
    settings, clock, database = parts.settings, parts.clock, parts.database
    refresh_life = timedelta(milliseconds=settings.jwt.refresh_life_ms)
    follower = RevocationFollower(database, parts.authenticator, clock, refresh_life)
    pruning = Periodic("remove expired sessions", PRUNE_EVERY_S, follower.prune)
    hasher = PasswordHasher(settings.auth)
    parts.on_start += [load_library, follower.start, pruning.start]
    parts.on_stop += [pruning.stop, follower.stop, hasher.close]
    deps = AuthDependencies(
        accounts=AccountRepository(database),
        sessions=SessionRepository(database),
        proofs=ProofRepository(database),
        hasher=hasher,
        issuer=TokenIssuer(settings.jwt, clock),
        verifier=parts.authenticator,
        identities=IdentityVerifier(providers_of(settings.oauth, parts.metrics), clock),
        login_attempts=LoginAttempts(parts.counters, settings.limits),
        pin_attempts=PinAttempts(parts.counters, settings.auth),
        allowance=MailAllowance(parts.counters),
        letters=Letters(settings.auth),
        delivery=delivery,
        clock=clock,
    )
    service = AccountService(deps, settings)
    accounts = AccountRoutes(
        service,
        settings.jwt,
        default_pin=bool(settings.default_pin),
        metrics=parts.metrics,
    )
    proofs = ProofRoutes(PinService(deps, settings.default_pin), RecoveryService(deps, settings.auth), parts.metrics)
    return service, [*accounts.endpoints(), *proofs.endpoints()]


def _coppa(parts: Parts) -> list[Endpoint]:
    service = ConsentService(ConsentRepository(), parts.database, parts.clock)
    return ConsentRoutes(service, parts.settings.coppa.unverified_status).endpoints()


def _family(parts: Parts, accounts: AccountService) -> list[Endpoint]:
    service = FamilyService(FamilyRepository(), parts.database, accounts, parts.clock)
    return FamilyRoutes(service, parts.clock).endpoints()


def _health(parts: Parts) -> list[Endpoint]:
    settings = parts.settings
    service = HealthService(
        parts.database,
        parts.counters if isinstance(parts.counters, ValkeyCounters) else None,
        parts.metrics,
        Exposition(parts.metrics),
        cache_required=settings.server.readiness_requires_redis,
    )
    return HealthRoutes(service, parts.clock, settings.app.environment).endpoints()


def _games(parts: Parts, repository: SaveRepository, registry: RegistryService) -> list[Endpoint]:
    loads, history = LoadRepository(parts.database), HistoryRepository(parts.database)
    saves = SaveService(repository, loads, history, parts.metrics)
    return [
        *SaveRoutes(saves, BatchService(repository)).endpoints(),
        *HistoryRoutes(saves).endpoints(),
        *RegistryRoutes(registry).endpoints(),
    ]


def _analytics(parts: Parts, saves: ProjectSaves, play: RegistryService) -> list[Endpoint]:
    service = AnalyticsService(parts.database, AnalyticsRepository(play), saves)
    return AnalyticsRoutes(service, parts.clock).endpoints()


def _forget_expired(parts: Parts) -> None:
    async def chore() -> None:
        await parts.idempotency.forget_expired(parts.database)

    periodic = Periodic("forget expired idempotency keys", FORGET_EXPIRED_EVERY_S, chore)
    parts.on_start.append(periodic.start)
    parts.on_stop.append(periodic.stop)


def _parts(settings: Settings, clock: Clock) -> Parts:
    metrics = Metrics()
    metrics.sample(lambda: metrics.dropped_log_lines.set(STDOUT.dropped))
    database = Database(settings.database, metrics)
    cache = settings.cache
    counters: Counters = MemoryCounters(clock)
    if cache.enabled and cache.url:
        counters = ValkeyCounters(cache.url, cache.timeout_s, clock, metrics)
    verifier = TokenVerifier(settings.jwt, clock)
    keys = IdempotencyKeys(settings.games.idempotency_life_h)
    return Parts(settings, clock, metrics, database, counters, verifier, keys)


def _machinery(parts: Parts) -> Machinery:
    settings = parts.settings
    limits = settings.limits
    per_minute = {
        "credentials": limits.credentials_per_minute,
        "auth": limits.auth_per_minute,
        "upload": limits.upload_per_minute,
        "api": limits.api_per_minute,
    }
    server = settings.server
    return Machinery(
        authenticator=parts.authenticator,
        database=parts.database,
        idempotency=parts.idempotency,
        limits=RequestLimits(parts.counters, per_minute, parts.clock, enabled=limits.enabled),
        sender=Sender(CrossOrigin(server.cors_origins, allow_localhost=not settings.app.production)),
        metrics=parts.metrics,
        request_log=RequestLog(enabled=settings.log.requests, style=settings.log.format),
        clock=parts.clock,
        trusted_proxies=server.proxy_networks,
        realm=settings.jwt.realm,
        body_timeout_s=server.body_timeout_s,
        max_body_bytes=server.max_body_bytes,
        operator_token=server.metrics_token,
    )
