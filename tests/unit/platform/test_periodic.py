"""Periodic chores go on after their own faults."""

from __future__ import annotations

import asyncio

from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.periodic import Periodic


async def test_a_chore_recurs_although_it_sometimes_fails() -> None:
    rounds: list[int] = []
    enough = asyncio.Event()

    async def chore() -> None:
        rounds.append(len(rounds))
        if len(rounds) == 1:
            raise DependencyUnavailable("database", "away")
        if len(rounds) == 2:
            raise ValueError
        enough.set()

    periodic = Periodic("test", 0.001, chore)
    await periodic.start()
    async with asyncio.timeout(5):
        await enough.wait()
    await periodic.stop()
    done = len(rounds)
    await asyncio.sleep(0)
    assert len(rounds) == done
