"""Personal data: each room declares which of its tables hold it. From this it is exported and erased.

A person is identified by a kind and an id. This module knows one kind, the user who signs in; `access` defines the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

USER: Final = "user"
"""The kind of a person who has an account."""
People: TypeAlias = Mapping[str, Sequence[UUID]]
"""Ids by kind of person."""


class Through(Struct, frozen=True):
    """A foreign key to the table that names the person: the row's `column` is the `key` of a row of `table`."""

    column: str
    table: str
    key: str = "id"


class Holding(Struct, frozen=True, kw_only=True):
    """A table with personal data: about which people, what, why and for how long."""

    table: str
    people: Mapping[str, str]
    """The columns that identify the person, each with its kind of person. With `through` they are columns of that table."""
    what: str
    """The class of data, as text for people."""
    why: str
    """The purpose."""
    kept: str
    """How long it is kept, and what ends that."""
    personal: tuple[str, ...] = ()
    """Other columns that identify a person or contain what the person wrote or made."""
    shared: bool = False
    """Whether the row belongs to several people; then it is not erased with one of them."""
    through: Through | None = None

    async def export(self, executor: Executor, people: People) -> list[bytes]:
        """The rows about these people, each as a JSON object."""
        condition, ids = self._about(people)
        if not condition:
            return []
        rows = await executor.fetch(f"select to_jsonb(held) as document from {self.table} held where {condition}", *ids)
        return [row["document"] for row in rows]

    async def erase(self, executor: Executor, people: People) -> int:
        """Delete the rows about these people, except shared ones; returns the number of deleted rows."""
        condition, ids = self._about(people)
        if not condition or self.shared:
            return 0
        tag = await executor.execute(f"delete from {self.table} held where {condition}", *ids)
        return int(tag.rpartition(" ")[2])

    def _about(self, people: People) -> tuple[str, list[list[UUID]]]:
        """The SQL condition that a row is about one of the people, and its arguments."""
        wanted = [(column, list(people[kind])) for column, kind in self.people.items() if people.get(kind)]
        row = "held" if self.through is None else "owner"
        condition = " or ".join(
            f"{row}.{column} = any (${place}::uuid[])" for place, (column, _) in enumerate(wanted, 1)
        )
        if self.through is not None and condition:
            step = self.through
            condition = f"held.{step.column} in (select owner.{step.key} from {step.table} owner where {condition})"
        return condition, [ids for _, ids in wanted]
