"""Outside identities: which account an identity token opens (auth contract §2 oauth)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from wondernest.auth import errors, rules
from wondernest.auth.endings import end_all_sessions
from wondernest.auth.jobs import letter_to
from wondernest.auth.repository import Link
from wondernest.auth.rules import FirstSignIn

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.auth.dependencies import Dependencies
    from wondernest.auth.oauth import Identity
    from wondernest.auth.repository import Account
    from wondernest.platform.db.unit import UnitOfWork

NO_PASSWORD: Final = ""
"""The password hash of an account that signs in through an external provider: no password matches it."""
CLOCK_MARGIN: Final = timedelta(minutes=5)
"""A used token is remembered so much longer than it is valid: the process that forgets it may have a faster clock."""


class OutsideAccounts:
    """Finds the account of an outside identity, in the caller's unit of work. Raises ExternalLoginRefused."""

    def __init__(self, dependencies: Dependencies) -> None:
        self._with = dependencies

    async def verified(self, login: rules.ExternalLogin) -> Identity:
        """The identity in the token, which must agree with what the client says of it. Runs no statement."""
        identity = await self._with.identities.verify(login.provider.strip().lower(), login.id_token.strip())
        if login.email is not None and identity.email not in {None, rules.normal_email(login.email)}:
            raise errors.ExternalLoginRefused
        if login.nonce is not None and login.nonce != identity.nonce:
            raise errors.ExternalLoginRefused
        return identity

    async def account(self, identity: Identity, language: str, unit: UnitOfWork) -> Account | None:
        """The account that the identity opens; None if a new one is to be made. Uses the token up. `language`: of a letter."""
        deps = self._with
        is_unused, account = await deps.outside.use_token(
            unit, identity.token_hash, identity.expires_at + CLOCK_MARGIN, identity.issuer, identity.subject
        )
        if not is_unused:
            raise errors.ExternalLoginRefused
        account = account or await deps.outside.by_identity(unit, identity.issuer, identity.subject)
        if account is None:
            return await self._account_with_its_address(identity, language, unit)
        if not account.active:
            raise errors.ExternalLoginRefused
        return account

    async def require_link(self, identity: Identity, user_id: UUID, unit: UnitOfWork) -> None:
        """Check again that the identity opens the account, once the user's row is locked: it may have been taken over meanwhile."""
        if not await self._with.outside.opens(unit, identity.issuer, identity.subject, user_id):
            raise errors.ExternalLoginRefused

    async def link(self, identity: Identity, user_id: UUID, unit: UnitOfWork) -> None:
        """Let the identity open the account of its own address; the address is proven if the provider verified it."""
        deps = self._with
        link = Link(
            issuer=identity.issuer,
            subject=identity.subject,
            user_id=user_id,
            proves=identity.email if identity.owns_email else None,
            token_hash=identity.token_hash,
            now=deps.clock.now(),
        )
        await deps.outside.link(unit, link)

    async def _account_with_its_address(self, identity: Identity, language: str, unit: UnitOfWork) -> Account | None:
        deps = self._with
        if identity.email is None or not identity.may_use_email:
            raise errors.ExternalLoginRefused
        standing = await deps.outside.standing(unit, identity.email, identity.issuer)
        if standing is None:
            return None
        account = standing.account
        what = rules.first_sign_in(
            owns_email=identity.owns_email,
            active=account.active,
            proven=standing.proven,
            knows_issuer=standing.knows_issuer,
        )
        if what is FirstSignIn.REFUSE:
            raise errors.ExternalLoginRefused
        if what is FirstSignIn.TAKE_OVER:
            now = deps.clock.now()
            await deps.outside.take_over(unit, account.id, now)
            await end_all_sessions(deps, account.id, now, unit)
            await deps.senders.account_taken_over(unit, letter_to(account.id, language))
            account = replace(account, password_hash=NO_PASSWORD, pin_hash=None)
        else:
            await deps.senders.identity_linked(unit, letter_to(account.id, language))
        await self.link(identity, account.id, unit)
        return replace(account, verified=True)
