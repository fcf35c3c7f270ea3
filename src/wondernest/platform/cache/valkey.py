"""Counters in Valkey or Redis, with the process's memory standing in while the server is away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

import redis.asyncio as redis
import structlog
from redis.exceptions import RedisError

from wondernest.platform.cache.counters import Counters, MemoryCounters
from wondernest.platform.clock import monotonic

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock
    from wondernest.platform.telemetry.metrics import Metrics

log = structlog.get_logger(__name__)

PREFIX: Final = "wondernest:"
PAUSE_S: Final = 1.0
"""After a fault, how long the server is left alone: a frozen cache must not cost every request a time-out."""
_INCREMENT = """
local count = redis.call('INCR', KEYS[1])
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  redis.call('PEXPIRE', KEYS[1], ARGV[1])
  left = tonumber(ARGV[1])
end
return {count, left}
"""
_PEEK = """
return {tonumber(redis.call('GET', KEYS[1]) or 0), redis.call('PTTL', KEYS[1])}
"""


class ValkeyCounters:
    """Counters shared by every process. Never fails: without the server it counts in memory."""

    def __init__(self, url: str, timeout_s: float, clock: Clock, metrics: Metrics) -> None:
        self._client = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
            url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, health_check_interval=30
        )
        self._increment = self._client.register_script(_INCREMENT)
        self._peek = self._client.register_script(_PEEK)
        self._fallback: Counters = MemoryCounters(clock)
        self._metrics = metrics
        self._away_until = 0.0
        self._failing = False

    async def increment(self, key: str, window_s: int) -> tuple[int, int]:
        """Add one; the count within the window, and the seconds until the window ends."""
        if not self._away():
            try:
                count, left = cast(
                    "tuple[int, int]", await self._increment(keys=[PREFIX + key], args=[window_s * 1000])
                )
            except (RedisError, OSError, TimeoutError) as error:
                self._failed(error)
            else:
                self._answered()
                return int(count), max(1, -(-int(left) // 1000))
        return await self._fallback.increment(key, window_s)

    async def peek(self, key: str) -> tuple[int, int]:
        """The count without adding, and the seconds until the window ends (0 when there is none)."""
        remembered = await self._fallback.peek(key)
        if not self._away():
            try:
                count, left = cast("tuple[int, int]", await self._peek(keys=[PREFIX + key]))
            except (RedisError, OSError, TimeoutError) as error:
                self._failed(error)
            else:
                self._answered()
                shared = (int(count), max(0, -(-int(left) // 1000)))
                return max(shared, remembered)
        return remembered

    async def clear(self, key: str) -> None:
        """Forget a count."""
        await self._fallback.clear(key)
        if not self._away():
            try:
                await self._client.delete(PREFIX + key)
            except (RedisError, OSError, TimeoutError) as error:
                self._failed(error)

    async def ping(self) -> bool:
        """Whether the shared store answers."""
        try:
            await self._client.ping()  # pyright: ignore[reportUnknownMemberType]
        except (RedisError, OSError, TimeoutError) as error:
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
