"""Counts that several processes share in Valkey, and the limits of each process when Valkey is down or emptied."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta

import pytest
import redis

from wondernest.development.embedded.valkey import EmbeddedValkey
from wondernest.platform.cache import Once, ValkeyCounters
from wondernest.platform.clock import SystemClock
from wondernest.platform.telemetry.metrics import Metrics

LIMIT = 5
WINDOW_S = 600
PATIENCE_S = 20.0


async def process(url: str) -> AsyncIterator[ValkeyCounters]:
    """The counters of one process."""
    counters = ValkeyCounters(url, 0.25, SystemClock(timedelta()), Metrics())
    yield counters
    await counters.close()


@pytest.fixture
async def one(own_valkey_server: EmbeddedValkey) -> AsyncIterator[ValkeyCounters]:
    async for counters in process(own_valkey_server.url()):
        yield counters


@pytest.fixture
async def two(own_valkey_server: EmbeddedValkey) -> AsyncIterator[ValkeyCounters]:
    async for counters in process(own_valkey_server.url()):
        yield counters


async def admitted(counters: ValkeyCounters, attempts: int) -> int:
    """How many of some attempts a process admits."""
    counts = [(await counters.increment("key", WINDOW_S))[0] for _ in range(attempts)]
    return sum(count <= LIMIT for count in counts)


async def test_processes_count_together(one: ValkeyCounters, two: ValkeyCounters) -> None:
    counts = [(await counters.increment("key", WINDOW_S))[0] for counters in (one, two, one, two)]
    assert counts == [1, 2, 3, 4]
    assert (await two.peek("key"))[0] == 4
    assert 0 < (await one.peek("key"))[1] <= WINDOW_S
    assert await one.peek("other") == (0, 0)


async def test_a_count_cleared_by_one_is_cleared_for_all(one: ValkeyCounters, two: ValkeyCounters) -> None:
    for counters in (one, two, two, two):
        await counters.increment("key", WINDOW_S)
    await one.clear("key")
    assert (await two.peek("key"))[0] == 0
    assert await admitted(two, LIMIT + 1) == LIMIT
    await two.clear("key")
    assert await admitted(one, LIMIT + 1) == LIMIT


async def test_clearing_an_unknown_count_stores_nothing(one: ValkeyCounters, own_valkey_server: EmbeddedValkey) -> None:
    await one.clear("key")
    with redis.from_url(own_valkey_server.url()) as client:
        assert client.dbsize() == 0


async def test_every_count_expires(one: ValkeyCounters, own_valkey_server: EmbeddedValkey) -> None:
    await one.increment("key", WINDOW_S)
    await one.clear("key")
    with redis.from_url(own_valkey_server.url()) as client:
        (key,) = client.keys()
        assert 0 < client.ttl(key) <= WINDOW_S


async def test_a_server_that_comes_and_goes_never_gives_a_process_more_than_one_limit(
    one: ValkeyCounters, two: ValkeyCounters, own_valkey_server: EmbeddedValkey
) -> None:
    processes = (one, two)
    passed = dict.fromkeys(processes, 0)

    async def attempt() -> None:
        for counters in processes:
            passed[counters] += await admitted(counters, 2)

    for _ in range(3):
        await attempt()
        await asyncio.to_thread(own_valkey_server.kill)
        await attempt()
        await asyncio.to_thread(own_valkey_server.start)
        await found_again(one)  # the other process counts alone until its pause ends
        await attempt()
    assert max(passed.values()) <= LIMIT
    assert await admitted(one, 1) == await admitted(two, 1) == 0


async def test_an_emptied_server_resets_no_limit(
    one: ValkeyCounters, two: ValkeyCounters, own_valkey_server: EmbeddedValkey
) -> None:
    assert await admitted(one, LIMIT + 1) == LIMIT
    with redis.from_url(own_valkey_server.url()) as client:
        client.flushall()
    assert await admitted(one, 1) == 0
    assert await admitted(two, LIMIT + 1) <= LIMIT


async def test_an_event_counts_once_whichever_process_sees_it(one: ValkeyCounters, two: ValkeyCounters) -> None:
    async def count(counters: ValkeyCounters, event: str) -> int:
        return (await counters.increment("key", WINDOW_S, Once(event, 2)))[0]

    assert [await count(one, "a"), await count(two, "a"), await count(two, "b"), await count(one, "b")] == [1, 1, 2, 2]
    assert [await count(one, "c"), await count(two, "c"), await count(two, "a")] == [3, 4, 4]
    await one.clear("key")
    assert [await count(two, "a"), await count(one, "a")] == [1, 1]


async def test_events_are_kept_no_longer_than_their_window(
    one: ValkeyCounters, own_valkey_server: EmbeddedValkey
) -> None:
    await one.increment("key", 60, Once("a", 5))
    await one.clear("key")
    await one.increment("key", 60, Once("b", 5))
    with redis.from_url(own_valkey_server.url()) as client:
        (key,) = client.keys()
        assert 0 < client.ttl(key) <= 60
        assert sorted(client.hkeys(key)) == [b"cleared", b"count", b"once:b"]


async def test_many_shared_counts_are_added_in_one_call_and_expire(
    one: ValkeyCounters, two: ValkeyCounters, own_valkey_server: EmbeddedValkey
) -> None:
    amounts = {f"user{number}": number for number in range(1, 1_200)}
    assert await one.add_all(amounts, 60) == list(amounts.values())
    assert await two.add_all({"user7": 5, "new": 1}, 60) == [12, 1]
    with redis.from_url(own_valkey_server.url()) as client:
        assert client.dbsize() == len(amounts) + 1
        assert 0 < client.ttl("wondernest:count:user7") <= 60
    own_valkey_server.stop()
    assert list(await one.add_all({"user7": 1}, 60)) == []


async def found_again(counters: ValkeyCounters) -> None:
    await until(counters.probe)


async def until(happens: Callable[[], Awaitable[bool]]) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not await happens():
            await asyncio.sleep(0.02)
