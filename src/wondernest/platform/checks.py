"""Health checks of dependencies: each has a time limit, and its result is cached for a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from msgspec import Struct

from wondernest.platform.clock import monotonic

TIMEOUT_S: Final = 2.0
FRESH_S: Final = 1.0
Result = TypeVar("Result")


class Health(Struct, frozen=True):
    """The result of a check. `complete`: the dependency has everything that some route needs."""

    up: bool
    message: str
    took_ms: int
    complete: bool = True


class Check(Struct, frozen=True):
    """A health check of a dependency that only one room has. `ask` never raises an Exception."""

    name: str
    ask: Callable[[], Awaitable[Health]]


class Cached(Generic[Result]):
    """Runs a check at most once at a time, and keeps its result for FRESH_S."""

    def __init__(self, ask: Callable[[], Awaitable[Result]]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[Result] | None = None
        self._fresh_until = 0.0

    async def get(self) -> Result:
        """The cached result, or a new one when it is older than FRESH_S."""
        if self._asking is None or (self._asking.done() and monotonic() >= self._fresh_until):
            self._asking = asyncio.create_task(self._refresh())
        return await asyncio.shield(self._asking)

    async def _refresh(self) -> Result:
        result = await self._ask()
        self._fresh_until = monotonic() + FRESH_S
        return result


def milliseconds_since(began: float) -> int:
    """Milliseconds since `began`, a value of the monotonic clock."""
    return round((monotonic() - began) * 1000)
