"""Questions to the dependencies: bounded in time, and asked at most once a second however many want to know."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final, Generic, TypeVar

import asyncpg
from msgspec import Struct

from wondernest.platform.clock import monotonic
from wondernest.platform.db.migrations.state import schema_state
from wondernest.platform.faults import DependencyUnavailable

if TYPE_CHECKING:
    from wondernest.platform.cache import Counters
    from wondernest.platform.db.pool import Database

TIMEOUT_S: Final = 2.0
FRESH_S: Final = 1.0
Finding = TypeVar("Finding")


class Health(Struct, frozen=True):
    """What a probe found. `complete`: the database has every table that some route needs."""

    up: bool
    message: str
    took_ms: int
    complete: bool = True


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


async def probe_database(database: Database) -> Health:
    """Connect anew, so that a busy pool is not taken for a database that is down, and look for our tables."""
    began = monotonic()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            connection = await database.connect()
            try:
                state = await schema_state(connection)
            finally:
                connection.terminate()
    except (DependencyUnavailable, TimeoutError, OSError, asyncpg.PostgresError, asyncpg.InterfaceError):
        return Health(up=False, message="Connection failed", took_ms=_since(began), complete=False)
    return Health(up=True, message="Connected", took_ms=_since(began), complete=state.usable)


async def probe_cache(counters: Counters) -> Health:
    """Ask the shared store for a sign of life."""
    began = monotonic()
    try:
        async with asyncio.timeout(TIMEOUT_S):
            up = await counters.ping()
    except TimeoutError:
        up = False
    return Health(up=up, message="Connected" if up else "Connection failed", took_ms=_since(began))


def _since(began: float) -> int:
    return round((monotonic() - began) * 1000)
