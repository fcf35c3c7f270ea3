"""Locks per key: work on one key runs one after another, in order of arrival.

A lock is held until `release`, even if the caller that acquired it is cancelled: the next one never starts early.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable, Iterable, KeysView
from typing import Final

from wondernest.platform.db.pool import DEPENDENCY
from wondernest.platform.faults import DependencyUnavailable

MAX_WAITING_FOR_A_KEY: Final = 64
"""With more waiting callers for one key than this the answer is 503."""
KEY_WAIT_S: Final = 10.0
"""How long a caller waits for its locks; then the answer is 503."""

_FREE: Final = object()
_Waiter = tuple[asyncio.Future[None], object]


class KeyLocks:
    """One lock per key. Waiters get it in order of arrival; their number and their time are bounded."""

    def __init__(self) -> None:
        self._owners: dict[Hashable, object] = {}
        self._queues: dict[Hashable, deque[_Waiter]] = {}

    @property
    def held(self) -> KeysView[Hashable]:
        """The locked keys."""
        return self._owners.keys()

    def try_acquire(self, key: Hashable) -> bool:
        """Lock the key; False if it is locked already."""
        if key in self._owners:
            return False
        self._owners[key] = None
        return True

    async def acquire(self, keys: Iterable[Hashable], owner: object = None) -> list[Hashable]:
        """Lock all keys, or none. Returns the keys that the caller has to release. Raises DependencyUnavailable.

        A key that the same owner has locked already is skipped.
        """
        taken: list[Hashable] = []
        waiters: list[tuple[Hashable, _Waiter]] = []
        try:
            for key in dict.fromkeys(keys):
                holder = self._owners.get(key, _FREE)
                if holder is _FREE:
                    self._owners[key] = owner
                    taken.append(key)
                elif owner is None or holder is not owner:
                    waiters.append((key, self._queue_up(key, owner)))
            if waiters:
                async with asyncio.timeout(KEY_WAIT_S):
                    for _, (granted, _) in waiters:
                        await granted
        except BaseException as error:
            self._abandon(taken, waiters)
            if isinstance(error, TimeoutError):
                raise DependencyUnavailable(DEPENDENCY, "earlier work on the same key takes too long") from None
            raise
        return [*taken, *(key for key, _ in waiters)]

    def release(self, key: Hashable) -> None:
        """Pass the lock to the first waiter, or unlock the key."""
        queue = self._queues.get(key)
        while queue:
            granted, owner = queue.popleft()
            if not granted.done():
                self._owners[key] = owner
                granted.set_result(None)
                return
        if queue is not None:
            del self._queues[key]
        del self._owners[key]

    def _queue_up(self, key: Hashable, owner: object) -> _Waiter:
        queue = self._queues.setdefault(key, deque())
        if len(queue) >= MAX_WAITING_FOR_A_KEY:
            raise DependencyUnavailable(DEPENDENCY, "too many requests are waiting for the same key")
        waiter = asyncio.get_running_loop().create_future(), owner
        queue.append(waiter)
        return waiter

    def _abandon(self, taken: Iterable[Hashable], waiters: Iterable[tuple[Hashable, _Waiter]]) -> None:
        """Release the acquired locks, also those that a waiter got just now, and remove the other waiters."""
        for key, waiter in waiters:
            granted = waiter[0]
            if granted.done() and not granted.cancelled():
                self.release(key)
            else:
                granted.cancel()
                queue = self._queues.get(key)
                if queue and waiter in queue:
                    queue.remove(waiter)
        for key in taken:
            self.release(key)
