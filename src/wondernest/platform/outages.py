"""Outages of a dependency: logged once when they begin and once when they end; every failure is counted, and a gauge shows the state."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.clock import monotonic
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics

log = get_logger(__name__)

RECOVERED_AFTER_S: Final = 2.0
"""The end is logged after so long without a failure: a full disk may still take small files between large ones."""


class Outages:
    """The outages of one dependency, as one process sees them. Kinds of work fail apart: a full disk can still be read."""

    def __init__(self, dependency: str, metrics: Metrics) -> None:
        self._dependency = dependency
        self._failures = metrics.dependency_failures.labels(dependency)
        self._up = metrics.dependency_up.labels(dependency)
        self._up.set(1)
        self._failed_at: dict[str, float] = {}
        """When work last failed, by its kind, while its outage lasts."""

    @property
    def failing(self) -> bool:
        """Whether an outage has begun and its end is not noted yet."""
        return bool(self._failed_at)

    def failed(self, reason: str, work: str = "") -> DependencyUnavailable:
        """Note a failure; the exception to raise. `reason` contains no key, name, address or secret."""
        known = work in self._failed_at
        self._failed_at[work] = monotonic()
        self._failures.inc()
        self._up.set(0)
        if not known:
            log.error("dependency unavailable", dependency=self._dependency, work=work, error=reason)
        return DependencyUnavailable(self._dependency, reason)

    def answered(self, work: str = "") -> None:
        """Note that work of this kind succeeded, to its end."""
        if not self._failed_at or work not in self._failed_at:
            return
        if monotonic() - self._failed_at[work] > RECOVERED_AFTER_S:
            del self._failed_at[work]
            self._up.set(not self._failed_at)
            log.info("dependency available again", dependency=self._dependency, work=work)
