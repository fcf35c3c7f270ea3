"""The metrics of the privacy room."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import Final

from wondernest.coppa.rules import KEPT_AFTER_END
from wondernest.platform.personal_data import Delayed
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.privacy.rules import Kind

NAMES: Final = (
    "wondernest_erasures",
    "wondernest_erasure_runs",
    "wondernest_ended_purposes",
    "wondernest_erased_rows",
    "wondernest_open_erasures",
    "wondernest_overdue_erasures",
)


class Outcome(StrEnum):
    """What became of a step of an erasure."""

    DONE = "done"
    DELAYED = "delayed"
    """Everything but one part was erased; that is tried again."""
    FAILED = "failed"
    """It is tried again."""
    TAKEN_BACK = "taken_back"
    """The purpose is permitted again."""
    ANNOUNCED = "announced"
    """The parents got a letter with the day; until then nothing is erased."""


OTHER: Final = "other"
"""A purpose of another release."""
LATE: Final = timedelta(hours=1)
"""So long after its time an erasure that is not done is overdue: it runs every five or ten minutes."""
OF_ERASURES: Final = (Outcome.DONE, Outcome.DELAYED, Outcome.FAILED)


def outcome_of(error: Exception) -> Outcome:
    """Of a step that raised."""
    return Outcome.DELAYED if isinstance(error, Delayed) else Outcome.FAILED


class PrivacyMetrics:
    """Erasures and ends of purposes by outcome, what they erased, and how many are open."""

    def __init__(self, metrics: Metrics) -> None:
        self._erasures = metrics.counter("erasures", "Finished erasures", "kind")
        self._runs = metrics.counter("erasure_runs", "Steps of erasures of people", "kind", "outcome")
        self._ended = metrics.counter("ended_purposes", "Erasures of what ended purposes held", "purpose", "outcome")
        self._rows = metrics.counter("erased_rows", "Rows, files and jobs that erasures removed")
        self.open = metrics.gauge("open_erasures", "Erasures that wait or run", "livemostrecent")
        self._overdue = metrics.gauge(
            "overdue_erasures", "Erasures that are an hour behind their time", "livemostrecent", "of"
        )
        for kind in Kind:
            self._erasures.labels(kind.value)
            for outcome in OF_ERASURES:
                self._runs.labels(kind.value, outcome.value)
        for purpose in KEPT_AFTER_END:
            for outcome in Outcome:
                self._ended.labels(purpose, outcome.value)

    @classmethod
    def silent(cls) -> PrivacyMetrics:
        """Counters that nobody reads, for a command."""
        return cls(Metrics())

    def done(self, kind: Kind, rows: int) -> None:
        """Count a finished erasure."""
        self._erasures.labels(kind.value).inc()
        self._rows.inc(rows)

    def ran(self, kind: Kind, outcome: Outcome) -> None:
        """Count a step of an erasure of people."""
        self._runs.labels(kind.value, outcome.value).inc()

    def people_overdue(self, number: int) -> None:
        """How many erasures of people are late."""
        self._overdue.labels("people").set(number)

    def purposes_overdue(self, number: int) -> None:
        """How many erasures of what ended purposes held are late."""
        self._overdue.labels("purposes").set(number)

    def ended(self, purpose: str, outcome: Outcome) -> None:
        """Count what became of an end of a purpose that was due."""
        known = purpose if purpose in KEPT_AFTER_END else OTHER
        self._ended.labels(known, outcome.value).inc()
