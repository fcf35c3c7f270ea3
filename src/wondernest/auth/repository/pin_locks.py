"""Wrong PINs and locks of users. They are rows, so that emptying the cache gives nobody new guesses."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.auth.repository.letters import LetterJob, letter_args
from wondernest.platform.jobs import ENQUEUE_FUNCTION

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor


class PinAttempt(Struct, frozen=True):
    """An attempt at a PIN, which has been counted if it is admitted."""

    pin_hash: str | None
    """The user's own PIN."""
    admitted: bool
    locked_until: datetime | None
    """Of an admitted attempt: the lock that this attempt began, and that ends at once if the PIN is right."""


_ADMIT: Final = """
    with holder as (
        select id, nullif(pin_hash, '') as pin_hash from core.users where id = $1 and is_active is not false),
    admitted as (
        insert into wondernest.pin_locks as l (user_id, wrong, locks, locked_until, updated_at)
        select id, case when $4::integer > 1 then 1 else 0 end, case when $4 > 1 then 0 else 1 end,
               case when $4 <= 1 then $2::timestamptz + make_interval(secs => ($5::float8[])[1]) end, $2
          from holder
        on conflict (user_id) do update set (wrong, locks, locked_until, updated_at) = (
            select case when was.wrong >= $4 then 0 else was.wrong end,
                   was.locks + (was.wrong >= $4)::integer,
                   case when was.wrong >= $4
                        then $2::timestamptz + make_interval(secs => ($5::float8[])[least(was.locks + 1, cardinality($5))]) end,
                   $2::timestamptz
              from (select case when l.updated_at < $3 then 1 else l.wrong + 1 end as wrong,
                           case when l.updated_at < $3 then 0 else l.locks end as locks) was)
         where l.locked_until is null or l.locked_until <= $2
        returning user_id, locked_until)
    select holder.pin_hash, admitted.user_id is not null as admitted,
           case when admitted.user_id is not null then admitted.locked_until else l.locked_until end as locked_until
      from holder left join admitted on true left join wondernest.pin_locks l on l.user_id = holder.id"""
"""The attempt is counted, and the last one allowed begins the lock, before the PIN is checked: attempts at the same time, and a
process that is killed between the two, get no free guess. The row's lock makes concurrent attempts wait for each other."""
_LETTER: Final = f"""
    select {ENQUEUE_FUNCTION}($2, {letter_args(3, "user_id")} || jsonb_build_object($5::text, $6::bigint), null)
      from wondernest.pin_locks where user_id = $1 and locked_until > $7"""
_FORGET: Final = "delete from wondernest.pin_locks where user_id = $1"
_PRUNE: Final = "delete from wondernest.pin_locks where updated_at < $1"
"""A scan: the table has a row only for a user who entered a wrong PIN lately."""


class PinLockRepository:
    """Counts attempts at the PINs of users, and locks them."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def admit(
        self, user_id: UUID, now: datetime, since: datetime, limit: int, locks_s: Sequence[int]
    ) -> PinAttempt | None:
        """Count an attempt before its PIN is checked; None if the user does not exist or is inactive.

        limit: attempts until a lock; locks_s: the length of each lock in a row, the last one for all later ones; since: what the
        user did before is forgotten if the last attempt was earlier.
        """
        row = await self._database.fetchrow(_ADMIT, user_id, now, since, limit, [float(lock) for lock in locks_s])
        return None if row is None else PinAttempt(row["pin_hash"], row["admitted"], row["locked_until"])

    async def forget(self, user_id: UUID) -> None:
        """Forget the attempts, and end the lock."""
        await self._database.execute(_FORGET, user_id)

    async def write_letter(self, user_id: UUID, letter: LetterJob, seconds: tuple[str, int], now: datetime) -> None:
        """Enqueue the letter about a lock, unless a right PIN ended it meanwhile. `seconds`: one more argument of the job."""
        await self._database.fetchval(_LETTER, user_id, letter.job, *letter.arguments, *seconds, now)

    async def prune(self, before: datetime) -> None:
        """Remove what is forgotten."""
        await self._database.execute(_PRUNE, before)
