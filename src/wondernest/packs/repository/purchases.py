"""Offers, payments, and what is owned through them."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from wondernest.packs.model import Offer, Ownership, Purchase
from wondernest.packs.repository import rows
from wondernest.packs.repository import statements as sql
from wondernest.packs.repository.packs import Asked, NotTheirChild
from wondernest.packs.rules import Standing

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor


class Proof(Struct, frozen=True):
    """The step-up proof of a request, and the token it must belong to."""

    token_hash: str
    text: str


class NewOwnership(Struct, frozen=True, kw_only=True):
    """What a user gets."""

    id: UUID
    user_id: UUID
    pack_id: UUID
    child_id: UUID | None
    acquisition: str
    price_cents: int
    transaction_id: str


class NewPurchase(Struct, frozen=True, kw_only=True):
    """A payment that is about to be asked for. `since`: the beginning of the day; `most`: how many may begin in it."""

    id: UUID
    user_id: UUID
    pack_id: UUID
    child_id: UUID | None
    price_cents: int
    currency: str
    gateway: str
    since: datetime
    most: int


class PurchaseRepository:
    """Rows of payments and of what is owned. `lock` makes the changes of one user follow each other."""

    async def offer(self, executor: Executor, asked: Asked, pack_id: UUID, proof: Proof, now: datetime) -> Offer | None:
        """A published pack that may be shown, or one that is owned; None for any other. Raises NotTheirChild."""
        arguments = (*asked.arguments, rows.naive(now), pack_id, proof.token_hash, proof.text, now)
        row = await executor.fetchrow(sql.OFFER, *arguments)
        if row is None:
            return None
        if not row["permitted"]:
            raise NotTheirChild
        if row["pack_id"] is None:
            return None
        return Offer(
            pack_id=row["pack_id"], price_cents=row["price_cents"], owned=rows.ownership(row), proven=row["proven"]
        )

    async def lock(self, unit: Executor, user_id: UUID) -> None:
        """Wait until no other unit changes what the user owns, and keep others waiting until this unit ends."""
        await unit.execute(sql.LOCK, str(user_id))

    async def acquire(self, unit: Executor, new: NewOwnership, now: datetime) -> Ownership:
        """Make a pack owned, unless it is: then nothing changes. The user is locked."""
        arguments = (
            new.id,
            new.user_id,
            new.pack_id,
            new.child_id,
            rows.naive(now),
            new.acquisition,
            new.price_cents,
            new.transaction_id,
        )
        row = await unit.fetchrow(sql.ACQUIRE, *arguments)
        if row is None:  # another backend, which takes no lock, was faster
            row = await unit.fetchrow(sql.ACQUIRE, *arguments)
        assert row is not None
        owned = rows.ownership(row)
        assert owned is not None
        return owned

    async def begin(self, unit: Executor, new: NewPurchase, now: datetime) -> Purchase | None:
        """The pending payment for the same, or a new one; None if the user may begin no more today. The user is locked."""
        row = await unit.fetchrow(
            sql.BEGIN,
            new.id,
            new.user_id,
            new.pack_id,
            new.child_id,
            new.price_cents,
            new.currency,
            new.gateway,
            now,
            new.most,
            new.since,
        )
        return None if row is None else rows.purchase(row)

    async def purchase(self, unit: Executor, user_id: UUID, purchase_id: UUID) -> Purchase | None:
        """A payment. The user is locked."""
        row = await unit.fetchrow(sql.PURCHASE, user_id, purchase_id)
        return None if row is None else rows.purchase(row)

    async def settle(
        self, unit: Executor, purchase: Purchase, standing: Standing, transaction_id: str | None, now: datetime
    ) -> None:
        """Store how a payment stands."""
        await unit.execute(sql.SETTLE, purchase.user_id, purchase.id, standing.value, transaction_id, now)

    async def overdue(
        self, executor: Executor, gateway: str, after: timedelta, longest: timedelta, now: datetime
    ) -> tuple[Purchase, datetime] | None:
        """The pending payment that was asked about least recently, and when it began; it counts as asked about now.

        None if all were asked about a moment ago: `after` at least, then ever less often, with pauses up to `longest`.
        """
        row = await executor.fetchrow(sql.OVERDUE, now, gateway, after, longest)
        return None if row is None else (rows.purchase(row), row["began_at"])

    async def revoke(self, unit: Executor, purchase: Purchase) -> None:
        """End what is owned through a payment that was taken back, unless another payment for the same stands."""
        await unit.execute(sql.REVOKE, purchase.user_id, purchase.pack_id, purchase.child_id)

    async def note_event(self, unit: Executor, purchase: Purchase, event_id: str, kind: str, now: datetime) -> bool:
        """Note an event of a gateway; False if it was noted before."""
        return await unit.fetchval(sql.NOTE_EVENT, purchase.user_id, event_id, purchase.id, kind, now) is True

    async def forget_events(self, executor: Executor, before: datetime) -> None:
        """Delete the ids of old events."""
        await executor.execute(sql.FORGET_EVENTS, before)
