"""The inherited room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.inherited.personal_data import PERSONAL_DATA
from wondernest.platform.rooms import READ, Room, Table

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts

IMPERSONAL: Final = (
    "compliance.data_retention_policies",
    "core.database_info",
    "core.schema_versions",
    "games.achievements",
    "games.game_asset_registry",
    "games.game_assets",
    "marketplace.collection_items",
    "marketplace.featured_collections",
    "public.ai_generation_config",
    "public.flyway_schema_history",
)
"""Tables without personal data."""
READ_FOR_FILES: Final = (Table("content.stories", READ, may_lack=True), Table("games.marketplace_listings", READ))
"""Published works: a file that one of them shows is not deleted for good (files contract §3.0). An approved listing also shows its
story to other families (games contract §5), so lists of stories need that table.
"""
EMPTIED_FOR_FILES: Final = (Table("public.ai_image_analysis_cache", ("select", "delete"), may_lack=True),)
"""What an earlier backend found in a picture, which is deleted with it."""
WRITTEN_BY_TRIGGER: Final = (Table("public.ai_generation_quotas", ("insert",), may_lack=True),)
"""A trigger of the earlier backends fills this when a user is added."""


def build(_parts: Parts) -> Room:
    """The tables and their personal data. No routes; few rights on the tables are needed."""
    held = {holding.table for holding in PERSONAL_DATA}
    asked = (*WRITTEN_BY_TRIGGER, *READ_FOR_FILES, *EMPTIED_FOR_FILES)
    unasked = {*IMPERSONAL, *held} - {table.name for table in asked}
    return Room(
        name="inherited",
        tables=[*asked, *(Table(name, rights=()) for name in sorted(unasked))],
        personal_data=PERSONAL_DATA,
    )
