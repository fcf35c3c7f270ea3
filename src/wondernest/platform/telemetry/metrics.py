"""The instruments, correct across worker processes: each worker writes its own memory-mapped file, any of them sums all."""

from __future__ import annotations

import os
import time

METRICS_DIR_VARIABLE = "WONDERNEST_METRICS_DIR"
"""Set by the supervisor: the folder the workers share. prometheus-client reads its own variable once, at import."""
if _shared := os.environ.get(METRICS_DIR_VARIABLE):
    os.environ.setdefault("PROMETHEUS_MULTIPROC_DIR", _shared)

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram  # noqa: E402 - after its variable is set

DURATION_BUCKETS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
UNMATCHED = "unmatched"


class RouteMetrics:
    """The instruments of one method and route template, bound once so that a request looks nothing up."""

    __slots__ = ("_by_status", "_method", "_path", "_requests", "observe")

    def __init__(self, requests: Counter, durations: Histogram, method: str, path: str) -> None:
        self._requests = requests
        self._method = method
        self._path = path
        self._by_status: dict[int, Counter] = {}
        self.observe = durations.labels(method, path).observe

    def count(self, status: int, seconds: float) -> None:
        """One finished request."""
        counter = self._by_status.get(status)
        if counter is None:
            counter = self._by_status[status] = self._requests.labels(self._method, self._path, str(status))
        counter.inc()
        self.observe(seconds)


class Metrics:
    """Every instrument of the service, in one registry."""

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self.started_at = time.time()
        self.requests = Counter(
            "wondernest_http_requests", "HTTP requests processed", ["method", "path", "status"], registry=registry
        )
        self.durations = Histogram(
            "wondernest_http_request_duration_seconds",
            "Time from the first byte of a request to its last reply byte",
            ["method", "path"],
            buckets=DURATION_BUCKETS_S,
            registry=registry,
        )
        self.requests.labels("GET", "/health", "200")
        self.db_connections = Gauge(
            "wondernest_db_connections",
            "Database connections by state",
            ["state"],
            registry=registry,
            multiprocess_mode="livesum",
        )
        self.db_active = self.db_connections.labels("active")
        self.db_idle = self.db_connections.labels("idle")
        self.auth_operations = Counter(
            "wondernest_auth_operations", "Authentication operations", ["operation", "status"], registry=registry
        )
        self.login_success = self.auth_operations.labels("login", "success")
        self.login_failure = self.auth_operations.labels("login", "failure")
        self.game_data_operations = Counter(
            "wondernest_game_data_operations",
            "Saves and loads of game data",
            ["operation", "game_type"],
            registry=registry,
        )
        for operation in ("save", "load"):
            self.game_data_operations.labels(operation, "sticker_book")
        self.redis_up = Gauge(
            "wondernest_redis_up",
            "Whether the cache answers (1) or not (0)",
            registry=registry,
            multiprocess_mode="min",
        )
        self.jwt_validations = Counter(
            "wondernest_jwt_validations", "Bearer tokens checked", ["result"], registry=registry
        )
        self.jwt_valid = self.jwt_validations.labels("valid")
        self.jwt_invalid = self.jwt_validations.labels("invalid")
        self.dependency_failures = Counter(
            "wondernest_dependency_failures", "Faults of a dependency", ["dependency"], registry=registry
        )

    def route(self, method: str, path: str) -> RouteMetrics:
        """The bound instruments of one route template."""
        return RouteMetrics(self.requests, self.durations, method, path)
