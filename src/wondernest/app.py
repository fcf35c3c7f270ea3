"""The composition root: settings → adapters → rooms → ASGI application. Only it builds adapters."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from wondernest.auth.tokens import TokenVerifier
from wondernest.platform.cache import Counters, MemoryCounters, ValkeyCounters
from wondernest.platform.clock import Clock, SystemClock
from wondernest.platform.db.idempotency import IdempotencyKeys
from wondernest.platform.db.pool import Database
from wondernest.platform.http.application import Application, Hook, Machinery
from wondernest.platform.http.caller import Authenticator
from wondernest.platform.http.cors import CrossOrigin
from wondernest.platform.http.limits import RequestLimits
from wondernest.platform.http.sending import Sender
from wondernest.platform.telemetry.logs import RequestLog
from wondernest.platform.telemetry.metrics import Metrics

if TYPE_CHECKING:
    from wondernest.platform.http.endpoint import Endpoint
    from wondernest.settings import Settings


@dataclass(slots=True)
class Parts:
    """What rooms are built from, and what they leave to be started and stopped."""

    settings: Settings
    clock: Clock
    metrics: Metrics
    database: Database
    counters: Counters
    authenticator: Authenticator
    on_start: list[Hook] = field(default_factory=list["Hook"])
    on_stop: list[Hook] = field(default_factory=list["Hook"])


def create_app(settings: Settings, *, clock: Clock | None = None) -> Application:
    """The whole service as one ASGI application; opens nothing before its lifespan starts."""
    parts = _parts(settings, clock or SystemClock(timedelta()))
    endpoints: list[Endpoint] = []
    # Rooms are wired here, lowest first; each adds its endpoints and hooks.
    return Application(
        endpoints,
        _machinery(parts),
        on_start=parts.on_start,
        on_stop=[*parts.on_stop, parts.counters.close, parts.database.close],
    )


def _parts(settings: Settings, clock: Clock) -> Parts:
    metrics = Metrics()
    database = Database(settings.database, metrics)
    cache = settings.cache
    counters: Counters = MemoryCounters(clock)
    if cache.enabled and cache.url:
        counters = ValkeyCounters(cache.url, cache.timeout_s, clock, metrics)
    return Parts(settings, clock, metrics, database, counters, TokenVerifier(settings.jwt, clock))


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
        idempotency=IdempotencyKeys(settings.games.idempotency_life_h),
        limits=RequestLimits(parts.counters, per_minute, parts.clock, enabled=limits.enabled),
        sender=Sender(CrossOrigin(server.cors_origins, allow_localhost=not settings.app.production)),
        metrics=parts.metrics,
        request_log=RequestLog(enabled=settings.log.requests),
        clock=parts.clock,
        trusted_proxies=server.proxy_networks,
        realm=settings.jwt.realm,
        body_timeout_s=server.body_timeout_s,
        max_body_bytes=server.max_body_bytes,
        operator_token=server.metrics_token,
    )
