"""Reads the saves of a child one after another, for an export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

_NEXT: Final = """
    select s.id, s.game_type, s.data_key, s.data_value from games.simple_game_data s
     where s.child_id = $1 and ($2::uuid is null or s.id > $2) order by s.id limit 1"""


class ExportedSave(Struct, frozen=True):
    """A save."""

    id: UUID
    game_type: str
    data_key: str
    document: bytes


class ExportRepository:
    """One save at a time: a document may have megabytes."""

    async def after(self, executor: Executor, child_id: UUID, last: UUID | None) -> ExportedSave | None:
        """The child's save after another one, in the order of their ids."""
        row = await executor.fetchrow(_NEXT, child_id, last)
        return None if row is None else ExportedSave(row["id"], row["game_type"], row["data_key"], row["data_value"])
