"""A bounded pool of threads for calls that block: files on a slow or hanging disk must not take the threads of others."""

from __future__ import annotations

import asyncio
import errno
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, TypeVar

Result = TypeVar("Result")

THREADS: Final = 8
MAX_WAITING: Final = 256
"""Calls that may wait for a thread; further ones are refused."""


class QueueFull(Exception):
    """Too many calls are waiting for a thread."""


class BoundedThreads:
    """Runs blocking calls in its own threads, which are started when needed."""

    def __init__(self, name: str) -> None:
        self._lock = threading.Lock()
        self._taken = 0
        self._threads = ThreadPoolExecutor(THREADS, name)

    async def run(self, work: Callable[[], Result], timeout_s: float) -> Result:
        """The result of `work`. Raises QueueFull at once, or TimeoutError; then `work` may still be running."""
        with self._lock:
            if self._taken >= THREADS + MAX_WAITING:
                raise QueueFull
            self._taken += 1
        future = self._threads.submit(work)
        future.add_done_callback(self._done)
        async with asyncio.timeout(timeout_s):
            return await asyncio.wrap_future(future)

    def soon(self, work: Callable[[], object]) -> None:
        """Run `work` when a thread is free, also when many calls wait. Its result and its errors are dropped."""
        try:
            self._threads.submit(work)
        except RuntimeError:  # closed: the process ends
            work()

    def close(self) -> None:
        """Stop the threads when the calls that wait are done; returns at once."""
        self._threads.shutdown(wait=False)

    def _done(self, _: Future[Result]) -> None:
        with self._lock:
            self._taken -= 1


def os_reason(error: OSError) -> str:
    """What went wrong, without the path."""
    if error.errno is None:
        return type(error).__name__
    return f"{os.strerror(error.errno)} ({errno.errorcode.get(error.errno, error.errno)})"
