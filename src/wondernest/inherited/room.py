"""The inherited room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.inherited.personal_data import PERSONAL_DATA
from wondernest.platform.rooms import Room, Table

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts

IMPERSONAL: Final = (
    "compliance.data_retention_policies",
    "content.content_items",
    "content.file_references",
    "content.tags",
    "core.database_info",
    "core.schema_versions",
    "games.achievements",
    "games.game_asset_registry",
    "games.game_assets",
    "games.marketplace_listings",
    "marketplace.collection_items",
    "marketplace.featured_collections",
    "public.ai_generation_config",
    "public.content_pack_assets",
    "public.content_pack_categories",
    "public.content_pack_collection_items",
    "public.content_pack_collections",
    "public.content_pack_compatibility",
    "public.flyway_schema_history",
)
"""Tables without personal data."""
WRITTEN_BY_TRIGGER: Final = (Table("public.ai_generation_quotas", ("insert",), may_lack=True),)
"""A trigger of the earlier backends fills this when a user is added."""


def build(_parts: Parts) -> Room:
    """The tables and their personal data. No routes; no rights on the tables are needed."""
    held = {holding.table for holding in PERSONAL_DATA}
    unasked = {*IMPERSONAL, *held} - {table.name for table in WRITTEN_BY_TRIGGER}
    return Room(
        name="inherited",
        tables=[*WRITTEN_BY_TRIGGER, *(Table(name, rights=()) for name in sorted(unasked))],
        personal_data=PERSONAL_DATA,
    )
