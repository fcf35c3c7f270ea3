"""The routes of health (server contract §4)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from msgspec import UNSET

from wondernest import __version__
from wondernest.health.errors import DetailsBroken, ReadinessBroken
from wondernest.health.service import HealthService
from wondernest.health.wire import Alive, Component, Detailed, NotReady, Ready, Startup, Up, UpOrDown
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.endpoint import Endpoint, Response
from wondernest.platform.http.groups import RouteGroup
from wondernest.platform.http.request import Reply, Request, reply_json
from wondernest.platform.json import encode, instant
from wondernest.platform.telemetry.exposition import CONTENT_TYPE

if TYPE_CHECKING:
    from wondernest.platform.checks import Health
    from wondernest.platform.clock import Clock
    from wondernest.platform.http.operators import Operators

_UP: Final = encode(Up())
_ALIVE: Final = encode(Alive())
_NO_STORE: Final = ((b"cache-control", b"no-store"),)
DETAILED: Final = "/health/detailed"
GROUP: Final = RouteGroup(tag="Health", caller=CallerKind.PUBLIC, mounts=("",))


class HealthRoutes:
    """Health, readiness, liveness, startup and metrics."""

    def __init__(self, service: HealthService, clock: Clock, environment: str, operators: Operators) -> None:
        self._service = service
        self._operators = operators
        self._clock = clock
        self._environment = environment

    def endpoints(self) -> list[Endpoint]:
        """The routes; the 500 of `/health/detailed` holds the time and the environment."""
        return [
            replace(endpoint, failure=self._details_broken) if endpoint.path == DETAILED else endpoint
            for endpoint in GROUP.endpoints(self)
        ]

    @GROUP.get("/health", replies={200: Response(Up)}, summary="Whether the service answers; checks no dependency")
    async def health(self, _request: Request[None]) -> Reply:
        """GET /health."""
        return Reply(200, _UP)

    @GROUP.get(
        DETAILED,
        replies={200: Response(Detailed), 503: Response(Detailed, "A dependency is down")},
        summary="The state of each dependency",
    )
    async def detailed(self, request: Request[None]) -> Reply:
        """GET /health/detailed."""
        found = await self._service.report()
        services = {"database": found.database, "redis": found.cache, **found.others}
        answer = Detailed(
            status=_up_or_down(found.all_up),
            timestamp=self._now(),
            version=__version__ if self._operators.admit(request) else "",
            environment=self._environment,
            services={name: _component(health) for name, health in services.items()},
        )
        return reply_json(answer, 200 if found.all_up else 503)

    @GROUP.get(
        "/health/ready",
        replies={200: Response(Ready), 503: Response(NotReady, "Requests cannot be answered")},
        failure=ReadinessBroken,
        summary="Whether the service can take traffic",
    )
    async def ready(self, _request: Request[None]) -> Reply:
        """GET /health/ready."""
        found = await self._service.report()
        if found.ready:
            return reply_json(Ready(redis=UNSET if found.cache.up else "DOWN"))
        incomplete = found.database.up and not found.database.complete
        refusal = NotReady(
            status="NOT_READY",
            database=_up_or_down(found.database.up),
            redis=_up_or_down(found.cache.up),
            schema="INCOMPLETE" if incomplete else UNSET,
        )
        return reply_json(refusal, 503)

    @GROUP.get("/health/live", replies={200: Response(Alive)}, summary="Whether the process runs")
    async def live(self, _request: Request[None]) -> Reply:
        """GET /health/live."""
        return Reply(200, _ALIVE)

    @GROUP.get(
        "/health/startup",
        replies={200: Response(Startup), 503: Response(Startup, "The database or its schema is not there yet")},
        summary="Whether the database was reached with its schema in place",
    )
    async def startup(self, _request: Request[None]) -> Reply:
        """GET /health/startup."""
        started = await self._service.started()
        return reply_json(Startup("STARTED" if started else "STARTING"), 200 if started else 503)

    @GROUP.get(
        "/metrics",
        mounts=("", "/health"),
        caller=CallerKind.OPERATOR,
        replies={200: Response(None, "Prometheus text format", "text/plain")},
        summary="The metrics, summed over all workers",
        note="For the bearer METRICS_TOKEN, and for the networks of METRICS_NETWORKS.",
    )
    async def metrics(self, _request: Request[None]) -> Reply:
        """GET /metrics and /health/metrics."""
        return Reply(200, await self._service.metrics_text(), CONTENT_TYPE, _NO_STORE)

    def _details_broken(self) -> DetailsBroken:
        return DetailsBroken(self._now(), self._environment)

    def _now(self) -> str:
        return instant(self._clock.now())


def _up_or_down(up: bool) -> UpOrDown:
    return "UP" if up else "DOWN"


def _component(health: Health) -> Component:
    return Component(status=_up_or_down(health.up), message=health.message, response_time=health.took_ms)
