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
