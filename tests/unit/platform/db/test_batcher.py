"""Batched statements keep their guarantees in any order of arrivals, faults and cancellations, on a hand-written database."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Literal, cast

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.platform.db import batch
from wondernest.platform.db.batch import Batcher, LockWait
from wondernest.platform.db.pool import Connection, Database
from wondernest.platform.faults import DependencyUnavailable, Held, TransactionConflict

Fault = Literal["none", "no lease", "lost at commit", "overtaken", "bug", "short answer"]
TICKS = 2_000
"""Loop iterations after which a caller that still waits would wait forever."""


@dataclass(frozen=True)
class Item:
    """The item of a caller, the `number`-th to arrive."""

    number: int
    size: int
    bad: bool
    held: bool


@dataclass(frozen=True)
class Arrival:
    """A caller: how many loop iterations after the one before it arrives, and after how many it gives up."""

    pause: int
    size: int
    bad: bool
    patience: int | None
    held: bool = False


@dataclass(frozen=True)
class RoundTrip:
    """The fault of one round trip, and how many loop iterations it takes."""

    fault: Fault
    turns: int


class BadValue(asyncpg.DataError):
    """The database's error for an item's value."""

    number = -1


@dataclass
class FakeDatabase:
    """Commits what a lease ran when the lease ends without a fault; checks the guarantees meanwhile."""

    trips: list[RoundTrip]
    parallel: int
    trip: int = 0
    leased: int = 0
    committed: list[Item] = field(default_factory=list[Item])
    running: list[Sequence[Item]] = field(default_factory=list[Sequence[Item]])
    in_bugs: set[int] = field(default_factory=set[int])
    outages: int = 0
    submitted: list[int] = field(default_factory=list[int])
    ended: list[int] = field(default_factory=list[int])

    @asynccontextmanager
    async def lease(self) -> AsyncGenerator[list[Any]]:
        trip = self.trips[self.trip] if self.trip < len(self.trips) else RoundTrip("none", 1)
        self.trip += 1
        if trip.fault == "no lease":
            self.outages += 1
            raise DependencyUnavailable("database", "not reachable")
        written: list[Any] = [trip]
        self.leased += 1
        try:
            yield written
        finally:
            self.leased -= 1
        if trip.fault == "lost at commit":
            self.outages += 1
            raise DependencyUnavailable("database", "lost")
        self.committed += written[1:]

    async def run(self, connection: Connection, items: Sequence[Item], wait: LockWait) -> Sequence[int]:
        written = cast("list[Any]", connection)
        trip: RoundTrip = written[0]
        self._watch(items)
        self.running.append(items)
        try:
            for _ in range(trip.turns):
                await asyncio.sleep(0)
        finally:
            self.running.remove(items)
        if trip.fault == "overtaken":
            self.outages += 1
            raise TransactionConflict("database", "deadlock")
        if trip.fault in {"bug", "short answer"}:
            self.in_bugs |= {item.number for item in items}
        if trip.fault == "bug":
            raise ZeroDivisionError
        if any(item.held for item in items):
            raise Held("database", "LockNotAvailable")
        for item in items:
            if item.bad:
                error = BadValue("this value is wrong")
                error.number = item.number
                raise error
        written += items
        return [item.number for item in items][trip.fault == "short answer" :]

    def _watch(self, items: Sequence[Item]) -> None:
        assert 0 < len(items) <= batch.MAX_BATCH_ITEMS
        assert len(items) == 1 or sum(item.size for item in items) <= batch.MAX_BATCH_BYTES
        assert len(self.running) < self.parallel + batch.ALONE_AT_ONCE
        numbers = Counter(item.number for running in [*self.running, items] for item in running)
        assert set(numbers.values()) == {1}, "one item in two places at once"


SIZES = st.sampled_from([0, 1, batch.MAX_BATCH_BYTES // 3, batch.MAX_BATCH_BYTES, batch.MAX_BATCH_BYTES * 2])
RARELY = st.integers(0, 7).map(lambda number: number == 0)
ARRIVALS = st.lists(
    st.builds(
        Arrival,
        pause=st.sampled_from([0, 0, 0, 1, 3]),
        size=SIZES,
        bad=RARELY,
        held=RARELY,
        patience=st.none() | st.none() | st.integers(0, 6),
    ),
    min_size=1,
    max_size=25,
)
GOOD_ROUND_TRIPS = st.lists(st.builds(RoundTrip, fault=st.just("none"), turns=st.integers(0, 4)), max_size=20)
FAULTS: tuple[Fault, ...] = ("no lease", "lost at commit", "overtaken", "bug", "short answer")
ROUND_TRIPS = st.lists(
    st.builds(RoundTrip, fault=st.just("none") | st.sampled_from(FAULTS), turns=st.integers(0, 4)), max_size=20
)


@dataclass
class RunResult:
    """The result of a run: the items in order of arrival and the outcome of each caller."""

    database: FakeDatabase
    items: list[Item]
    outcomes: list[int | BaseException]


def run_all(arrivals: list[Arrival], trips: list[RoundTrip], *, parallel: int, slow: bool = False) -> RunResult:
    """Run all arrivals; slow: every batch counts as a slow one."""
    with pytest.MonkeyPatch.context() as patch:
        if slow:
            patch.setattr(batch, "SLOW_BATCH_S", 0.0)
        return asyncio.run(_run_all(arrivals, trips, parallel=parallel))


async def _run_all(arrivals: list[Arrival], trips: list[RoundTrip], *, parallel: int) -> RunResult:
    database = FakeDatabase(trips, parallel)
    batcher: Batcher[Item, int] = Batcher(
        cast("Database", database),
        database.run,
        size=lambda item: item.size,
        ended=lambda item: database.ended.append(item.number),
        parallel=parallel,
    )
    items: list[Item] = []
    callers: list[asyncio.Task[int]] = []
    for arrival in arrivals:
        for _ in range(arrival.pause):
            await asyncio.sleep(0)
        item = Item(len(items), arrival.size, arrival.bad, arrival.held)
        items.append(item)
        callers.append(asyncio.create_task(call(batcher, item, arrival.patience, database.submitted)))
    for _ in range(TICKS):
        if all(caller.done() for caller in callers):
            break
        await asyncio.sleep(0)
    waiting = [number for number, caller in enumerate(callers) if not caller.done()]
    assert not waiting, f"still waiting: {waiting}"
    while database.leased:  # batches whose callers have left
        await asyncio.sleep(0)
    database.trips = []
    assert await batcher.submit(Item(-1, 0, bad=False, held=False)) == -1, "the next item is served normally"
    return RunResult(database, items, await asyncio.gather(*callers, return_exceptions=True))


async def call(batcher: Batcher[Item, int], item: Item, patience: int | None, submitted: list[int]) -> int:
    async def submit() -> int:
        submitted.append(item.number)
        return await batcher.submit(item)

    asked = asyncio.ensure_future(submit())
    for _ in range(TICKS if patience is None else patience):
        if asked.done():
            break
        await asyncio.sleep(0)
    else:
        asked.cancel()
    return await asked


def run_and_check(arrivals: list[Arrival], trips: list[RoundTrip], *, parallel: int) -> RunResult:
    result = run_all(arrivals, trips, parallel=parallel, slow=parallel > 1)
    counted = Counter(item.number for item in result.database.committed)
    assert set(counted.values()) <= {1}, "nothing is written twice"
    assert Counter(result.database.ended) == Counter([-1, *result.database.submitted]), "ended once each"
    for item, outcome in zip(result.items, result.outcomes, strict=True):
        if not isinstance(outcome, BaseException):
            assert outcome == item.number, "the result of another item"
            assert counted[item.number] == 1, "acknowledged but not committed"
        elif isinstance(outcome, BadValue):
            assert (outcome.number, item.bad) == (item.number, True), "the error of another item"
        elif isinstance(outcome, Held):
            assert item.held, "another item was held"
        elif isinstance(outcome, DependencyUnavailable):
            assert result.database.outages, "there was no outage"
        elif not isinstance(outcome, asyncio.CancelledError):
            assert item.number in result.database.in_bugs, "a fault of another batch"
    return result


@given(ARRIVALS, ROUND_TRIPS, st.integers(1, 3))
def test_every_caller_gets_the_true_outcome_of_its_own_item(
    arrivals: list[Arrival], trips: list[RoundTrip], parallel: int
) -> None:
    run_and_check(arrivals, trips, parallel=parallel)


@given(ARRIVALS, GOOD_ROUND_TRIPS, st.integers(1, 3))
def test_without_faults_only_bad_held_and_cancelled_items_fail(
    arrivals: list[Arrival], trips: list[RoundTrip], parallel: int
) -> None:
    result = run_and_check(arrivals, trips, parallel=parallel)
    for arrival, item, outcome in zip(arrivals, result.items, result.outcomes, strict=True):
        expected: list[type] = [Held] if item.held else [BadValue] if item.bad else [int]
        if arrival.patience is not None:
            expected.append(asyncio.CancelledError)
        assert type(outcome) in expected


@pytest.mark.parametrize("crowd", [batch.MAX_WAITING, batch.MAX_WAITING + 3])
def test_the_queue_is_bounded_and_refused_callers_do_not_affect_others(crowd: int) -> None:
    arrivals = [Arrival(0, 0, bad=False, patience=None) for _ in range(crowd)]
    result = run_all(arrivals, [], parallel=1)
    turned_away = [outcome for outcome in result.outcomes if isinstance(outcome, DependencyUnavailable)]
    assert len(turned_away) == max(0, crowd - batch.MAX_WAITING)
    assert len(result.database.committed) == crowd - len(turned_away) + 1
