"""The content room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.consent import GateMode
from wondernest.access.people import CHILD
from wondernest.content.collection import Collection
from wondernest.content.filters import FilterService
from wondernest.content.personal_data import PERSONAL_DATA
from wondernest.content.repository import CollectionRepository, FilterRepository, LibraryRepository
from wondernest.content.repository.library import ENGAGEMENTS_USED
from wondernest.content.routes import ContentRoutes
from wondernest.content.service import ContentService
from wondernest.platform.rooms import Room, Table
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.content.ports import Events, SystemFiles
    from wondernest.family.service import FamilyService
    from wondernest.platform.rooms import Parts

TABLES: Final = (
    Table("content.content_items", ("select", "insert", "update")),
    Table("content.content_engagement", ("select", "insert")),
    Table("content.content_filters", ("select", "insert", "update")),
    Table("wondernest.family_content_limits", ("select", "insert", "update")),
    Table("wondernest.child_content_limits", ("select", "insert", "update")),
)
INDEXES: Final = (
    "content.idx_content_items_words",
    "content.idx_content_items_listed",
    "content.idx_content_items_ours",
    "content.idx_content_items_marks",
    "content.idx_content_items_ordinary",
    "content.idx_content_items_odd",
    "content.idx_content_items_elsewhere",
)


def collection(parts: Parts, files: SystemFiles) -> Collection:
    """The part of this room that commands use."""
    return Collection(CollectionRepository(), parts.database, files)


def library(parts: Parts, events: Events) -> ContentService:
    """The part of this room that other rooms call."""
    repository = LibraryRepository(GateMode(parts.settings.consent_gate))
    return ContentService(repository, parts.database, parts.clock, events, parts.settings.quotas.engagements)


def build(parts: Parts, family: FamilyService, events: Events) -> Room:
    """The content library. `family`: the service of the family room; `events`: the event log."""
    most_a_day = parts.settings.quotas.engagements
    service = library(parts, events)
    filters = FilterService(FilterRepository(), parts.database, parts.clock, family)
    return Room(
        name="content",
        endpoints=ContentRoutes(service, filters, parts.clock, parts.settings.files.public_base_url).endpoints(),
        tables=TABLES,
        indexes=INDEXES,
        personal_data=PERSONAL_DATA,
        usage=(UsageLine(name="engagementsToday", of=CHILD, query=ENGAGEMENTS_USED, limit=most_a_day),),
    )
