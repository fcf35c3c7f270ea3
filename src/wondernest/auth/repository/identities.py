"""Outside identities: which account each opens, which ID tokens were used."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.auth.repository.accounts import ACCOUNT, FOUND_BY_EMAIL, LOCK_USER, Account, account_of
from wondernest.auth.repository.proofs import PROVEN

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor


class Standing(Struct, frozen=True):
    """An account with the address of an identity that opens no account yet. The user's row is locked."""

    account: Account
    proven: bool
    """Whether the account's address was proven."""
    knows_issuer: bool
    """Whether another subject of the same issuer opens the account."""


class Link(Struct, frozen=True, kw_only=True):
    """An identity that opens an account from now on."""

    issuer: str
    subject: str
    user_id: UUID
    proves: str | None
    """The lower-case address that the identity's token proves."""
    token_hash: bytes
    now: datetime


_KNOWN: Final = f"""
    {ACCOUNT} join wondernest.outside_identities known on known.user_id = u.id
     where known.issuer = {{issuer}} and known.subject = {{subject}}"""
_USE_TOKEN: Final = f"""
    with used as (
        insert into wondernest.used_identity_tokens (token_hash, expires_at) values ($1, $2)
        on conflict do nothing returning true as first)
    select used.first as is_first, holder.*
      from (select) one left join used on true left join ({_KNOWN.format(issuer="$3", subject="$4")}) holder on true"""
_BY_IDENTITY: Final = _KNOWN.format(issuer="$1", subject="$2")
_OPENS: Final = """
    select exists (select from wondernest.outside_identities where issuer = $1 and subject = $2 and user_id = $3)"""
_SERIALISE: Final = "select pg_advisory_xact_lock(hashtextextended($1::text || ' ' || $2::text, 0))"
"""First sign-ins with one identity run one after another, so that two devices make one account."""
_ID_BY_EMAIL: Final = f"with {FOUND_BY_EMAIL} select id from found"
_STANDING: Final = f"""
    select holder.*, {PROVEN.format(user="holder")} as proven,
           exists (select from wondernest.outside_identities known
                    where known.user_id = holder.id and known.issuer = $2) as knows_issuer
      from ({ACCOUNT} where u.id = $1 and lower(u.email) = $3) holder"""
_TAKE_OVER: Final = """
    with cleared as (
        update core.users set password_hash = '', pin_hash = null, updated_at = $2 where id = $1)
    delete from wondernest.outside_identities where user_id = $1"""
_LINK: Final = """
    with proof as (
        insert into wondernest.address_proofs (user_id, email, source, token_hash, proven_at)
        select $3, $4::varchar, 'identity', $5, $6 where $4::varchar is not null on conflict do nothing),
    shown as (
        update core.users set email_verified = true
         where id = $3 and $4::varchar is not null and email_verified is not true)
    insert into wondernest.outside_identities (issuer, subject, user_id, linked_at) values ($1, $2, $3, $6)"""


class IdentityRepository:
    """Finds accounts by outside identity, and links the two. Every method is part of one transaction."""

    @staticmethod
    async def use_token(
        unit: Executor, token_hash: bytes, expires_at: datetime, issuer: str, subject: str
    ) -> tuple[bool, Account | None]:
        """Use an ID token up; whether it was unused, and the account of the identity, active or not.

        Waits for another transaction that is using the same token.
        """
        row = await unit.fetchrow(_USE_TOKEN, token_hash, expires_at, issuer, subject)
        if row is None:
            raise AssertionError("the statement returns one row")
        return row["is_first"] is True, None if row["id"] is None else account_of(row)

    @staticmethod
    async def by_identity(unit: Executor, issuer: str, subject: str) -> Account | None:
        """The account of an identity, active or not; other transactions that ask for the same identity wait for this one."""
        await unit.fetchval(_SERIALISE, issuer, subject)
        row = await unit.fetchrow(_BY_IDENTITY, issuer, subject)
        return None if row is None else account_of(row)

    @staticmethod
    async def standing(unit: Executor, email: str, issuer: str) -> Standing | None:
        """The account of a lower-case address, active or not, and what is known of it. Locks the user's row."""
        user_id = await unit.fetchval(_ID_BY_EMAIL, email)
        if user_id is None:
            return None
        await unit.fetchval(LOCK_USER, user_id)
        row = await unit.fetchrow(_STANDING, user_id, issuer, email)
        return None if row is None else Standing(account_of(row), row["proven"], row["knows_issuer"])

    @staticmethod
    async def opens(unit: Executor, issuer: str, subject: str, user_id: UUID) -> bool:
        """Whether an identity opens this account."""
        return await unit.fetchval(_OPENS, issuer, subject, user_id) is True

    @staticmethod
    async def take_over(unit: Executor, user_id: UUID, now: datetime) -> None:
        """Remove the password, the PIN and the outside identities of a user whose row is locked."""
        await unit.execute(_TAKE_OVER, user_id, now)

    @staticmethod
    async def link(unit: Executor, link: Link) -> None:
        """Let an identity open an account, and record the proof of the address if there is one."""
        await unit.execute(_LINK, link.issuer, link.subject, link.user_id, link.proves, link.token_hash, link.now)
