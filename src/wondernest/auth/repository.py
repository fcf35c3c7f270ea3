"""SQL of accounts and sessions. Every statement names the account, or the token, it is about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from wondernest.access.guardianship import active, family_of
from wondernest.platform.ids import sha256_hex

if TYPE_CHECKING:
    from wondernest.auth.tokens import TokenPair
    from wondernest.platform.db.pool import Executor, Row

CHANNEL: Final = "wondernest_revocations"
"""Told in the transaction that revokes; every process listens and re-reads."""


@dataclass(frozen=True, slots=True)
class Account:
    """A user with the family it acts for. NULL columns are read as their defaults."""

    id: UUID
    email: str
    password_hash: str
    first_name: str | None
    role: str
    verified: bool
    active: bool
    pin_hash: str | None
    family_id: UUID | None
    children: tuple[UUID, ...]
    """Active children of the family, oldest profile first."""


@dataclass(frozen=True, slots=True)
class RefreshStanding:
    """What the database knows about a refresh token and its user."""

    account: Account
    revoked: bool
    issued_before: datetime | None
    """Every token of the user issued before this moment is refused."""


@dataclass(frozen=True, slots=True)
class NewSession:
    """A freshly signed pair on its way into the database."""

    user_id: UUID
    pair: TokenPair
    ip: IPv4Address | IPv6Address | None
    now: datetime

    def arguments(self) -> tuple[Any, ...]:
        """$1 to $7 of the statements that store a session."""
        pair = self.pair
        access, refresh = sha256_hex(pair.access), sha256_hex(pair.refresh)
        return (self.user_id, access, pair.access_expires_at, refresh, pair.refresh_expires_at, self.ip, self.now)


@dataclass(frozen=True, slots=True)
class NewAccount:
    """A user and the family made with it."""

    user_id: UUID
    family_id: UUID
    email: str
    password_hash: str
    first_name: str | None
    last_name: str | None
    phone: str | None
    verified: bool
    family_name: str
    verification: tuple[bytes, datetime] | None
    """SHA-256 of the token mailed for verification, and when it ends."""


_ACCOUNT: Final = f"""
    select u.id, u.email, u.password_hash, u.first_name, coalesce(u.role, 'parent') as role,
           coalesce(u.email_verified, false) as verified, coalesce(u.is_active, true) as active, u.pin_hash,
           f.family_id, array(select c.id from family.child_profiles c
                               where c.family_id = f.family_id and {active("c")}
                               order by c.created_at nulls first, c.id) as children
      from core.users u left join lateral ({family_of("u.id")}) f on true"""

_BY_EMAIL: Final = f"""
    with found as (
        (select id from core.users where email = $1)
        union all
        (select id from core.users
          where lower(email) = $1 and not exists (select from core.users where email = $1)
          order by created_at, id)
        limit 1)
    {_ACCOUNT} join found on found.id = u.id"""
"""The unique index answers; only a miss looks for an address some hand wrote in mixed case (schema trap 6)."""

_SESSION: Final = """
    session as (
        insert into core.user_sessions (user_id, token_hash, expires_at, created_at, last_accessed, device_info)
        select id, $2, $3, $7, $7, jsonb_build_object('refreshTokenHash', $4::text, 'origin', {origin})
          from {owner}),
    refresh as (
        insert into core.refresh_tokens (user_id, token_hash, expires_at, created_at, ip_address)
        select id, $4, $5, $7, $6 from {owner})"""
"""`origin` is the first refresh token of a login's chain: logout ends the whole chain and nothing else."""

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
    verification as (
        insert into wondernest.email_verifications (token_hash, user_id, email, expires_at, created_at)
        select $16, id, $8, $17, $7 from account where $16::bytea is not null),
    {_SESSION.format(origin="$4::text", owner="account")}
    select true from account"""

_LOGIN: Final = f"""
    with account as (
        update core.users set updated_at = $7
         where id = $1 and password_hash = $8 and is_active is not false returning id),
    {_SESSION.format(origin="$4::text", owner="account")}
    select true from account"""

_REFRESH: Final = f"""
    with holder as (
        select id from core.users
         where id = $1 and password_hash = $8 and is_active is not false for share),
    presented as (
        select r.revoked_at from core.refresh_tokens r join holder on holder.id = r.user_id
         where r.token_hash = $9 for share of r),
    account as (
        select id from holder where not exists (select from presented where revoked_at is not null)),
    {
    _SESSION.format(
        origin='''coalesce((select s.device_info ->> 'origin' from core.user_sessions s
             where s.user_id = $1 and s.device_info ->> 'refreshTokenHash' = $9 limit 1), $9)''',
        owner="account",
    )
}
    select true from account"""

_STANDING: Final = f"""
    select standing.*, coalesce((select r.revoked_at is not null from core.refresh_tokens r
                                  where r.token_hash = $2 and r.user_id = $1), false) as revoked,
           (select c.issued_before from wondernest.token_cutoffs c where c.user_id = $1) as issued_before
      from ({_ACCOUNT} where u.id = $1) standing"""

_LOCK: Final = "select email from core.users where id = $1 for no key update"

_MAKE_FAMILY: Final = """
    with household as (
        insert into family.families (id, name, created_by, created_at, updated_at)
        select $2, $3, $1, $4, $4
         where not exists (select from family.family_members where user_id = $1) returning id)
    insert into family.family_members (family_id, user_id, role, joined_at) select id, $1, 'parent', $4 from household"""

_LOGOUT: Final = f"""
    with presented as (
        select device_info ->> 'origin' as origin from core.user_sessions
         where user_id = $1 and token_hash = $2 limit 1),
    chain as (
        delete from core.user_sessions s
         where s.user_id = $1
           and (s.token_hash = $2 or s.device_info ->> 'origin' = (select origin from presented))
        returning s.token_hash, s.expires_at, s.device_info ->> 'refreshTokenHash' as refresh_hash),
    refused as (
        insert into core.refresh_tokens (user_id, token_hash, expires_at, created_at, revoked_at)
        select $1, ends.token_hash, $5, $4, $4
          from (select refresh_hash as token_hash from chain union select origin from presented) ends
         where ends.token_hash is not null
        on conflict (token_hash) do update set revoked_at = coalesce(core.refresh_tokens.revoked_at, $4)),
    revoked as (
        insert into wondernest.revoked_tokens (token_hash, user_id, expires_at)
        select decode(ended.token_hash, 'hex'), $1, ended.expires_at
          from (select token_hash, expires_at from chain where token_hash <> $2 and expires_at > $4
                union select $2, $3) ended
         where ended.token_hash ~ '^[0-9a-f]{{64}}$'
        on conflict do nothing returning encode(token_hash, 'hex') as token_hash, expires_at)
    select token_hash, expires_at, pg_notify('{CHANNEL}', '') from revoked"""


def _account(row: Row) -> Account:
    return Account(
        row["id"],
        row["email"],
        row["password_hash"],
        row["first_name"],
        row["role"],
        row["verified"],
        row["active"],
        row["pin_hash"],
        row["family_id"],
        tuple(row["children"]),
    )


class AccountRepository:
    """Accounts and their sessions."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def by_email(self, email: str) -> Account | None:
        """The account of a lower-case address, active or not."""
        row = await self._database.fetchrow(_BY_EMAIL, email)
        return None if row is None else _account(row)

    async def by_id(self, user_id: UUID, unit: Executor | None = None) -> Account | None:
        """The account, active or not."""
        row = await (unit or self._database).fetchrow(f"{_ACCOUNT} where u.id = $1", user_id)
        return None if row is None else _account(row)

    async def register(self, account: NewAccount, session: NewSession) -> bool:
        """Store user, family, membership, verification and session at once; False when the address is taken."""
        token_hash, ends = account.verification or (None, None)
        made = await self._database.fetchval(
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
            token_hash,
            ends,
        )
        return made is True

    async def open_session(self, session: NewSession, password_hash: str, unit: Executor | None = None) -> bool:
        """Store a login's session; False when the account was closed or its password changed meanwhile."""
        return await (unit or self._database).fetchval(_LOGIN, *session.arguments(), password_hash) is True

    async def standing(self, user_id: UUID, refresh_hash: str) -> RefreshStanding | None:
        """The account behind a refresh token and whether the token was revoked."""
        row = await self._database.fetchrow(_STANDING, user_id, refresh_hash)
        return None if row is None else RefreshStanding(_account(row), row["revoked"], row["issued_before"])

    async def renew_session(self, session: NewSession, password_hash: str, presented_hash: str) -> bool:
        """Store a refreshed session; False when account, password or refresh token were ended meanwhile.

        Row locks order it against logout and reset: what they end, no refresh in flight outlives.
        """
        arguments = (*session.arguments(), password_hash, presented_hash)
        return await self._database.fetchval(_REFRESH, *arguments) is True

    @staticmethod
    async def make_family(unit: Executor, user_id: UUID, family_id: UUID, name: str, now: datetime) -> None:
        """A family for a user who has none; of two at once only one makes it."""
        await unit.fetchval(_LOCK, user_id)
        await unit.execute(_MAKE_FAMILY, user_id, family_id, name, now)

    @staticmethod
    async def end_session(
        unit: Executor, user_id: UUID, token_hash: str, expires_at: datetime, now: datetime, refresh_life: timedelta
    ) -> list[tuple[str, datetime]]:
        """End the chain of sessions an access token belongs to; what was revoked, with its expiry."""
        await unit.fetchval(_LOCK, user_id)
        rows = await unit.fetch(_LOGOUT, user_id, token_hash, expires_at, now, now + refresh_life)
        return [(row["token_hash"], row["expires_at"]) for row in rows]
