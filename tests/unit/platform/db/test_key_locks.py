"""KeyLocks: one holder for each key, the others in order of arrival, bounded, whoever leaves meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.platform.db import key_locks as module
from wondernest.platform.db.key_locks import KeyLocks
from wondernest.platform.faults import DependencyUnavailable


async def turn_round() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_key_has_one_holder_and_the_others_follow_in_order() -> None:
    locks, order = KeyLocks(), list[int]()

    async def work(number: int) -> None:
        await locks.acquire(["k"])
        order.append(number)

    assert locks.try_acquire("k")
    assert not locks.try_acquire("k")
    waiting = [asyncio.create_task(work(number)) for number in range(3)]
    for number in range(3):
        await turn_round()
        assert order == list(range(number))
        locks.release("k")
    await asyncio.gather(*waiting)
    locks.release("k")
    assert not locks.held


async def test_an_owner_does_not_wait_for_itself() -> None:
    locks, owner = KeyLocks(), object()
    assert await locks.acquire(["a", "b"], owner) == ["a", "b"]
    assert await locks.acquire(["b", "c", "c"], owner) == ["c"]


async def test_several_keys_are_taken_together_or_not_at_all() -> None:
    locks = KeyLocks()
    assert locks.try_acquire("b")
    both = asyncio.create_task(locks.acquire(["a", "b"]))
    await turn_round()
    behind = asyncio.create_task(locks.acquire(["a"]))
    await turn_round()
    assert not behind.done()
    both.cancel()
    await asyncio.wait([both])
    assert await behind == ["a"]
    locks.release("a")
    locks.release("b")
    assert not locks.held


async def test_a_turn_handed_to_one_that_leaves_in_the_same_moment_goes_to_the_next() -> None:
    locks = KeyLocks()
    assert locks.try_acquire("k")
    leaving, behind = (asyncio.create_task(locks.acquire(["k"])) for _ in range(2))
    await turn_round()
    locks.release("k")
    leaving.cancel()
    assert await behind == ["k"]
    assert leaving.cancelled()


async def test_waiting_is_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_FOR_A_KEY", 2)
    locks = KeyLocks()
    assert locks.try_acquire("k")
    waiting = [asyncio.create_task(locks.acquire(["k"])) for _ in range(2)]
    await turn_round()
    with pytest.raises(DependencyUnavailable):
        await locks.acquire(["other", "k"])
    assert locks.try_acquire("other")
    for task in waiting:
        locks.release("k")
        assert await task == ["k"]


async def test_waiting_is_bounded_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEY_WAIT_S", 0.01)
    locks = KeyLocks()
    assert locks.try_acquire("k")
    with pytest.raises(DependencyUnavailable):
        await locks.acquire(["k"])
    locks.release("k")
    assert locks.try_acquire("k")


Worker = tuple[frozenset[int], int, int | None]
WORKERS = st.lists(
    st.tuples(
        st.frozensets(st.integers(0, 3), min_size=1), st.integers(0, 4), st.none() | st.none() | st.integers(0, 10)
    ),
    max_size=15,
)


@given(WORKERS)
def test_whoever_comes_and_leaves_no_key_has_two_holders_and_the_order_is_that_of_arrival(
    workers: list[Worker],
) -> None:
    asyncio.run(live(workers))


async def live(workers: Iterable[Worker]) -> None:
    locks, holders, order = KeyLocks(), set[int](), dict[int, list[int]]()

    async def work(number: int, keys: frozenset[int], turns_of_loop: int) -> None:
        taken = await locks.acquire(sorted(keys))
        assert not holders & keys
        holders.update(keys)
        for key in keys:
            order.setdefault(key, []).append(number)
        try:
            for _ in range(turns_of_loop):
                await asyncio.sleep(0)
        finally:
            holders.difference_update(keys)
            for key in taken:
                locks.release(key)

    async def call(number: int, worker: Worker) -> None:
        keys, length, patience = worker
        task = asyncio.create_task(work(number, keys, length))
        for _ in range(patience or 0):
            await asyncio.sleep(0)
        if patience is not None:
            task.cancel()
        await asyncio.wait([task])
        assert task.cancelled() or task.exception() is None

    async with asyncio.timeout(10):
        await asyncio.gather(*(call(number, worker) for number, worker in enumerate(workers)))
    assert not locks.held
    assert all(numbers == sorted(numbers) for numbers in order.values())
