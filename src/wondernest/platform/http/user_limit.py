"""The limit of requests per user: counted in this process, and shared with the other processes in the background.

A request costs a look-up in memory, and no round trip. Once a second the counts of busy users are added up in the cache. So a
user who spreads requests over several processes is limited to the sum, plus what those processes admit within a second, plus
the few requests below which a process does not share. Without the cache each process allows one limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.clock import epoch_ms
from wondernest.platform.http.rate_limits import WINDOW_S, Headers, RateLimitStatus
from wondernest.platform.periodic import Periodic
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.cache import Counters
    from wondernest.platform.clock import Clock
    from wondernest.platform.telemetry.metrics import Metrics

log = get_logger(__name__)

GROUP: Final = "api"
"""The name of this limit in metrics and in the cache."""
SHARE_EVERY_S: Final = 1.0
SHARED_FROM: Final = 32
"""A process shares the count of a user from this fraction of the limit on: of most users nothing is ever sent."""
SHOWN_FROM: Final = 2
"""Replies carry X-RateLimit headers from this fraction of the limit on. No usual client gets there."""
MAX_USERS: Final = 20_000
"""How many users are remembered, and as many again that came before them. Beyond that the oldest are forgotten."""


class _Use:
    """The requests of one user in the current minute."""

    __slots__ = ("logged", "others", "own", "sent")

    def __init__(self) -> None:
        self.own = 0
        """Counted by this process."""
        self.sent = 0
        """Of those, how many are in the shared count."""
        self.others = 0
        """Counted by other processes, as far as is known."""
        self.logged = False


class UserLimit:
    """Limits the requests of each user within a minute of the clock. `start` begins the sharing."""

    def __init__(self, counters: Counters, per_minute: int, clock: Clock, metrics: Metrics) -> None:
        self._counters = counters
        self._limit = per_minute
        self._shared_from = per_minute // SHARED_FROM
        self._shown_from = per_minute // SHOWN_FROM
        self._clock = clock
        self._minute = self._this_minute()
        self._uses: dict[UUID, _Use] = {}
        self._earlier: dict[UUID, _Use] = {}
        """Those that filled the bound before; nothing is ever searched or sorted to stay within it."""
        self._busy: dict[UUID, _Use] = {}
        self._refused = metrics.tally(metrics.limited.labels(GROUP))
        self._sharing = Periodic("share request counts", SHARE_EVERY_S, self.share)

    def count(self, user_id: UUID) -> Headers:
        """Count a request; returns the X-RateLimit headers if the user nears the limit, or raises RateLimited."""
        use = self._uses.get(user_id)
        if use is None:
            use = self._found(user_id)
        use.own += 1
        return self._check(user_id, use) if use.own + use.others > self._shared_from else ()

    async def share(self) -> None:
        """Add what busy users did since the last time to the shared counts, and read the sums."""
        self._begin_minute()
        if not self._busy:
            return
        minute = self._minute
        amounts = {user_id: (use, use.own) for user_id, use in self._busy.items() if use.own > use.sent}
        totals = await self._counters.add_all(
            {f"limit:{GROUP}:{minute}:{user_id}": own - use.sent for user_id, (use, own) in amounts.items()},
            2 * WINDOW_S,
        )
        for (use, own), total in zip(amounts.values(), totals, strict=False):  # no totals: the cache is away
            use.sent = own
            use.others = max(use.others, total - own)

    async def start(self) -> None:
        """Begin to share."""
        await self._sharing.start()

    async def stop(self) -> None:
        """End the sharing."""
        await self._sharing.stop()

    def _found(self, user_id: UUID) -> _Use:
        if len(self._uses) >= MAX_USERS:
            self._earlier, self._uses = self._uses, {}
        use = self._uses[user_id] = self._earlier.pop(user_id, None) or _Use()
        return use

    def _check(self, user_id: UUID, use: _Use) -> Headers:
        """The rest of `count`, for a user who may be busy."""
        if self._begin_minute():
            return self.count(user_id)
        if user_id in self._busy or len(self._busy) < MAX_USERS:
            self._busy[user_id] = use
        count = use.own + use.others
        if count <= self._shown_from:
            return ()
        now_ms = epoch_ms(self._clock.now())
        left_s = -(-((self._minute + 1) * WINDOW_S * 1000 - now_ms) // 1000)
        status = RateLimitStatus(self._limit, max(0, self._limit - count), max(1, left_s))
        if count <= self._limit:
            return status.headers(now_ms // 1000)
        self._refused.inc()
        if not use.logged:
            use.logged = True
            log.warning("user limited", user_id=str(user_id), limit=self._limit)
        raise status.refusal(now_ms // 1000)

    def _begin_minute(self) -> bool:
        """Forget the counts of the last minute; whether a new one has begun."""
        minute = self._this_minute()
        if minute == self._minute:
            return False
        self._minute = minute
        self._uses, self._earlier, self._busy = {}, {}, {}
        return True

    def _this_minute(self) -> int:
        return epoch_ms(self._clock.now()) // (WINDOW_S * 1000)
