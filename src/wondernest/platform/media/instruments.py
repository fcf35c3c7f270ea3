"""Metrics of inspections. Every process has them, so that any process can show all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.refusals import Reason
from wondernest.platform.outages import Outages

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics

DURATION_BUCKETS_S: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
NAMES: Final = (
    "wondernest_media_files",
    "wondernest_media_seconds",
    "wondernest_media_helpers_ended",
)
ACCEPTED: Final = "accepted"
UNAVAILABLE: Final = "unavailable"
RESULTS: Final = (ACCEPTED, *(str(reason) for reason in Reason), UNAVAILABLE)
UNKNOWN: Final = "unknown"
"""The label of a declared type that is not accepted: clients choose it freely."""
DEPENDENCY: Final = "media"
WORKS: Final = ("inspect", "variant")
ENDINGS: Final = ("crashed", "late", "failed")


class MediaInstruments:
    """Files by work, type and result; how long the work took; helpers that did not end by themselves; faults of the temporary folder."""

    def __init__(self, metrics: Metrics) -> None:
        self.folder = Outages(DEPENDENCY, metrics)
        self._files = metrics.counter("media_files", "Files inspected and variants made", "work", "type", "result")
        self._seconds = metrics.histogram(
            "media_seconds", "Time of an inspection or a variant, waiting included", DURATION_BUCKETS_S, "work"
        )
        self._ended = metrics.counter("media_helpers_ended", "Helpers that failed on a file", "how")
        for work in WORKS:
            self._seconds.labels(work)
        for kind in Kind:
            self._files.labels("inspect", kind, ACCEPTED)
        for how in ENDINGS:
            self._ended.labels(how)

    def finished(self, work: str, kind: str, result: str, seconds: float) -> None:
        """One file is done."""
        self._files.labels(work, kind, result).inc()
        self._seconds.labels(work).observe(seconds)

    def ended(self, how: str) -> None:
        """A helper crashed, was too late, or failed with an unexpected exception."""
        self._ended.labels(how).inc()
