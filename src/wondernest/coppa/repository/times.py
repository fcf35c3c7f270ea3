"""What changes about consent by time alone: days of grace after the gate is enforced, and children who come of age."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.consent import GateMode, of_age
from wondernest.access.guardianship import active, is_parent
from wondernest.access.readers import READER, Reader, reader_of

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor, Row

BATCH_ROWS: Final = 200
_SWITCH: Final = f"""
    with begun as (
        insert into wondernest.consent_switches (mode, first_at) values ('{GateMode.ENFORCE.value}', $1)
        on conflict do nothing returning first_at, granted_at)
    select first_at, granted_at from begun
    union all
    select first_at, granted_at from wondernest.consent_switches
     where mode = '{GateMode.ENFORCE.value}' and not exists (select from begun)"""
_GRANTED: Final = f"update wondernest.consent_switches set granted_at = $1 where mode = '{GateMode.ENFORCE.value}'"
_PARENTS: Final = f"""
    array(select member.user_id from family.family_members member join core.users u on u.id = member.user_id
           where member.family_id = {{family_id}} and {is_parent("member")} and u.is_active is not false order by member.user_id)"""
_GRACE: Final = f"""
    with part as materialized (
        select f.id from family.families f where $1::uuid is null or f.id > $1 order by f.id limit $2),
    given as (
        insert into wondernest.consent_gates (child_id, grace_until, updated_at)
        select c.id, $4, $5 from part join family.child_profiles c on c.family_id = part.id
         where {active("c")} and coalesce(c.created_at < $3, true) and not {of_age("c.id")}
         order by c.id
        on conflict do nothing
        returning child_id)
    select part.id,
           case when exists (select from given join family.child_profiles c on c.id = given.child_id where c.family_id = part.id)
                then {_PARENTS.format(family_id="part.id")} else '{{}}' end as parents,
           array(select given.child_id from given join family.child_profiles c on c.id = given.child_id where c.family_id = part.id) as children
      from part order by part.id"""
"""A child that has a gate, open or closed, keeps it."""
_COME_OF_AGE: Final = f"""
    with part as materialized (
        select gate.child_id from wondernest.consent_gates gate
         where gate.of_age_at is null and ($1::uuid is null or gate.child_id > $1) order by gate.child_id limit $2),
    noted as (
        update wondernest.consent_gates gate set of_age_at = $3
          from part where gate.child_id = part.child_id and {of_age("part.child_id")}
        returning gate.child_id)
    select part.child_id as id,
           case when noted.child_id is not null and {active("c")} then {_PARENTS.format(family_id="c.family_id")} else '{{}}' end as parents,
           array_remove(array[noted.child_id], null) as children
      from part join family.child_profiles c on c.id = part.child_id left join noted on noted.child_id = part.child_id
     order by part.child_id"""
_AGES: Final = """
    with part as materialized (
        select f.id from family.families f where $1::uuid is null or f.id > $1 order by f.id limit $2),
    wanted as materialized (
        select part.id, l.country, l.consent_age,
               case when l.country is null then $5::smallint
                    else (select law.age from unnest($3::text[], $4::smallint[]) law (country, age) where law.country = l.country) end as age
          from part left join wondernest.family_locales l on l.family_id = part.id),
    changed as (
        insert into wondernest.family_locales as l (family_id, consent_age, updated_at)
        select id, age, $6 from wanted where age is distinct from consent_age order by id
        on conflict (family_id) do update set consent_age = excluded.consent_age, updated_at = excluded.updated_at
         where l.country is not distinct from (select wanted.country from wanted where wanted.id = excluded.family_id))
    select part.id, '{}'::uuid[] as parents, '{}'::uuid[] as children from part order by part.id"""


class Switch(Struct, frozen=True):
    """When the gate was enforced for the first time, and when the days of grace were given."""

    first_at: datetime
    granted_at: datetime | None


class Step(Struct, frozen=True):
    """One batch of a walk: where it ended, the parents to tell, once each, and the children whose consent changed. None: nothing was left."""

    after: UUID | None
    parents: tuple[UUID, ...]
    children: tuple[UUID, ...]


class TimeRepository:
    """Batches of walks over all families or gates, in the order of their ids."""

    async def switch(self, executor: Executor, now: datetime) -> Switch:
        """The first time at which the gate was enforced: now, if it never was."""
        row = await executor.fetchrow(_SWITCH, now)
        assert row is not None  # made by the statement
        return Switch(row["first_at"], row["granted_at"])

    async def note_granted(self, executor: Executor, now: datetime) -> None:
        """Every child of the time before the switch has its days of grace."""
        await executor.execute(_GRANTED, now)

    async def grace(
        self, executor: Executor, after: UUID | None, before: datetime, until: datetime, now: datetime
    ) -> Step:
        """Give days of grace to the children made `before` that have no gate; the parents of their families are to be told."""
        return _step(await executor.fetch(_GRACE, after, BATCH_ROWS, before, until, now))

    async def come_of_age(self, executor: Executor, after: UUID | None, now: datetime) -> Step:
        """Note the children for whom a parent consented and who are of age now; their parents are to be told, once."""
        return _step(await executor.fetch(_COME_OF_AGE, after, BATCH_ROWS, now))

    async def ages(
        self, executor: Executor, after: UUID | None, ages: Mapping[str, int], default: int | None, now: datetime
    ) -> Step:
        """Store the age of consent of each family by the table; `default`: of those that named no country."""
        values = list(ages), list(ages.values()), default
        return _step(await executor.fetch(_AGES, after, BATCH_ROWS, *values, now))

    async def reader(self, executor: Executor, user_id: UUID) -> Reader | None:
        """Who gets a letter to an active account."""
        return reader_of(await executor.fetchrow(READER, user_id))


def _step(rows: Sequence[Row]) -> Step:
    parents = dict.fromkeys(parent for row in rows for parent in row["parents"])
    children = tuple(child for row in rows for child in row["children"])
    return Step(rows[-1]["id"] if rows else None, tuple(parents), children)
