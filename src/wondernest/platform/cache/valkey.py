"""Counters in Valkey or Redis, with the process's memory as fallback while the server is unavailable."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Final

from wondernest.platform.cache.counters import MemoryCounters, Refused, seconds
from wondernest.platform.clock import monotonic
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wondernest.platform.cache.counters import Once
    from wondernest.platform.cache.server import CacheServer
    from wondernest.platform.clock import Clock
    from wondernest.platform.telemetry.metrics import Metrics

log = get_logger(__name__)

INCREMENT: Final = "increment"
ADD_ALL: Final = "add all"
PEEK: Final = "peek"
CLEAR: Final = "clear"
PROBE: Final = "probe"
CONNECTION: Final = "connection"
"""Kinds of work that fail apart: a full server or a replica still answers `peek`. The last one is the server as a whole."""

PAUSE_S: Final = 1.0
"""How long the circuit stays open after a fault: a hanging cache must not cost every request a time-out."""


class ValkeyCounters:
    """Counters shared by all processes. They work without the server too.

    Each process also counts its own calls in memory, and the higher of the two counts is used. So even if the server is
    unavailable, unstable, or has lost its data, one process never allows more than the limit in a window.
    """

    def __init__(self, url: str, timeout_s: float, clock: Clock, metrics: Metrics) -> None:
        self._url = url
        self._timeout_s = timeout_s
        self._client: CacheServer | None = None
        self._own = MemoryCounters(clock)
        self._metrics = metrics
        self._open_until = 0.0
        self._failing: set[str] = set()
        """What fails, while the outage lasts."""

    async def increment(self, key: str, window_s: int, once: Once | None = None) -> tuple[int, int]:
        """As `Counters`."""
        if not self._circuit_open():
            try:
                count, left_ms, cleared = await (await self._server()).increment(key, window_s, once)
            except DependencyUnavailable as fault:
                self._failed(fault, INCREMENT)
            else:
                self._answered(INCREMENT)
                return max((count, seconds(left_ms)), self._own.add(key, left_ms, cleared, once))
        return self._own.add(key, window_s * 1000, once=once)

    async def add_all(self, amounts: Mapping[str, int], window_s: int) -> Sequence[int]:
        """As `Counters`."""
        if not amounts or self._circuit_open():
            return ()
        try:
            totals = await (await self._server()).add_all(amounts, window_s)
        except DependencyUnavailable as fault:
            self._failed(fault, ADD_ALL)
            return ()
        self._answered(ADD_ALL)
        return totals

    async def peek(self, key: str) -> tuple[int, int]:
        """The count without adding, and the seconds until the window ends (0 when there is none)."""
        if not self._circuit_open():
            try:
                count, left_ms, cleared = await (await self._server()).peek(key)
            except DependencyUnavailable as fault:
                self._failed(fault, PEEK)
            else:
                self._answered(PEEK)
                shared = (count, seconds(left_ms)) if count else (0, 0)
                return max(shared, self._own.read(key, cleared))
        return self._own.read(key)

    async def clear(self, key: str) -> None:
        """Reset a count."""
        await self._own.clear(key)
        if not self._circuit_open():
            try:
                await (await self._server()).clear(key)
            except DependencyUnavailable as fault:
                self._failed(fault, CLEAR)
            else:
                self._answered(CLEAR)

    async def forget(self, key: str) -> None:
        """Remove a key. While the server is away it stays until its window ends."""
        await self._own.forget(key)
        if not self._circuit_open():
            try:
                await (await self._server()).forget(key)
            except DependencyUnavailable as fault:
                self._failed(fault, CLEAR)
            else:
                self._answered(CLEAR)

    async def probe(self) -> bool:
        """Whether the shared store does all that this class asks of it."""
        try:
            await (await self._server()).probe()
        except DependencyUnavailable as fault:
            self._failed(fault, PROBE)
            return False
        self._answered(PROBE)
        return True

    async def close(self) -> None:
        """Release connections."""
        if self._client is not None:
            await self._client.close()

    async def _server(self) -> CacheServer:
        """The server's client. Its library is loaded in a thread, so that the event loop is not blocked."""
        if self._client is None:
            kind = await asyncio.to_thread(_load)
            if self._client is None:
                self._client = kind(self._url, self._timeout_s)
        return self._client

    def _circuit_open(self) -> bool:
        return monotonic() < self._open_until

    def _failed(self, fault: DependencyUnavailable, work: str) -> None:
        self._open_until = monotonic() + PAUSE_S
        self._metrics.dependency_failures.labels("cache").inc()
        self._metrics.redis_up.set(0)
        if not self._failing:
            log.warning("cache unavailable, counting in memory", error=fault.reason)
        self._failing.add(work if isinstance(fault, Refused) else CONNECTION)

    def _answered(self, work: str) -> None:
        """Note a success: of everything (the probe), or of this work, which shows that the server is there again."""
        if self._failing:
            self._failing -= self._failing if work == PROBE else {work, CONNECTION}
            if self._failing:
                return
            log.info("cache available again")
        self._metrics.redis_up.set(1)


def _load() -> type[CacheServer]:
    from wondernest.platform.cache.server import CacheServer

    return CacheServer
