"""Sessions: a row for each access token and each refresh token; `origin` is common to all tokens of one login."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from msgspec import Struct

from wondernest.auth.repository.accounts import ACCOUNT, LOCK_USER, Account, NewAccount, account_of
from wondernest.auth.repository.revocations import CHANNEL, RevokedToken
from wondernest.platform.addresses import Address
from wondernest.platform.ids import sha256_hex

if TYPE_CHECKING:
    from wondernest.auth.tokens import TokenPair
    from wondernest.platform.db.pool import Executor


class NewSession(Struct, frozen=True):
    """A new token pair to be stored."""

    user_id: UUID
    pair: TokenPair
    ip: Address | None
    now: datetime

    def arguments(self) -> tuple[Any, ...]:
        """$1 to $7 of the statements that store a session."""
        pair = self.pair
        access, refresh = sha256_hex(pair.access), sha256_hex(pair.refresh)
        return (self.user_id, access, pair.access_expires_at, refresh, pair.refresh_expires_at, self.ip, self.now)


class RefreshTokenState(Struct, frozen=True):
    """The stored state of a refresh token and its user."""

    account: Account
    revoked: bool
    issued_before: datetime | None
    """Every token of the user issued before this moment is refused."""


_STORE: Final = """
    session as (
        insert into core.user_sessions (user_id, token_hash, expires_at, created_at, last_accessed, device_info)
        select id, $2, $3, $7, $7, jsonb_build_object('refreshTokenHash', $4::text, 'origin', {origin})
          from account),
    refresh as (
        insert into core.refresh_tokens (user_id, token_hash, expires_at, created_at, ip_address)
        select id, $4, $5, $7, $6 from account)
    select true from account"""
"""`origin` is the hash of the first refresh token of a login: logout ends all sessions of that login and no other."""
_STORE_FIRST: Final = _STORE.format(origin="$4::text")
_STORE_NEXT: Final = _STORE.format(
    origin="coalesce((select s.device_info ->> 'origin' from core.user_sessions s"
    " where s.user_id = $1 and s.device_info ->> 'refreshTokenHash' = $9 limit 1), $9)"
)

_REGISTER: Final = f"""
    with account as (
        insert into core.users (id, email, password_hash, first_name, last_name, phone, email_verified, is_active, role,
                                created_at, updated_at, family_id)
        values ($1, $8, $9, $10, $11, $12, $13, true, 'parent', $7, $7, $14)
        on conflict (email) do nothing returning id),
    household as (
        insert into family.families (id, name, created_by, created_at, updated_at)
        select $14, $15, id, $7, $7 from account returning id),
    member as (
        insert into family.family_members (family_id, user_id, role, joined_at)
        select household.id, account.id, 'parent', $7 from household, account),
    {_STORE_FIRST}"""

_LOGIN: Final = f"""
    with account as (
        update core.users set updated_at = $7
         where id = $1 and password_hash = $8 and is_active is not false returning id),
    forgotten as (
        delete from wondernest.pin_locks where user_id in (select id from account)),
    {_STORE_FIRST}"""
"""A sign-in proves more than a PIN: it ends the lock of the PIN."""

_REFRESH: Final = f"""
    with holder as (
        select id from core.users
         where id = $1 and password_hash = $8 and is_active is not false for share),
    presented as (
        select r.revoked_at from core.refresh_tokens r join holder on holder.id = r.user_id
         where r.token_hash = $9 for share of r),
    account as (
        select id from holder where not exists (select from presented where revoked_at is not null)),
    {_STORE_NEXT}"""

_REFRESH_STATE: Final = f"""
    select holder.*, coalesce((select r.revoked_at is not null from core.refresh_tokens r
                                  where r.token_hash = $2 and r.user_id = $1), false) as revoked,
           (select c.issued_before from wondernest.token_cutoffs c where c.user_id = $1) as issued_before
      from ({ACCOUNT} where u.id = $1) holder"""

_NOTIFY: Final = f"(select pg_notify('{CHANNEL}', '')) notified left join"
"""Joined to the last part of a statement: other processes get the notification only if the transaction commits."""

_END_CHAIN: Final = f"""
    with presented as (
        select device_info ->> 'origin' as origin from core.user_sessions
         where user_id = $1 and token_hash = $2 limit 1),
    ended as (
        delete from core.user_sessions s
         where s.user_id = $1
           and (s.token_hash = $2 or s.device_info ->> 'origin' = (select origin from presented))
        returning s.token_hash, s.expires_at, s.device_info ->> 'refreshTokenHash' as refresh_hash),
    refused as (
        insert into core.refresh_tokens (user_id, token_hash, expires_at, created_at, revoked_at)
        select $1, chain.token_hash, $5, $4, $4
          from (select refresh_hash as token_hash from ended union select origin from presented) chain
         where chain.token_hash is not null
        on conflict (token_hash) do update set revoked_at = coalesce(core.refresh_tokens.revoked_at, $4)),
    access as (
        select token_hash, expires_at from ended
         where token_hash <> $2 and expires_at > $4 and token_hash ~ '^[0-9a-f]{{64}}$'
        union all select $2, $3),
    revoked as (
        insert into wondernest.revoked_tokens (token_hash, user_id, expires_at)
        select decode(token_hash, 'hex'), $1, expires_at from access on conflict do nothing)
    select access.token_hash, access.expires_at from {_NOTIFY} access on true"""

_END_ALL: Final = f"""
    with ended as (
        delete from core.user_sessions where user_id = $1 returning token_hash, expires_at),
    refused as (
        update core.refresh_tokens set revoked_at = $2 where user_id = $1 and revoked_at is null),
    spent as (
        update core.password_reset_tokens set used = true where user_id = $1 and used is not true),
    cutoff as (
        insert into wondernest.token_cutoffs as mark (user_id, issued_before) values ($1, $3)
        on conflict (user_id) do update set issued_before = greatest(mark.issued_before, excluded.issued_before),
                                            created_at = clock_timestamp()),
    access as (
        select token_hash, max(expires_at) as expires_at from ended
         where expires_at > $2 and token_hash ~ '^[0-9a-f]{{64}}$' group by token_hash),
    revoked as (
        insert into wondernest.revoked_tokens (token_hash, user_id, expires_at)
        select decode(token_hash, 'hex'), $1, expires_at from access on conflict do nothing)
    select access.token_hash, access.expires_at from {_NOTIFY} access on true"""

_NOTE_PARENT_MODE: Final = """
    insert into core.user_sessions (user_id, token_hash, expires_at, created_at, last_accessed, device_info)
    select id, $2, $3, $4, $4, '{"kind": "parent_mode"}' from core.users where id = $1 and is_active is not false"""

_NOTE_CHILD: Final = """
    insert into core.user_sessions (user_id, token_hash, expires_at, created_at, last_accessed, device_info)
    select id, $2, $3, $4, $4, jsonb_build_object('kind', 'child', 'childId', $5::uuid)
      from core.users where id = $1 and is_active is not false"""


class SessionRepository:
    """Opens, renews and ends sessions."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def register(self, account: NewAccount, session: NewSession, unit: Executor | None = None) -> bool:
        """Store user, family, membership and session in one statement; False when the address is taken."""
        made = await (unit or self._database).fetchval(
            _REGISTER,
            *session.arguments(),
            account.email,
            account.password_hash,
            account.first_name,
            account.last_name,
            account.phone,
            account.verified,
            account.family_id,
            account.family_name,
        )
        return made is True

    async def open(self, session: NewSession, password_hash: str, unit: Executor | None = None) -> bool:
        """Store the session of a login; False when the account was deactivated or its password changed meanwhile."""
        return await (unit or self._database).fetchval(_LOGIN, *session.arguments(), password_hash) is True

    async def refresh_state(self, user_id: UUID, refresh_hash: str) -> RefreshTokenState | None:
        """The account of a refresh token and whether the token was revoked; None for an unknown user."""
        row = await self._database.fetchrow(_REFRESH_STATE, user_id, refresh_hash)
        return None if row is None else RefreshTokenState(account_of(row), row["revoked"], row["issued_before"])

    async def renew(self, session: NewSession, password_hash: str, presented_hash: str) -> bool:
        """Store a refreshed session; False when the account was deactivated, its password changed or the token revoked meanwhile."""
        arguments = (*session.arguments(), password_hash, presented_hash)
        return await self._database.fetchval(_REFRESH, *arguments) is True

    async def note_parent_mode(self, user_id: UUID, token_hash: str, expires_at: datetime, now: datetime) -> None:
        """Store a parent-mode session of an existing account; its token is no bearer token."""
        await self._database.execute(_NOTE_PARENT_MODE, user_id, token_hash, expires_at, now)

    async def note_child(
        self, user_id: UUID, token_hash: str, expires_at: datetime, now: datetime, child_id: UUID
    ) -> None:
        """Store a child's session of an existing account; its token is no bearer token."""
        await self._database.execute(_NOTE_CHILD, user_id, token_hash, expires_at, now, child_id)

    @staticmethod
    async def end_chain(
        unit: Executor, user_id: UUID, access: RevokedToken, now: datetime, refresh_life: timedelta
    ) -> list[RevokedToken]:
        """End every session of the login that an access token belongs to; returns the revoked access tokens."""
        await unit.fetchval(LOCK_USER, user_id)
        rows = await unit.fetch(_END_CHAIN, user_id, access.token_hash, access.expires_at, now, now + refresh_life)
        return [RevokedToken(row["token_hash"], row["expires_at"]) for row in rows]

    @staticmethod
    async def end_all(unit: Executor, user_id: UUID, now: datetime, issued_before: datetime) -> list[RevokedToken]:
        """End every session and reset token of a user whose row is locked; returns the revoked access tokens."""
        rows = await unit.fetch(_END_ALL, user_id, now, issued_before)
        return [RevokedToken(row["token_hash"], row["expires_at"]) for row in rows if row["token_hash"] is not None]
