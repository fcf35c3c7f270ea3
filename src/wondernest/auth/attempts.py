"""Counts attempts at passwords and PINs before they are checked, so that concurrent attempts cannot exceed the limit.

The counters are in the cache and, while the cache is down, in this process: the limits never fail open. Their names, and the
events they remember, are keyed digests: the cache holds no address and nothing that a password could be tried against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.auth import rules
from wondernest.auth.errors import PinLocked, TooManyAttempts
from wondernest.platform.addresses import network_of, networks_of
from wondernest.platform.cache import Once
from wondernest.platform.clock import epoch_ms

if TYPE_CHECKING:
    from wondernest.auth.metrics import AttemptMetrics
    from wondernest.auth.repository import NetworkRepository
    from wondernest.platform.cache import Counters
    from wondernest.platform.clock import Clock
    from wondernest.platform.ids import Digests
    from wondernest.settings import Auth, Limits

MINUTE_S: Final = 60
ACCOUNT_MULTIPLE: Final = 10
"""Failures on one account from all networks together, as a multiple of the limit for one network."""
TURNS_REMEMBERED: Final = 5
"""For so many minutes after a network had to wait, it may come back for its turn."""
MAIL_WINDOW_S: Final = 3600


class LoginAttempts:
    """Limits failed logins: a strict limit for (network, account), a larger one for the account.

    The same wrong password counts once in a minute: the app repeats a failed login by itself. The larger limit keeps nobody out:
    it does not apply to a network from which the account was used before, and another network waits until the next minute at
    most, then has one attempt in each minute.
    """

    def __init__(
        self,
        counters: Counters,
        limits: Limits,
        networks: NetworkRepository,
        digests: Digests,
        clock: Clock,
        metrics: AttemptMetrics,
    ) -> None:
        self._counters = counters
        self._limit = limits.failures_per_minute if limits.enabled else 0
        self._networks = networks
        self._digests = digests
        self._clock = clock
        self._metrics = metrics

    async def admit(self, email: str, password: str, ip: str | None) -> None:
        """Count an attempt before it is checked; raises TooManyAttempts."""
        if not self._limit:
            return
        attempt, pair = self._digests("password", email, password), self._pair(email, ip)
        count, left = await self._counters.increment(f"login:{pair}", MINUTE_S, Once(attempt, self._limit))
        if count > self._limit:
            self._refuse(left)
        most, account = self._limit * ACCOUNT_MULTIPLE, self._digests("account", email)
        count, _ = await self._counters.increment(f"login-account:{account}", MINUTE_S, Once(attempt, most))
        if count > most and not await self._networks.signed_in_from(email, networks_of(ip)):
            await self._take_turn(pair)

    async def succeeded(self, email: str, ip: str | None) -> None:
        """Clear the failures of this network."""
        if self._limit:
            await self._counters.clear(f"login:{self._pair(email, ip)}")

    async def _take_turn(self, pair: str) -> None:
        """Admit one attempt in a minute of a network that waited in an earlier one; raises TooManyAttempts for others."""
        minute, into_it_ms = divmod(epoch_ms(self._clock.now()), MINUTE_S * 1000)
        for earlier in range(minute - 1, minute - 1 - TURNS_REMEMBERED, -1):
            waited, _ = await self._counters.peek(f"login-wait:{earlier}:{pair}")
            if waited:
                turns, _ = await self._counters.increment(f"login-turn:{minute}:{pair}", 2 * MINUTE_S)
                if turns == 1:
                    return
                break
        await self._counters.increment(f"login-wait:{minute}:{pair}", (TURNS_REMEMBERED + 1) * MINUTE_S)
        self._refuse(max(1, MINUTE_S - into_it_ms // 1000))

    def _pair(self, email: str, ip: str | None) -> str:
        return self._digests("network", email, network_of(ip))

    def _refuse(self, left_s: int) -> None:
        self._metrics.passwords.inc()
        raise TooManyAttempts(left_s)


class UnknownPinAttempts:
    """Limits wrong PINs of callers who are not signed in, by network. Each lock is longer than the one before."""

    def __init__(self, counters: Counters, settings: Auth, digests: Digests, metrics: AttemptMetrics) -> None:
        self._counters = counters
        self._limit = settings.pin_attempts
        self._locks_s = rules.pin_locks_s(settings.pin_lock_s)
        self._digests = digests
        self._metrics = metrics

    async def admit(self, ip: str | None) -> None:
        """Count an attempt before it is checked; raises PinLocked. The last one allowed begins the lock."""
        who = self._digests("pin", network_of(ip))
        locks, _ = await self._counters.peek(f"pin-locks:{who}")
        if locks:
            running, left = await self._counters.peek(f"pin-lock:{locks - 1}:{who}")
            if running:
                self._refuse(left)
        count, _ = await self._counters.increment(f"pin:{locks}:{who}", rules.PIN_FORGOTTEN_S)
        lock_s = self._locks_s[min(locks, len(self._locks_s) - 1)]
        if count > self._limit:
            self._refuse(lock_s)
        if count == self._limit:
            await self._counters.increment(f"pin-lock:{locks}:{who}", lock_s)
            await self._counters.increment(f"pin-locks:{who}", rules.PIN_FORGOTTEN_S)

    async def succeeded(self, ip: str | None) -> None:
        """Forget the wrong PINs, and end the lock that the right one began."""
        who = self._digests("pin", network_of(ip))
        locks, _ = await self._counters.peek(f"pin-locks:{who}")
        for level in range(locks + 1):
            await self._counters.clear(f"pin:{level}:{who}")
        await self._counters.clear(f"pin-locks:{who}")

    def _refuse(self, left_s: int) -> None:
        self._metrics.pins.inc()
        raise PinLocked(left_s)


class MailAllowance:
    """Limits the mails of one kind to an address within an hour, regardless of who requests them."""

    def __init__(self, counters: Counters, digests: Digests) -> None:
        self._counters = counters
        self._digests = digests

    async def permits(self, kind: str, email: str, per_hour: int) -> bool:
        """Count one more mail; whether it may be sent."""
        count, _ = await self._counters.increment(f"mail:{kind}:{self._digests('mail', email)}", MAIL_WINDOW_S)
        return count <= per_hour
