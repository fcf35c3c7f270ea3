"""The metrics of the packs room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from wondernest.packs.rules import Standing

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics

FREE: Final = "free"
OUTCOMES: Final = (FREE, *(standing.value for standing in Standing))
EventResult: TypeAlias = Literal["applied", "repeated", "refused"]
EVENT_RESULTS: Final[tuple[EventResult, ...]] = ("applied", "repeated", "refused")
NAMES: Final = ("wondernest_pack_purchases", "wondernest_payment_events")


class PackMetrics:
    """Packs that were got and payments that changed, and what became of the gateway's events."""

    def __init__(self, metrics: Metrics) -> None:
        self._acquired = metrics.counter("pack_purchases", "Free packs got, and payments by how they stand", "outcome")
        self._events = metrics.counter("payment_events", "Events of the payment gateway", "result")
        for outcome in OUTCOMES:
            self._acquired.labels(outcome)
        for result in EVENT_RESULTS:
            self._events.labels(result)

    def acquired(self, outcome: str) -> None:
        """A pack was got for nothing, or a payment changed."""
        self._acquired.labels(outcome).inc()

    def event(self, result: EventResult) -> None:
        """An event of the gateway came."""
        self._events.labels(result).inc()
