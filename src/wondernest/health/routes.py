"""The routes of health (server contract §4)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from wondernest import __version__
from wondernest.health.errors import DetailsBroken, ReadinessBroken
from wondernest.health.service import HealthService
from wondernest.health.wire import Alive, Component, Detailed, NotReady, Ready, Startup, Up, UpOrDown
from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.json import encode, instant
from wondernest.platform.telemetry.exposition import CONTENT_TYPE

if TYPE_CHECKING:
    from wondernest.platform.checks import Health
    from wondernest.platform.clock import Clock

TAG: Final = "Health"
_UP: Final = encode(Up())
_ALIVE: Final = encode(Alive())
_NO_STORE: Final = ((b"cache-control", b"no-store"),)


class HealthRoutes:
    """Health, readiness, liveness, startup and metrics."""

    def __init__(self, service: HealthService, clock: Clock, environment: str) -> None:
        self._service = service
        self._clock = clock
        self._environment = environment

    def endpoints(self) -> list[Endpoint]:
        """The declarations."""
        shared: dict[str, Any] = {"method": "GET", "caller": CallerKind.PUBLIC, "tag": TAG, "mounts": ("",)}
        return [
            Endpoint(
                **shared,
                path="/health",
                handler=self.health,
                replies={200: Response(Up)},
                summary="Whether the service answers; asks no dependency",
            ),
            Endpoint(
                **shared,
                path="/health/detailed",
                handler=self.detailed,
                failure=self._details_broken,
                replies={200: Response(Detailed), 503: Response(Detailed, "A dependency is down")},
                summary="The state of each dependency",
            ),
            Endpoint(
                **shared,
                path="/health/ready",
                handler=self.ready,
                failure=ReadinessBroken,
                replies={200: Response(Ready), 503: Response(NotReady, "Requests cannot be answered")},
                summary="Whether traffic may come",
            ),
            Endpoint(
                **shared,
                path="/health/live",
                handler=self.live,
                replies={200: Response(Alive)},
                summary="Whether the process runs",
            ),
            Endpoint(
                **shared,
                path="/health/startup",
                handler=self.startup,
                replies={200: Response(Startup), 503: Response(Startup, "Database or schema not there yet")},
                summary="Whether the database was reached with its schema in place",
            ),
            Endpoint(
                method="GET",
                path="/metrics",
                mounts=("", "/health"),
                handler=self.metrics,
                caller=CallerKind.OPERATOR,
                replies={200: Response(None, "Prometheus text format", "text/plain")},
                summary="The instruments, summed over all workers",
                tag=TAG,
                note="The bearer is METRICS_TOKEN where one is configured; otherwise anyone may read.",
            ),
        ]

    async def health(self, _request: Request[None]) -> Reply:
        """GET /health."""
        return Reply(200, _UP)

    async def live(self, _request: Request[None]) -> Reply:
        """GET /health/live."""
        return Reply(200, _ALIVE)

    async def detailed(self, _request: Request[None]) -> Reply:
        """GET /health/detailed."""
        found = await self._service.findings()
        services = {"database": found.database, "redis": found.cache, **found.others}
        answer = Detailed(
            _word(found.all_up),
            self._now(),
            __version__,
            self._environment,
            {name: _component(health) for name, health in services.items()},
        )
        return reply_json(answer, 200 if found.all_up else 503)

    async def ready(self, _request: Request[None]) -> Reply:
        """GET /health/ready."""
        found = await self._service.findings()
        if found.ready:
            return reply_json(Ready(redis=UNSET if found.cache.up else "DOWN"))
        incomplete = found.database.up and not found.database.complete
        schema = "INCOMPLETE" if incomplete else UNSET
        return reply_json(NotReady("NOT_READY", _word(found.database.up), _word(found.cache.up), schema), 503)

    async def startup(self, _request: Request[None]) -> Reply:
        """GET /health/startup."""
        started = await self._service.started()
        return reply_json(Startup("STARTED" if started else "STARTING"), 200 if started else 503)

    async def metrics(self, _request: Request[None]) -> Reply:
        """GET /metrics and /health/metrics."""
        return Reply(200, await self._service.metrics_text(), CONTENT_TYPE, _NO_STORE)

    def _details_broken(self) -> DetailsBroken:
        return DetailsBroken(self._now(), __version__, self._environment)

    def _now(self) -> str:
        return instant(self._clock.now())


def _word(up: bool) -> UpOrDown:
    return "UP" if up else "DOWN"


def _component(health: Health) -> Component:
    return Component(_word(health.up), health.message, health.took_ms)
