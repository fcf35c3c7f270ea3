"""The consent ledger: what happened to consents, in order, so that nobody can change it unseen."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Generic, TypeVar
from uuid import UUID

from msgspec import Struct

from wondernest.access.consent import purposes_of
from wondernest.coppa.chain import Fact, FamilyCheck, Gone, Seals, linked
from wondernest.coppa.repository.ledger import REDACTED_AT_ONCE
from wondernest.coppa.rules import named_in
from wondernest.platform.db.unit import unit_of
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.coppa.repository import LedgerRepository
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database, Executor
    from wondernest.platform.db.unit import UnitOfWork

log = get_logger(__name__)
Item = TypeVar("Item")


class Verified(Struct):
    """What a verification has seen so far."""

    families: int = 0
    entries: int = 0
    redacted: int = 0
    receipts: int = 0
    problems: int = 0


class Ledger:
    """Appends entries in the transaction of what they record, and verifies them."""

    def __init__(self, repository: LedgerRepository, seals: Seals, clock: Clock) -> None:
        self._repository = repository
        self._seals = seals
        self._clock = clock

    async def append(self, unit: UnitOfWork, family_id: UUID, facts: Sequence[Fact]) -> None:
        """Write entries, in their order, after all that the family has. The family's other appends wait until the unit ends.

        A head with a wrong seal is not taken over in silence, and a withdrawal is not refused for it: the new head says so.
        """
        if not facts:
            return
        head = await self._repository.lock(unit, family_id)
        lines = list(linked(head, facts))
        doubted = head.doubted
        if head.entries and not self._seals.holds_head(head):
            doubted = head.entries + 1 if doubted is None else doubted
            log.error("the head of a consent ledger has a wrong seal", family_id=str(family_id))
        last = lines[-1]
        await self._repository.append(unit, lines, self._seals.head(family_id, last.number, last.digest, doubted))

    async def erase(self, unit: UnitOfWork, family_id: UUID) -> int:
        """Erase a family's entries and leave a receipt without its id; how many there were. Again it changes nothing."""
        head = await self._repository.lock_known(unit, family_id)
        if head is None:
            return 0
        receipt = self._seals.receipt(family_id, head.entries, self._clock.now())
        return await self._repository.erase(unit, family_id, receipt)

    async def families_naming(self, executor: Executor, children: Sequence[UUID], adults: Sequence[UUID]) -> list[UUID]:
        """The families whose entries name one of these people."""
        return await self._repository.families_naming(executor, children, adults)

    async def redact(
        self, unit: UnitOfWork, family_id: UUID, children: Sequence[UUID], adults: Sequence[UUID]
    ) -> tuple[int, bool]:
        """Empty the ids of erased people in some of a family's entries; how many, and whether that were all.

        What was wrong with an entry before stays found: see `Seals.redacted`. Again it changes nothing.
        """
        await self._repository.lock_known(unit, family_id)
        references = await self._repository.references(unit, family_id, adults)
        gone = Gone(frozenset(children), frozenset(adults), frozenset(references))
        naming = await self._repository.naming(unit, family_id, children, adults, references)
        lines = [self._seals.redacted(line, previous, gone) for line, previous in naming]
        redacted = await self._repository.redact(unit, family_id, [line for line in lines if line is not None])
        return redacted, len(naming) < REDACTED_AT_ONCE

    async def verify(self, database: Database, seen: Verified, family_id: UUID | None = None) -> AsyncGenerator[str]:
        """Read the whole ledger, or one family's, as it is now; yields what is wrong. Memory is bounded."""
        async with unit_of(database) as unit:
            await self._repository.snapshot(unit)
            async for problem in self._problems(unit, seen, family_id):
                seen.problems += 1
                yield problem

    async def _problems(self, unit: UnitOfWork, seen: Verified, family_id: UUID | None) -> AsyncIterator[str]:
        repository = self._repository
        lines = _Ahead(_paged(lambda after: repository.lines(unit, after, family_id)))
        heads = _Ahead(_paged(lambda after: repository.heads(unit, after, family_id)))
        while True:
            line, head = await lines.peek(), await heads.peek()
            if line is None and head is None:
                break
            check = FamilyCheck(min(item.family_id for item in (line, head) if item is not None), self._seals)
            while line is not None and line.family_id == check.family_id:
                check.line(line)
                line = await lines.step()
            if head is not None and head.family_id == check.family_id:
                await heads.step()
            else:
                head = None
            seen.families += 1
            seen.entries += check.entries
            seen.redacted += check.redacted
            for problem in check.end(head):
                yield problem
        async for problem in self._beyond(unit, family_id):
            yield problem
        if family_id is not None:
            return
        async for receipt in _paged(lambda after: repository.receipts(unit, after)):
            seen.receipts += 1
            if not self._seals.holds_receipt(receipt):
                yield f"the receipt {receipt.family_digest.hex()} of an erasure is not by a key of this service"

    async def _beyond(self, unit: UnitOfWork, family_id: UUID | None) -> AsyncIterator[str]:
        """What is in force, and the ledger does not say so."""
        repository = self._repository
        async for family, known in _paged(lambda after: repository.unrecorded(unit, after, family_id)):
            yield f"family {family}: the ledger has no entry for the consent {known}"
        async for consent in _paged(lambda after: repository.granted(unit, after, family_id)):
            # Without third parties: a permission can name one that this installation never had. What the gate has of them is compared.
            said = purposes_of(consent.permissions, consent.kind)
            if not named_in(said, consent.notice_version) <= consent.purposes:
                yield f"family {consent.family_id}: the consent {consent.id} permits more than the ledger says"
        async for family, child in _paged(lambda after: repository.unproven(unit, after, family_id)):
            yield f"family {family}: more is permitted for the child {child} than the ledger says"


async def _paged(page: Callable[[Item | None], Awaitable[list[Item]]]) -> AsyncIterator[Item]:
    after: Item | None = None
    while items := await page(after):
        for item in items:
            yield item
        after = items[-1]


class _Ahead(Generic[Item]):
    """An iterator whose next item can be seen before it is taken."""

    def __init__(self, items: AsyncIterator[Item]) -> None:
        self._items = items
        self._next: list[Item | None] = []

    async def peek(self) -> Item | None:
        """The next item; None at the end."""
        if not self._next:
            self._next.append(await anext(self._items, None))
        return self._next[0]

    async def step(self) -> Item | None:
        """Drop the next item; returns the one after it."""
        self._next.clear()
        return await self.peek()
