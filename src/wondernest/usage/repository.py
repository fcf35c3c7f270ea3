"""Reads what a family uses, in one statement made of the queries that the rooms declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING
from uuid import UUID

from msgspec import Struct

from wondernest.access.guardianship import active, family_of
from wondernest.access.people import CHILD, FAMILY
from wondernest.platform.personal_data import USER

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor
    from wondernest.platform.usage import UsageLine


class UsedByChild(Struct, frozen=True):
    """The numbers of one active child, in the order of the lines."""

    child_id: UUID
    numbers: Sequence[int]


class Used(Struct, frozen=True):
    """The numbers of the adult and of the family that they act for, in the order of the lines."""

    family_id: UUID
    user: Sequence[int]
    family: Sequence[int]
    children: Sequence[UsedByChild]


class UsageRepository:
    """Reads the lines of the rooms; `lines` by kind of person."""

    def __init__(self, database: Executor, lines: Mapping[str, Sequence[UsageLine]]) -> None:
        self._database = database
        self._read = _statement(lines)

    async def find(self, user_id: UUID, family_hint: UUID | None) -> Used | None:
        """What the adult and their family use; None for an adult without a family."""
        row = await self._database.fetchrow(self._read, user_id, family_hint)
        if row is None:
            return None
        children = [UsedByChild(*child) for child in row["of_children"] or ()]
        return Used(row["family_id"], row["of_user"], row["of_family"], children)


def _statement(lines: Mapping[str, Sequence[UsageLine]]) -> str:
    """Plan: each line is an index probe or a short index range for each child; a family has few children."""
    return f"""
    with acting as materialized ({family_of("$1", "$2")})
    select acting.family_id, {_numbers(lines.get(USER, ()), "$1::uuid")} as of_user,
           {_numbers(lines.get(FAMILY, ()), "acting.family_id")} as of_family,
           (select array_agg(row(c.id, {_numbers(lines.get(CHILD, ()), "c.id")}) order by c.created_at, c.id)
              from family.child_profiles c
             where c.family_id = acting.family_id and {active("c")}) as of_children
      from acting"""


def _numbers(lines: Iterable[UsageLine], person: str) -> str:
    return f"array[{', '.join(line.counted(person) for line in lines)}]::bigint[]"
