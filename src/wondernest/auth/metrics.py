"""What the auth room counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from prometheus_client import Counter

    from wondernest.platform.telemetry.metrics import Metrics

NAMES: Final = ("wondernest_auth_operations",)
_SHOWN_FROM_THE_START: Final = "login"
"""What dashboards expect to find at zero (server contract §4)."""


class AccountMetrics:
    """Operations on accounts by outcome."""

    def __init__(self, metrics: Metrics) -> None:
        self._operations = metrics.counter(
            "auth_operations", "Authentication operations", "operation", "status", bare=True
        )
        self.outcomes(_SHOWN_FROM_THE_START)

    def outcomes(self, operation: str) -> tuple[Counter, Counter]:
        """The counters of an operation's success and failure."""
        return self._operations.labels(operation, "success"), self._operations.labels(operation, "failure")
