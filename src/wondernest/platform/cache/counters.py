"""Counters that expire. Rate limits are built on them."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

from wondernest.platform.clock import epoch_ms
from wondernest.platform.faults import DependencyUnavailable

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock

MAX_ENTRIES: Final = 100_000
"""Bound of the in-process store; when it is full, the oldest open windows are removed."""
LOOKED_AT: Final = 2
"""For each new entry so many old ones are looked at, and removed if their window has ended. More would delay the request."""


class Once(NamedTuple):
    """Counts equal events once in a window, as long as the count is within the limit; an event beyond it is counted again."""

    event: str
    """A digest. It is kept as long as the window."""
    limit: int


class Refused(DependencyUnavailable):
    """The shared store answers, and refuses this kind of work: a replica, a full one, one without the rights."""


class Counters(Protocol):
    """Counts events within time windows."""

    async def increment(self, key: str, window_s: int, once: Once | None = None) -> tuple[int, int]:
        """Add one; the count within the window, and the seconds until the window ends. `once`: adds nothing for a known event."""
        ...

    async def add_all(self, amounts: Mapping[str, int], window_s: int) -> Sequence[int]:
        """Add to several shared counts, in one round trip; their values in the same order. Empty while there is no shared store.

        The window of a count ends `window_s` after the last addition.
        """
        ...

    async def peek(self, key: str) -> tuple[int, int]:
        """The count without adding, and the seconds until the window ends (0 when there is none)."""
        ...

    async def clear(self, key: str) -> None:
        """Reset a count."""
        ...

    async def forget(self, key: str) -> None:
        """Remove a key of somebody for whom nobody counts any more. Unlike `clear` nothing is left of it."""
        ...

    async def probe(self) -> bool:
        """Whether the shared store does all that this class asks of it."""
        ...

    async def close(self) -> None:
        """Release connections."""
        ...


@dataclass(frozen=True, slots=True)
class _Entry:
    count: int
    ends_ms: int
    cleared: int | None
    """When another process last cleared it, as far as the server told us; None while the server was not reachable."""
    events: frozenset[str] = frozenset()
    """Those of `Once` that were counted."""

    def holds(self, now: int, cleared: int | None) -> bool:
        """Whether its window is still open and no other process has cleared it since."""
        outdated = cleared is not None and self.cleared is not None and cleared > self.cleared
        return self.ends_ms > now and not outdated


_NOTHING: Final = _Entry(0, 0, None)


class MemoryCounters:
    """Counters of this process alone."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._entries: OrderedDict[str, _Entry] = OrderedDict()

    async def increment(self, key: str, window_s: int, once: Once | None = None) -> tuple[int, int]:
        """As `Counters`."""
        return self.add(key, window_s * 1000, once=once)

    async def add_all(self, amounts: Mapping[str, int], window_s: int) -> Sequence[int]:
        """As `Counters`: nothing is shared."""
        del amounts, window_s
        return ()

    async def peek(self, key: str) -> tuple[int, int]:
        """The count without adding, and the seconds until the window ends (0 when there is none)."""
        return self.read(key)

    async def clear(self, key: str) -> None:
        """Reset a count."""
        self._entries.pop(key, None)

    async def forget(self, key: str) -> None:
        """As `clear`."""
        self._entries.pop(key, None)

    async def probe(self) -> bool:
        """Memory always counts."""
        return True

    async def close(self) -> None:
        """Nothing to release."""

    def add(self, key: str, left_ms: int, cleared: int | None = None, once: Once | None = None) -> tuple[int, int]:
        """As `increment`, in a window that ends in `left_ms` at the latest. Starts at 0 if another process cleared it since."""
        now = epoch_ms(self._clock.now())
        entry = self._entries.get(key, _NOTHING)
        if not entry.holds(now, cleared):
            self._entries.pop(key, None)
            self._evict(now)
            entry = _Entry(0, now + left_ms, cleared)
        count, events = entry.count, entry.events
        if once is None or once.event not in events:
            count += 1
            if once is not None and count <= once.limit:
                events |= {once.event}
        ends_ms = min(entry.ends_ms, now + left_ms)  # correct also when our clock was set back
        seen = [moment for moment in (entry.cleared, cleared) if moment is not None]  # replies may arrive out of order
        self._entries[key] = _Entry(count, ends_ms, max(seen, default=None), events)
        if events and not entry.events:  # events are kept no longer than the window, also when no request comes
            asyncio.get_running_loop().call_later(seconds(ends_ms - now), self._forget, key, ends_ms)
        return count, seconds(ends_ms - now)

    def read(self, key: str, cleared: int | None = None) -> tuple[int, int]:
        """As `peek`; 0 if another process cleared it since."""
        now = epoch_ms(self._clock.now())
        entry = self._entries.get(key, _NOTHING)
        return (entry.count, seconds(entry.ends_ms - now)) if entry.holds(now, cleared) else (0, 0)

    def _forget(self, key: str, ends_ms: int) -> None:
        """Remove an entry with events at the end of its window; a later window of the key has its own timer."""
        entry = self._entries.get(key)
        if entry is not None and entry.events and entry.ends_ms <= ends_ms:
            del self._entries[key]

    def _evict(self, now: int) -> None:
        """Make room for a new entry in bounded time: look at the oldest two; those with an open window go to the end."""
        entries = self._entries
        for _ in range(min(LOOKED_AT, len(entries))):
            key, entry = entries.popitem(last=False)
            if entry.ends_ms > now:
                entries[key] = entry
        if len(entries) >= MAX_ENTRIES:
            entries.popitem(last=False)


def seconds(ms: int) -> int:
    """Whole seconds until a window ends, at least 1."""
    return max(1, -(-ms // 1000))
