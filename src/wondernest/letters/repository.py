"""Who gets a letter, and which letters were written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.guardianship import active, is_parent
from wondernest.auth.rules import DEFAULT_LANGUAGE
from wondernest.platform.jobs.queue import ENQUEUE_FUNCTION
from wondernest.platform.time_zones import DEFAULT_ZONE

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

READERS_AT_ONCE: Final = 500
_READERS: Final = """
    select reader.family_id, reader.user_id, reader.since, l.time_zone, written.sunday
      from wondernest.letter_readers reader
      left join lateral (select * from wondernest.family_locales where family_id = reader.family_id offset 0) l on true
      left join lateral (
           select * from wondernest.weekly_letters letter
            where letter.family_id = reader.family_id and letter.user_id = reader.user_id offset 0) written on true
     where (reader.family_id, reader.user_id) > ($1, $2)
     order by reader.family_id, reader.user_id limit $3"""
"""Plan: along the primary key of the readers from where the walk is, with two probes for each."""
NOBODY: Final = UUID(int=0)
"""Before the first id."""
_CLAIM: Final = f"""
    with claimed as (
        insert into wondernest.weekly_letters as known (family_id, user_id, sunday)
        select * from unnest($1::uuid[], $2::uuid[], $3::date[]) as asked (family_id, user_id, sunday)
         order by family_id, user_id
        on conflict (family_id, user_id) do update set sunday = excluded.sunday, handed_over = false
         where known.sunday < excluded.sunday
        returning family_id, user_id, sunday)
    select count({ENQUEUE_FUNCTION}($4, jsonb_build_object(
               $5::text, family_id, $6::text, user_id, $7::text, sunday - '1970-01-01'::date), null))
      from claimed"""
"""The row and the job are one statement: a letter that was asked for is asked for once, whoever runs this at the same time."""
_RECIPIENT: Final = f"""
    select u.email, l.language,
           (select array_agg(row(c.id, c.name, c.nickname) order by c.created_at, c.id)
              from family.child_profiles c where c.family_id = reader.family_id and {active("c")}) as children
      from wondernest.letter_readers reader
      join wondernest.weekly_letters letter
        on letter.family_id = reader.family_id and letter.user_id = reader.user_id
      join core.users u on u.id = reader.user_id and u.is_active is not false
      left join wondernest.family_locales l on l.family_id = reader.family_id
     where reader.family_id = $1 and reader.user_id = $2 and letter.sunday = $3 and not letter.handed_over
       and exists (select from family.family_members member
                    where member.family_id = $1 and member.user_id = $2 and {is_parent("member")})
       and exists (select from wondernest.address_proofs proof where proof.user_id = u.id and proof.email = lower(u.email))"""
"""Only to a parent of the family whose account is active, and to an address that was proven: it tells what children did."""
_OF_LETTER: Final = "where family_id = $1 and user_id = $2 and sunday = $3"
_HAND_OVER: Final = f"""
    update wondernest.weekly_letters set handed_over = true {_OF_LETTER} and not handed_over returning true"""
_TAKE_BACK: Final = f"update wondernest.weekly_letters set handed_over = false {_OF_LETTER}"


class Reader(Struct, frozen=True, kw_only=True):
    """A parent who chose the letter about a family. `written`: the Sunday of the last letter."""

    family_id: UUID
    user_id: UUID
    since: datetime
    zone: str
    written: date | None


class LetterKey(Struct, frozen=True):
    """A letter: about which family, for whom, on which Sunday."""

    family_id: UUID
    user_id: UUID
    sunday: date


class Recipient(Struct, frozen=True):
    """Where a letter goes, in which language, and about which children: id, name and nickname."""

    address: str
    language: str
    children: Sequence[tuple[UUID, str, str | None]]


class LetterRepository:
    """Walks over the readers, and notes what was written."""

    async def readers(self, executor: Executor, after: Reader | None) -> list[Reader]:
        """The next readers of the walk; fewer than READERS_AT_ONCE at its end."""
        start = (NOBODY, NOBODY) if after is None else (after.family_id, after.user_id)
        return [
            Reader(
                family_id=row["family_id"],
                user_id=row["user_id"],
                since=row["since"],
                zone=row["time_zone"] or DEFAULT_ZONE,
                written=row["sunday"],
            )
            for row in await executor.fetch(_READERS, *start, READERS_AT_ONCE)
        ]

    async def claim(self, executor: Executor, letters: Sequence[LetterKey], job: str, names: Sequence[str]) -> int:
        """Enqueue the job for each letter that nobody asked for yet; returns how many. `names`: of its three arguments."""
        columns = (
            [one.family_id for one in letters],
            [one.user_id for one in letters],
            [one.sunday for one in letters],
        )
        return await executor.fetchval(_CLAIM, *columns, job, *names)

    async def recipient(self, executor: Executor, letter: LetterKey) -> Recipient | None:
        """Where a letter goes; None if it was handed over already, or must not be sent."""
        row = await executor.fetchrow(_RECIPIENT, letter.family_id, letter.user_id, letter.sunday)
        if row is None:
            return None
        children = [(child[0], child[1], child[2]) for child in row["children"] or ()]
        return Recipient(row["email"], row["language"] or DEFAULT_LANGUAGE, children)

    async def hand_over(self, executor: Executor, letter: LetterKey) -> bool:
        """Note that a letter goes to the mail server now; False if somebody else did."""
        return await executor.fetchval(_HAND_OVER, letter.family_id, letter.user_id, letter.sunday) is True

    async def take_back(self, executor: Executor, letter: LetterKey) -> None:
        """Note that the mail server did not take it."""
        await executor.execute(_TAKE_BACK, letter.family_id, letter.user_id, letter.sunday)
