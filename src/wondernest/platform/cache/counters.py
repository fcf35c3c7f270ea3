"""Counters that expire: what limits are made of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

from wondernest.platform.clock import epoch_ms

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock

MAX_ENTRIES: Final = 100_000
"""Bound of the in-process store; when it is full the oldest windows go first."""
SPARED_ENTRIES: Final = MAX_ENTRIES - MAX_ENTRIES // 10
"""How many stay when some have to go: looking for those that may is dear, so it is not done for each new one."""


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


@dataclass(frozen=True, slots=True)
class _Entry:
    count: int
    ends_ms: int
    cleared: int | None
    """When others last cleared it, as far as this process was told; None while nobody could be asked."""

    def holds(self, now: int, cleared: int | None) -> bool:
        """Whether its window is still open and others have not cleared it since."""
        anew = cleared is not None and self.cleared is not None and cleared > self.cleared
        return self.ends_ms > now and not anew


_NOTHING: Final = _Entry(0, 0, None)


class MemoryCounters:
    """Counters of this process alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: dict[str, _Entry] = {}

    async def increment(self, key: str, window_s: int) -> tuple[int, int]:
        """Add one; the count within the window, and the seconds until the window ends."""
        return self.add(key, window_s * 1000)

    async def peek(self, key: str) -> tuple[int, int]:
        """The count without adding, and the seconds until the window ends (0 when there is none)."""
        return self.look(key)

    async def clear(self, key: str) -> None:
        """Forget a count."""
        self._entries.pop(key, None)

    async def ping(self) -> bool:
        """Memory always answers."""
        return True

    async def close(self) -> None:
        """Nothing to release."""

    def add(self, key: str, left_ms: int, cleared: int | None = None) -> tuple[int, int]:
        """As `increment`, in a window that ends in `left_ms` at the latest; starts anew if others cleared it since."""
        now = epoch_ms(self._clock.now())
        entry = self._entries.get(key, _NOTHING)
        if not entry.holds(now, cleared):
            self._entries.pop(key, None)
            self._make_room(now)
            entry = _Entry(0, now + left_ms, cleared)
        count = entry.count + 1
        ends_ms = min(entry.ends_ms, now + left_ms)  # also when our clock went back meanwhile
        told = [moment for moment in (entry.cleared, cleared) if moment is not None]  # replies may overtake each other
        self._entries[key] = _Entry(count, ends_ms, max(told, default=None))
        return count, seconds(ends_ms - now)

    def look(self, key: str, cleared: int | None = None) -> tuple[int, int]:
        """As `peek`; nothing if others cleared it since."""
        now = epoch_ms(self._clock.now())
        entry = self._entries.get(key, _NOTHING)
        return (entry.count, seconds(entry.ends_ms - now)) if entry.holds(now, cleared) else (0, 0)

    def _make_room(self, now: int) -> None:
        if len(self._entries) < MAX_ENTRIES:
            return
        for key in [key for key, entry in self._entries.items() if entry.ends_ms <= now]:
            del self._entries[key]
        while len(self._entries) > SPARED_ENTRIES:
            del self._entries[next(iter(self._entries))]


def seconds(ms: int) -> int:
    """Whole seconds until a window ends, never none."""
    return max(1, -(-ms // 1000))
