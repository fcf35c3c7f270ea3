"""What is revoked before its time, as every process reads it, and the removal of what has expired anyway."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Connection, Executor

CHANNEL: Final = "wondernest_revocations"
"""Told in the transaction that revokes; every process listens and re-reads."""
PRUNE_BATCH_ROWS: Final = 5_000


class RevokedToken(Struct, frozen=True):
    """An access token (hex SHA-256) that is refused, and when it would have expired."""

    token_hash: str
    expires_at: datetime


class Cutoff(Struct, frozen=True):
    """Every token of a user issued before a moment is refused."""

    user_id: UUID
    issued_before: datetime


_TOKENS_SINCE: Final = """
    select encode(token_hash, 'hex') as token_hash, expires_at, created_at from wondernest.revoked_tokens
     where created_at > $1 and (expires_at > $2) is true order by created_at"""
"""Plan: along the index of created_at, a page or two. `is true` keeps the planner from the index of expires_at, which without
the moments at hand looks as good and leads to every live revocation, each time a process looks for new ones."""
_CUTOFFS_SINCE: Final = """
    select user_id, issued_before, created_at from wondernest.token_cutoffs
     where created_at > $1 and issued_before > $2 order by created_at"""
_PRUNE: Final = """
    delete from {table} where ctid = any(array(select ctid from {table} where {column} < $1 {order} limit {rows}))"""
_BY_INDEX: Final = "order by expires_at"
"""Where there is an index to follow. A moment that is not known when the plan is made passes for one that a third of the rows
are older than: without an order the table would be read from its beginning. Without an index an order would cost a sort."""
_EXPIRED: Final = (
    ("wondernest.revoked_tokens", "expires_at", _BY_INDEX),
    ("wondernest.email_verifications", "expires_at", ""),
    ("core.password_reset_tokens", "expires_at", ""),
)
_OUTLIVED: Final = (
    ("wondernest.token_cutoffs", "issued_before", ""),
    ("core.user_sessions", "expires_at", _BY_INDEX),
    ("core.refresh_tokens", "expires_at", ""),
)
"""Kept for the life of a refresh token longer: a session's row names the chain its refresh token belongs to."""


class RevocationRepository:
    """Reads revocations on a listener's own connection."""

    @staticmethod
    async def since(
        connection: Connection, seen: datetime, now: datetime, oldest: datetime
    ) -> tuple[list[RevokedToken], list[Cutoff], datetime]:
        """Live revocations stored after a moment of the database's clock, and the latest such moment."""
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
        """Remove what has expired: tokens by `now`, what must outlive a refresh token by `oldest`."""
        for tables, moment in ((_EXPIRED, now), (_OUTLIVED, oldest)):
            for table, column, order in tables:
                statement = _PRUNE.format(table=table, column=column, order=order, rows=PRUNE_BATCH_ROWS)
                while await database.execute(statement, moment) == f"DELETE {PRUNE_BATCH_ROWS}":
                    continue
