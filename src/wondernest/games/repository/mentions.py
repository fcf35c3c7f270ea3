"""Finds the documents of a household that mention something, for example a file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from uuid import UUID

from wondernest.games.rules import SaveKey

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

_CHILDREN: Final = """
    select c.id from family.family_members member
      join family.child_profiles c on c.family_id = member.family_id
     where member.user_id = $1"""
"""Archived children too: their saves come back with them."""
_MENTIONS: Final = "exists (select from unnest($2::text[]) word where strpos({document}::text, word) > 0)"
_CURRENT: Final = f"""
    select s.game_type, s.data_key, s.data_value
      from ({_CHILDREN}) child
      join games.simple_game_data s on s.child_id = child.id
     where {_MENTIONS.format(document="s.data_value")}
     order by s.updated_at desc nulls last, s.id"""
_KEPT: Final = f"""
    select exists (
        select from ({_CHILDREN}) child
          join wondernest.save_versions v on v.child_id = child.id
         where {_MENTIONS.format(document="v.data_value")})"""
_NAMING: Final = rf"""
    select s.id from ({_CHILDREN}) child
      join games.simple_game_data s on s.child_id = child.id
     where ($2::uuid is null or s.id > $2)
       and (strpos(s.data_value::text, '/files/') > 0 or s.data_value::text ~* '[0-9a-f]{{8}}(-[0-9a-f]{{4}}){{3}}-[0-9a-f]{{12}}')
     order by s.id limit $3"""
_DOCUMENT: Final = "select s.child_id, s.data_value from games.simple_game_data s where s.id = $1"
"""Both plans: the children of one household, then the index of each child's rows; every document is read."""


class MentionRepository:
    """Reads every document of a household; not for a hot route."""

    async def current(self, executor: Executor, user_id: UUID, words: Sequence[str]) -> list[tuple[SaveKey, bytes]]:
        """The saves of the adult's children that hold one of the words, the newest first."""
        rows = await executor.fetch(_CURRENT, user_id, list(words))
        return [(SaveKey(row["game_type"], row["data_key"]), row["data_value"]) for row in rows]

    async def kept(self, executor: Executor, user_id: UUID, words: Sequence[str]) -> bool:
        """Whether a kept version, which can be restored, holds one of the words."""
        return await executor.fetchval(_KEPT, user_id, list(words)) is True

    async def naming(self, executor: Executor, user_id: UUID, after: UUID | None, limit: int) -> list[UUID]:
        """Ids of the saves of the adult's children that hold an address of a file or any UUID, in the order of the ids."""
        return [row["id"] for row in await executor.fetch(_NAMING, user_id, after, limit)]

    async def document(self, executor: Executor, save_id: UUID) -> tuple[UUID, bytes] | None:
        """The child and the document of a save; None if there is none."""
        row = await executor.fetchrow(_DOCUMENT, save_id)
        return None if row is None else (row["child_id"], row["data_value"])
