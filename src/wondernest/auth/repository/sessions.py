"""Sessions: a row for each access token and each refresh token; `origin` is common to all tokens of one login."""

from __future__ import annotations

from datetime import datetime, timedelta
from ipaddress import ip_interface
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.proofs import PROOF_LIFE_S
from wondernest.auth.repository.accounts import Account, NewAccount, account_of
from wondernest.auth.repository.revocations import RevokedToken
from wondernest.auth.repository.session_statements import (
    CHANGE_PASSWORD,
    END_ALL,
    END_CHAIN,
    END_ONE,
    END_OTHERS,
    FORGET_PROOFS,
    LIST,
    LOGIN,
    NOTE_CHILD,
    NOTE_PARENT_MODE,
    NOTE_PROOF,
    REFRESH,
    REFRESH_STATE,
    REGISTER,
    TOUCH,
)
from wondernest.auth.rules import StoredSession, network_of
from wondernest.platform.addresses import Address
from wondernest.platform.ids import sha256_hex
from wondernest.platform.languages import DEFAULT_LANGUAGE, number_of

if TYPE_CHECKING:
    from wondernest.auth.tokens import TokenPair
    from wondernest.platform.db.pool import Executor, Row


class NewSession(Struct, frozen=True):
    """A new token pair to be stored."""

    user_id: UUID
    pair: TokenPair
    ip: Address | None
    now: datetime
    device: str | None = None
    """A word of `rules.device_of`, never the client's own text."""
    language: str = DEFAULT_LANGUAGE
    """The language that the request asked for."""

    def arguments(self) -> tuple[Any, ...]:
        """$1 to $8 of the statements that store a session."""
        pair = self.pair
        access, refresh = sha256_hex(pair.access), sha256_hex(pair.refresh)
        return (
            *(self.user_id, access, pair.access_expires_at, refresh, pair.refresh_expires_at),
            *(self.ip, self.now, self.device),
        )


class RefreshTokenState(Struct, frozen=True):
    """The stored state of a refresh token and its user."""

    account: Account
    revoked: bool
    """By itself, or with the other tokens that have no row of ours."""
    issued_before: datetime | None
    """Every token of the user issued before this moment is refused."""


class Presented(Struct, frozen=True):
    """The access token of a request: hex SHA-256, and the times in it."""

    token_hash: str
    issued_at: datetime
    expires_at: datetime


_ATTEMPTS: Final = 5
"""How often a login or a refresh is stored when other requests of the same user come first each time."""
PROOF_LIFE: Final = timedelta(seconds=PROOF_LIFE_S)


class SessionRepository:
    """Opens, renews and ends sessions."""

    def __init__(self, database: Executor, *, most: int, notice: tuple[str, str]) -> None:
        """`most`: sessions of a user. `notice`: the job that mails a sign-in from a new network, and its argument, the user id."""
        self._database = database
        self._most = most
        self._notice = notice

    async def register(self, account: NewAccount, session: NewSession, unit: Executor | None = None) -> bool:
        """Store user, family, membership and session in one statement; False when the address is taken."""
        made = await (unit or self._database).fetchval(
            REGISTER,
            *session.arguments(),
            account.email,
            account.password_hash,
            account.first_name,
            account.last_name,
            account.phone,
            account.verified,
            account.family_id,
            account.family_name,
            account.time_zone,
            account.language,
        )
        return made is True

    async def open(
        self, session: NewSession, password_hash: str, unit: Executor | None = None
    ) -> list[RevokedToken] | None:
        """Store the session of a login; None when the account was deactivated or its password changed meanwhile.

        Ends the sessions that are too many and returns their access tokens. A sign-in from a network from which the account never
        signed in is mailed, unless none of its networks is known: once for a network, because after it the network is known.
        """
        network = None if session.ip is None else network_of(session.ip)
        arguments = (
            *session.arguments(),
            password_hash,
            network,
            self._most,
            *self._notice,
            number_of(session.language),
        )
        for _ in range(_ATTEMPTS):
            rows = await (unit or self._database).fetch(LOGIN, *arguments)
            if rows:
                return _ended(rows)
        return None

    async def refresh_state(self, user_id: UUID, refresh_hash: str, issued_at: datetime) -> RefreshTokenState | None:
        """The account of a refresh token and whether the token was revoked; None for an unknown user."""
        row = await self._database.fetchrow(REFRESH_STATE, user_id, refresh_hash, issued_at)
        return None if row is None else RefreshTokenState(account_of(row), row["revoked"], row["issued_before"])

    async def renew(self, session: NewSession, password_hash: str, presented_hash: str, issued_at: datetime) -> bool:
        """Store a refreshed session; False when the account was deactivated, its password changed or the token revoked meanwhile."""
        arguments = (*session.arguments(), password_hash, presented_hash, issued_at)
        for _ in range(_ATTEMPTS):
            if await self._database.fetchval(REFRESH, *arguments) is True:
                return True
        return False

    async def find(
        self, user_id: UUID, access_hash: str, now: datetime, refresh_life: timedelta
    ) -> list[StoredSession]:
        """The user's live sessions, the one of the access token first, then the last seen first."""
        rows = await self._database.fetch(LIST, user_id, access_hash, now, refresh_life)
        return [
            StoredSession(
                id=row["id"],
                child_id=row["child_id"],
                created_at=row["created_at"] or now,
                seen_at=row["seen_at"] or now,
                device=row["device"],
                ip=None if row["ip"] is None else ip_interface(str(row["ip"])).ip,
                current=row["current"],
            )
            for row in rows
        ]

    async def note_parent_mode(
        self, user_id: UUID, token_hash: str, expires_at: datetime, now: datetime, *, proves: str | None = None
    ) -> None:
        """Store a parent-mode session of an existing account; its token is no bearer token.

        `proves`: the hash of the access token for whose session the token is a step-up proof too.
        """
        proof_ends = now + PROOF_LIFE
        await self._database.execute(NOTE_PARENT_MODE, user_id, token_hash, expires_at, now, proves, proof_ends)

    async def note_proof(self, user_id: UUID, proof_hash: str, access_hash: str, now: datetime) -> None:
        """Store a step-up proof (hex SHA-256) of an existing account for the session of an access token."""
        await self._database.execute(NOTE_PROOF, user_id, proof_hash, access_hash, now + PROOF_LIFE, now)

    async def note_child(
        self, user_id: UUID, token_hash: str, expires_at: datetime, now: datetime, child_id: UUID
    ) -> None:
        """Store a child's session of an existing account; its token is no bearer token."""
        await self._database.execute(NOTE_CHILD, user_id, token_hash, expires_at, now, child_id)

    @staticmethod
    async def end_chain(
        unit: Executor, user_id: UUID, access: Presented, now: datetime, refresh_life: timedelta
    ) -> list[RevokedToken]:
        """End every session of the login that an access token belongs to; returns the revoked access tokens."""
        await unit.execute(TOUCH, user_id, now)
        times = (access.expires_at, now, refresh_life, access.issued_at)
        return _ended(await unit.fetch(END_CHAIN, user_id, access.token_hash, *times))

    @staticmethod
    async def end_one(
        unit: Executor, user_id: UUID, session_id: UUID, now: datetime, refresh_life: timedelta
    ) -> list[RevokedToken] | None:
        """End one session of the user; returns the revoked access tokens, None when the user has no such session."""
        await unit.execute(TOUCH, user_id, now)
        rows = await unit.fetch(END_ONE, user_id, session_id, now, refresh_life)
        return _ended(rows) if rows[0]["found"] else None

    @staticmethod
    async def end_others(
        unit: Executor, user_id: UUID, kept: Presented, now: datetime, refresh_life: timedelta
    ) -> list[RevokedToken]:
        """End every session of the user but that of an access token; returns the revoked access tokens.

        A pair of another backend that is kept is known by its access token alone: its refresh token is the one issued in the same
        second.
        """
        await unit.execute(TOUCH, user_id, now)
        return _ended(await unit.fetch(END_OTHERS, user_id, kept.token_hash, now, refresh_life, kept.issued_at))

    @staticmethod
    async def forget_proofs(unit: Executor, user_id: UUID) -> None:
        """Delete every step-up proof of the user."""
        await unit.execute(FORGET_PROOFS, user_id)

    @staticmethod
    async def change_password(unit: Executor, user_id: UUID, replaces: str, password_hash: str, now: datetime) -> bool:
        """Store a password hash if the current one is still `replaces`; False otherwise. The user's row stays locked."""
        return await unit.fetchval(CHANGE_PASSWORD, user_id, replaces, password_hash, now) is True

    @staticmethod
    async def end_all(unit: Executor, user_id: UUID, now: datetime, issued_before: datetime) -> list[RevokedToken]:
        """End every session and reset token of a user whose row is locked; returns the revoked access tokens."""
        rows = await unit.fetch(END_ALL, user_id, now, issued_before)
        return _ended(rows)


def _ended(rows: list[Row]) -> list[RevokedToken]:
    return [RevokedToken(row["token_hash"], row["expires_at"]) for row in rows if row["token_hash"] is not None]
