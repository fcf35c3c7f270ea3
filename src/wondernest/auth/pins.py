"""The parent's PIN: set, check, lock."""

from __future__ import annotations

import hmac
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.auth import errors, rules
from wondernest.auth.jobs import SECONDS, USER
from wondernest.auth.repository import LetterJob
from wondernest.platform.clock import epoch_ms
from wondernest.platform.ids import sha256_hex

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.auth.dependencies import Dependencies
    from wondernest.auth.metrics import AttemptMetrics
    from wondernest.auth.repository import PinAttempt
    from wondernest.platform.caller import Caller
    from wondernest.settings import Settings

PARENT_MODE_LIFE: Final = timedelta(minutes=15)
FORGOTTEN_AFTER: Final = timedelta(seconds=rules.PIN_FORGOTTEN_S)


class PinService:
    """Checks and sets PINs. Attempts are counted by user, or by network where no user is known.

    So many wrong PINs as the settings allow lock the PIN, each time for longer. The right PIN and a sign-in forget them.
    """

    def __init__(self, dependencies: Dependencies, settings: Settings, metrics: AttemptMetrics) -> None:
        self._with = dependencies
        self._default_pin = settings.default_pin
        self._limit = settings.auth.pin_attempts
        self._locks_s = rules.pin_locks_s(settings.auth.pin_lock_s)
        self._metrics = metrics

    async def verify(self, pin: str, caller: Caller | None, client: rules.Client) -> str:
        """A parent-mode session token for the right PIN; raises UnreadablePin, WrongPin or PinLocked.

        If the PIN is the caller's own, the token is a step-up proof too.
        """
        if not rules.is_pin(pin):
            raise errors.UnreadablePin
        deps = self._with
        deps.hasher.require_capacity()
        attempt = await self._admit(caller.user_id) if caller else None
        if caller is None or attempt is None:
            await deps.unknown_pin_attempts.admit(client.ip)
            if not self._is_default(pin):
                raise errors.WrongPin
            await deps.unknown_pin_attempts.succeeded(client.ip)
        elif not (
            await deps.hasher.matches(pin, attempt.pin_hash) if attempt.pin_hash is not None else self._is_default(pin)
        ):
            await self._wrong(caller.user_id, attempt, client.language)
            raise errors.WrongPin
        else:
            await self.forget(caller.user_id)
        now = deps.clock.now()
        token = f"parent_mode_{epoch_ms(now)}_{deps.ids.token()}"
        if caller is not None and attempt is not None:
            digest, proves = sha256_hex(token), caller.token_hash if attempt.pin_hash is not None else None
            await deps.sessions.note_parent_mode(caller.user_id, digest, now + PARENT_MODE_LIFE, now, proves=proves)
        return token

    async def set_up(self, pin: str, current: str | None, caller: Caller, language: str) -> None:
        """Store a PIN and write to the parent. Replaces one only if `current` is it; raises UnusablePin, SimplePin or PinAlreadySet.

        The first PIN needs only the session, as the app's set-up screen has nothing else, and a PIN proves the parent afterwards. So
        a parent has to hear of a PIN that somebody else at the device set.
        """
        if not rules.is_pin(pin):
            raise errors.UnusablePin
        if rules.is_simple_pin(pin):
            raise errors.SimplePin
        deps = self._with
        holder = await deps.proofs.pin_holder(caller.user_id)
        if holder is None:
            raise errors.UnknownAccount
        if holder.pin_hash is not None:
            await self._check_current(current, holder.pin_hash, caller, language)
        pin_hash = await deps.hasher.hash(pin)
        letter = LetterJob(deps.senders.pin_set.job, USER, language)
        if not await deps.proofs.set_pin(caller.user_id, pin_hash, holder.pin_hash, deps.clock.now(), letter):
            raise errors.PinAlreadySet

    async def require(self, pin: str, caller: Caller, language: str) -> None:
        """Check the caller's own PIN for a step-up, counted together with `verify`; raises WrongProof or TooManyAttempts."""
        if not rules.is_pin(pin):
            raise errors.WrongProof
        deps = self._with
        deps.hasher.require_capacity()
        try:
            attempt = await self._admit(caller.user_id)
        except errors.PinLocked as locked:
            raise errors.TooManyAttempts(locked.retry_after_s) from None
        if attempt is None:
            raise errors.UnknownAccount
        if not await deps.hasher.matches(pin, attempt.pin_hash):
            await self._wrong(caller.user_id, attempt, language)
            raise errors.WrongProof
        await self.forget(caller.user_id)

    async def forget(self, user_id: UUID) -> None:
        """Forget the wrong PINs of a user who proved more than the PIN, and end the lock."""
        await self._with.pin_locks.forget(user_id)

    async def _check_current(self, current: str | None, pin_hash: str, caller: Caller, language: str) -> None:
        if current is None:
            raise errors.PinAlreadySet
        deps = self._with
        deps.hasher.require_capacity()
        try:
            attempt = await self._admit(caller.user_id)
        except errors.PinLocked as locked:
            raise errors.TooManyAttempts(locked.retry_after_s) from None
        if attempt is None:
            raise errors.UnknownAccount
        if not await deps.hasher.matches(current, pin_hash):
            await self._wrong(caller.user_id, attempt, language)
            raise errors.PinAlreadySet
        await self.forget(caller.user_id)

    async def _admit(self, user_id: UUID) -> PinAttempt | None:
        """Count an attempt before it is checked; None without an active account, raises PinLocked."""
        deps = self._with
        now = deps.clock.now()
        attempt = await deps.pin_locks.admit(user_id, now, now - FORGOTTEN_AFTER, self._limit, self._locks_s)
        if attempt is None or attempt.admitted:
            return attempt
        until = attempt.locked_until
        left_s = self._locks_s[0] if until is None else (until - now).total_seconds()  # None: others are counting now
        self._metrics.pins.inc()
        raise errors.PinLocked(max(1, -int(-left_s // 1)))

    async def _wrong(self, user_id: UUID, attempt: PinAttempt, language: str) -> None:
        """Write to the parent if this attempt began a lock."""
        if attempt.locked_until is None:
            return
        deps = self._with
        now = deps.clock.now()
        seconds = round((attempt.locked_until - now).total_seconds())
        letter = LetterJob(deps.senders.pin_locked.job, USER, language)
        await deps.pin_locks.write_letter(user_id, letter, (SECONDS, seconds), now)

    def _is_default(self, pin: str) -> bool:
        return bool(self._default_pin) and hmac.compare_digest(pin, self._default_pin)
