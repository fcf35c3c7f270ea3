"""Batched statements: each caller gets its own rows and faults, in order of arrival, with bounded queues."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import asyncpg
import pytest

from wondernest.platform.db import batch
from wondernest.platform.db.batch import Batcher, LockWait
from wondernest.platform.db.pool import Connection, Database
from wondernest.platform.faults import DependencyUnavailable, Held
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Secret

Item = tuple[str, str]
_STORE = """
    insert into stored as s (key, value, version) select key, value::int, 1 from unnest($1::text[], $2::text[]) i (key, value)
    on conflict (key) do update set value = excluded.value, version = s.version + 1 returning key, version"""


@pytest.fixture
async def pool(empty_database: str) -> AsyncIterator[Database]:
    made = Database(DatabaseSettings(url=Secret(empty_database), pool_size=4), Metrics())
    await made.execute("create table stored (key text primary key, value int, version int)")
    yield made
    await made.close()


def store(pool: Database, sizes: list[int]) -> Batcher[Item, int]:
    async def run(connection: Connection, items: Sequence[Item], _: LockWait) -> Sequence[int]:
        sizes.append(len(items))
        rows = await connection.fetch(_STORE, [key for key, _ in items], [value for _, value in items])
        versions = {row["key"]: row["version"] for row in rows}
        return [versions[key] for key, _ in items]

    return Batcher(pool, run)


async def test_concurrent_items_share_round_trips_and_each_gets_its_own_result(pool: Database) -> None:
    sizes: list[int] = []
    batcher = store(pool, sizes)
    assert await asyncio.gather(*(batcher.submit((f"k{n}", str(n))) for n in range(200))) == [1] * 200
    assert sum(sizes) == 200
    assert len(sizes) < 20
    rows = {row["key"]: row["value"] for row in await pool.fetch("select key, value from stored")}
    assert rows == {f"k{n}": n for n in range(200)}


async def test_one_bad_value_fails_alone(pool: Database) -> None:
    batcher = store(pool, [])
    items = [(f"k{n}", "nonsense" if n == 7 else str(n)) for n in range(20)]
    outcomes = await asyncio.gather(*(batcher.submit(item) for item in items), return_exceptions=True)
    assert [isinstance(outcome, asyncpg.DataError) for outcome in outcomes] == [n == 7 for n in range(20)]
    assert await pool.fetchval("select count(*) from stored") == 19


async def test_a_caller_that_gives_up_does_not_delay_the_rest_of_its_batch(pool: Database) -> None:
    batcher = store(pool, [])
    tasks = [asyncio.create_task(batcher.submit((f"k{n}", "1"))) for n in range(50)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(outcome == 1 for outcome in outcomes[1::2])


async def test_a_single_caller_does_not_wait_for_others(pool: Database) -> None:
    sizes: list[int] = []
    batcher = store(pool, sizes)
    for n in range(3):
        assert await batcher.submit(("k", str(n))) == n + 1
    assert sizes == [1, 1, 1]


async def test_callers_just_answered_share_a_batch_with_those_that_waited(pool: Database) -> None:
    sizes: list[int] = []
    batcher = store(pool, sizes)

    async def caller(number: int) -> None:
        for turn in range(5):
            await batcher.submit((f"k{number}", str(turn)))

    async with asyncio.TaskGroup() as callers:
        for number in range(10):
            callers.create_task(caller(number))
        while not sizes:
            await asyncio.sleep(0)
        for number in range(10, 20):
            callers.create_task(caller(number))
    assert sizes == [10, 20, 20, 20, 20, 10]


async def test_a_lost_connection_fails_the_batch_and_the_next_one_works(pool: Database) -> None:
    async def run(connection: Connection, items: Sequence[bool], _: LockWait) -> Sequence[bool]:
        if any(items):
            await connection.execute("select pg_terminate_backend(pg_backend_pid())")
        return [True] * len(items)

    batcher: Batcher[bool, bool] = Batcher(pool, run)
    with pytest.raises(DependencyUnavailable):
        await batcher.submit(True)
    assert await batcher.submit(False)


async def test_beyond_the_bound_callers_are_refused_at_once(pool: Database) -> None:
    gate = asyncio.Event()

    async def run(connection: Connection, items: Sequence[int], _: LockWait) -> Sequence[int]:
        await gate.wait()
        return items

    batcher: Batcher[int, int] = Batcher(pool, run)
    crowd = [asyncio.create_task(batcher.submit(n)) for n in range(batch.MAX_WAITING + 10)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    gate.set()
    outcomes = await asyncio.gather(*crowd, return_exceptions=True)
    refused = [outcome for outcome in outcomes if isinstance(outcome, DependencyUnavailable)]
    assert len(refused) == 10
    assert [outcome for outcome in outcomes if not isinstance(outcome, Exception)] == list(range(batch.MAX_WAITING))


async def test_large_items_are_spread_over_batches(pool: Database) -> None:
    totals: list[int] = []

    async def run(connection: Connection, items: Sequence[int], _: LockWait) -> Sequence[int]:
        totals.append(sum(items))
        await connection.execute("select 1")
        return items

    batcher: Batcher[int, int] = Batcher(pool, run, size=lambda item: item)
    sizes = [batch.MAX_BATCH_BYTES // 3] * 20 + [batch.MAX_BATCH_BYTES * 2]
    assert await asyncio.gather(*(batcher.submit(size) for size in sizes)) == sizes
    assert all(total <= batch.MAX_BATCH_BYTES or total == batch.MAX_BATCH_BYTES * 2 for total in totals)


async def test_a_slow_batch_does_not_delay_the_next(pool: Database) -> None:
    gate = asyncio.Event()

    async def run(connection: Connection, items: Sequence[str], _: LockWait) -> Sequence[str]:
        if "slow" in items:
            await gate.wait()
        return items

    batcher: Batcher[str, str] = Batcher(pool, run)
    slow = asyncio.create_task(batcher.submit("slow"))
    await asyncio.sleep(0)
    assert await asyncio.gather(*(batcher.submit(f"quick {n}") for n in range(5))) == [f"quick {n}" for n in range(5)]
    assert not slow.done()
    gate.set()
    assert await slow == "slow"


def bounded_store(pool: Database, waits: list[tuple[int, LockWait]]) -> Batcher[Item, int]:
    """A batcher whose statement may wait for locks."""

    async def run(connection: Connection, items: Sequence[Item], wait: LockWait) -> Sequence[int]:
        waits.append((len(items), wait))
        async with connection.transaction():
            await connection.execute(f"set local lock_timeout = '{wait.value}'")
            rows = await connection.fetch(_STORE, [key for key, _ in items], [value for _, value in items])
        versions = {row["key"]: row["version"] for row in rows}
        return [versions[key] for key, _ in items]

    return Batcher(pool, run)


@pytest.mark.parametrize("held", [1, 3, 10, batch.MAX_BATCH_ITEMS - 1])
async def test_locked_items_wait_and_the_rest_of_their_batch_does_not(
    pool: Database, empty_database: str, held: int
) -> None:
    waits: list[tuple[int, LockWait]] = []
    batcher = bounded_store(pool, waits)
    keys = [f"k{n:02}" for n in range(batch.MAX_BATCH_ITEMS)]
    theirs = set(keys[:: len(keys) // held][:held])
    somebody = await asyncpg.connect(empty_database)
    async with somebody.transaction():
        await somebody.execute("insert into stored select unnest($1::text[]), 0, 1", sorted(theirs))
        asked = {key: asyncio.create_task(batcher.submit((key, "2"))) for key in keys}
        assert await asyncio.gather(*(asked[key] for key in keys if key not in theirs)) == [1] * (len(keys) - held)
        assert waits[0] == (len(keys), LockWait.TOGETHER)
        assert sum(not asked[key].done() for key in theirs) <= batch.MAX_HELD
    await somebody.close()
    outcomes = await asyncio.gather(*(asked[key] for key in theirs), return_exceptions=True)
    stored, refused = outcomes.count(2), sum(isinstance(outcome, Held) for outcome in outcomes)
    assert stored + refused == held, "each is stored or refused as held, nothing else"
    assert 1 <= stored <= batch.MAX_HELD


async def test_an_item_reported_as_held_is_run_alone(pool: Database) -> None:
    runs: list[tuple[Sequence[str], LockWait]] = []

    async def run(connection: Connection, items: Sequence[str], wait: LockWait) -> Sequence[str | Held]:
        runs.append((items, wait))
        return [Held("database", "skipped") if item == "held" and len(runs) < 3 else item for item in items]

    batcher: Batcher[str, str] = Batcher(pool, run)
    assert await asyncio.gather(*(batcher.submit(item) for item in ("a", "held", "b"))) == ["a", "held", "b"]
    assert runs == [(["a", "held", "b"], LockWait.TOGETHER), (["held"], LockWait.ALONE), (["held"], LockWait.ALONE)]


async def test_when_everything_is_locked_waiting_is_bounded(pool: Database) -> None:
    alone: list[int] = []

    async def run(connection: Connection, items: Sequence[int], wait: LockWait) -> Sequence[int]:
        if wait is LockWait.ALONE:
            alone.extend(items)
        raise asyncpg.LockNotAvailableError

    batcher: Batcher[int, int] = Batcher(pool, run)
    crowd = batch.MAX_HELD + 10
    outcomes = await asyncio.gather(*(batcher.submit(n) for n in range(crowd)), return_exceptions=True)
    assert all(isinstance(outcome, Held) for outcome in outcomes)
    assert len(alone) <= crowd
    assert len(set(alone)) == len(alone)


async def test_an_item_is_ended_once_even_if_its_caller_leaves(pool: Database) -> None:
    gate = asyncio.Event()
    ended: list[str] = []

    async def run(connection: Connection, items: Sequence[str], _: LockWait) -> Sequence[str]:
        await gate.wait()
        return items

    batcher: Batcher[str, str] = Batcher(pool, run, parallel=1, ended=ended.append)
    running = asyncio.create_task(batcher.submit("running"))
    while not pool_is_leased(pool):
        await asyncio.sleep(0.001)
    waiting = asyncio.create_task(batcher.submit("waiting"))
    await asyncio.sleep(0)
    running.cancel()
    waiting.cancel()
    await asyncio.wait([running, waiting])
    assert not ended
    gate.set()
    assert await batcher.submit("next") == "next"
    assert sorted(ended) == ["next", "running", "waiting"]


def pool_is_leased(pool: Database) -> bool:
    return pool._open > len(pool._idle)
