"""Reads the saves of a child one after another, for an export."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

_SAVED_AT: Final = "coalesce(s.created_at, 'epoch')"
_PLACES: Final = f"""
    select {_SAVED_AT} as saved_at, s.id from games.simple_game_data s
     where s.child_id = $1 and ($3::uuid is null or ({_SAVED_AT}, s.id) > ($2::timestamptz, $3::uuid))
     order by 1, 2"""
_ONE: Final = f"""
    select s.id, s.game_type, s.data_key, s.data_value, coalesce(s.updated_at, {_SAVED_AT}) as saved_at
      from games.simple_game_data s where s.id = $2 and s.child_id = $1"""
_NAME: Final = "select c.name from family.child_profiles c where c.id = $1"


class ExportedSave(Struct, frozen=True):
    """A save."""

    id: UUID
    game_type: str
    data_key: str
    document: bytes
    saved_at: datetime


class ExportRepository:
    """One save at a time: a document may have megabytes."""

    async def name(self, executor: Executor, child_id: UUID) -> str:
        """The child's name."""
        return str(await executor.fetchval(_NAME, child_id) or "")

    async def places(
        self, executor: Executor, child_id: UUID, behind: tuple[datetime, UUID] | None
    ) -> list[tuple[datetime, UUID]]:
        """When the child's saves were first stored, and their ids, the oldest first; only those behind one of them."""
        rows = await executor.fetch(_PLACES, child_id, *(behind or (None, None)))
        return [(row["saved_at"], row["id"]) for row in rows]

    async def find(self, executor: Executor, child_id: UUID, save_id: UUID) -> ExportedSave | None:
        """A save of the child."""
        row = await executor.fetchrow(_ONE, child_id, save_id)
        if row is None:
            return None
        return ExportedSave(row["id"], row["game_type"], row["data_key"], row["data_value"], row["saved_at"])
