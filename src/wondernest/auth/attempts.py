"""Counts attempts at passwords and PINs before they are checked, so that a burst cannot outrun the count.

The counters live in the shared store and, while that is away, in this process: the limits never fail open.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.auth.errors import PinLocked, TooManyAttempts
from wondernest.platform.ids import sha256_hex

if TYPE_CHECKING:
    from wondernest.platform.cache import Counters
    from wondernest.settings import Auth, Limits

MINUTE_S: Final = 60
ACCOUNT_WINDOWS: Final = ((60, 10), (3600, 40))
"""Window in seconds and its limit in multiples of the strict one: failures on one account from all addresses together."""
KNOWN_ADDRESS_S: Final = 30 * 24 * 3600
"""For this long after a login the address is spared the account's limit: guessing elsewhere locks no owner out."""
MAIL_WINDOW_S: Final = 3600
_KEY_CHARS: Final = 32


def _key(*parts: str | None) -> str:
    """Counter keys hold digests: no address of a person stands in the shared store."""
    return sha256_hex("\n".join(part or "" for part in parts))[:_KEY_CHARS]


class LoginAttempts:
    """Failed logins by (address, account), strictly, and by account."""

    def __init__(self, counters: Counters, limits: Limits) -> None:
        self._counters = counters
        self._limit = limits.failures_per_minute if limits.enabled else 0

    async def admit(self, email: str, ip: str | None) -> None:
        """Count an attempt about to be checked; raises TooManyAttempts."""
        if not self._limit:
            return
        pair = _key(email, ip)
        count, left = await self._counters.increment(f"login:{pair}", MINUTE_S)
        if count > self._limit:
            raise TooManyAttempts(left)
        known, _ = await self._counters.peek(f"login-known:{pair}")
        if known:
            return
        for window_s, multiple in ACCOUNT_WINDOWS:
            count, left = await self._counters.increment(f"login-account:{window_s}:{_key(email)}", window_s)
            if count > self._limit * multiple:
                raise TooManyAttempts(left)

    async def succeeded(self, email: str, ip: str | None) -> None:
        """Forget the failures of this address and remember that it knows the password."""
        if not self._limit:
            return
        pair = _key(email, ip)
        await self._counters.clear(f"login:{pair}")
        await self._counters.increment(f"login-known:{pair}", KNOWN_ADDRESS_S)


class PinAttempts:
    """Wrong PINs by user, or by address where no user is known; too many lock for a while."""

    def __init__(self, counters: Counters, settings: Auth) -> None:
        self._counters = counters
        self._limit = settings.pin_attempts
        self._lock_s = settings.pin_lock_s

    async def admit(self, who: str) -> None:
        """Count an attempt about to be checked; raises PinLocked."""
        locked, left = await self._counters.peek(f"pin-lock:{_key(who)}")
        if locked:
            raise PinLocked(left)
        count, left = await self._counters.increment(f"pin:{_key(who)}", self._lock_s)
        if count > self._limit:
            raise PinLocked(left)

    async def failed(self, who: str) -> bool:
        """Note a wrong PIN; whether it was the one that locks."""
        count, _ = await self._counters.peek(f"pin:{_key(who)}")
        if count < self._limit:
            return False
        locks, _ = await self._counters.increment(f"pin-lock:{_key(who)}", self._lock_s)
        return locks == 1

    async def succeeded(self, who: str) -> None:
        """Forget the wrong PINs."""
        await self._counters.clear(f"pin:{_key(who)}")


class MailAllowance:
    """How many mails of one kind an address may be sent within an hour, whoever asks for them."""

    def __init__(self, counters: Counters) -> None:
        self._counters = counters

    async def permits(self, kind: str, email: str, per_hour: int) -> bool:
        """Whether one more may go; counts it."""
        count, _ = await self._counters.increment(f"mail:{kind}:{_key(email)}", MAIL_WINDOW_S)
        return count <= per_hour
