"""The instruments, correct across worker processes: each worker writes its own memory-mapped file, any of them sums all.

What requests bump is tallied in the process and written down a few times a second and before each exposition of its own.
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
"""What stands for every value that clients choose freely: a label must not grow with what they send."""
PREFIX: Final = "wondernest_"


class Tally:
    """A counter that requests bump: a plain number here, added to the shared one when the tallies are written down.

    The shared ones live in a memory-mapped file behind a lock; asking them at each request costs more than all the rest.
    """

    __slots__ = ("_count", "_counter")

    def __init__(self, counter: Counter) -> None:
        self._counter = counter
        self._count = 0

    def inc(self) -> None:
        """One more."""
        self._count += 1

    def write_down(self) -> None:
        """Add what has gathered to the shared counter."""
        if self._count:
            self._counter.inc(self._count)
            self._count = 0


class Durations(Histogram):
    """A histogram that takes many observations at once."""

    def add(self, counts: Sequence[int], seconds: float) -> None:
        """Add observations that were sorted into the buckets already, and their sum."""
        total = cast("Any", self._sum)  # pyright: ignore[reportUnknownMemberType]
        buckets = cast("Sequence[Any]", self._buckets)  # pyright: ignore[reportUnknownMemberType]
        total.inc(seconds)
        for bucket, count in zip(buckets, counts, strict=True):
            if count:
                bucket.inc(count)


class RouteMetrics:
    """The instruments of one method and route template, bound at their first use and never looked up again."""

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

    def write_down(self) -> None:
        """Add what has gathered to the shared instruments."""
        if self._seconds:
            self._durations.labels(*self._labels).add(self._buckets, self._seconds)
            self._buckets = [0] * len(self._buckets)
            self._seconds = 0.0
            for tally in self._by_status.values():
                tally.write_down()


class Metrics:
    """The instruments of one process, in one registry. Infrastructure's stand here; a room adds its own when it is built."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.bare: set[str] = set()
        """Counters that dashboards know without the suffix `_total` (server contract §4)."""
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
        for dependency in ("database", "cache"):
            self.dependency_failures.labels(dependency)
        self.dropped_log_lines = self.gauge(
            "dropped_log_lines", "Log lines of running workers that nobody read in time", "livesum"
        )
        self.broken_replies = self.tally(
            self.counter("broken_replies", "Replies that a fault broke off after they had begun")
        )
        self.own = frozenset(self.names())
        """The names of the instruments that belong to no room."""

    def names(self) -> set[str]:
        """The names of all instruments made so far, without a counter's `_total`."""
        return {family.name for family in self.registry.collect()}

    def route(self, method: str, path: str) -> RouteMetrics:
        """The instruments of one route template."""
        route = RouteMetrics(self.requests, self.durations, method, path)
        self._routes.append(route)
        return route

    def write_down(self) -> None:
        """Bring the shared instruments up to what was tallied; by the thread that tallies."""
        for route in self._routes:
            route.write_down()
        for tally in self._tallies:
            tally.write_down()
        for sample in self._samples:
            sample()

    def sample(self, take: Callable[[], None]) -> None:
        """Have gauges set each time the tallies are written down."""
        self._samples.append(take)

    def tally(self, counter: Counter) -> Tally:
        """A counter that requests bump, written down with the others."""
        tally = Tally(counter)
        self._tallies.append(tally)
        return tally

    def counter(self, name: str, documentation: str, *labels: str, bare: bool = False) -> Counter:
        """A new counter; raises ValueError for a name that is taken. `bare`: shown without the suffix `_total`."""
        counter = Counter(PREFIX + name, documentation, labels, registry=self.registry)
        if bare:
            self.bare.add(PREFIX + name)
        return counter

    def gauge(
        self, name: str, documentation: str, mode: Literal["livesum", "livemin", "livemostrecent"], *labels: str
    ) -> Gauge:
        """A new gauge; `mode` says what the figures of several workers make together."""
        return Gauge(PREFIX + name, documentation, labels, registry=self.registry, multiprocess_mode=mode)

    def histogram(self, name: str, documentation: str, buckets: Sequence[float], *labels: str) -> Histogram:
        """A new histogram."""
        return Histogram(PREFIX + name, documentation, labels, buckets=buckets, registry=self.registry)
