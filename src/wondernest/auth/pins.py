"""The parent's PIN: setting it, checking it, locking it."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.auth import errors, rules
from wondernest.auth.jobs import USER
from wondernest.platform.clock import epoch_ms
from wondernest.platform.ids import sha256_hex

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.auth.dependencies import Dependencies
    from wondernest.platform.caller import Caller

PARENT_MODE_LIFE: Final = timedelta(minutes=15)


class PinService:
    """Checks and sets PINs. Attempts are counted by user, or by address where no user is known."""

    def __init__(self, dependencies: Dependencies, default_pin: str) -> None:
        self._with = dependencies
        self._default_pin = default_pin

    async def verify(self, pin: str, caller: Caller | None, ip: str | None) -> str:
        """A parent-mode session token for the right PIN; raises UnreadablePin, WrongPin or PinLocked."""
        if not rules.is_pin(pin):
            raise errors.UnreadablePin
        deps = self._with
        deps.hasher.require_room()
        who = _who(caller, ip)
        await deps.pin_attempts.admit(who)
        holder = await deps.proofs.pin_holder(caller.user_id) if caller else None
        if holder is not None and holder.pin_hash is not None:
            right = await deps.hasher.matches(pin, holder.pin_hash)
        else:
            right = bool(self._default_pin) and hmac.compare_digest(pin, self._default_pin)
        if not right:
            await self._wrong(who, caller.user_id if caller and holder else None)
            raise errors.WrongPin
        await deps.pin_attempts.succeeded(who)
        now = deps.clock.now()
        token = f"parent_mode_{epoch_ms(now)}_{deps.ids.token()}"
        if caller is not None and holder is not None:
            await deps.sessions.note_parent_mode(caller.user_id, sha256_hex(token), now + PARENT_MODE_LIFE, now)
        return token

    async def set_up(self, pin: str, current: str | None, caller: Caller) -> None:
        """Store a PIN, the first or one in place of `current`; raises UnusablePin, SimplePin or PinAlreadySet."""
        if not rules.is_pin(pin):
            raise errors.UnusablePin
        if rules.is_simple_pin(pin):
            raise errors.SimplePin
        deps = self._with
        holder = await deps.proofs.pin_holder(caller.user_id)
        if holder is None:
            raise errors.UnknownAccount
        if holder.pin_hash is not None:
            await self._check_current(current, holder.pin_hash, caller)
        pin_hash = await deps.hasher.hash(pin)
        if not await deps.proofs.set_pin(caller.user_id, pin_hash, holder.pin_hash, deps.clock.now()):
            raise errors.PinAlreadySet

    async def _check_current(self, current: str | None, pin_hash: str, caller: Caller) -> None:
        if current is None:
            raise errors.PinAlreadySet
        deps = self._with
        deps.hasher.require_room()
        who = _who(caller, None)
        try:
            await deps.pin_attempts.admit(who)
        except errors.PinLocked as locked:
            raise errors.TooManyAttempts(locked.retry_after_s) from None
        if not await deps.hasher.matches(current, pin_hash):
            await self._wrong(who, caller.user_id)
            raise errors.PinAlreadySet
        await deps.pin_attempts.succeeded(who)

    async def _wrong(self, who: str, user_id: UUID | None) -> None:
        deps = self._with
        locked = await deps.pin_attempts.failed(who)
        if locked and user_id is not None:
            await deps.senders.pin_locked(deps.database, {USER: user_id})


def _who(caller: Caller | None, ip: str | None) -> str:
    return f"user:{caller.user_id}" if caller else f"ip:{ip}"
