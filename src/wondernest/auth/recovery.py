"""Password reset and e-mail verification, both with mailed tokens."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from wondernest.auth import errors, rules
from wondernest.auth.attempts import MAIL_WINDOW_S
from wondernest.auth.endings import end_all_sessions
from wondernest.auth.jobs import USER, letter_to
from wondernest.auth.repository import LetterJob
from wondernest.platform.ids import sha256_hex

if TYPE_CHECKING:
    from wondernest.auth.dependencies import Dependencies
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.settings import Auth

RESET_MAILS_PER_HOUR: Final = 5
VERIFICATION_MAILS_PER_HOUR: Final = 5
"""Besides the letter of the sign-up."""


class RecoveryService:
    """Resets passwords and verifies addresses."""

    def __init__(self, dependencies: Dependencies, settings: Auth) -> None:
        self._with = dependencies
        self._require_mail_token = settings.require_mail_token

    async def request_reset(self, email: str, language: str) -> None:
        """Enqueue the reset mail if the account exists; raises ValidationFailed. `language`: of the request, as in every method.

        The caller cannot find out whether it exists, not by timing either: the same statement enqueues a job in both cases.
        """
        if not rules.is_email(email):
            raise errors.ValidationFailed([rules.INVALID_EMAIL])
        address, deps = rules.normal_email(email), self._with
        if await deps.allowance.permits("reset", address, RESET_MAILS_PER_HOUR):
            await deps.proofs.request_reset(address, LetterJob(deps.senders.reset_password.job, USER, language))

    async def reset(self, token: str, password: str, language: str, unit: UnitOfWork) -> None:
        """Use a reset token to set a new password and end every session; raises ValidationFailed, InvalidResetToken.

        The token was mailed, so it proves the address.
        """
        deps = self._with
        token = token.strip()
        if problems := rules.reset_problems(token, password):
            raise errors.ValidationFailed(problems)
        deps.hasher.require_capacity()
        token_hash = sha256_hex(token)
        user_id = await deps.proofs.reset_holder(token_hash, deps.clock.now())
        if user_id is None:
            raise errors.InvalidResetToken
        password_hash = await deps.hasher.hash(password)
        now = deps.clock.now()
        if not await deps.proofs.spend_reset(unit, user_id, token_hash, password_hash, now):
            raise errors.InvalidResetToken
        await end_all_sessions(deps, user_id, now, unit)
        await deps.senders.password_changed(unit, letter_to(user_id, language))

    async def verify_email(self, token: str | None, caller: Caller) -> None:
        """With a mailed token: prove the caller's address. Without one: set the column that Kotlin sets, which proves nothing.

        Raises EmailNotVerified; also without a token where the settings require one.
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

    async def request_verification(self, caller: Caller, language: str) -> None:
        """Mail the caller a token that proves their address, unless it is proven; raises UnknownAccount, TooManyAttempts."""
        deps = self._with
        if not await deps.allowance.permits("verification", str(caller.user_id), VERIFICATION_MAILS_PER_HOUR):
            raise errors.TooManyAttempts(MAIL_WINDOW_S)
        letter = LetterJob(deps.senders.verify_email.job, USER, language)
        if not await deps.proofs.request_verification(caller.user_id, letter):
            raise errors.UnknownAccount
