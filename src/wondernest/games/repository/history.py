"""Kept versions of saves."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from wondernest.access.guardianship import guards
from wondernest.games.rules import KeptVersion, Reason, SaveKey

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Database, Row

_LIST = f"""
    select * from (
        select v.game_type, v.data_key, v.version, v.size_bytes, v.saved_at, v.created_at, v.kept_at, v.reason, v.device
          from wondernest.save_versions v
         where v.child_id = $2 and {guards("$2", "$1")}
           and ($3::text is null or v.game_type = $3) and ($4::text is null or v.data_key = $4)
           and ($5::timestamptz is null or v.kept_at < $5)
         order by v.kept_at desc fetch first $6 rows with ties) page
     order by kept_at desc, game_type, data_key, version desc"""
"""Versions kept at the same moment (a whole type deleted) are on one page, so that `before` skips none.

Plan: one range of save_versions_pkey by child (at most kept versions × keys), sorted in memory.
"""

_GET = f"""
    select v.game_type, v.data_key, v.version, v.size_bytes, v.saved_at, v.created_at, v.kept_at, v.reason, v.device,
           v.data_value
      from wondernest.save_versions v
     where v.child_id = $2 and v.game_type = $3 and v.data_key = $4 and v.version = $5 and {guards("$2", "$1")}"""


class HistoryRepository:
    """Reads kept versions of a child, if it is the adult's."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(
        self, user_id: UUID, child_id: UUID, key: tuple[str | None, str | None], before: datetime | None, limit: int
    ) -> list[KeptVersion]:
        """Versions without their documents, the last kept first; empty for a child that is not the adult's."""
        rows = await self._database.fetch(_LIST, user_id, child_id, *key, before, limit)
        return [_version(row) for row in rows]

    async def get(self, user_id: UUID, child_id: UUID, key: SaveKey, version: int) -> KeptVersion | None:
        """One version with its document."""
        row = await self._database.fetchrow(_GET, user_id, child_id, key.game_type, key.data_key, version)
        return None if row is None else _version(row, row["data_value"])


def _version(row: Row, document: bytes = b"") -> KeptVersion:
    return KeptVersion(
        SaveKey(row["game_type"], row["data_key"]),
        row["version"],
        row["size_bytes"],
        row["saved_at"],
        row["created_at"],
        row["kept_at"],
        Reason(row["reason"]),
        row["device"],
        document,
    )
