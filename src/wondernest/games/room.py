"""The games room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from wondernest.access.consent import GateMode
from wondernest.games.batch import BatchService
from wondernest.games.documents import GameDocuments
from wondernest.games.erasing import WalkEraser
from wondernest.games.exporting import MadePages
from wondernest.games.jobs import UpkeepJobs
from wondernest.games.metrics import NAMES, SaveMetrics, UpkeepMetrics
from wondernest.games.personal_data import PERSONAL_DATA
from wondernest.games.registry import RegistryService
from wondernest.games.repository import (
    DocumentRepository,
    ExportRepository,
    HistoryRepository,
    LoadRepository,
    MentionRepository,
    PublishedStories,
    RegistryRepository,
    SaveRepository,
    SiteChildRepository,
    ThinningRepository,
    UsageRepository,
)
from wondernest.games.routes import HistoryRoutes, RegistryRoutes, SaveRoutes
from wondernest.games.rules import Limits
from wondernest.games.service import Notices, ProjectSaves, SavedDocuments, SaveMentions, SaveService
from wondernest.games.site_children import SiteChildren
from wondernest.games.usage import usage_lines
from wondernest.platform.rooms import READ, Room, Table

if TYPE_CHECKING:
    from wondernest.games.ports import Watcher
    from wondernest.platform.rooms import Parts

TABLES: Final = (
    Table("games.simple_game_data", columns=("data_version",)),
    Table("wondernest.save_versions"),
    Table("wondernest.child_usage", ("select", "insert", "update")),
    Table("wondernest.walks"),
    Table("games.child_game_instances", ("select", "insert", "update")),
    Table("games.game_registry", READ),
    Table("games.game_types", READ),
    Table("games.game_categories", READ),
)
STORIES: Final = "story-adventure"
"""The game type of story adventure; `story_adventure` is the site's story builder (games contract §3)."""
COSTLY_INDEXES: Final = (
    "games.idx_simple_game_data_content",
    "games.idx_simple_game_data_story_jsonb",
    "games.idx_simple_game_data_vocab_words",
)
"""GIN indexes over whole save documents."""


class Games(NamedTuple):
    """The room, and the parts that other rooms use."""

    room: Room
    projects: ProjectSaves
    time: RegistryRepository
    """Provides SQL that adds play time, for a statement of another room's repository."""
    documents: SavedDocuments
    """Reads all saves of a child."""
    mentions: SaveMentions
    """Finds the saves that show a file."""
    stories: GameDocuments
    """A child's documents of story adventure."""
    published: PublishedStories
    """Provides SQL over the stories of the site's story builder."""


def build(parts: Parts, watcher: Watcher) -> Games:
    """Saves, their history, and the registry of games. `watcher`: the part of the files room that notes which files saves show."""
    database = parts.database
    settings = parts.settings.games
    limits = Limits(settings.kept_versions, settings.saves_per_child, settings.saves_bytes_per_family)
    gate = GateMode(parts.settings.consent_gate)
    repository = SaveRepository(database, limits, gate)
    registry = RegistryRepository(database, gate)
    notices = Notices(watcher, database)
    metrics = SaveMetrics(parts.metrics)
    site = SiteChildren(settings.site_children, SiteChildRepository(database))
    saves = SaveService(repository, LoadRepository(database), HistoryRepository(database), metrics, notices, site)
    counted = UsageRepository(database)
    upkeep = UpkeepJobs(
        counted,
        ThinningRepository(database, settings.kept_versions),
        parts.settings.quotas.history_bytes,
        UpkeepMetrics(parts.metrics),
        parts.clock,
    )
    room = Room(
        name="games",
        endpoints=[
            *SaveRoutes(saves, BatchService(repository, notices, site)).endpoints(),
            *HistoryRoutes(saves).endpoints(),
            *RegistryRoutes(RegistryService(registry)).endpoints(),
        ],
        tables=TABLES,
        costly_indexes=COSTLY_INDEXES,
        jobs=upkeep.jobs(),
        schedules=upkeep.schedules(),
        metrics=NAMES,
        personal_data=PERSONAL_DATA,
        exporters=(MadePages(ExportRepository(), database).pages,),
        erasers=(WalkEraser(counted).erase,),
        usage=usage_lines(settings, parts.settings.quotas),
    )
    projects = ProjectSaves(repository, parts.large_work, notices)
    stories = GameDocuments(STORIES, repository, DocumentRepository(), database, notices, metrics)
    return Games(
        room, projects, registry, SavedDocuments(saves), SaveMentions(MentionRepository()), stories, PublishedStories()
    )
