"""The metrics of the privacy room."""

from __future__ import annotations

from typing import Final

from wondernest.platform.telemetry.metrics import Metrics
from wondernest.privacy.rules import Kind

NAMES: Final = ("wondernest_erasures", "wondernest_erased_rows", "wondernest_open_erasures")


class PrivacyMetrics:
    """Erasures by kind, what they erased, and how many are open."""

    def __init__(self, metrics: Metrics) -> None:
        self._erasures = metrics.counter("erasures", "Finished erasures", "kind")
        self._rows = metrics.counter("erased_rows", "Rows, files and jobs that erasures removed")
        self.open = metrics.gauge("open_erasures", "Erasures that wait or run", "livemostrecent")
        for kind in Kind:
            self._erasures.labels(kind.value)

    @classmethod
    def silent(cls) -> PrivacyMetrics:
        """Counters that nobody reads, for a command."""
        return cls(Metrics())

    def done(self, kind: Kind, rows: int) -> None:
        """Count a finished erasure."""
        self._erasures.labels(kind.value).inc()
        self._rows.inc(rows)
