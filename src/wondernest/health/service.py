"""What the probes' findings mean for the service."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from msgspec import Struct

from wondernest.health.probes import Cached, Health, probe_cache, probe_database

if TYPE_CHECKING:
    from wondernest.platform.cache import Counters
    from wondernest.platform.db.pool import Database
    from wondernest.platform.telemetry.exposition import Exposition
    from wondernest.platform.telemetry.metrics import Metrics


class Findings(Struct, frozen=True):
    """The dependencies at one moment."""

    database: Health
    cache: Health
    cache_required: bool

    @property
    def all_up(self) -> bool:
        """Whether nothing is amiss."""
        return self.database.up and self.cache.up

    @property
    def ready(self) -> bool:
        """Whether requests can be answered: the database decides, the cache only where the operator says so."""
        return self.database.up and self.database.complete and (self.cache.up or not self.cache_required)


class HealthService:
    """Answers for the service's health. Never raises for a dependency that is down."""

    def __init__(
        self,
        database: Database,
        counters: Counters | None,
        metrics: Metrics,
        exposition: Exposition,
        *,
        cache_required: bool,
    ) -> None:
        """`counters`: None when the cache is switched off by configuration."""
        self._database = Cached(lambda: probe_database(database))
        self._cache = Cached(lambda: probe_cache(counters)) if counters else None
        self._metrics = metrics
        self._exposition = exposition
        self._cache_required = cache_required

    async def findings(self) -> Findings:
        """Both dependencies, asked at the same time."""
        database, cache = await asyncio.gather(self._database.get(), self._ask_cache())
        return Findings(database, cache, self._cache_required)

    async def started(self) -> bool:
        """Whether the database is reachable and every table is in place."""
        database = await self._database.get()
        return database.up and database.complete

    async def metrics_text(self) -> bytes:
        """The instruments, with the cache's state as of now."""
        self._metrics.redis_up.set(1 if (await self._ask_cache()).up else 0)
        return await self._exposition.text()

    async def _ask_cache(self) -> Health:
        return Health(up=True, message="Disabled", took_ms=0) if self._cache is None else await self._cache.get()
