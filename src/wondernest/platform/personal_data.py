"""What is held about people: each room declares its tables' part of it, and how that part is read and erased.

A person is named by a kind and an id. Infrastructure knows one kind, the user who signs in; `access` names the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

USER: Final = "user"
"""The kind of person that an account belongs to."""
People: TypeAlias = Mapping[str, Sequence[UUID]]
"""Ids by kind of person."""


class Through(Struct, frozen=True):
    """How a row leads to the one that names a person: its `column` is the `key` of a row of `table`."""

    column: str
    table: str
    key: str = "id"


class Holding(Struct, frozen=True, kw_only=True):
    """A table that holds something about people: whom, what, why and for how long."""

    table: str
    people: Mapping[str, str]
    """The columns that say whom a row is about, and the kind of person each names; of another table with `through`."""
    what: str
    """The class of data, for people to read."""
    why: str
    """The purpose."""
    kept: str
    """How long, and what ends it."""
    personal: tuple[str, ...] = ()
    """Further columns that identify somebody or hold what they wrote or made."""
    shared: bool = False
    """Whether the row belongs to others too: it outlives a person, and is not erased with one."""
    through: Through | None = None

    async def export(self, executor: Executor, people: People) -> list[bytes]:
        """The rows about these people, each as a JSON object."""
        condition, ids = self._about(people)
        if not condition:
            return []
        rows = await executor.fetch(f"select to_jsonb(held) as document from {self.table} held where {condition}", *ids)
        return [row["document"] for row in rows]

    async def erase(self, executor: Executor, people: People) -> int:
        """Delete the rows about these people, but not those that belong to others too; how many went."""
        condition, ids = self._about(people)
        if not condition or self.shared:
            return 0
        gone = await executor.execute(f"delete from {self.table} held where {condition}", *ids)
        return int(gone.rpartition(" ")[2])

    def _about(self, people: People) -> tuple[str, list[list[UUID]]]:
        """The condition that a row is about one of the people, and its values."""
        asked = [(column, list(people[kind])) for column, kind in self.people.items() if people.get(kind)]
        row = "held" if self.through is None else "owner"
        condition = " or ".join(
            f"{row}.{column} = any (${place}::uuid[])" for place, (column, _) in enumerate(asked, 1)
        )
        if self.through is not None and condition:
            step = self.through
            condition = f"held.{step.column} in (select owner.{step.key} from {step.table} owner where {condition})"
        return condition, [ids for _, ids in asked]
