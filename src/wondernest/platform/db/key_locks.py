"""Work on one key runs one after another, in order of arrival.

Whoever has a turn keeps it until `end`, whatever becomes of the caller that asked for it: a caller that leaves in the middle
does not let the next one start early.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Hashable, Iterable, KeysView
from typing import Final

from wondernest.platform.db.pool import DEPENDENCY
from wondernest.platform.faults import DependencyUnavailable

MAX_WAITING_FOR_A_KEY: Final = 64
"""Beyond this many callers waiting for one key the answer is 503."""
KEY_WAIT_S: Final = 10.0
"""How long a caller waits for those before it; then the answer is 503."""

_FREE: Final = object()
_Waiter = tuple[asyncio.Future[None], object]


class KeyLocks:
    """One holder at a time for each key; the others wait in order of arrival, bounded in number and time."""

    def __init__(self) -> None:
        self._owners: dict[Hashable, object] = {}
        self._queues: dict[Hashable, deque[_Waiter]] = {}

    @property
    def held(self) -> KeysView[Hashable]:
        """The keys somebody has the turn of."""
        return self._owners.keys()

    def try_acquire(self, key: Hashable) -> bool:
        """Take a turn that nobody has; False when somebody has it."""
        if key in self._owners:
            return False
        self._owners[key] = None
        return True

    async def acquire(self, keys: Iterable[Hashable], owner: object = None) -> list[Hashable]:
        """Take the turns of all keys at once; those that are new, which the caller has to end. Raises DependencyUnavailable.

        A key whose turn the same owner has already is not waited for.
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
                    for _, (turn, _) in waiters:
                        await turn
        except BaseException as error:
            self._leave(taken, waiters)
            if isinstance(error, TimeoutError):
                raise DependencyUnavailable(DEPENDENCY, "earlier work on the same key takes too long") from None
            raise
        return [*taken, *(key for key, _ in waiters)]

    def release(self, key: Hashable) -> None:
        """Hand the turn to whoever waits for it first."""
        queue = self._queues.get(key)
        while queue:
            turn, owner = queue.popleft()
            if not turn.done():
                self._owners[key] = owner
                turn.set_result(None)
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

    def _leave(self, taken: Iterable[Hashable], waiters: Iterable[tuple[Hashable, _Waiter]]) -> None:
        """Give back what was taken, and what was handed over in the moment of leaving."""
        for key, waiter in waiters:
            turn = waiter[0]
            if turn.done() and not turn.cancelled():
                self.release(key)
            else:
                turn.cancel()
                queue = self._queues.get(key)
                if queue and waiter in queue:
                    queue.remove(waiter)
        for key in taken:
            self.release(key)
