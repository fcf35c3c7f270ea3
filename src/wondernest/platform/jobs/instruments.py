"""Metrics of jobs. Every process has them, so that any process can show all; only the jobs process sets values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics

DURATION_BUCKETS_S: Final = (0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 10.0, 30.0, 60.0, 300.0)
NAMES: Final = (
    "wondernest_jobs",
    "wondernest_job_seconds",
    "wondernest_jobs_queue",
    "wondernest_jobs_oldest_waiting_seconds",
)
RESULTS: Final = ("done", "retried", "dead", "left_out")
Result = Literal["done", "retried", "dead", "left_out"]


class JobInstruments:
    """Attempts by result, their durations, and the state of the queue."""

    def __init__(self, metrics: Metrics) -> None:
        self._finished = metrics.counter("jobs", "Attempts at jobs", "job", "result")
        self._seconds = metrics.histogram("job_seconds", "Time of an attempt", DURATION_BUCKETS_S, "job")
        self._queue = metrics.gauge("jobs_queue", "Jobs that wait or run, and dead ones", "livemostrecent", "state")
        self._late = metrics.gauge(
            "jobs_oldest_waiting_seconds", "How long the job that is due longest has been due", "livemostrecent"
        )

    def show(self, jobs: Iterable[str]) -> None:
        """Create the metrics of every job, so that they are shown with 0 before the first attempt."""
        for job in jobs:
            self._seconds.labels(job)
            for result in RESULTS:
                self._finished.labels(job, result)

    def finished(self, job: str, result: Result, seconds: float) -> None:
        """One attempt has ended."""
        self._finished.labels(job, result).inc()
        self._seconds.labels(job).observe(seconds)

    def queue(self, waiting: int, dead: int, late_s: float) -> None:
        """Set the gauges of the queue."""
        self._queue.labels("waiting").set(waiting)
        self._queue.labels("dead").set(dead)
        self._late.set(late_s)
