"""Step-up: a parent enters their PIN or password again, and gets a proof for what a borrowed device must not do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.auth import errors
from wondernest.auth.outside import NO_PASSWORD
from wondernest.auth.service import standing_account
from wondernest.platform.ids import sha256_hex

if TYPE_CHECKING:
    from wondernest.auth.dependencies import Dependencies
    from wondernest.auth.pins import PinService
    from wondernest.auth.rules import Client
    from wondernest.auth.sessions import SessionService
    from wondernest.platform.caller import Caller


class StepUpService:
    """Makes proofs. A proof is bound to the session it was made in and ends with it; the default PIN proves nothing."""

    def __init__(self, dependencies: Dependencies, sessions: SessionService, pins: PinService) -> None:
        self._with = dependencies
        self._sessions = sessions
        self._pins = pins

    async def prove(self, caller: Caller, pin: str | None, password: str | None, client: Client) -> str:
        """A proof for the PIN or the password; exactly one of them is given.

        Raises NothingToProve, WrongProof, WrongPassword, TooManyAttempts, UnknownAccount or CallerRefused. Wrong ones count like those of
        verify-pin and of a login.
        """
        if (pin is None) == (password is None):
            raise errors.NothingToProve
        deps = self._with
        deps.hasher.require_capacity()
        account = await standing_account(deps.accounts, caller)
        if pin is not None:
            await self._pins.require(pin, caller, client.language)
        elif account.password_hash == NO_PASSWORD:
            raise errors.WrongPassword
        else:
            await self._sessions.check_password(account.email, account.password_hash, password, client.ip)
        proof = f"step_up_{deps.ids.token()}"
        await deps.sessions.note_proof(account.id, sha256_hex(proof), caller.token_hash, deps.clock.now())
        return proof
