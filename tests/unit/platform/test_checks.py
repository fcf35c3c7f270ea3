"""A probe's result is shared by concurrent callers, and cached for a short time."""

import asyncio

import pytest

from wondernest.platform.checks import Cached


class Probe:
    def __init__(self) -> None:
        self.asked = 0
        self.go = asyncio.Event()
        self.fault: Exception | None = None

    async def __call__(self) -> int:
        self.asked += 1
        await self.go.wait()
        if self.fault:
            raise self.fault
        return self.asked


async def test_concurrent_callers_share_one_probe() -> None:
    probe = Probe()
    cached = Cached(probe)
    waiting = [asyncio.create_task(cached.get()) for _ in range(10)]
    probe.go.set()
    assert await asyncio.gather(*waiting) == [1] * 10


async def test_a_fresh_result_is_reused() -> None:
    probe = Probe()
    probe.go.set()
    cached = Cached(probe)
    assert [await cached.get() for _ in range(10)] == [1] * 10


async def test_a_caller_that_leaves_does_not_stop_the_probe() -> None:
    probe = Probe()
    cached = Cached(probe)
    leaver = asyncio.create_task(cached.get())
    stayer = asyncio.create_task(cached.get())
    await asyncio.sleep(0)
    leaver.cancel()
    probe.go.set()
    assert await stayer == 1


async def test_a_fault_is_not_cached() -> None:
    probe = Probe()
    probe.go.set()
    probe.fault = ValueError()
    cached = Cached(probe)
    with pytest.raises(ValueError):
        await cached.get()
    probe.fault = None
    assert await cached.get() == 2
