"""Rate limits of named groups of routes, per client address or per user. They never fail open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from wondernest.platform.clock import epoch_ms
from wondernest.platform.http.errors import RateLimited

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.cache import Counters
    from wondernest.platform.clock import Clock

WINDOW_S: Final = 60
NO_ADDRESS: Final = "unknown"
Headers = list[tuple[bytes, bytes]]


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


PER_USER: Final = "api"
"""The group of the limit per user: it counts every authenticated request."""


class RequestLimits:
    """Counts requests by client address, and authenticated ones by user. A limit of 0 switches a group off."""

    def __init__(self, counters: Counters, per_minute: Mapping[str, int], clock: Clock, *, enabled: bool) -> None:
        self._counters = counters
        self._names = frozenset(per_minute)
        self._per_minute = {name: limit for name, limit in per_minute.items() if limit and enabled}
        self._clock = clock

    def unknown(self, groups: Sequence[str]) -> list[str]:
        """Those of the groups that are not configured, not even with 0."""
        return [group for group in groups if group not in self._names]

    @property
    def counts_users(self) -> bool:
        """Whether there is a limit per user."""
        return PER_USER in self._per_minute

    async def check_user(self, user_id: UUID) -> Headers:
        """Count a request of this user; returns the reply's X-RateLimit headers, or raises RateLimited."""
        return await self.check((PER_USER,), str(user_id))

    async def check(self, groups: Sequence[str], address: str | None) -> Headers:
        """Count a request of this address; returns the headers of the limit with the fewest requests left, or raises RateLimited."""
        narrowest: RateLimitStatus | None = None
        for group in groups:
            limit = self._per_minute.get(group)
            if limit is None:
                continue
            count, left = await self._counters.increment(f"limit:{group}:{address or NO_ADDRESS}", WINDOW_S)
            status = RateLimitStatus(limit, max(0, limit - count), left)
            if count > limit:
                shown = {name.decode(): value.decode() for name, value in status.headers(self._now_s())}
                raise RateLimited(left, shown)
            if narrowest is None or status.remaining < narrowest.remaining:
                narrowest = status
        return narrowest.headers(self._now_s()) if narrowest else []

    def _now_s(self) -> int:
        return epoch_ms(self._clock.now()) // 1000
