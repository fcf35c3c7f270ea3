"""SQL of the analytics room: events in, and what figures are made from."""

from wondernest.analytics.repository.archives import ArchiveRepository
from wondernest.analytics.repository.events import (
    EVENT_BYTES_USED,
    EVENTS_USED,
    UNSTORABLE,
    AnalyticsRepository,
    NewEvent,
    PlayTime,
    StoreResult,
)
from wondernest.analytics.repository.history import ActivityRepository, History, Rolled
from wondernest.analytics.repository.milestones import FoundMilestones, MilestoneRepository
from wondernest.analytics.repository.recommendations import RecommendationRepository
from wondernest.analytics.repository.rollups import RollupRepository

__all__ = [
    "EVENTS_USED",
    "EVENT_BYTES_USED",
    "UNSTORABLE",
    "ActivityRepository",
    "AnalyticsRepository",
    "ArchiveRepository",
    "FoundMilestones",
    "History",
    "MilestoneRepository",
    "NewEvent",
    "PlayTime",
    "RecommendationRepository",
    "Rolled",
    "RollupRepository",
    "StoreResult",
]
