"""The bounded pool of threads: it refuses at once when it is full, and a hanging call costs its caller no more than the limit."""

from __future__ import annotations

import asyncio
import threading

import pytest

from wondernest.platform.threads import MAX_WAITING, THREADS, BoundedThreads, QueueFull


async def test_a_full_queue_refuses_and_is_free_again_afterwards() -> None:
    threads, go = BoundedThreads("test"), threading.Event()
    try:
        waiting = [asyncio.create_task(threads.run(go.wait, 60)) for _ in range(THREADS + MAX_WAITING)]
        await asyncio.sleep(0)
        with pytest.raises(QueueFull):
            await threads.run(go.wait, 60)
        go.set()
        assert all(await asyncio.gather(*waiting))
        assert await threads.run(lambda: 7, 60) == 7
    finally:
        go.set()
        threads.close()


async def test_a_hanging_call_ends_with_a_time_out_and_a_waiting_one_never_begins() -> None:
    threads, go, begun = BoundedThreads("test"), threading.Event(), threading.Event()
    try:
        hanging = [asyncio.create_task(threads.run(go.wait, 60)) for _ in range(THREADS)]
        await asyncio.sleep(0)
        with pytest.raises(TimeoutError):
            await threads.run(begun.set, 0.05)
        go.set()
        await asyncio.gather(*hanging)
        assert await threads.run(lambda: 7, 60) == 7
        assert not begun.is_set()
    finally:
        go.set()
        threads.close()


async def test_what_must_happen_is_done_also_after_the_end() -> None:
    threads, done = BoundedThreads("test"), threading.Event()
    threads.close()
    threads.soon(done.set)
    assert done.is_set()
