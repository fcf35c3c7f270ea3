"""SQL of the games room: saves, their kept versions, and the registry."""

from wondernest.games.repository.history import HistoryRepository, KeptVersion
from wondernest.games.repository.registry import RegistryRepository
from wondernest.games.repository.saves import Saved, SaveRepository, StoredSave

__all__ = ["HistoryRepository", "KeptVersion", "RegistryRepository", "SaveRepository", "Saved", "StoredSave"]
