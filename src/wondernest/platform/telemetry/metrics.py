"""Metrics, correct across processes: each process writes its own memory-mapped file, and any process can sum all files.

Counts of requests are kept in memory first. They are flushed a few times a second, and before this process renders metrics.
"""

from __future__ import annotations

import time
from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Any, Final, Literal, cast

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

DURATION_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
UNMATCHED = "unmatched"
OTHER = "other"
"""Replaces label values that clients choose freely: the number of labels must stay bounded."""
PREFIX: Final = "wondernest_"


class Tally:
    """A counter for the hot path: a plain number in memory, added to the shared counter by `flush`.

    The shared counter is in a memory-mapped file behind a lock; an update per request would cost more than everything else here.
    """

    __slots__ = ("_count", "_counter")

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._count = 0

    def inc(self) -> None:
        """One more."""
        self._count += 1

    def flush(self) -> None:
        """Add the count to the shared counter."""
        if self._count:
            self._counter.inc(self._count)
            self._count = 0


class Durations(Histogram):
    """A histogram that takes many observations at once."""

    def add(self, counts: Sequence[int], seconds: float) -> None:
        """Add observations: their counts by bucket, and their sum in seconds."""
        total = cast("Any", self._sum)  # pyright: ignore[reportUnknownMemberType]
        buckets = cast("Sequence[Any]", self._buckets)  # pyright: ignore[reportUnknownMemberType]
        total.inc(seconds)
        for bucket, count in zip(buckets, counts, strict=True):
            if count:
                bucket.inc(count)


class RouteMetrics:
    """The metrics of one method and route template. Labels are resolved once, at the first use."""

    __slots__ = ("_buckets", "_by_status", "_durations", "_labels", "_requests", "_seconds")

    def __init__(self, requests: Counter, durations: Durations, method: str, path: str) -> None:
        self._requests = requests
        self._durations = durations
        self._labels = (method, path)
        self._by_status: dict[int, Tally] = {}
        self._buckets = [0] * (len(DURATION_BUCKETS_S) + 1)
        self._seconds = 0.0

    def count(self, status: int, seconds: float) -> None:
        """One finished request."""
        tally = self._by_status.get(status)
        if tally is None:
            tally = self._by_status[status] = Tally(self._requests.labels(*self._labels, str(status)))
        tally.inc()
        self._buckets[bisect_left(DURATION_BUCKETS_S, seconds)] += 1
        self._seconds += seconds

    def flush(self) -> None:
        """Add the counts to the shared metrics."""
        if self._seconds:
            self._durations.labels(*self._labels).add(self._buckets, self._seconds)
            self._buckets = [0] * len(self._buckets)
            self._seconds = 0.0
            for tally in self._by_status.values():
                tally.flush()


class Metrics:
    """The metrics of one process, in one registry. Those of infrastructure are defined here; rooms add theirs."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.bare: set[str] = set()
        """Counters that are shown without the suffix `_total`, because dashboards use that name (server contract §4)."""
        self._routes: list[RouteMetrics] = []
        self._tallies: list[Tally] = []
        self._samples: list[Callable[[], None]] = []
        self.requests = self.counter("http_requests", "Total HTTP requests processed", "method", "path", "status")
        self.requests.labels("GET", "/health", "200")
        self.db_connections = self.gauge("db_connections", "Database connection pool status", "livesum", "state")
        self.db_active = self.db_connections.labels("active")
        self.db_idle = self.db_connections.labels("idle")
        self.started_at = self.gauge("start_time_seconds", "When the oldest running worker started", "livemin")
        self.started_at.set(time.time())
        self.durations = Durations(
            f"{PREFIX}http_request_duration_seconds",
            "Time from the first byte of a request to its last reply byte",
            ["method", "path"],
            buckets=DURATION_BUCKETS_S,
            registry=self.registry,
        )
        self.redis_up = self.gauge("redis_up", "Whether the cache answers (1) or not (0)", "livemostrecent")
        self.jwt_validations = self.counter("jwt_validations", "Bearer tokens checked", "result")
        self.jwt_valid = self.tally(self.jwt_validations.labels("valid"))
        self.jwt_invalid = self.tally(self.jwt_validations.labels("invalid"))
        self.dependency_failures = self.counter("dependency_failures", "Faults of a dependency", "dependency")
        for dependency in ("database", "cache", "storage", "scanner"):
            self.dependency_failures.labels(dependency)
        self.dependency_up = self.gauge(
            "dependency_up",
            "Whether a dependency served (1) or failed (0) when it was last used, as the latest process saw it",
            "livemostrecent",
            "dependency",
        )
        self.limited = self.counter("limited_requests", "Requests and attempts refused by a limit", "limit")
        self.dropped_log_lines = self.gauge(
            "dropped_log_lines", "Log lines of running workers that nobody read in time", "livesum"
        )
        self.broken_replies = self.tally(
            self.counter("broken_replies", "Replies that a fault broke off after they had begun")
        )
        self.own = frozenset(self.names())
        """The names of the metrics that belong to no room."""

    def names(self) -> set[str]:
        """The names of all metrics made so far, without the `_total` of counters."""
        return {family.name for family in self.registry.collect()}

    def route(self, method: str, path: str) -> RouteMetrics:
        """New metrics of one method and route template."""
        route = RouteMetrics(self.requests, self.durations, method, path)
        self._routes.append(route)
        return route

    def flush(self) -> None:
        """Add all counts to the shared metrics. Call it in the event loop's thread, where they are counted."""
        for route in self._routes:
            route.flush()
        for tally in self._tallies:
            tally.flush()
        for sample in self._samples:
            sample()

    def sample(self, take: Callable[[], None]) -> None:
        """Call `take` at each flush, to set gauges."""
        self._samples.append(take)

    def tally(self, counter: Counter) -> Tally:
        """A `Tally` of the counter, flushed with the others."""
        tally = Tally(counter)
        self._tallies.append(tally)
        return tally

    def counter(self, name: str, documentation: str, *labels: str, bare: bool = False) -> Counter:
        """A new counter; raises ValueError for a name that exists. `bare`: shown without the suffix `_total`."""
        counter = Counter(PREFIX + name, documentation, labels, registry=self.registry)
        if bare:
            self.bare.add(PREFIX + name)
        return counter

    def gauge(
        self, name: str, documentation: str, mode: Literal["livesum", "livemin", "livemostrecent"], *labels: str
    ) -> Gauge:
        """A new gauge; `mode` is how the values of several processes are combined."""
        return Gauge(PREFIX + name, documentation, labels, registry=self.registry, multiprocess_mode=mode)

    def histogram(self, name: str, documentation: str, buckets: Sequence[float], *labels: str) -> Histogram:
        """A new histogram."""
        return Histogram(PREFIX + name, documentation, labels, buckets=buckets, registry=self.registry)
