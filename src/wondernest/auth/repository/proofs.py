"""Proofs of identity besides the password: PIN, mailed reset tokens, mailed verification tokens, proven addresses."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.readers import READER, Reader, language_of, reader_of
from wondernest.auth.repository.accounts import FOUND_BY_EMAIL, LOCK_USER
from wondernest.auth.repository.letters import LetterJob, letter_args
from wondernest.platform.jobs import ENQUEUE_FUNCTION

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor


class PinHolder(Struct, frozen=True):
    """An active account and the hash of its PIN, if it set one."""

    email: str
    pin_hash: str | None


_PIN_HOLDER: Final = """
    select email, nullif(pin_hash, '') as pin_hash from core.users where id = $1 and is_active is not false"""
_SET_PIN: Final = f"""
    with stored as (
        update core.users set pin_hash = $2, updated_at = $4
         where id = $1 and is_active is not false and nullif(pin_hash, '') is not distinct from $3 returning id)
    select {ENQUEUE_FUNCTION}($5, {letter_args(6, "id")}, null) is not null from stored"""
_FOUND_ACTIVE: Final = "(select u.id from core.users u join found on found.id = u.id where u.is_active is not false)"
_REQUEST_RESET: Final = f"""
    with {FOUND_BY_EMAIL}
    select {ENQUEUE_FUNCTION}($2, {letter_args(3, _FOUND_ACTIVE)}, null)"""
_NOTE_RESET: Final = f"""
    with holder as (
        select id, email from core.users where id = $1 and is_active is not false),
    known as (
        select used from core.password_reset_tokens where token = $2),
    noted as (
        insert into core.password_reset_tokens (user_id, token, used, expires_at, created_at, email)
        select id, $2, false, $3, $4, email from holder where not exists (select from known))
    select email, {language_of("holder.id")} as language from holder where not exists (select from known where used)"""
PROVEN: Final = """
    exists (select from wondernest.address_proofs proof
             where proof.user_id = {user}.id and proof.email = lower({user}.email))"""
"""SQL condition: the user of the row aliased `user` has proven their address. The column email_verified is no proof: whoever has a
session can set it."""
_REQUEST_VERIFICATION: Final = f"""
    with holder as (
        select id, {PROVEN.format(user="u")} as proven from core.users u where id = $1 and is_active is not false),
    enqueued as (
        select {ENQUEUE_FUNCTION}($2, {letter_args(3, "id")}, null) as job from holder where not proven)
    select true, enqueued.job from holder left join enqueued on true"""
_NOTE_VERIFICATION: Final = f"""
    with holder as (
        select id, email from core.users u
         where id = $1 and is_active is not false and not {PROVEN.format(user="u")}),
    known as (
        select used_at from wondernest.email_verifications where token_hash = $2),
    noted as (
        insert into wondernest.email_verifications (token_hash, user_id, email, expires_at, created_at)
        select $2, id, email, $3, $4 from holder where not exists (select from known))
    select email, {language_of("holder.id")} as language
      from holder where not exists (select from known where used_at is not null)"""
_RESET_HOLDER: Final = """
    select user_id from core.password_reset_tokens where token = $1 and used is not true and expires_at > $2"""
_SPEND_RESET: Final = f"""
    with holder as (
        select id, {PROVEN.format(user="u")} as proven from core.users u where id = $1 and is_active is not false),
    spent as (
        update core.password_reset_tokens t set used = true from holder
         where t.token = $2::text and t.user_id = $1 and t.used is not true and t.expires_at > $3
        returning t.user_id, t.email, holder.proven),
    changed as (
        update core.users u
           set password_hash = $4, updated_at = $3, pin_hash = case when spent.proven then u.pin_hash end,
               email_verified = u.email_verified or coalesce(lower(spent.email) = lower(u.email), false)
          from spent where u.id = spent.user_id returning u.id, u.email),
    unlinked as (
        delete from wondernest.outside_identities known using spent
         where known.user_id = spent.user_id and not spent.proven),
    proof as (
        insert into wondernest.address_proofs (user_id, email, source, token_hash, proven_at)
        select changed.id, lower(changed.email), 'reset', decode($2::text, 'hex'), $3
          from changed join spent on lower(spent.email) = lower(changed.email)
        on conflict do nothing)
    select true from changed"""
"""Whoever made the account of an unproven address may not own it. So the first proof ends what they had set: PIN and outside identities
too. A token of an earlier release has no address and proves none."""
_SPEND_VERIFICATION: Final = """
    with spent as (
        update wondernest.email_verifications set used_at = $3
         where token_hash = $2 and user_id = $1 and used_at is null and expires_at > $3 returning user_id, email),
    verified as (
        update core.users u set email_verified = true, updated_at = $3 from spent
         where u.id = spent.user_id and u.is_active is not false and lower(u.email) = lower(spent.email)
        returning u.id, u.email),
    proof as (
        insert into wondernest.address_proofs (user_id, email, source, token_hash, proven_at)
        select id, lower(email), 'letter', $2, $3 from verified on conflict do nothing)
    select true from verified"""
_MARK_VERIFIED: Final = """
    update core.users set email_verified = true, updated_at = $2
     where id = $1 and is_active is not false returning true"""


class ProofRepository:
    """PINs, resets and verifications. A mailed token is stored as its SHA-256 and can be used once, also under concurrency."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def pin_holder(self, user_id: UUID) -> PinHolder | None:
        """The active account and its PIN's hash."""
        row = await self._database.fetchrow(_PIN_HOLDER, user_id)
        return None if row is None else PinHolder(row["email"], row["pin_hash"])

    async def set_pin(
        self, user_id: UUID, pin_hash: str, replaces: str | None, now: datetime, letter: LetterJob
    ) -> bool:
        """Store a PIN if the current hash is still `replaces` (None: no PIN), and enqueue a letter; False otherwise."""
        arguments = (letter.job, *letter.arguments)
        return await self._database.fetchval(_SET_PIN, user_id, pin_hash, replaces, now, *arguments) is True

    async def request_reset(self, email: str, letter: LetterJob) -> None:
        """Enqueue a letter for the active account of a lower-case address; without an account the job has no user id."""
        await self._database.fetchval(_REQUEST_RESET, email, letter.job, *letter.arguments)

    async def reader(self, user_id: UUID, asked: str | None) -> Reader | None:
        """To whom a letter goes; None without an active account. `asked`: the language for a family that chose none."""
        return reader_of(await self._database.fetchrow(READER, user_id), asked)

    async def note_reset(
        self, user_id: UUID, token_hash: str, expires_at: datetime, now: datetime, asked: str | None
    ) -> Reader | None:
        """Store a reset token before it is mailed, once; returns as `reader`, and None for a used token."""
        return reader_of(await self._database.fetchrow(_NOTE_RESET, user_id, token_hash, expires_at, now), asked)

    async def request_verification(self, user_id: UUID, letter: LetterJob) -> bool:
        """Enqueue a letter for the active account unless its address is proven; False when there is no such account."""
        arguments = (letter.job, *letter.arguments)
        return await self._database.fetchval(_REQUEST_VERIFICATION, user_id, *arguments) is True

    async def note_verification(
        self, user_id: UUID, digest: bytes, expires_at: datetime, now: datetime, asked: str | None
    ) -> Reader | None:
        """As `note_reset`, for the token that proves an address; None also if the address is proven."""
        return reader_of(await self._database.fetchrow(_NOTE_VERIFICATION, user_id, digest, expires_at, now), asked)

    async def reset_holder(self, token_hash: str, now: datetime) -> UUID | None:
        """The user of a reset token that is valid now; called before the password is hashed, which is slow."""
        return await self._database.fetchval(_RESET_HOLDER, token_hash, now)

    @staticmethod
    async def spend_reset(unit: Executor, user_id: UUID, token_hash: str, password_hash: str, now: datetime) -> bool:
        """Use a user's reset token to set a password, and record the proof of its address; False when it is not valid.

        The user's row stays locked. Where the address was not proven before, PIN and outside identities are removed.
        """
        await unit.fetchval(LOCK_USER, user_id)
        return await unit.fetchval(_SPEND_RESET, user_id, token_hash, now, password_hash) is True

    async def spend_verification(self, user_id: UUID, token_hash: bytes, now: datetime) -> bool:
        """Use a mailed verification token of this user and record the proof; False when it is not valid."""
        return await self._database.fetchval(_SPEND_VERIFICATION, user_id, token_hash, now) is True

    async def mark_verified(self, user_id: UUID, now: datetime) -> bool:
        """Set email_verified as Kotlin does, which proves nothing; False when the account does not exist or is inactive."""
        return await self._database.fetchval(_MARK_VERIFIED, user_id, now) is True
