"""Accounts: sign-up, login, refresh, logout."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from wondernest.auth import errors, rules
from wondernest.auth.jobs import letter_to
from wondernest.auth.outside import NO_PASSWORD, OutsideAccounts
from wondernest.auth.repository import Account, NewAccount, NewSession, Presented
from wondernest.auth.tokens import TokenPair, TokenSubject
from wondernest.platform import addresses
from wondernest.platform.faults import CallerRefused, Refusal, TransactionConflict
from wondernest.platform.ids import sha256_hex

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.auth.dependencies import Dependencies
    from wondernest.auth.oauth import Identity
    from wondernest.auth.repository import AccountRepository
    from wondernest.platform.caller import Caller
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.ids import Ids
    from wondernest.settings import Settings

PARENT_ROLE: Final = "parent"
SIGN_UP_NOTICES_PER_HOUR: Final = 1


class OpenSession(Struct, frozen=True):
    """A session that was opened or renewed."""

    account: Account
    pair: TokenPair


class AccountService:
    """The operations on accounts and sessions. Raises the room's errors."""

    def __init__(self, dependencies: Dependencies, settings: Settings) -> None:
        self._with = dependencies
        self._outside = OutsideAccounts(dependencies)
        self._access_life = timedelta(milliseconds=settings.jwt.access_life_ms)
        self._refresh_life = timedelta(milliseconds=settings.jwt.refresh_life_ms)

    async def register_parent(self, sign_up: rules.SignUp, client: rules.Client, unit: UnitOfWork) -> OpenSession:
        """Create user, family, membership and session, and enqueue the verification mail; raises ValidationFailed, EmailTaken."""
        if problems := sign_up.problems():
            raise errors.ValidationFailed(problems)
        deps = self._with
        email = rules.normal_email(sign_up.email)
        deps.hasher.require_capacity()
        taken = await deps.accounts.by_email(email)
        if taken is not None:
            await self._notify_owner(taken, client.language)
            raise errors.EmailTaken
        person = sign_up.names.normalised()
        new = NewAccount(
            user_id=deps.ids.uuid(),
            family_id=deps.ids.uuid(),
            email=email,
            password_hash=await deps.hasher.hash(sign_up.password),
            first_name=person.first,
            last_name=person.last,
            phone=rules.stored_phone(sign_up.phone),
            verified=False,
            family_name=person.family_name,
            time_zone=sign_up.time_zone.strip(),
            language=sign_up.language.strip().lower(),
        )
        session = await self._store(new, client, unit)
        await deps.senders.verify_email(unit, letter_to(new.user_id, client.language))
        return session

    async def log_in_parent(self, email: str, password: str, client: rules.Client, unit: UnitOfWork) -> OpenSession:
        """Open a parent's session; creates a family if there is none. Raises ValidationFailed or InvalidCredentials."""
        account = await self._authenticate(email, password, client.ip)
        if account.role.lower() != PARENT_ROLE:
            raise errors.InvalidCredentials
        if account.family_id is not None:
            return await self._open(account, client)
        deps = self._with
        name = rules.PersonName(account.first_name, None).family_name
        housed = await deps.accounts.with_family(unit, account.id, deps.ids.uuid(), name, deps.clock.now())
        return await self._open(replace(housed or account, password_hash=account.password_hash), client, unit)

    async def log_in(self, email: str, password: str, client: rules.Client) -> OpenSession:
        """Open a session of any account; raises ValidationFailed or InvalidCredentials."""
        return await self._open(await self._authenticate(email, password, client.ip), client)

    async def log_in_external(self, login: rules.ExternalLogin, client: rules.Client, unit: UnitOfWork) -> OpenSession:
        """Open a session with an identity token, which is used up; an unknown identity with an unknown address gets an account.

        Raises ValidationFailed, ExternalLoginRefused.
        """
        if problems := login.problems():
            raise errors.ValidationFailed(problems)
        identity = await self._outside.verified(login)
        account = await self._outside.account(identity, client.language, unit)
        if account is not None:
            session = await self._open(account, client, unit)
            await self._outside.require_link(identity, account.id, unit)
            return session
        deps = self._with
        new = _account_of(identity, login.names, deps.ids)
        session = await self._store(new, client, unit, taken=_address_taken_meanwhile)
        await self._outside.link(identity, new.user_id, unit)
        if not identity.owns_email:
            await deps.senders.verify_email(unit, letter_to(new.user_id, client.language))
        return session

    async def refresh(self, refresh_token: str | None, client: rules.Client) -> OpenSession:
        """Issue a new pair for a refresh token, which stays valid: two clients of one parent may refresh at once.

        Raises RefreshTokenMissing or InvalidRefreshToken.
        """
        if refresh_token is None or not refresh_token.strip():
            raise errors.RefreshTokenMissing
        deps = self._with
        claims = deps.verifier.verify_refresh(refresh_token.strip())
        if claims is None:
            raise errors.InvalidRefreshToken
        issued_at = datetime.fromtimestamp(claims.issued_at, UTC)
        state = await deps.sessions.refresh_state(claims.user_id, claims.token_hash, issued_at)
        if state is None or state.revoked or not state.account.active:
            raise errors.InvalidRefreshToken
        if state.issued_before is not None and issued_at < state.issued_before:
            raise errors.InvalidRefreshToken
        account = state.account
        session = self._sign(account, client)
        if not await deps.sessions.renew(session, account.password_hash, claims.token_hash, issued_at):
            raise errors.InvalidRefreshToken
        return OpenSession(account, session.pair)

    async def log_out(self, caller: Caller, unit: UnitOfWork) -> None:
        """End the login that the presented token belongs to; other devices stay signed in."""
        deps = self._with
        now = deps.clock.now()
        ended = await deps.sessions.end_chain(unit, caller.user_id, presented(caller), now, self._refresh_life)
        unit.after_commit(lambda: deps.verifier.revoke_all(ended))

    async def open_child_session(self, caller: Caller, child_id: UUID) -> str:
        """Store a session of the caller's child and return its token, which is no bearer token."""
        deps = self._with
        now = deps.clock.now()
        token = f"child_session_{deps.ids.token()}"
        await deps.sessions.note_child(caller.user_id, sha256_hex(token), now + self._access_life, now, child_id)
        return token

    def is_logged_out(self, token: str) -> bool:
        """Whether a token is valid except for being logged out: a second logout is no error."""
        return self._with.verifier.was_revoked(token)

    async def profile(self, caller: Caller) -> Account:
        """The caller's account, with the role from the token; raises UnknownAccount, or CallerRefused for a deactivated one."""
        account = await standing_account(self._with.accounts, caller)
        return replace(account, role=caller.role or account.role.upper())

    async def _authenticate(self, email: str, password: str, ip: str | None) -> Account:
        """The active account of an address and password. An unknown address takes as long as a wrong password."""
        if problems := rules.login_problems(email, password):
            raise errors.ValidationFailed(problems)
        deps = self._with
        address = rules.normal_email(email)
        deps.hasher.require_capacity()
        await deps.login_attempts.admit(address, password, ip)
        account = await deps.accounts.by_email(address)
        matches = await deps.hasher.matches(password, account.password_hash if account else None)
        if account is None or not matches or not account.active:
            raise errors.InvalidCredentials
        await deps.login_attempts.succeeded(address, ip)
        return account

    async def _open(self, account: Account, client: rules.Client, unit: UnitOfWork | None = None) -> OpenSession:
        session, deps = self._sign(account, client), self._with
        ended = await deps.sessions.open(session, account.password_hash, unit)
        if ended is None:
            raise errors.InvalidCredentials
        if unit is None:
            deps.verifier.revoke_all(ended)
        else:
            unit.after_commit(lambda: deps.verifier.revoke_all(ended))
        return OpenSession(account, session.pair)

    async def _store(
        self,
        new: NewAccount,
        client: rules.Client,
        unit: UnitOfWork | None = None,
        *,
        taken: Callable[[], Exception] = errors.EmailTaken,
    ) -> OpenSession:
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
        session = self._sign(account, client)
        if not await self._with.sessions.register(new, session, unit):
            raise taken()
        return OpenSession(account, session.pair)

    def _sign(self, account: Account, client: rules.Client) -> NewSession:
        subject = TokenSubject(account.id, account.family_id, account.email, account.role, account.verified)
        deps = self._with
        address = addresses.parse(client.ip)
        return NewSession(
            account.id, deps.issuer.issue(subject), address, deps.clock.now(), client.device, client.language
        )

    async def _notify_owner(self, account: Account, language: str) -> None:
        """Mail the owner of an address that somebody tried to sign up with; rate-limited, so that it cannot be used to annoy them."""
        deps = self._with
        if account.active and await deps.allowance.permits("sign-up", account.email.lower(), SIGN_UP_NOTICES_PER_HOUR):
            await deps.senders.sign_up_attempt(deps.database, letter_to(account.id, language))


def _account_of(identity: Identity, given: rules.NameFields, ids: Ids) -> NewAccount:
    """A new account from an identity token, without a password. Names in the request win over those in the token."""
    known = identity.names.normalised()
    person = given.normalised()
    first, last = person.first or known.first, person.last or known.last
    return NewAccount(
        user_id=ids.uuid(),
        family_id=ids.uuid(),
        email=identity.email or "",
        password_hash=NO_PASSWORD,
        first_name=first,
        last_name=last,
        phone=None,
        verified=identity.owns_email,
        family_name=rules.PersonName(first, last).family_name,
    )


def _address_taken_meanwhile() -> Exception:
    """Another request made an account of the address. The unit of work runs again and finds it."""
    return TransactionConflict("database", "the address was taken meanwhile")


async def standing_account(accounts: AccountRepository, caller: Caller) -> Account:
    """The caller's account; raises UnknownAccount, or CallerRefused for a deactivated one."""
    account = await accounts.by_id(caller.user_id)
    if account is None:
        raise errors.UnknownAccount
    if not account.active:
        raise CallerRefused(Refusal.ACCOUNT)
    return account


def presented(caller: Caller) -> Presented:
    """The access token of a request, as the statements take it."""
    issued, expires = (datetime.fromtimestamp(moment, UTC) for moment in (caller.issued_at, caller.expires_at))
    return Presented(caller.token_hash, issued, expires)
