"""Counters that expire: what limits are made of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from wondernest.platform.clock import epoch_ms

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock

MAX_ENTRIES: Final = 100_000
"""Bound of the in-process store; when it is full the oldest windows go first."""


class Counters(Protocol):
    """Counts within windows."""

    async def increment(self, key: str, window_s: int) -> tuple[int, int]:
        """Add one; the count within the window, and the seconds until the window ends."""
        ...

    async def peek(self, key: str) -> tuple[int, int]:
        """The count without adding, and the seconds until the window ends (0 when there is none)."""
        ...

    async def clear(self, key: str) -> None:
        """Forget a count."""
        ...

    async def ping(self) -> bool:
        """Whether the shared store answers."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


class MemoryCounters:
    """Counters of this process alone: the fallback that keeps limits from failing open."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[str, tuple[int, int]] = {}

    async def increment(self, key: str, window_s: int) -> tuple[int, int]:
        """Add one; the count within the window, and the seconds until the window ends."""
        now = epoch_ms(self._clock.now())
        count, ends = self._entries.get(key, (0, 0))
        if ends <= now:
            self._entries.pop(key, None)
            count, ends = 0, now + window_s * 1000
            if len(self._entries) >= MAX_ENTRIES:
                self._evict(now)
        self._entries[key] = (count + 1, ends)
        return count + 1, _seconds(ends - now)

    async def peek(self, key: str) -> tuple[int, int]:
        """The count without adding, and the seconds until the window ends (0 when there is none)."""
        now = epoch_ms(self._clock.now())
        count, ends = self._entries.get(key, (0, 0))
        return (count, _seconds(ends - now)) if ends > now else (0, 0)

    async def clear(self, key: str) -> None:
        """Forget a count."""
        self._entries.pop(key, None)

    async def ping(self) -> bool:
        """Memory always answers."""
        return True

    async def close(self) -> None:
        """Nothing to release."""

    def _evict(self, now: int) -> None:
        for key in [key for key, (_, ends) in self._entries.items() if ends <= now]:
            del self._entries[key]
        while len(self._entries) >= MAX_ENTRIES:
            del self._entries[next(iter(self._entries))]


def _seconds(ms: int) -> int:
    return max(1, -(-ms // 1000))
