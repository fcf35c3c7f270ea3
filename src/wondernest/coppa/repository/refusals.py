"""The counts of requests without consent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Final, NamedTuple
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

_ADD: Final = """
    insert into wondernest.consent_refusals as known (family_id, day, route, purpose, enforced, times, last_at)
    select c.family_id, $6, asked.route, asked.purpose, asked.enforced, sum(asked.times), $7
      from unnest($1::uuid[], $2::text[], $3::text[], $4::bool[], $5::int[]) asked (child_id, route, purpose, enforced, times)
      join family.child_profiles c on c.id = asked.child_id
     group by c.family_id, asked.route, asked.purpose, asked.enforced
     order by c.family_id, asked.route, asked.purpose, asked.enforced
    on conflict (family_id, day, route, purpose, enforced) do update
       set times = known.times + excluded.times, last_at = greatest(known.last_at, excluded.last_at)"""
_BY_ROUTE: Final = """
    select route, purpose, enforced, sum(times)::bigint as times, count(distinct family_id)::int as families, max(last_at) as last_at
      from wondernest.consent_refusals where day >= $1
     group by route, purpose, enforced order by times desc, route, purpose, enforced"""
_BY_FAMILY: Final = """
    select family_id, sum(times)::bigint as times, max(last_at) as last_at
      from wondernest.consent_refusals where day >= $1
     group by family_id order by times desc, family_id limit $2"""
_FORGET: Final = """
    delete from wondernest.consent_refusals known
     using (select family_id, day, route, purpose, enforced from wondernest.consent_refusals where day < $1 order by day limit $2) old
     where (known.family_id, known.day, known.route, known.purpose, known.enforced)
         = (old.family_id, old.day, old.route, old.purpose, old.enforced)"""
FORGET_BATCH_ROWS: Final = 1_000


class Unconsented(NamedTuple):
    """A kind of request without consent. `enforced`: it was refused; otherwise it passed."""

    child_id: UUID
    route: str
    purpose: str
    enforced: bool


class RouteLine(Struct, frozen=True):
    """What a route was asked without consent."""

    route: str
    purpose: str
    enforced: bool
    times: int
    families: int
    last_at: datetime


class FamilyLine(Struct, frozen=True):
    """How often a family's requests had no consent."""

    family_id: UUID
    times: int
    last_at: datetime


class RefusalRepository:
    """Counts and reads requests without consent."""

    async def add(self, executor: Executor, counts: Sequence[tuple[Unconsented, int]], now: datetime) -> None:
        """Add counts to those of the day. A child that does not exist is not counted."""
        children, routes, purposes, enforced = (
            list(column) for column in zip(*(one for one, _ in counts), strict=True)
        )
        times = [number for _, number in counts]
        await executor.execute(_ADD, children, routes, purposes, enforced, times, now.date(), now)

    async def by_route(self, executor: Executor, since: date) -> list[RouteLine]:
        """The routes since that day, the most frequent first."""
        return [RouteLine(*row) for row in await executor.fetch(_BY_ROUTE, since)]

    async def by_family(self, executor: Executor, since: date, most: int) -> list[FamilyLine]:
        """The families since that day, the most frequent first."""
        return [FamilyLine(*row) for row in await executor.fetch(_BY_FAMILY, since, most)]

    async def forget(self, executor: Executor, before: date) -> None:
        """Delete the counts of earlier days, in small batches."""
        while await executor.execute(_FORGET, before, FORGET_BATCH_ROWS) == f"DELETE {FORGET_BATCH_ROWS}":
            continue
