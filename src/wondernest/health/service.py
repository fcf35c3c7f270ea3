"""The health of the service, from the state of its dependencies."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from wondernest.health.probes import probe_cache, probe_database
from wondernest.platform.checks import Cached, Health

if TYPE_CHECKING:
    from wondernest.platform.cache import Counters
    from wondernest.platform.db.pool import Database
    from wondernest.platform.rooms import Rooms
    from wondernest.platform.telemetry.exposition import Exposition
    from wondernest.platform.telemetry.metrics import Metrics


class HealthReport(Struct, frozen=True):
    """The state of every dependency at one moment."""

    database: Health
    cache: Health
    others: Mapping[str, Health]
    """Results of the rooms' own checks, by name."""
    cache_required: bool

    @property
    def all_up(self) -> bool:
        """Whether every dependency is up."""
        return self.database.up and self.cache.up and all(health.up for health in self.others.values())

    @property
    def ready(self) -> bool:
        """Whether requests can be answered. The cache counts only if `cache_required`."""
        return self.database.up and self.database.complete and (self.cache.up or not self.cache_required)


class HealthService:
    """Reports the health of the service. A dependency that is down raises nothing."""

    def __init__(
        self,
        database: Database,
        counters: Counters | None,
        rooms: Rooms,
        metrics: Metrics,
        exposition: Exposition,
        *,
        cache_required: bool,
    ) -> None:
        """`counters`: None when the cache is switched off by configuration."""
        self._database = Cached(lambda: probe_database(database, rooms))
        self._cache = Cached(lambda: probe_cache(counters)) if counters else None
        self._others = {check.name: Cached(check.ask) for check in rooms.checks}
        self._metrics = metrics
        self._exposition = exposition
        self._cache_required = cache_required

    async def report(self) -> HealthReport:
        """Check every dependency, all at the same time."""
        database, cache, *others = await asyncio.gather(
            self._database.get(), self._ask_cache(), *(check.get() for check in self._others.values())
        )
        return HealthReport(database, cache, dict(zip(self._others, others, strict=True)), self._cache_required)

    async def started(self) -> bool:
        """Whether the database was reached and every table is in place. One that is read-only counts: a restart would not change it."""
        return (await self._database.get()).complete

    async def metrics_text(self) -> bytes:
        """The metrics in Prometheus text format, with the current state of the cache."""
        self._metrics.redis_up.set(1 if (await self._ask_cache()).up else 0)
        return await self._exposition.text()

    async def _ask_cache(self) -> Health:
        return Health(up=True, message="Disabled", took_ms=0) if self._cache is None else await self._cache.get()
