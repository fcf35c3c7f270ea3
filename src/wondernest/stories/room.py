"""The stories room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.people import FAMILY
from wondernest.platform.rooms import Room, Table
from wondernest.platform.usage import UsageLine
from wondernest.stories.mastery import VocabularyMastery
from wondernest.stories.personal_data import PERSONAL_DATA
from wondernest.stories.repository import TEMPLATES_USED, TemplateRepository
from wondernest.stories.routes import ReadingRoutes, TemplateRoutes, VocabularyRoutes
from wondernest.stories.rules import MAX_TEMPLATES
from wondernest.stories.service import ReadingService
from wondernest.stories.templates import TemplateService

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts
    from wondernest.stories.ports import Documents, Published

TABLES: Final = (Table("games.story_templates"),)


def mastery(documents: Documents) -> VocabularyMastery:
    """The part of this room that tells other rooms how well a child knows its words."""
    return VocabularyMastery(documents)


def build(parts: Parts, documents: Documents, published: Published) -> Room:
    """Story adventure. `documents` and `published`: the parts of the games room that keep a child's documents and find stories."""
    templates = TemplateService(TemplateRepository(parts.database, published), parts.ids)
    service = ReadingService(documents, templates, parts.ids, parts.clock)
    return Room(
        name="stories",
        endpoints=[
            *TemplateRoutes(templates, parts.settings.files.public_base_url).endpoints(),
            *ReadingRoutes(service).endpoints(),
            *VocabularyRoutes(service).endpoints(),
        ],
        tables=TABLES,
        personal_data=PERSONAL_DATA,
        usage=(UsageLine(name="storyTemplates", of=FAMILY, query=TEMPLATES_USED, limit=MAX_TEMPLATES),),
    )
