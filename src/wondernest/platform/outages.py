"""Outages of a dependency: logged once when they begin and once when they end; every failure is counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.clock import monotonic
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics

log = get_logger(__name__)

RECOVERED_AFTER_S: Final = 2.0
"""The end is logged after so long without a failure: on a full disk reads still succeed between failing writes."""


class Outages:
    """The outages of one dependency, as one process sees them."""

    def __init__(self, dependency: str, metrics: Metrics) -> None:
        self._dependency = dependency
        self._failures = metrics.dependency_failures.labels(dependency)
        self._failing = False
        self._failed_at = 0.0

    @property
    def failing(self) -> bool:
        """Whether an outage has begun and its end is not noted yet."""
        return self._failing

    def failed(self, reason: str) -> DependencyUnavailable:
        """Note a failure; the exception to raise. `reason` contains no key, name, address or secret."""
        self._failed_at = monotonic()
        self._failures.inc()
        if not self._failing:
            self._failing = True
            log.error("dependency unavailable", dependency=self._dependency, error=reason)
        return DependencyUnavailable(self._dependency, reason)

    def answered(self) -> None:
        """Note a success."""
        if self._failing and monotonic() - self._failed_at > RECOVERED_AFTER_S:
            self._failing = False
            log.info("dependency available again", dependency=self._dependency)
