"""Accounts: signing up, signing in, renewing and ending sessions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import TYPE_CHECKING
from uuid import UUID

from wondernest.auth import errors, rules
from wondernest.auth.repository import Account, NewAccount, NewSession
from wondernest.auth.tokens import TokenPair, TokenSubject
from wondernest.platform.ids import new_uuid

if TYPE_CHECKING:
    from wondernest.auth.passwords import PasswordHasher
    from wondernest.auth.repository import AccountRepository
    from wondernest.auth.tokens import TokenIssuer, TokenVerifier
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.http.caller import Caller

PARENT_ROLE = "parent"


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that was opened or renewed."""

    account: Account
    pair: TokenPair


class AccountService:
    """What a parent can do with an account. Raises the room's errors; commits nothing itself."""

    def __init__(
        self,
        repository: AccountRepository,
        hasher: PasswordHasher,
        issuer: TokenIssuer,
        verifier: TokenVerifier,
        clock: Clock,
        refresh_life: timedelta,
    ) -> None:
        self._repository = repository
        self._hasher = hasher
        self._issuer = issuer
        self._verifier = verifier
        self._clock = clock
        self._refresh_life = refresh_life

    async def register_parent(self, sign_up: rules.SignUp, ip: str | None) -> OpenSession:
        """Make user, family, membership and session at once; raises ValidationFailed or EmailTaken."""
        if problems := sign_up.problems():
            raise errors.ValidationFailed(problems)
        email = rules.normal_email(sign_up.email)
        self._hasher.require_room()
        if await self._repository.by_email(email) is not None:
            raise errors.EmailTaken
        person = sign_up.names.normalised()
        new = NewAccount(
            user_id=new_uuid(),
            family_id=new_uuid(),
            email=email,
            password_hash=await self._hasher.hash(sign_up.password),
            first_name=person.first,
            last_name=person.last,
            phone=rules.stored_phone(sign_up.phone),
            verified=False,
            family_name=person.family_name,
            verification=None,
        )
        return await self._store_account(new, ip)

    async def log_in_parent(self, email: str, password: str, ip: str | None, unit: UnitOfWork) -> OpenSession:
        """A parent's session; a parent without a family gets one. Raises ValidationFailed or InvalidCredentials."""
        account = await self._authenticate(email, password)
        if account.role.lower() != PARENT_ROLE:
            raise errors.InvalidCredentials
        if account.family_id is None:
            person = rules.PersonName(account.first_name, None)
            await self._repository.make_family(unit, account.id, new_uuid(), person.family_name, self._clock.now())
            account = await self._repository.by_id(account.id, unit) or account
            return await self._open_session(account, ip, unit)
        return await self._open_session(account, ip)

    async def log_in(self, email: str, password: str, ip: str | None) -> OpenSession:
        """A session of any account; raises ValidationFailed or InvalidCredentials."""
        return await self._open_session(await self._authenticate(email, password), ip)

    async def refresh(self, refresh_token: str | None, ip: str | None) -> OpenSession:
        """A new pair for a refresh token, which stays good: two clients may renew at once. Raises InvalidRefreshToken."""
        if refresh_token is None or not refresh_token.strip():
            raise errors.RefreshTokenMissing
        claims = self._verifier.verify_refresh(refresh_token.strip())
        if claims is None:
            raise errors.InvalidRefreshToken
        standing = await self._repository.standing(claims.user_id, claims.token_hash)
        if standing is None or standing.revoked or not standing.account.active:
            raise errors.InvalidRefreshToken
        if standing.issued_before is not None and claims.issued_at < standing.issued_before.timestamp():
            raise errors.InvalidRefreshToken
        account = standing.account
        session = self._sign(account, ip)
        if not await self._repository.renew_session(session, account.password_hash, claims.token_hash):
            raise errors.InvalidRefreshToken
        return OpenSession(account, session.pair)

    async def log_out(self, caller: Caller, unit: UnitOfWork) -> None:
        """End the session the presented token belongs to, wherever it was refreshed; other devices stay in."""
        expires = datetime.fromtimestamp(caller.expires_at, UTC)
        ended = await self._repository.end_session(
            unit, caller.user_id, caller.token_hash, expires, self._clock.now(), self._refresh_life
        )

        def tell() -> None:
            for token_hash, ends in [*ended, (caller.token_hash, expires)]:
                self._verifier.revoke(token_hash, ends.timestamp())

        unit.after_commit(tell)

    async def profile(self, caller: Caller) -> Account:
        """The caller's account, its role as the token has it; raises UnknownAccount."""
        account = await self._repository.by_id(caller.user_id)
        if account is None or not account.active:
            raise errors.UnknownAccount
        return replace(account, role=caller.role or account.role.upper())

    async def _authenticate(self, email: str, password: str) -> Account:
        if problems := rules.login_problems(email, password):
            raise errors.ValidationFailed(problems)
        self._hasher.require_room()
        account = await self._repository.by_email(rules.normal_email(email))
        matches = await self._hasher.matches(password, account.password_hash if account else None)
        if account is None or not matches or not account.active:
            raise errors.InvalidCredentials
        return account

    async def _open_session(self, account: Account, ip: str | None, unit: UnitOfWork | None = None) -> OpenSession:
        session = self._sign(account, ip)
        if not await self._repository.open_session(session, account.password_hash, unit):
            raise errors.InvalidCredentials
        return OpenSession(account, session.pair)

    async def _store_account(self, new: NewAccount, ip: str | None) -> OpenSession:
        account = Account(
            id=new.user_id,
            email=new.email,
            password_hash=new.password_hash,
            first_name=new.first_name,
            role=PARENT_ROLE,
            verified=new.verified,
            active=True,
            pin_hash=None,
            family_id=new.family_id,
            children=(),
        )
        session = self._sign(account, ip)
        if not await self._repository.register(new, session):
            raise errors.EmailTaken
        return OpenSession(account, session.pair)

    def _sign(self, account: Account, ip: str | None) -> NewSession:
        subject = TokenSubject(account.id, account.family_id, account.email, account.role, account.verified)
        pair = self._issuer.issue(subject)
        return NewSession(account.id, pair, ip_address(ip) if ip else None, self._clock.now())
