"""SQL of the games room: saves, their kept versions, and the registry."""

from wondernest.games.repository.documents import DocumentRepository, MadeDocument
from wondernest.games.repository.exports import ExportedSave, ExportRepository
from wondernest.games.repository.history import HistoryRepository
from wondernest.games.repository.loads import LoadRepository
from wondernest.games.repository.mentions import MentionRepository
from wondernest.games.repository.published import PublishedStories
from wondernest.games.repository.registry import RegistryRepository
from wondernest.games.repository.saves import UNSTORABLE, SaveRepository
from wondernest.games.repository.site_children import SiteChildRepository
from wondernest.games.repository.thinning import ThinningRepository
from wondernest.games.repository.usage import UsageRepository

__all__ = [
    "UNSTORABLE",
    "DocumentRepository",
    "ExportRepository",
    "ExportedSave",
    "HistoryRepository",
    "LoadRepository",
    "MadeDocument",
    "MentionRepository",
    "PublishedStories",
    "RegistryRepository",
    "SaveRepository",
    "SiteChildRepository",
    "ThinningRepository",
    "UsageRepository",
]
