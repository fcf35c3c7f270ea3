"""What is held about people, in numbers: one statement for each kind of person, made of the rooms' declarations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.access.guardianship import family_of
from wondernest.access.people import CHILD
from wondernest.platform.personal_data import USER
from wondernest.privacy.repository.requests import COLUMNS, IS_OPEN, LEFT_ALONE, erasure_of
from wondernest.privacy.rules import HeldClass, Plans

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor
    from wondernest.platform.erasing import RowEraser, Step

_FAMILY: Final = f"""
    select acting.family_id, array(select c.id from family.child_profiles c where c.family_id = acting.family_id
                                    order by c.created_at, c.id) as children
      from ({family_of("$1", "$2")}) acting"""
_OPEN: Final = f"""
    select {COLUMNS} from wondernest.erasures e
     where {IS_OPEN} and (e.user_id = $1 or e.family_id = $2 or e.child_id = any ($3::uuid[])) order by e.due_at, e.id"""
_ARCHIVED: Final = (
    "select id, archived_at from family.child_profiles where id = any ($1::uuid[]) and archived_at is not null"
)
MADE: Final = "created_at"
ENDS: Final = ("_until", "expires_at", "ends_at")
"""How columns end that say until when something holds: they do not tell how old a row is."""
_MOMENTS: Final = ("timestamp with time zone", "timestamp without time zone")
_VARIABLE: Final = (
    "text",
    "character varying",
    "json",
    "jsonb",
    "bytea",
    "text[]",
    "character varying[]",
    "uuid[]",
    "tsvector",
)


class SummaryRepository:
    """Counts what is held."""

    def __init__(self, rows: RowEraser) -> None:
        self._rows = rows

    async def family(self, executor: Executor, user_id: UUID, hint: UUID | None) -> tuple[UUID, list[UUID]] | None:
        """The family that the adult acts for and its children, archived ones too; None without one."""
        row = await executor.fetchrow(_FAMILY, user_id, hint)
        return None if row is None else (row["family_id"], list(row["children"]))

    async def plans(self, executor: Executor, user_id: UUID, family_id: UUID | None, children: Sequence[UUID]) -> Plans:
        """What is to be erased of an adult, the family that they act for, and its children."""
        wanted = [erasure_of(row) for row in await executor.fetch(_OPEN, user_id, family_id, list(children))]
        archived = {row["id"]: row["archived_at"] for row in await executor.fetch(_ARCHIVED, list(children))}
        leaves = any(one.user_id == user_id for one in wanted)
        alone = await executor.fetch(LEFT_ALONE, user_id) if leaves else []
        return Plans(wanted, archived, [row["family_id"] for row in alone])

    async def held(
        self, executor: Executor, steps: Sequence[Step], kind: str, people: Sequence[UUID]
    ) -> dict[UUID, list[HeldClass]]:
        """What is held about each of the people; what is held about nobody of them is left out."""
        counts = [(step, column) for step in steps if (column := _column(step, kind)) is not None]
        if not counts or not people:
            return {}
        parts = [_count(place, step, column) for place, (step, column) in enumerate(counts)]
        found: dict[UUID, list[HeldClass]] = {person: [] for person in people}
        for row in await executor.fetch(" union all ".join(parts) + " order by place", list(people)):
            place: int = row["place"]
            holding = counts[place][0].holding
            found[row["person"]].append(
                HeldClass(holding.table, holding.what, row["number"], int(row["bytes"]), row["oldest"])
            )
        return found

    async def steps(self, executor: Executor) -> list[Step]:
        """The tables as the database has them."""
        return await self._rows.plan(executor)


def _column(step: Step, kind: str) -> str | None:
    """The column that names a person of the kind. What is about a child counts for the child, not again for its family or parent."""
    kinds = set(step.holding.people.values())
    if kind != CHILD and CHILD in kinds and not (kind == USER and step.holding.through is None and USER in kinds):
        return None
    return next(
        (column for column, of in step.holding.people.items() if of == kind and column not in step.lacking), None
    )


def _count(place: int, step: Step, column: str) -> str:
    holding, through = step.holding, step.holding.through
    person = f"held.{column}" if through is None else f"owner.{column}"
    owner = "" if through is None else f" join {through.table} owner on owner.{through.key} = held.{through.column}"
    sizes = [f"coalesce(pg_column_size(held.{one.name}), 0)" for one in step.columns.values() if one.kind in _VARIABLE]
    if holding.content_bytes in step.columns:
        sizes.append(f"coalesce(held.{holding.content_bytes}, 0)")
    moments = [one.name for one in step.columns.values() if one.kind in _MOMENTS and not one.name.endswith(ENDS)]
    made = MADE if MADE in moments else next(iter(moments), None)
    oldest = f"min(held.{made})::timestamptz" if made else "null::timestamptz"
    return (
        f"select {place} as place, {person} as person, count(*) as number, coalesce(sum({' + '.join(sizes) or '0'}), 0)::bigint as bytes,"
        f" {oldest} as oldest from {holding.table} held{owner} where {person} = any ($1::uuid[]) group by {person}"
    )
