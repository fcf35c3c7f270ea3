"""Counts of one process: expiring windows, jumping clocks, clearing by other processes, and a bound on entries."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from wondernest.platform.cache import MemoryCounters, Once, counters

WINDOW_S = 60
PATIENCE_S = 20.0


class OurClock:
    """A clock that the test sets."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time


async def test_a_clock_that_goes_back_keeps_the_count_and_does_not_extend_the_window() -> None:
    clock = OurClock()
    counts = MemoryCounters(clock)
    await counts.increment("a", WINDOW_S)
    clock.time -= timedelta(hours=2)
    assert await counts.increment("a", WINDOW_S) == (2, WINDOW_S)
    clock.time += timedelta(seconds=WINDOW_S)
    assert await counts.increment("a", WINDOW_S) == (1, WINDOW_S)


async def test_a_count_ends_with_the_shared_window_it_belongs_to() -> None:
    clock = OurClock()
    counts = MemoryCounters(clock)
    assert counts.add("a", 5_000, 0) == (1, 5)
    clock.time += timedelta(seconds=5)
    assert await counts.peek("a") == (0, 0)


async def test_a_count_cleared_by_others_starts_again_whenever_that_is_learned() -> None:
    counts = MemoryCounters(OurClock())
    counts.add("a", 60_000, 0)
    assert counts.read("a", 7) == (0, 0)
    assert counts.add("a", 60_000, 7)[0] == 1
    assert counts.add("a", 60_000, 0)[0] == 2, "an answer from before the clearing came late"
    assert counts.add("a", 60_000, 7)[0] == 3
    assert counts.read("a", 7)[0] == 3


async def test_an_older_clearing_does_not_reset_what_was_counted_alone() -> None:
    counts = MemoryCounters(OurClock())
    for _ in range(3):
        await counts.increment("a", WINDOW_S)
    assert counts.add("a", 60_000, 7)[0] == 4
    assert counts.add("a", 60_000, 8)[0] == 1


async def test_entries_are_bounded_and_expired_ones_are_dropped_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(counters, "MAX_ENTRIES", 100)
    clock = OurClock()
    counts = MemoryCounters(clock)
    await counts.increment("long", 3600)
    for number in range(80):
        await counts.increment(f"short{number}", 1)
    clock.time += timedelta(seconds=2)
    for number in range(30):
        await counts.increment(f"new{number}", WINDOW_S)
    assert (await counts.peek("long"))[0] == 1
    for number in range(500):
        await counts.increment(f"more{number}", WINDOW_S)
    assert len(counts._entries) <= 100
    assert (await counts.peek("more499"))[0] == 1


async def test_an_event_counts_once_in_its_window_and_again_in_the_next() -> None:
    clock = OurClock()
    counts = MemoryCounters(clock)
    for event, count in (("a", 1), ("a", 1), ("b", 2), ("a", 2), ("b", 2)):
        assert (await counts.increment("key", WINDOW_S, Once(event, 5)))[0] == count
    clock.time += timedelta(seconds=WINDOW_S)
    assert (await counts.increment("key", WINDOW_S, Once("a", 5)))[0] == 1


async def test_an_event_beyond_the_limit_is_not_remembered() -> None:
    """Otherwise it would be free once the count is cleared or its window ends."""
    counts = MemoryCounters(OurClock())
    for event, count in (("a", 1), ("b", 2), ("c", 3), ("c", 4), ("a", 4)):
        assert (await counts.increment("key", WINDOW_S, Once(event, 2)))[0] == count


async def test_events_are_kept_no_longer_than_their_window_also_when_nobody_comes() -> None:
    clock = OurClock()
    counts = MemoryCounters(clock)
    await counts.increment("key", 1, Once("a", 5))
    await counts.increment("later", WINDOW_S, Once("b", 5))
    clock.time += timedelta(seconds=1)
    async with asyncio.timeout(PATIENCE_S):
        while "key" in counts._entries:
            await asyncio.sleep(0.05)
    assert "later" in counts._entries


async def test_clearing_forgets_the_events_too() -> None:
    counts = MemoryCounters(OurClock())
    await counts.increment("key", WINDOW_S, Once("a", 5))
    await counts.clear("key")
    assert (await counts.increment("key", WINDOW_S, Once("a", 5)))[0] == 1
    assert counts.add("key", 60_000, 7, Once("a", 5))[0] == 1, "cleared by another process"
