"""Gathered statements keep their promises in any order of arrivals, faults and departures, against a database by hand."""

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
"""Turns of the loop after which whoever still waits would wait for ever."""


@dataclass(frozen=True)
class Item:
    """What a caller hands in: the `number`-th to arrive."""

    number: int
    size: int
    bad: bool
    held: bool


@dataclass(frozen=True)
class Arrival:
    """A caller: how many turns after the one before it comes, and after how many it gives up."""

    pause: int
    size: int
    bad: bool
    patience: int | None
    held: bool = False


@dataclass(frozen=True)
class Trip:
    """What happens to one round trip, and how many turns it takes."""

    fault: Fault
    turns: int


class BadValue(asyncpg.DataError):
    """What the database says of an item's own value."""

    number = -1


@dataclass
class FakeDatabase:
    """Commits what a lease ran when the lease ends well; keeps watch over the promises meanwhile."""

    trips: list[Trip]
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
        trip = self.trips[self.trip] if self.trip < len(self.trips) else Trip("none", 1)
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
        trip: Trip = written[0]
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
GOOD_TRIPS = st.lists(st.builds(Trip, fault=st.just("none"), turns=st.integers(0, 4)), max_size=20)
FAULTS: tuple[Fault, ...] = ("no lease", "lost at commit", "overtaken", "bug", "short answer")
TRIPS = st.lists(st.builds(Trip, fault=st.just("none") | st.sampled_from(FAULTS), turns=st.integers(0, 4)), max_size=20)


@dataclass
class Story:
    """What came of a crowd: its items in order of arrival and what each caller was told."""

    database: FakeDatabase
    items: list[Item]
    told: list[int | BaseException]


def live(arrivals: list[Arrival], trips: list[Trip], *, parallel: int, slow: bool = False) -> Story:
    """Live through it all; slow: every batch counts as one that takes long."""
    with pytest.MonkeyPatch.context() as patch:
        if slow:
            patch.setattr(batch, "SLOW_BATCH_S", 0.0)
        return asyncio.run(_live(arrivals, trips, parallel=parallel))


async def _live(arrivals: list[Arrival], trips: list[Trip], *, parallel: int) -> Story:
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
    assert not waiting, f"left waiting for ever: {waiting}"
    while database.leased:  # for callers that have left
        await asyncio.sleep(0)
    database.trips = []
    assert await batcher.submit(Item(-1, 0, bad=False, held=False)) == -1, (
        "the next one is served as if nothing had been"
    )
    return Story(database, items, await asyncio.gather(*callers, return_exceptions=True))


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


def tell(arrivals: list[Arrival], trips: list[Trip], *, parallel: int) -> Story:
    story = live(arrivals, trips, parallel=parallel, slow=parallel > 1)
    counted = Counter(item.number for item in story.database.committed)
    assert set(counted.values()) <= {1}, "nothing is written twice"
    assert Counter(story.database.ended) == Counter([-1, *story.database.submitted]), "ended once each"
    for item, told in zip(story.items, story.told, strict=True):
        if not isinstance(told, BaseException):
            assert told == item.number, "somebody else's result"
            assert counted[item.number] == 1, "acknowledged and not there"
        elif isinstance(told, BadValue):
            assert (told.number, item.bad) == (item.number, True), "somebody else's error"
        elif isinstance(told, Held):
            assert item.held, "somebody else was held"
        elif isinstance(told, DependencyUnavailable):
            assert story.database.outages, "no outage was there"
        elif not isinstance(told, asyncio.CancelledError):
            assert item.number in story.database.in_bugs, "a fault of a batch it was not in"
    return story


@given(ARRIVALS, TRIPS, st.integers(1, 3))
def test_everybody_is_told_the_truth_about_their_own_item_whatever_happens(
    arrivals: list[Arrival], trips: list[Trip], parallel: int
) -> None:
    tell(arrivals, trips, parallel=parallel)


@given(ARRIVALS, GOOD_TRIPS, st.integers(1, 3))
def test_with_a_sound_database_only_bad_and_held_items_and_the_impatient_go_without(
    arrivals: list[Arrival], trips: list[Trip], parallel: int
) -> None:
    story = tell(arrivals, trips, parallel=parallel)
    for arrival, item, told in zip(arrivals, story.items, story.told, strict=True):
        expected: list[type] = [Held] if item.held else [BadValue] if item.bad else [int]
        if arrival.patience is not None:
            expected.append(asyncio.CancelledError)
        assert type(told) in expected


@pytest.mark.parametrize("crowd", [batch.MAX_WAITING, batch.MAX_WAITING + 3])
def test_the_queue_is_bounded_and_those_turned_away_harm_nobody(crowd: int) -> None:
    arrivals = [Arrival(0, 0, bad=False, patience=None) for _ in range(crowd)]
    story = live(arrivals, [], parallel=1)
    turned_away = [told for told in story.told if isinstance(told, DependencyUnavailable)]
    assert len(turned_away) == max(0, crowd - batch.MAX_WAITING)
    assert len(story.database.committed) == crowd - len(turned_away) + 1
