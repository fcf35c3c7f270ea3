"""What is asked of a dependency to know whether it is well: bounded in time, and asked at most once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final, Generic, TypeVar

from msgspec import Struct

from wondernest.platform.clock import monotonic

TIMEOUT_S: Final = 2.0
FRESH_S: Final = 1.0
Finding = TypeVar("Finding")


class Health(Struct, frozen=True):
    """What a check found. `complete`: everything that some route needs of the dependency is there."""

    up: bool
    message: str
    took_ms: int
    complete: bool = True


class Check(Struct, frozen=True):
    """A dependency that a room has of its own, and how to ask it. `ask` raises nothing that is an Exception."""

    name: str
    ask: Callable[[], Awaitable[Health]]


class Cached(Generic[Finding]):
    """A finding shared by everyone who asks while it is made and for FRESH_S afterwards."""

    def __init__(self, ask: Callable[[], Awaitable[Finding]]) -> None:
        self._ask = ask
        self._asking: asyncio.Task[Finding] | None = None
        self._fresh_until = 0.0

    async def get(self) -> Finding:
        """The finding, made anew when the last one is no longer fresh."""
        if self._asking is None or (self._asking.done() and monotonic() >= self._fresh_until):
            self._asking = asyncio.create_task(self._made())
        return await asyncio.shield(self._asking)

    async def _made(self) -> Finding:
        finding = await self._ask()
        self._fresh_until = monotonic() + FRESH_S
        return finding


def milliseconds_since(began: float) -> int:
    """Milliseconds since a moment of the monotonic clock."""
    return round((monotonic() - began) * 1000)
