"""Large lists of one user wait for each other; nobody else's do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from uuid import uuid4

from wondernest.games.turns import AT_ONCE, Turns


async def numbers(closed: list[int], name: int = 0) -> AsyncGenerator[int]:
    try:
        for number in range(3):
            yield number
    finally:
        closed.append(name)


async def settle(iterations: int = 20) -> None:
    for _ in range(iterations):
        await asyncio.sleep(0)


async def test_a_further_list_waits_until_one_is_read_to_its_end() -> None:
    turns, user, closed = Turns(), uuid4(), list[int]()
    running = [turns.in_turn(user, numbers(closed)) for _ in range(AT_ONCE)]
    for pieces in running:
        assert await anext(pieces) == 0
    waiting = asyncio.create_task(anext(turns.in_turn(user, numbers(closed))))
    await settle()
    assert not waiting.done()
    assert [number async for number in running[0]] == [1, 2]
    assert await waiting == 0
    await running[1].aclose()


async def test_a_list_that_its_reader_gives_up_lets_the_next_one_begin() -> None:
    turns, user, closed = Turns(), uuid4(), list[int]()
    running = [turns.in_turn(user, numbers(closed, name)) for name in range(AT_ONCE)]
    for pieces in running:
        await anext(pieces)
    waiting = asyncio.create_task(anext(turns.in_turn(user, numbers(closed))))
    await settle()
    await running[0].aclose()
    assert await waiting == 0
    assert closed == [0]
    await running[1].aclose()


async def test_a_list_that_was_never_read_takes_no_turn() -> None:
    turns, user, closed = Turns(), uuid4(), list[int]()
    for _ in range(AT_ONCE * 2):
        await turns.in_turn(user, numbers(closed)).aclose()
    async with aclosing(turns.in_turn(user, numbers(closed))) as pieces:
        assert [number async for number in pieces] == [0, 1, 2]


async def test_the_lists_of_other_users_do_not_wait() -> None:
    turns, closed = Turns(), list[int]()
    busy = uuid4()
    running = [turns.in_turn(busy, numbers(closed)) for _ in range(AT_ONCE)]
    for pieces in running:
        await anext(pieces)
    other = turns.in_turn(uuid4(), numbers(closed))
    assert [number async for number in other] == [0, 1, 2]
    for pieces in running:
        await pieces.aclose()
