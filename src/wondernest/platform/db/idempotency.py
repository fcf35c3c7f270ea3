"""Idempotency keys: the work and its stored reply are one transaction, so a retried request never acts twice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.large_work import sha256
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.db.pool import Executor, Row

MAX_KEY_CHARS: Final = 200
MAX_KEPT_BODY_BYTES: Final = 64 * 1024
"""A longer reply is not stored. A retry then runs again, which is safe for every replayable route."""
FORGET_KEYS: Final = "requests.forget_idempotency_keys"

FORGOTTEN_SHARE: Final = 10
"""When a user has as many keys as are kept, the oldest 1/10 are forgotten at once: so most claims delete nothing."""

_CLAIM = """
    with known as materialized (
        select exists (select from wondernest.idempotency_keys where user_id = $1 and key = $2) as before,
               (select count(*) from (select from wondernest.idempotency_keys where user_id = $1 limit $6) counted) as number
    ), oldest as materialized (
        select kept.key from wondernest.idempotency_keys kept
         where kept.user_id = $1 and (select not before and number >= $6 from known)
         order by kept.created_at limit $7 for update skip locked
    ), forgotten as (
        delete from wondernest.idempotency_keys old using oldest where old.user_id = $1 and old.key = oldest.key)
    insert into wondernest.idempotency_keys as k (user_id, key, route, request_hash, expires_at)
    values ($1, $2, $3, $4, now() + make_interval(hours => $5))
    on conflict (user_id, key) do update
       set route = excluded.route, request_hash = excluded.request_hash, status = null, body = null, headers = null,
           created_at = now(), expires_at = excluded.expires_at
     where k.expires_at < now()
    returning true"""
"""$6: the most keys of a user. They are counted in the primary key, and no further than that. Parallel claims may exceed the number by
as many as they are."""
KEYS_USED: Final = "select count(*) from wondernest.idempotency_keys used where used.user_id = {person}"
_READ = (
    "select route, request_hash, status, body, headers from wondernest.idempotency_keys where user_id = $1 and key = $2"
)
_FIND = f"{_READ} and expires_at >= now() for share"
"""It locks the row, as `_CLAIM` does: so it waits for a synchronous standby, which a statement that only reads does not, and no reply is
given again that one server alone has."""
_KEEP = "update wondernest.idempotency_keys set status = $3, body = $4, headers = $5 where user_id = $1 and key = $2"
_EXPIRE = "delete from wondernest.idempotency_keys where expires_at < now()"


class KeptReply(Struct, frozen=True):
    """A stored reply."""

    status: int
    body: bytes
    headers: tuple[tuple[str, str], ...]


class KeyReused(Exception):
    """The key was first used for a different request."""


class IdempotencyKeys:
    """Claims keys in the request's unit of work. A concurrent request with the same key waits until the first one commits.

    A user has at most `most` keys: a further one makes the oldest forgotten, so a request that is repeated very late acts again.
    """

    def __init__(self, life_h: int, most: int) -> None:
        self._life_h = life_h
        self._most = most

    async def claim(self, unit: Executor, user_id: UUID, key: str, route: str, body: bytes) -> KeptReply | None:
        """None: the key is new, do the work. A reply: send it again. Raises KeyReused."""
        digest = await sha256(route.encode(), b"\0", body)
        forgotten = max(self._most // FORGOTTEN_SHARE, 1)
        if await unit.fetchval(_CLAIM, user_id, key, route, digest, self._life_h, self._most, forgotten):
            return None
        row = await unit.fetchrow(_READ, user_id, key)
        if row is None:
            raise KeyReused
        return _kept(row, digest)

    async def find(self, executor: Executor, user_id: UUID, key: str, route: str, body: bytes) -> KeptReply | None:
        """The reply of an earlier request whose work is committed, without claiming the key. Raises KeyReused.

        For work that takes long before its transaction begins: None is no promise, so `claim` is called there all the same.
        """
        digest = await sha256(route.encode(), b"\0", body)
        row = await executor.fetchrow(_FIND, user_id, key)
        return None if row is None else _kept(row, digest)

    async def keep(self, unit: Executor, user_id: UUID, key: str, reply: KeptReply) -> None:
        """Store the reply in the unit of work."""
        if len(reply.body) <= MAX_KEPT_BODY_BYTES:
            await unit.execute(_KEEP, user_id, key, reply.status, reply.body, msgspec.json.encode(reply.headers))

    def jobs(self, executor: Executor) -> tuple[Job, ...]:
        """The job that deletes expired keys."""

        async def forget(_: Running) -> None:
            await self.forget_expired(executor)

        return (Job(FORGET_KEYS, forget, unrecorded=Unrecorded.UPKEEP),)

    def schedules(self) -> tuple[Schedule, ...]:
        """Every ten minutes."""
        return (Schedule(FORGET_KEYS, "*/10 * * * *", FORGET_KEYS),)

    async def forget_expired(self, executor: Executor) -> None:
        """Delete expired keys."""
        await executor.execute(_EXPIRE)


def _kept(row: Row, digest: bytes) -> KeptReply | None:
    """The stored reply, if there is one. Raises KeyReused."""
    if row["request_hash"] != digest:
        raise KeyReused
    if row["status"] is None:
        return None
    headers = msgspec.json.decode(row["headers"] or b"[]", type=tuple[tuple[str, str], ...])
    return KeptReply(row["status"], row["body"], headers)
