"""Rate limits of named groups of routes, per client network, and of all authenticated requests, per user. They never fail open."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wondernest.platform.addresses import network_of
from wondernest.platform.clock import epoch_ms
from wondernest.platform.http.errors import RateLimited

if TYPE_CHECKING:
    from wondernest.platform.cache import Counters
    from wondernest.platform.clock import Clock
    from wondernest.platform.ids import Digests
    from wondernest.platform.telemetry.metrics import Metrics

WINDOW_S: Final = 60
AT_ONCE_RETRY_S: Final = 1
"""Retry-After of a network that has too many requests in progress: a password is checked in less."""
Headers = Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class RateLimitStatus:
    """How much is left of one limit."""

    limit: int
    remaining: int
    resets_in_s: int

    def headers(self, now_s: int) -> Headers:
        """The X-RateLimit headers."""
        return [
            (b"x-ratelimit-limit", str(self.limit).encode()),
            (b"x-ratelimit-remaining", str(self.remaining).encode()),
            (b"x-ratelimit-reset", str(now_s + self.resets_in_s).encode()),
        ]

    def refusal(self, now_s: int) -> RateLimited:
        """The error of a request beyond the limit."""
        return RateLimited(self.resets_in_s, {name.decode(): value.decode() for name, value in self.headers(now_s)})


class RequestLimits:
    """Counts the requests of each client network by group. A limit of 0 switches a group off."""

    def __init__(
        self,
        counters: Counters,
        per_minute: Mapping[str, int],
        clock: Clock,
        digests: Digests,
        metrics: Metrics,
        *,
        at_once: Mapping[str, int] | None = None,
    ) -> None:
        """`at_once`: by group, how many requests of one network this process handles at the same time; others: any number."""
        self._counters = counters
        self._names = frozenset(per_minute)
        self._per_minute = {name: limit for name, limit in per_minute.items() if limit}
        self._at_once = {name: most for name, most in (at_once or {}).items() if name in self._per_minute}
        self._in_progress: dict[tuple[str, str], int] = {}
        self._clock = clock
        self._digests = digests
        self._refused = {name: metrics.tally(metrics.limited.labels(name)) for name in sorted(self._names)}

    def unknown(self, groups: Sequence[str]) -> list[str]:
        """Those of the groups that are not configured, not even with 0."""
        return [group for group in groups if group not in self._names]

    async def check(self, groups: Sequence[str], address: str | None) -> Headers:
        """Count a request of this address; returns the headers of the limit with the fewest requests left, or raises RateLimited."""
        narrowest: RateLimitStatus | None = None
        network = self._digests(network_of(address))
        for group in groups:
            limit = self._per_minute.get(group)
            if limit is None:
                continue
            count, left = await self._counters.increment(f"limit:{group}:{network}", WINDOW_S)
            status = RateLimitStatus(limit, max(0, limit - count), left)
            if count > limit:
                self._refused[group].inc()
                raise status.refusal(self._now_s())
            if narrowest is None or status.remaining < narrowest.remaining:
                narrowest = status
        return narrowest.headers(self._now_s()) if narrowest else []

    @contextmanager
    def in_progress(self, groups: Sequence[str], address: str | None) -> Generator[None]:
        """Count a request as in progress while the context is open; raises RateLimited if its network has too many."""
        network = network_of(address)
        held: list[tuple[str, str]] = []
        try:
            for group in groups:
                most = self._at_once.get(group)
                if most is None:
                    continue
                key = (group, network)
                running = self._in_progress.get(key, 0)
                if running >= most:
                    self._refused[group].inc()
                    raise RateLimited(AT_ONCE_RETRY_S)
                self._in_progress[key] = running + 1
                held.append(key)
            yield
        finally:
            for key in held:
                self._in_progress[key] -= 1
                if not self._in_progress[key]:
                    del self._in_progress[key]

    def _now_s(self) -> int:
        return epoch_ms(self._clock.now()) // 1000
