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
AskResult: TypeAlias = Literal["settled", "pending", "unknown", "ended", "refused", "failed"]
ASK_RESULTS: Final[tuple[AskResult, ...]] = ("settled", "pending", "unknown", "ended", "refused", "failed")
"""What the gateway answered about a pending payment. `ended`: it is unknown for so long that it is given up."""
NAMES: Final = ("wondernest_pack_purchases", "wondernest_payment_events", "wondernest_payment_asks")


class PackMetrics:
    """Packs that were got and payments that changed, and what became of the gateway's events."""

    def __init__(self, metrics: Metrics) -> None:
        self._acquired = metrics.counter("pack_purchases", "Free packs got, and payments by how they stand", "outcome")
        self._events = metrics.counter("payment_events", "Events of the payment gateway", "result")
        self._asks = metrics.counter(
            "payment_asks", "Questions to the payment gateway about pending payments", "result"
        )
        for outcome in OUTCOMES:
            self._acquired.labels(outcome)
        for result in EVENT_RESULTS:
            self._events.labels(result)
        for answer in ASK_RESULTS:
            self._asks.labels(answer)

    def acquired(self, outcome: str) -> None:
        """A pack was got for nothing, or a payment changed."""
        self._acquired.labels(outcome).inc()

    def event(self, result: EventResult) -> None:
        """An event of the gateway came."""
        self._events.labels(result).inc()

    def asked(self, result: AskResult) -> None:
        """The gateway was asked about a pending payment."""
        self._asks.labels(result).inc()
