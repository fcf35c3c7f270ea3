"""Getting packs: free at once, for money through the gateway, and what the gateway reports later."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from wondernest.packs import errors
from wondernest.packs.payments import BadSignature, Charge, PaymentEvent, Receipt, UnreadableEvent
from wondernest.packs.repository import Asked, NewOwnership, NewPurchase, NotTheirChild, Proof
from wondernest.packs.rules import Standing, advanced
from wondernest.platform.clock import epoch_ms
from wondernest.platform.db.unit import unit_of
from wondernest.platform.faults import CallerRefused, Refusal
from wondernest.platform.ids import parse_uuid
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.packs.metrics import PackMetrics
    from wondernest.packs.model import Ownership, Purchase
    from wondernest.packs.payments import Gateway
    from wondernest.packs.repository import PurchaseRepository
    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database, Executor
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.ids import Ids

log = get_logger(__name__)
DAY_S = 86_400


class Order(Struct, frozen=True, kw_only=True):
    """What a caller asks for."""

    pack_id: UUID
    child_id: UUID | None
    """None: for all children."""
    method: str | None
    proof: str


class Result(Struct, frozen=True):
    """What came of an order; without `ownership` the payment is pending."""

    transaction_id: str | None
    ownership: Ownership | None


class Terms(Struct, frozen=True):
    """What payments are made in, and how many of them a user may begin on a day (UTC)."""

    currency: str
    most_a_day: int


class PurchaseService:
    """Makes packs owned. The gateway is asked between two transactions, so that nothing is locked while it thinks.

    A process that is killed in between leaves a pending payment: the same order, or the gateway's event, takes it up again.
    """

    def __init__(
        self,
        repository: PurchaseRepository,
        database: Database,
        gateway: Gateway | None,
        terms: Terms,
        clock: Clock,
        ids: Ids,
        metrics: PackMetrics,
    ) -> None:
        self._repository = repository
        self._database = database
        self._gateway = gateway
        self._terms = terms
        self._clock = clock
        self._ids = ids
        self._metrics = metrics

    async def buy(self, caller: Caller, order: Order) -> Result:
        """Get a pack. What is owned already, also through an order that was sent twice, is given as it is and paid once.

        Raises NothingToBuy, ChildNotFound, PaymentUnavailable, TooManyPurchases, PaymentDeclined, and CallerRefused for money
        that is to be spent without a step-up proof.
        """
        async with unit_of(self._database) as unit:
            await self._repository.lock(unit, caller.user_id)
            done = await self._at_once(unit, caller, order)
        if isinstance(done, Result):
            return done
        gateway = self._gateway
        assert gateway is not None  # no payment is begun without one
        charge = Charge(reference=done.reference, cents=done.price_cents, currency=done.currency, method=order.method)
        receipt = await gateway.charge(charge)
        standing, ownership = await self.told(done, receipt)
        if ownership is not None:
            return Result(ownership.transaction_id, ownership)
        if standing is Standing.PENDING:
            return Result(receipt.transaction_id, None)
        raise errors.PaymentDeclined

    async def told(self, purchase: Purchase, receipt: Receipt) -> tuple[Standing, Ownership | None]:
        """Apply what the gateway answered about a payment, in a transaction of its own: how it stands, what is owned through it."""
        async with unit_of(self._database) as unit:
            await self._repository.lock(unit, purchase.user_id)
            return await self._settle(unit, purchase, receipt)

    async def _at_once(self, unit: UnitOfWork, caller: Caller, order: Order) -> Result | Purchase:
        """What is owned or free; else the payment that is to be asked for. The user is locked."""
        now = self._clock.now()
        try:
            asked = Asked.by(caller, order.child_id)
            offer = await self._repository.offer(unit, asked, order.pack_id, Proof(caller.token_hash, order.proof), now)
        except NotTheirChild:
            raise errors.ChildNotFound(errors.PURCHASE) from None
        if offer is None:
            raise errors.NothingToBuy
        if offer.owned is not None:
            return Result(offer.owned.transaction_id, offer.owned)
        if offer.price_cents == 0:
            owned = await self._repository.acquire(
                unit,
                NewOwnership(
                    id=self._ids.uuid(),
                    user_id=caller.user_id,
                    pack_id=order.pack_id,
                    child_id=order.child_id,
                    acquisition="free",
                    price_cents=0,
                    transaction_id=f"txn-{epoch_ms(now)}",
                ),
                now,
            )
            unit.after_commit(lambda: self._metrics.acquired("free"))
            return Result(owned.transaction_id, owned)
        return await self._begun(unit, caller, order, offer.price_cents, proven=offer.proven)

    async def _begun(self, unit: Executor, caller: Caller, order: Order, cents: int, *, proven: bool) -> Purchase:
        if self._gateway is None:
            raise errors.PaymentUnavailable
        if not proven:
            raise CallerRefused(Refusal.PROOF)
        now = self._clock.now()
        midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
        purchase = await self._repository.begin(
            unit,
            NewPurchase(
                id=self._ids.uuid(),
                user_id=caller.user_id,
                pack_id=order.pack_id,
                child_id=order.child_id,
                price_cents=cents,
                currency=self._terms.currency,
                gateway=self._gateway.name,
                since=midnight,
                most=self._terms.most_a_day,
            ),
            now,
        )
        if purchase is None:
            raise errors.TooManyPurchases(left_of_day_s(now))
        return purchase

    async def receive(self, body: bytes, signature: str, unit: UnitOfWork) -> None:
        """Apply an event of the gateway, once. Raises EventsOff, BadEventSignature, BadEvent, UnknownPayment."""
        event = self._read(body, signature)
        if event is None:
            return
        user, _, own = event.reference.partition(".")
        user_id, purchase_id = parse_uuid(user), parse_uuid(own)
        if user_id is None or purchase_id is None:
            raise errors.UnknownPayment
        await self._repository.lock(unit, user_id)
        purchase = await self._repository.purchase(unit, user_id, purchase_id)
        if purchase is None:
            raise errors.UnknownPayment
        if event.currency != purchase.currency or event.cents != purchase.price_cents:
            self._metrics.event("refused")
            log.error("an event of the payment gateway has another amount", purchase=str(purchase.id))
            raise errors.BadEvent("the amount is not that of the payment")
        if not await self._repository.note_event(unit, purchase, event.id, event.standing.value, self._clock.now()):
            unit.after_commit(lambda: self._metrics.event("repeated"))
            return
        await self._settle(unit, purchase, Receipt(event.standing, event.transaction_id))
        unit.after_commit(lambda: self._metrics.event("applied"))

    def _read(self, body: bytes, signature: str) -> PaymentEvent | None:
        if self._gateway is None or not self._gateway.reports:
            raise errors.EventsOff
        try:
            return self._gateway.event(body, signature, self._clock.now())
        except BadSignature:
            self._metrics.event("refused")
            raise errors.BadEventSignature from None
        except UnreadableEvent as error:
            self._metrics.event("refused")
            raise errors.BadEvent(str(error)) from None

    async def _settle(self, unit: UnitOfWork, asked: Purchase, told: Receipt) -> tuple[Standing, Ownership | None]:
        """Bring a payment forward, and what is owned through it. The user is locked."""
        now = self._clock.now()
        known = await self._repository.purchase(unit, asked.user_id, asked.id)
        if known is None:  # the account, or the child, was erased while the gateway was asked
            log.warning("a payment was erased before it was settled", purchase=str(asked.id), told=told.standing.value)
            return Standing.DECLINED, None
        standing = advanced(known.standing, told.standing)
        transaction = known.transaction_id or told.transaction_id
        if (standing, transaction) != (known.standing, known.transaction_id):
            await self._repository.settle(unit, known, standing, transaction, now)
        if standing is not known.standing:
            unit.after_commit(lambda: self._metrics.acquired(standing.value))
        if standing is Standing.AUTHORISED:
            return standing, await self._repository.acquire(
                unit,
                NewOwnership(
                    id=self._ids.uuid(),
                    user_id=known.user_id,
                    pack_id=known.pack_id,
                    child_id=known.child_id,
                    acquisition="purchase",
                    price_cents=known.price_cents,
                    transaction_id=transaction or f"txn-{epoch_ms(now)}",
                ),
                now,
            )
        if standing is Standing.REFUNDED and known.standing is not standing:
            await self._repository.revoke(unit, known)
        return standing, None


def left_of_day_s(now: datetime) -> int:
    """Seconds until the next day in UTC."""
    return DAY_S - (now.hour * 3600 + now.minute * 60 + now.second)
