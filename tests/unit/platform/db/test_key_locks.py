"""Turns: one holder for each key, the others in order of arrival, bounded, whoever leaves meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.platform.db import turns as module
from wondernest.platform.db.turns import Turns
from wondernest.platform.faults import DependencyUnavailable


async def turn_round() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_a_key_has_one_holder_and_the_others_follow_in_order() -> None:
    turns, order = Turns(), list[int]()

    async def work(number: int) -> None:
        await turns.take(["k"])
        order.append(number)

    assert turns.take_free("k")
    assert not turns.take_free("k")
    waiting = [asyncio.create_task(work(number)) for number in range(3)]
    for number in range(3):
        await turn_round()
        assert order == list(range(number))
        turns.end("k")
    await asyncio.gather(*waiting)
    turns.end("k")
    assert not turns.taken


async def test_an_owner_does_not_wait_for_itself() -> None:
    turns, owner = Turns(), object()
    assert await turns.take(["a", "b"], owner) == ["a", "b"]
    assert await turns.take(["b", "c", "c"], owner) == ["c"]


async def test_several_keys_are_taken_together_or_not_at_all() -> None:
    turns = Turns()
    assert turns.take_free("b")
    both = asyncio.create_task(turns.take(["a", "b"]))
    await turn_round()
    behind = asyncio.create_task(turns.take(["a"]))
    await turn_round()
    assert not behind.done()
    both.cancel()
    await asyncio.wait([both])
    assert await behind == ["a"]
    turns.end("a")
    turns.end("b")
    assert not turns.taken


async def test_a_turn_handed_to_one_that_leaves_in_the_same_moment_goes_to_the_next() -> None:
    turns = Turns()
    assert turns.take_free("k")
    leaving, behind = (asyncio.create_task(turns.take(["k"])) for _ in range(2))
    await turn_round()
    turns.end("k")
    leaving.cancel()
    assert await behind == ["k"]
    assert leaving.cancelled()


async def test_waiting_is_bounded_in_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_WAITING_FOR_A_KEY", 2)
    turns = Turns()
    assert turns.take_free("k")
    waiting = [asyncio.create_task(turns.take(["k"])) for _ in range(2)]
    await turn_round()
    with pytest.raises(DependencyUnavailable):
        await turns.take(["other", "k"])
    assert turns.take_free("other")
    for task in waiting:
        turns.end("k")
        assert await task == ["k"]


async def test_waiting_is_bounded_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "TURN_WAIT_S", 0.01)
    turns = Turns()
    assert turns.take_free("k")
    with pytest.raises(DependencyUnavailable):
        await turns.take(["k"])
    turns.end("k")
    assert turns.take_free("k")


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
    turns, holders, order = Turns(), set[int](), dict[int, list[int]]()

    async def work(number: int, keys: frozenset[int], turns_of_loop: int) -> None:
        taken = await turns.take(sorted(keys))
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
                turns.end(key)

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
    assert not turns.taken
    assert all(numbers == sorted(numbers) for numbers in order.values())
