"""The metrics of the coppa room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from wondernest.coppa.chain import Entry

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics

ReportResult: TypeAlias = Literal["applied", "ignored", "refused"]
REPORT_RESULTS: Final[tuple[ReportResult, ...]] = ("applied", "ignored", "refused")
NAMES: Final = ("wondernest_consent_entries", "wondernest_verification_reports")


class ConsentMetrics:
    """Entries of the consent ledger, and reports of verifiers."""

    def __init__(self, metrics: Metrics) -> None:
        self._entries = metrics.counter("consent_entries", "Entries of the consent ledger", "entry")
        self._reports = metrics.counter("verification_reports", "Reports of the verifier of parents", "result")
        for entry in Entry:
            self._entries.labels(entry.value)
        for result in REPORT_RESULTS:
            self._reports.labels(result)

    def written(self, entry: Entry) -> None:
        """An entry was written and committed."""
        self._entries.labels(entry.value).inc()

    def reported(self, result: ReportResult) -> None:
        """A verifier reported something."""
        self._reports.labels(result).inc()
