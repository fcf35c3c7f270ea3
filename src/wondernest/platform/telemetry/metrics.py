"""The instruments, correct across worker processes: each worker writes its own memory-mapped file, any of them sums all."""

from __future__ import annotations

import time
from typing import Final, Literal

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

DURATION_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
UNMATCHED = "unmatched"
OTHER = "other"
"""What stands for every value that clients choose freely: a label must not grow with what they send."""
GAME_TYPES: Final = ("sticker_book", "story_adventure", "story-adventure")
"""The game types that have a label of their own."""


class RouteMetrics:
    """The instruments of one method and route template, bound at their first use and never looked up again."""

    __slots__ = ("_by_status", "_durations", "_method", "_observe", "_path", "_requests")

    def __init__(self, requests: Counter, durations: Histogram, method: str, path: str) -> None:
        self._requests = requests
        self._durations = durations
        self._method = method
        self._path = path
        self._by_status: dict[int, Counter] = {}
        self._observe = self._observe_first

    def count(self, status: int, seconds: float) -> None:
        """One finished request."""
        counter = self._by_status.get(status)
        if counter is None:
            counter = self._by_status[status] = self._requests.labels(self._method, self._path, str(status))
        counter.inc()
        self._observe(seconds)

    def _observe_first(self, seconds: float) -> None:
        self._observe = self._durations.labels(self._method, self._path).observe
        self._observe(seconds)


class Metrics:
    """Every instrument of the service, in one registry, in the order of the exposition."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = self._counter("http_requests", "Total HTTP requests processed", "method", "path", "status")
        self.requests.labels("GET", "/health", "200")
        self.db_connections = self._gauge("db_connections", "Database connection pool status", "livesum", "state")
        self.db_active = self.db_connections.labels("active")
        self.db_idle = self.db_connections.labels("idle")
        self.auth_operations = self._counter("auth_operations", "Authentication operations", "operation", "status")
        self.login_success = self.auth_operations.labels("login", "success")
        self.login_failure = self.auth_operations.labels("login", "failure")
        self.game_data_operations = self._counter(
            "game_data_operations", "Game data operations", "operation", "game_type"
        )
        self._game_data = {
            (operation, game_type): self.game_data_operations.labels(operation, game_type)
            for operation in ("save", "load")
            for game_type in (*GAME_TYPES, OTHER)
        }
        self.started_at = self._gauge("start_time_seconds", "When the oldest running worker started", "livemin")
        self.started_at.set(time.time())
        self.durations = Histogram(
            "wondernest_http_request_duration_seconds",
            "Time from the first byte of a request to its last reply byte",
            ["method", "path"],
            buckets=DURATION_BUCKETS_S,
            registry=self.registry,
        )
        self.redis_up = self._gauge("redis_up", "Whether the cache answers (1) or not (0)", "livemostrecent")
        self.jwt_validations = self._counter("jwt_validations", "Bearer tokens checked", "result")
        self.jwt_valid = self.jwt_validations.labels("valid")
        self.jwt_invalid = self.jwt_validations.labels("invalid")
        self.dependency_failures = self._counter("dependency_failures", "Faults of a dependency", "dependency")
        for dependency in ("database", "cache"):
            self.dependency_failures.labels(dependency)

    def route(self, method: str, path: str) -> RouteMetrics:
        """The instruments of one route template."""
        return RouteMetrics(self.requests, self.durations, method, path)

    def game_data(self, operation: Literal["save", "load"], game_type: str) -> Counter:
        """The counter of an operation on a game's saves."""
        return self._game_data.get((operation, game_type)) or self._game_data[operation, OTHER]

    def _counter(self, name: str, documentation: str, *labels: str) -> Counter:
        return Counter(f"wondernest_{name}", documentation, labels, registry=self.registry)

    def _gauge(
        self, name: str, documentation: str, mode: Literal["livesum", "livemin", "livemostrecent"], *labels: str
    ) -> Gauge:
        return Gauge(f"wondernest_{name}", documentation, labels, registry=self.registry, multiprocess_mode=mode)
