"""Items as an operator stores and exports them: no filter, no caller."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import msgspec
from msgspec import Struct

from wondernest.content.model import NewItem
from wondernest.content.repository.items import UNDATED

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor, Row

_COLUMNS: Final = f"""
    i.id, coalesce(i.provider, '') as provider, coalesce(i.provider_id, i.id::text) as provider_id, i.title,
    coalesce(i.description, '') as description, i.content_type, coalesce(i.category, '') as category,
    coalesce(i.url, '') as url, coalesce(i.thumbnail_url, '') as thumbnail_url, i.duration_seconds,
    coalesce(i.age_min, 0) as age_min, coalesce(i.age_max, 18) as age_max, coalesce(i.language, 'en') as language,
    array(select tag from unnest(i.tags) tag where tag is not null) as tags, i.is_featured is true as featured,
    i.is_active is true as active, coalesce(i.created_at, {UNDATED}) as created_at,
    case when jsonb_typeof(i.metadata) = 'object' then i.metadata else '{{}}' end as metadata"""
_KNOWN: Final = f"""
    select {_COLUMNS} from content.content_items i
     where i.provider = $1 and i.provider_id = any ($2::text[]) order by i.created_at nulls last, i.id"""
_ALL: Final = f"""
    select {_COLUMNS} from content.content_items i
     where ($1::text is null or i.provider = $1) and ($2::uuid is null or i.id > $2) order by i.id limit $3"""
_LOCK: Final = "select pg_advisory_xact_lock(hashtextextended('wondernest content ' || $1 || ' ' || $2, 0))"
"""No unique key of the shared table identifies an item of a maker, so writers of the same one wait for each other."""
_CHANGE: Final = """
    update content.content_items i
       set title = $3, description = $4, content_type = $5, category = $6, url = $7, thumbnail_url = $8,
           duration_seconds = $9, age_min = $10, age_max = $11, language = $12, tags = $13, is_featured = $14,
           is_active = $15, created_at = coalesce($16, i.created_at), metadata = $17, updated_at = now()
     where i.provider = $1 and i.provider_id = $2
    returning i.id"""
_ADD: Final = """
    insert into content.content_items
           (provider, provider_id, title, description, content_type, category, url, thumbnail_url, duration_seconds, age_min,
            age_max, language, tags, is_featured, is_active, created_at, updated_at, metadata)
    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, coalesce($16, now()), now(), $17)"""


class StoredItem(Struct, frozen=True):
    """An item and its id here."""

    id: UUID
    item: NewItem


class CollectionRepository:
    """Reads and writes whole items."""

    async def known(self, executor: Executor, provider: str, ids: Sequence[str]) -> dict[str, NewItem]:
        """The stored items of a maker, by their ids there."""
        rows = await executor.fetch(_KNOWN, provider, list(ids))
        return {row["provider_id"]: _item(row) for row in rows}

    async def all(self, executor: Executor, provider: str | None, after: UUID | None, limit: int) -> list[StoredItem]:
        """Items in the order of their ids."""
        return [StoredItem(row["id"], _item(row)) for row in await executor.fetch(_ALL, provider, after, limit)]

    async def store(self, unit: Executor, item: NewItem) -> bool:
        """Store an item; whether it is new. An item that is stored twice already is changed in both rows."""
        await unit.execute(_LOCK, item.provider, item.provider_id)
        values: tuple[Any, ...] = (
            item.provider,
            item.provider_id,
            item.title,
            item.description,
            item.kind,
            item.category,
            item.url,
            item.thumbnail_url,
            item.duration_s,
            item.age_min,
            item.age_max,
            item.language,
            list(item.tags),
            item.featured,
            item.active,
            item.created_at,
            msgspec.json.encode(item.metadata),
        )
        if await unit.fetchval(_CHANGE, *values) is not None:
            return False
        await unit.execute(_ADD, *values)
        return True


def _item(row: Row) -> NewItem:
    return NewItem(
        provider=row["provider"],
        provider_id=row["provider_id"],
        title=row["title"],
        description=row["description"],
        kind=row["content_type"],
        category=row["category"],
        url=row["url"],
        thumbnail_url=row["thumbnail_url"],
        duration_s=row["duration_seconds"],
        age_min=row["age_min"],
        age_max=row["age_max"],
        language=row["language"],
        tags=tuple(row["tags"]),
        featured=row["featured"],
        active=row["active"],
        created_at=row["created_at"],
        metadata=msgspec.json.decode(row["metadata"], type=dict[str, Any]),
    )
