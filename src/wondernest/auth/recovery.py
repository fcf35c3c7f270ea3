"""Getting back in and proving an address: password reset and e-mail verification, both through mailed tokens."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from wondernest.auth import errors, rules
from wondernest.auth.jobs import USER
from wondernest.platform.ids import sha256_hex

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.auth.dependencies import Dependencies
    from wondernest.auth.repository import RevokedToken
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.settings import Auth

RESET_MAILS_PER_HOUR: Final = 5


class RecoveryService:
    """Resets passwords and verifies addresses."""

    def __init__(self, dependencies: Dependencies, settings: Auth) -> None:
        self._with = dependencies
        self._require_mail_token = settings.require_mail_token

    async def request_reset(self, email: str) -> None:
        """Have a reset mailed if there is such an account; raises ValidationFailed.

        The caller learns nothing, not even by the time it takes: one statement enqueues, whether or not there is an account.
        """
        if not rules.is_email(email):
            raise errors.ValidationFailed([rules.INVALID_EMAIL])
        address, deps = rules.normal_email(email), self._with
        if await deps.allowance.permits("reset", address, RESET_MAILS_PER_HOUR):
            await deps.proofs.request_reset(address, deps.senders.reset_password.job, USER)

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
        if not await deps.proofs.spend_reset(unit, user_id, token_hash, password_hash, now):
            raise errors.InvalidResetToken
        issued_before = now.replace(microsecond=0)
        ended = await deps.sessions.end_all(unit, user_id, now, issued_before)
        await deps.senders.password_changed(unit, {USER: user_id})
        unit.after_commit(lambda: self._after_reset(user_id, issued_before.timestamp(), ended))

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

    def _after_reset(self, user_id: UUID, issued_before: float, ended: list[RevokedToken]) -> None:
        deps = self._with
        deps.verifier.revoke_before(user_id, issued_before)
        for access in ended:
            deps.verifier.revoke(access.token_hash, access.expires_at.timestamp())
