"""A user's sessions: list them, end them, change the password."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from wondernest.auth import errors, rules
from wondernest.auth.jobs import letter_to
from wondernest.auth.outside import NO_PASSWORD
from wondernest.auth.service import presented, standing_account
from wondernest.platform.caller import Authority

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.auth.dependencies import Dependencies
    from wondernest.auth.rules import StoredSession
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.settings import Settings


class SessionService:
    """The operations of a user on their own sessions and password. Raises the room's errors."""

    def __init__(self, dependencies: Dependencies, settings: Settings) -> None:
        self._with = dependencies
        self._refresh_life = timedelta(milliseconds=settings.jwt.refresh_life_ms)

    async def find(self, caller: Caller) -> list[StoredSession]:
        """The caller's live sessions, the one of this request first, then the last seen first."""
        deps = self._with
        return await deps.sessions.find(caller.user_id, caller.token_hash, deps.clock.now(), self._refresh_life)

    async def end(self, caller: Caller, session_id: UUID, unit: UnitOfWork) -> None:
        """End one session, also the caller's own; raises SessionNotFound, also for another user's."""
        deps = self._with
        ended = await deps.sessions.end_one(unit, caller.user_id, session_id, deps.clock.now(), self._refresh_life)
        if ended is None:
            raise errors.SessionNotFound
        unit.after_commit(lambda: deps.verifier.revoke_all(ended))

    async def end_others(self, caller: Caller, unit: UnitOfWork) -> None:
        """End every session but the caller's."""
        deps = self._with
        kept, now = presented(caller), deps.clock.now()
        ended = await deps.sessions.end_others(unit, caller.user_id, kept, now, self._refresh_life)
        unit.after_commit(lambda: deps.verifier.revoke_all(ended))

    async def change_password(
        self, caller: Caller, current: str | None, new: str, request: rules.Confirmation, unit: UnitOfWork
    ) -> None:
        """Set a new password; ends every other session and every proof, and mails the user.

        An account without a password needs a step-up proof instead. Raises ValidationFailed, WrongPassword, TooManyAttempts,
        UnknownAccount or CallerRefused. A wrong password counts like one of a login.
        """
        deps = self._with
        if problems := rules.password_problems(new):
            raise errors.ValidationFailed(problems)
        deps.hasher.require_capacity()
        account = await standing_account(deps.accounts, caller)
        if account.password_hash == NO_PASSWORD:
            await deps.gate.admit(caller, Authority.OWN, request.proof)
        else:
            await self.check_password(account.email, account.password_hash, current, request.client.ip)
        password_hash, now = await deps.hasher.hash(new), deps.clock.now()
        if not await deps.sessions.change_password(unit, account.id, account.password_hash, password_hash, now):
            raise errors.WrongPassword
        await self._end_with_proofs(caller, unit)
        await deps.senders.password_changed(unit, letter_to(account.id, request.client.language))

    async def check_password(self, email: str, stored: str, password: str | None, ip: str | None) -> None:
        """Check the password of a signed-in user; raises WrongPassword or TooManyAttempts."""
        deps, address = self._with, rules.normal_email(email)
        if password is None:
            raise errors.WrongPassword
        await deps.login_attempts.admit(address, password, ip)
        if not await deps.hasher.matches(password, stored):
            raise errors.WrongPassword
        await deps.login_attempts.succeeded(address, ip)

    async def _end_with_proofs(self, caller: Caller, unit: UnitOfWork) -> None:
        await self.end_others(caller, unit)
        await self._with.sessions.forget_proofs(unit, caller.user_id)
