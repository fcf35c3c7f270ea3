"""Reads the documents of one game for the room that makes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final
from uuid import UUID

from msgspec import Struct

from wondernest.access.guardianship import active, guards, stands
from wondernest.games.repository.statements import DIGEST, SIZE
from wondernest.games.rules import MAX_MADE_STORED_BYTES, MAX_READ_BYTES, SaveState

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor, Row

_COLUMNS: Final = f"""
    s.child_id, s.data_key, s.data_version, coalesce(s.created_at, s.updated_at, 'epoch') as created_at,
    coalesce(s.updated_at, s.created_at, 'epoch') as updated_at, {DIGEST.format(document="s.data_value")} as digest"""
_FIND: Final = f"""
    select asked.is_owned, {_COLUMNS}, case when s.size <= $5 and s.total <= $6 then s.data_value end as data_value
      from (select {guards("$2", "$1")} as is_owned) asked
      left join lateral (
           select s.*, sum(case when s.size <= $5 then s.size else 0 end)
                         over (order by s.updated_at desc nulls last, s.id) as total
             from (select s.*, {SIZE.format(document="s.data_value")} as size from games.simple_game_data s
                    where s.child_id = $2 and s.game_type = $3 and ($4::text[] is null or s.data_key = any ($4))) s
           ) s on asked.is_owned
     order by s.updated_at desc nulls last, s.id"""
"""Always a row. Plan: the probes of the guard, then the index of the child's saves or, with keys, their unique key."""
_LOCATE: Final = f"""
    select {_COLUMNS}, case when {SIZE.format(document="s.data_value")} <= $6 then s.data_value end as data_value
      from family.family_members member
      join family.child_profiles c on c.family_id = member.family_id
      join games.simple_game_data s on s.child_id = c.id
     where member.user_id = $1 and {stands("$1")} and {active("c")}
       and s.game_type = $2 and starts_with(s.data_key, $3) and s.data_value ->> $4 = $5
     order by s.updated_at desc nulls last, s.id
     limit 1"""
"""Plan: the memberships of the adult, the children of a family, and the index of each child's saves."""


class MadeDocument(Struct, frozen=True):
    """A stored document of a game whose documents a room of the service makes."""

    child_id: UUID
    data_key: str
    content: bytes | None
    """None: it is larger than such documents are, or than what is read at once."""
    state: SaveState
    created_at: datetime
    updated_at: datetime


class DocumentRepository:
    """Reads documents of a child, if it is the adult's."""

    async def find(
        self, executor: Executor, user_id: UUID, child_id: UUID, game_type: str, keys: Sequence[str] | None
    ) -> list[MadeDocument] | None:
        """The child's documents of a game, or those with the keys, the newest first; None if the child is not the adult's."""
        wanted = None if keys is None else list(keys)
        rows = await executor.fetch(_FIND, user_id, child_id, game_type, wanted, MAX_MADE_STORED_BYTES, MAX_READ_BYTES)
        if not rows[0]["is_owned"]:
            return None
        return [_document(row) for row in rows if row["data_key"] is not None]

    async def locate(
        self, executor: Executor, user_id: UUID, game_type: str, prefix: str, field: tuple[str, str]
    ) -> MadeDocument | None:
        """The document of one of the adult's children with a key of this prefix, in which a text field has a value."""
        row = await executor.fetchrow(_LOCATE, user_id, game_type, prefix, *field, MAX_MADE_STORED_BYTES)
        return None if row is None else _document(row)


def _document(row: Row) -> MadeDocument:
    return MadeDocument(
        row["child_id"],
        row["data_key"],
        row["data_value"],
        SaveState(row["data_version"] or 0, row["updated_at"], row["digest"]),
        row["created_at"],
        row["updated_at"],
    )
