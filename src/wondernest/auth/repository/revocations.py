"""Revoked tokens, as every process reads them, and the removal of expired rows."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Connection, Executor

CHANNEL: Final = "wondernest_revocations"
"""NOTIFY channel: the transaction that revokes notifies; every process listens and reads the new rows."""
PRUNE_BATCH_ROWS: Final = 5_000


class RevokedToken(Struct, frozen=True):
    """A refused access token (hex SHA-256), and when it expires."""

    token_hash: str
    expires_at: datetime


class Cutoff(Struct, frozen=True):
    """Every token of a user issued before a moment is refused."""

    user_id: UUID
    issued_before: datetime


_TOKENS_SINCE: Final = """
    select encode(token_hash, 'hex') as token_hash, expires_at, created_at from wondernest.revoked_tokens
     where created_at > $1 and (expires_at > $2) is true order by created_at"""
"""Plan: a range of the index of created_at, a page or two. `is true` keeps the planner from the index of expires_at: when the
generic plan is made the parameters are unknown and that index looks as good, but it would read every live revocation each time."""
_CUTOFFS_SINCE: Final = """
    select user_id, issued_before, created_at from wondernest.token_cutoffs
     where created_at > $1 and issued_before > $2 order by created_at"""
_PRUNE: Final = """
    delete from {table} where ctid = any(array(select ctid from {table} where {column} < $1 {order} limit {rows}))"""
_BY_INDEX: Final = "order by expires_at"
"""For tables with an index on the column. The parameter is unknown when the generic plan is made, and the planner assumes that a
third of the rows match: without `order by` it would scan the table. Without an index, `order by` would cost a sort."""
_EXPIRED: Final = (
    ("wondernest.revoked_tokens", "expires_at", _BY_INDEX),
    ("wondernest.used_identity_tokens", "expires_at", _BY_INDEX),
    ("wondernest.email_verifications", "expires_at", ""),
    ("core.password_reset_tokens", "expires_at", ""),
    ("wondernest.step_up_proofs", "expires_at", _BY_INDEX),
)
_OUTLIVED: Final = (
    ("wondernest.token_cutoffs", "issued_before", ""),
    ("wondernest.unrecorded_cutoffs", "issued_until", ""),
    ("core.user_sessions", "expires_at", _BY_INDEX),
    ("core.refresh_tokens", "expires_at", ""),
)
"""Kept longer, for the life of a refresh token: the row of a session names the login that its refresh token belongs to."""


class RevocationRepository:
    """Reads revocations on the listener's connection, and removes expired rows."""

    @staticmethod
    async def since(
        connection: Connection, seen: datetime, now: datetime, oldest: datetime
    ) -> tuple[list[RevokedToken], list[Cutoff], datetime]:
        """Live revocations stored after `seen` (database clock), and the time of the newest one."""
        tokens = await connection.fetch(_TOKENS_SINCE, seen, now)
        cutoffs = await connection.fetch(_CUTOFFS_SINCE, seen, oldest)
        latest = max([seen, *(rows[-1]["created_at"] for rows in (tokens, cutoffs) if rows)])
        return (
            [RevokedToken(row["token_hash"], row["expires_at"]) for row in tokens],
            [Cutoff(row["user_id"], row["issued_before"]) for row in cutoffs],
            latest,
        )

    @staticmethod
    async def prune(database: Executor, now: datetime, oldest: datetime) -> None:
        """Remove expired rows: tokens by `now`; rows that must outlive a refresh token by `oldest`."""
        for tables, moment in ((_EXPIRED, now), (_OUTLIVED, oldest)):
            for table, column, order in tables:
                statement = _PRUNE.format(table=table, column=column, order=order, rows=PRUNE_BATCH_ROWS)
                while await database.execute(statement, moment) == f"DELETE {PRUNE_BATCH_ROWS}":
                    continue
