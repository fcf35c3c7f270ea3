"""The health room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.health.routes import HealthRoutes
from wondernest.health.service import HealthService
from wondernest.platform.cache import ValkeyCounters
from wondernest.platform.http.operators import Operators
from wondernest.platform.rooms import Room
from wondernest.platform.telemetry.exposition import Exposition

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts, Rooms


def build(parts: Parts, others: Rooms) -> Room:
    """Health, readiness and metrics of the other rooms together."""
    settings, counters = parts.settings, parts.counters
    service = HealthService(
        parts.database,
        counters if isinstance(counters, ValkeyCounters) else None,
        others,
        parts.metrics,
        Exposition(parts.metrics),
        cache_required=settings.server.readiness_requires_redis,
    )
    operators = Operators(settings.server.metrics_token, settings.server.operator_networks)
    routes = HealthRoutes(service, parts.clock, settings.app.environment, operators)
    return Room(name="health", endpoints=routes.endpoints())
