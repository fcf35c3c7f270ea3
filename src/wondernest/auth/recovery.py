"""Getting back in and proving an address: password reset and e-mail verification, both through mailed tokens."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.auth import errors, rules
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.ids import new_token, sha256_hex

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.auth.dependencies import Dependencies
    from wondernest.auth.repository import RevokedToken
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.http.caller import Caller
    from wondernest.platform.mail import Message
    from wondernest.settings import Auth

RESET_MAILS_PER_HOUR: Final = 5


class RecoveryService:
    """Resets passwords and verifies addresses."""

    def __init__(self, dependencies: Dependencies, settings: Auth) -> None:
        self._with = dependencies
        self._reset_life = timedelta(hours=settings.reset_life_h)
        self._require_mail_token = settings.require_mail_token

    async def request_reset(self, email: str) -> None:
        """Have a reset mailed if there is such an account; raises ValidationFailed.

        The caller learns nothing, not even by the time it takes: looking up, storing and sending all happen later.
        """
        if not rules.is_email(email):
            raise errors.ValidationFailed([rules.INVALID_EMAIL])
        address = rules.normal_email(email)

        async def letter() -> Message | None:
            return await self._reset_letter(address)

        if not self._with.delivery.submit(letter):
            raise DependencyUnavailable("mail", "too many mails are waiting")

    async def reset(self, token: str, password: str, unit: UnitOfWork) -> None:
        """Spend a reset token for a new password and end every session; raises ValidationFailed, InvalidResetToken."""
        deps = self._with
        token = token.strip()
        if problems := rules.reset_problems(token, password):
            raise errors.ValidationFailed(problems)
        deps.hasher.require_room()
        token_hash = sha256_hex(token)
        user_id = await deps.proofs.reset_holder(token_hash, deps.clock.now())
        if user_id is None:
            raise errors.InvalidResetToken
        password_hash = await deps.hasher.hash(password)
        now = deps.clock.now()
        email = await deps.proofs.spend_reset(unit, user_id, token_hash, password_hash, now)
        if email is None:
            raise errors.InvalidResetToken
        issued_before = now.replace(microsecond=0)
        ended = await deps.sessions.end_all(unit, user_id, now, issued_before)
        unit.after_commit(lambda: self._after_reset(user_id, email, issued_before.timestamp(), ended))

    async def verify_email(self, token: str | None, caller: Caller) -> None:
        """Mark the caller's address as verified, by the mailed token where one is given or demanded.

        Raises EmailNotVerified.
        """
        deps = self._with
        now = deps.clock.now()
        if token is not None:
            digest = hashlib.sha256(token.strip().encode()).digest()
            done = await deps.proofs.spend_verification(caller.user_id, digest, now)
        else:
            done = not self._require_mail_token and await deps.proofs.mark_verified(caller.user_id, now)
        if not done:
            raise errors.EmailNotVerified

    async def _reset_letter(self, address: str) -> Message | None:
        deps = self._with
        account = await deps.accounts.by_email(address)
        if account is None or not account.active:
            return None
        if not await deps.allowance.permits("reset", address, RESET_MAILS_PER_HOUR):
            return None
        token = new_token()
        now = deps.clock.now()
        await deps.proofs.note_reset(account.id, sha256_hex(token), now + self._reset_life, now)
        return deps.letters.password_reset(account.email, token)

    def _after_reset(self, user_id: UUID, email: str, issued_before: float, ended: list[RevokedToken]) -> None:
        deps = self._with
        deps.verifier.revoke_before(user_id, issued_before)
        for access in ended:
            deps.verifier.revoke(access.token_hash, access.expires_at.timestamp())

        async def letter() -> Message:
            return deps.letters.password_changed(email)

        deps.delivery.submit(letter)
