"""The content room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.content.personal_data import PERSONAL_DATA
from wondernest.platform.rooms import READ, Room, Table

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts

TABLES: Final = (
    Table("content.content_items", READ),
    Table("content.content_engagement", READ),
    Table("content.content_filters", READ),
    Table("wondernest.family_content_limits", READ),
    Table("wondernest.child_content_limits", READ),
)
INDEXES: Final = ("content.idx_content_items_words",)


def build(_parts: Parts) -> Room:
    """The content library."""
    return Room(name="content", tables=TABLES, indexes=INDEXES, personal_data=PERSONAL_DATA)
