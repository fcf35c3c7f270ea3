"""Counters in Valkey or Redis, and beside them this process's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import redis.asyncio as redis
from redis.exceptions import RedisError

from wondernest.platform.cache.counters import MemoryCounters, seconds
from wondernest.platform.clock import monotonic
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock
    from wondernest.platform.telemetry.metrics import Metrics

log = get_logger(__name__)

PREFIX: Final = "wondernest:count:"
PAUSE_S: Final = 1.0
"""After a fault, how long the server is left alone: a frozen cache must not cost every request a time-out."""
_INCREMENT = """
local count = redis.call('HINCRBY', KEYS[1], 'count', 1)
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[1])
  redis.call('PEXPIRE', KEYS[1], left)
end
return {count, left, tonumber(redis.call('HGET', KEYS[1], 'cleared') or 0)}
"""
_PEEK = """
local found = redis.call('HMGET', KEYS[1], 'count', 'cleared')
return {tonumber(found[1] or 0), redis.call('PTTL', KEYS[1]), tonumber(found[2] or 0)}
"""
_CLEAR = """
if redis.call('EXISTS', KEYS[1]) == 1 then
  local now = redis.call('TIME')
  redis.call('HSET', KEYS[1], 'count', 0, 'cleared', now[1] * 1000 + math.floor(now[2] / 1000))
end
"""
"""The window stays, so that every process learns, with its next question, that the count was cleared and not lost."""
_FAULTS: Final = (RedisError, OSError, TimeoutError)


class ValkeyCounters:
    """Counters shared by every process, which hold without the server too.

    Each process also counts for itself what it was asked to count, and the higher count decides. A server that is gone,
    comes and goes, or forgot everything therefore never gives a process more than one limit's worth in a window.
    """

    def __init__(self, url: str, timeout_s: float, clock: Clock, metrics: Metrics) -> None:
        self._client = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, health_check_interval=30
        )
        self._increment = self._client.register_script(_INCREMENT)
        self._peek = self._client.register_script(_PEEK)
        self._clear = self._client.register_script(_CLEAR)
        self._own = MemoryCounters(clock)
        self._metrics = metrics
        self._away_until = 0.0
        self._failing = False

    async def increment(self, key: str, window_s: int) -> tuple[int, int]:
        """Add one; the count within the window, and the seconds until the window ends."""
        if not self._away():
            try:
                count, left_ms, cleared = cast(
                    "tuple[int, int, int]", await self._increment(keys=[PREFIX + key], args=[window_s * 1000])
                )
            except _FAULTS as error:
                self._failed(error)
            else:
                self._answered()
                return max((count, seconds(left_ms)), self._own.add(key, left_ms, cleared))
        return self._own.add(key, window_s * 1000)

    async def peek(self, key: str) -> tuple[int, int]:
        """The count without adding, and the seconds until the window ends (0 when there is none)."""
        if not self._away():
            try:
                count, left_ms, cleared = cast("tuple[int, int, int]", await self._peek(keys=[PREFIX + key]))
            except _FAULTS as error:
                self._failed(error)
            else:
                self._answered()
                shared = (count, seconds(left_ms)) if count else (0, 0)
                return max(shared, self._own.look(key, cleared))
        return self._own.look(key)

    async def clear(self, key: str) -> None:
        """Forget a count."""
        await self._own.clear(key)
        if not self._away():
            try:
                await self._clear(keys=[PREFIX + key])
            except _FAULTS as error:
                self._failed(error)

    async def ping(self) -> bool:
        """Whether the shared store answers."""
        try:
            await self._client.ping()  # pyright: ignore[reportUnknownMemberType]
        except _FAULTS as error:
            self._failed(error)
            return False
        self._answered()
        return True

    async def close(self) -> None:
        """Release connections."""
        await self._client.aclose()

    def _away(self) -> bool:
        return monotonic() < self._away_until

    def _failed(self, error: Exception) -> None:
        self._away_until = monotonic() + PAUSE_S
        self._metrics.dependency_failures.labels("cache").inc()
        self._metrics.redis_up.set(0)
        if not self._failing:
            self._failing = True
            log.warning("cache unavailable, counting in memory", error=type(error).__name__)

    def _answered(self) -> None:
        self._metrics.redis_up.set(1)
        if self._failing:
            self._failing = False
            log.info("cache available again")
