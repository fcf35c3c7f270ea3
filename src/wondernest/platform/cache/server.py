"""The Valkey or Redis client. Imported at the first count: the library takes as long to load as all our other code."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Final, cast

import redis.asyncio as redis
from redis.exceptions import RedisError, ResponseError

from wondernest.platform.cache.counters import Once, Refused
from wondernest.platform.faults import DependencyUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

DEPENDENCY: Final = "cache"
PREFIX: Final = "wondernest:count:"
EVENT: Final = "once:"
"""Before the name of an event, so that it is no other field of the key."""
_INCREMENT: Final = """
local count
if ARGV[2] and redis.call('HEXISTS', KEYS[1], ARGV[2]) == 1 then
  count = tonumber(redis.call('HGET', KEYS[1], 'count'))
else
  count = redis.call('HINCRBY', KEYS[1], 'count', 1)
  if ARGV[2] and count <= tonumber(ARGV[3]) then
    redis.call('HSET', KEYS[1], ARGV[2], 1)
  end
end
local left = redis.call('PTTL', KEYS[1])
if left < 0 then
  left = tonumber(ARGV[1])
  redis.call('PEXPIRE', KEYS[1], left)
end
return {count, left, tonumber(redis.call('HGET', KEYS[1], 'cleared') or 0)}
"""
_PEEK: Final = """
local found = redis.call('HMGET', KEYS[1], 'count', 'cleared')
return {tonumber(found[1] or 0), redis.call('PTTL', KEYS[1]), tonumber(found[2] or 0)}
"""
_CLEAR: Final = """
if redis.call('EXISTS', KEYS[1]) == 1 then
  local now, left = redis.call('TIME'), redis.call('PTTL', KEYS[1])
  redis.call('DEL', KEYS[1])
  redis.call('HSET', KEYS[1], 'count', 0, 'cleared', now[1] * 1000 + math.floor(now[2] / 1000))
  redis.call('PEXPIRE', KEYS[1], left)
end
"""
"""The key is kept until its window ends. So every process sees at its next call that the count was cleared and not lost."""
_ADD_ALL: Final = """
local totals = {}
for at, key in ipairs(KEYS) do
  totals[at] = redis.call('INCRBY', key, ARGV[at + 1])
  redis.call('EXPIRE', key, ARGV[1])
end
return totals
"""
MOST_KEYS: Final = 500
"""How many counts one call of the script above adds to: the server answers nobody else meanwhile."""
PROBED: Final = "probe"
"""The count of probes: a digest is never called so."""
PROBE_WINDOW_S: Final = 10
_FAULTS: Final = (RedisError, OSError, TimeoutError)


class CacheServer:
    """Counters on the server. Every error of the server is raised as DependencyUnavailable."""

    def __init__(self, url: str, timeout_s: float) -> None:
        try:
            self._client = redis.Redis.from_url(  # pyright: ignore[reportUnknownMemberType]
                url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s, health_check_interval=30
            )
        except ValueError as error:  # a bad option in the address
            raise _unavailable(error) from error
        self._increment = self._client.register_script(_INCREMENT)
        self._peek = self._client.register_script(_PEEK)
        self._clear = self._client.register_script(_CLEAR)
        self._add_all = self._client.register_script(_ADD_ALL)

    async def increment(self, key: str, window_s: int, once: Once | None) -> tuple[int, int, int]:
        """As `Counters`; returns the count, the milliseconds until its window ends, and when it was cleared (ms since 1970; 0: never)."""
        event = () if once is None else (EVENT + once.event, once.limit)
        try:
            answer = await self._increment(keys=[PREFIX + key], args=[window_s * 1000, *event])
            return cast("tuple[int, int, int]", answer)
        except _FAULTS as error:
            raise _unavailable(error) from error

    async def add_all(self, amounts: Mapping[str, int], window_s: int) -> list[int]:
        """As `Counters`."""
        totals: list[int] = []
        try:
            items = iter(amounts.items())
            while some := list(islice(items, MOST_KEYS)):
                keys, added = [PREFIX + key for key, _ in some], [amount for _, amount in some]
                totals += cast("list[int]", await self._add_all(keys=keys, args=[window_s, *added]))
        except _FAULTS as error:
            raise _unavailable(error) from error
        return totals

    async def peek(self, key: str) -> tuple[int, int, int]:
        """As `increment`, without adding."""
        try:
            return cast("tuple[int, int, int]", await self._peek(keys=[PREFIX + key]))
        except _FAULTS as error:
            raise _unavailable(error) from error

    async def clear(self, key: str) -> None:
        """Reset a count."""
        try:
            await self._clear(keys=[PREFIX + key])
        except _FAULTS as error:
            raise _unavailable(error) from error

    async def forget(self, key: str) -> None:
        """Remove a key."""
        try:
            await self._client.delete(PREFIX + key)
        except _FAULTS as error:
            raise _unavailable(error) from error

    async def probe(self) -> None:
        """Do once what limits do. Raises DependencyUnavailable if any of it fails."""
        await self.increment(PROBED, PROBE_WINDOW_S, Once(PROBED, 1))
        await self.peek(PROBED)
        await self.clear(PROBED)
        await self.add_all({f"{PROBED}:sum": 1}, PROBE_WINDOW_S)

    async def close(self) -> None:
        """Release connections."""
        await self._client.aclose()


def _unavailable(error: Exception) -> DependencyUnavailable:
    kind = Refused if isinstance(error, ResponseError) else DependencyUnavailable
    return kind(DEPENDENCY, type(error).__name__)
