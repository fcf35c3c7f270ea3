"""Payments that stay pending: the gateway is asked about them, because its event may be lost, or it was never asked at all."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from wondernest.packs.payments import Charge, OtherPayment, Receipt
from wondernest.packs.rules import Standing
from wondernest.platform.clock import monotonic
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.packs.metrics import PackMetrics
    from wondernest.packs.model import Purchase
    from wondernest.packs.payments import Gateway
    from wondernest.packs.purchases import PurchaseService
    from wondernest.packs.repository import PurchaseRepository
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database

log = get_logger(__name__)
MOST_AT_ONCE: Final = 200
"""Payments that are asked about in one run; the next run goes on."""
ENOUGH_S: Final = 240.0
"""A run begins no question after so long: the next one begins five minutes after it did, and a slow gateway is no failed job."""
MOST_FAILURES: Final = 3
"""After so many failures a run ends: the gateway is away. One payment that it cannot answer about does not stop the others."""

LONGEST_PAUSE: Final = timedelta(hours=6)
"""Between two questions about a payment that stays pending for days, as a bank transfer does."""


class Patience(Struct, frozen=True):
    """How long is waited for the gateway's events before it is asked, and before a payment that it does not know is ended."""

    ask_after: timedelta
    unknown_after: timedelta


class PendingPayments:
    """Asks about payments one by one, each in its own transaction. What its events said meanwhile stays: see rules.advanced."""

    def __init__(
        self,
        repository: PurchaseRepository,
        database: Database,
        gateway: Gateway | None,
        purchases: PurchaseService,
        patience: Patience,
        clock: Clock,
        metrics: PackMetrics,
    ) -> None:
        self._repository = repository
        self._database = database
        self._gateway = gateway
        self._purchases = purchases
        self._patience = patience
        self._clock = clock
        self._metrics = metrics

    async def ask(self) -> None:
        """Ask about every payment whose turn it is, within the bounds of a run. A fault of the gateway is no error of the run."""
        gateway, failures = self._gateway, 0
        if gateway is None:
            return
        began = monotonic()
        for _ in range(MOST_AT_ONCE):
            found = await self._repository.overdue(
                self._database, gateway.name, self._patience.ask_after, LONGEST_PAUSE, self._clock.now()
            )
            if found is None:
                return
            purchase, began_at = found
            try:
                await self._ask(gateway, purchase, began_at)
            except DependencyUnavailable:
                self._metrics.asked("failed")
                failures += 1
            if failures == MOST_FAILURES or monotonic() - began >= ENOUGH_S:
                return

    async def _ask(self, gateway: Gateway, purchase: Purchase, began_at: datetime) -> None:
        charge = Charge(
            reference=purchase.reference, cents=purchase.price_cents, currency=purchase.currency, method=None
        )
        try:
            receipt = await gateway.ask(charge)
        except OtherPayment:
            self._refuse(purchase)
            return
        if receipt is None:
            if self._clock.now() - began_at < self._patience.unknown_after:
                self._metrics.asked("unknown")
                return
            await self._purchases.told(purchase, Receipt(Standing.DECLINED, None))
            self._metrics.asked("ended")
            return
        standing, _ = await self._purchases.told(purchase, receipt)
        self._metrics.asked("pending" if standing is Standing.PENDING else "settled")

    def _refuse(self, purchase: Purchase) -> None:
        self._metrics.asked("refused")
        log.error("the payment gateway answered about another payment or amount", purchase=str(purchase.id))
