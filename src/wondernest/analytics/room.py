"""The analytics room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from wondernest.access.consent import GateMode, Purpose
from wondernest.access.people import CHILD
from wondernest.analytics.archive import EventArchive
from wondernest.analytics.deliveries import DeliveryService
from wondernest.analytics.erasing import ArchiveEraser, RecommendationEraser
from wondernest.analytics.jobs import IdentityJobs, SummingJobs
from wondernest.analytics.overview import OverviewService
from wondernest.analytics.personal_data import ELSEWHERE, PERSONAL_DATA
from wondernest.analytics.reading import Reader
from wondernest.analytics.recommendations import Recommendations
from wondernest.analytics.recorder import EventRecorder
from wondernest.analytics.repository import (
    EVENT_BYTES_USED,
    EVENTS_USED,
    ActivityRepository,
    AnalyticsRepository,
    ArchiveRepository,
    MilestoneRepository,
    RecommendationRepository,
    RollupRepository,
)
from wondernest.analytics.repository.events import PlayTime
from wondernest.analytics.repository.history import EducationalGames
from wondernest.analytics.routes import EventRoutes, FigureRoutes
from wondernest.analytics.service import AnalyticsService
from wondernest.platform.rooms import Room, Table
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.analytics.ports import Neighbours, ProjectSaves, SavedDocuments
    from wondernest.platform.rooms import Parts
    from wondernest.settings import Quotas

TABLES: Final = (
    Table("analytics.analytics_events", ("select", "insert", "delete")),
    Table("analytics.learning_insights", ("select", "insert")),
    Table("analytics.daily_child_metrics", ("select", "insert", "update")),
    Table("wondernest.event_identities", ("select", "insert", "delete")),
    Table("wondernest.event_usage", ("select", "insert", "update")),
    Table("wondernest.child_days", ("select", "insert", "update")),
    Table("wondernest.event_archives", ("select", "insert", "update")),
    Table("games.virtual_currency", ("select", "insert", "update")),
    Table("games.currency_transactions", ("select", "insert")),
)
INDEXES: Final = (
    "wondernest.idx_event_identities_created",
    "analytics.idx_analytics_events_child_created",
    "content.idx_content_engagement_child_started",
)
COSTLY_INDEXES: Final = ("analytics.idx_analytics_events_child", "analytics.idx_analytics_events_type")
"""No statement needs them since there is an index of child and time."""


def recorder(parts: Parts, play: PlayTime) -> EventRecorder:
    """The part of this room that stores the events of other rooms."""
    return EventRecorder(
        AnalyticsRepository(play, parts.ids, parts.clock, parts.settings.quotas, GateMode(parts.settings.consent_gate))
    )


def archive(parts: Parts) -> EventArchive:
    """The part of this room that commands use."""
    kept_days = parts.settings.analytics.events_kept_days
    return EventArchive(parts.database, ArchiveRepository(), parts.blobs, parts.clock, kept_days)


class Registry(PlayTime, EducationalGames, Protocol):
    """What the repository of the games' registry gives to statements of ours."""


class Analytics(Struct, frozen=True):
    """The room, and the part of it that other rooms call."""

    room: Room
    figures: OverviewService


def build(
    parts: Parts,
    projects: ProjectSaves,
    documents: SavedDocuments,
    registry: Registry,
    neighbours: Neighbours,
) -> Analytics:
    """Events and figures.

    `projects` and `documents`: the saves that events change and a route shows; `neighbours`: the rooms that insights ask.
    """
    gate = GateMode(parts.settings.consent_gate)
    repository = AnalyticsRepository(registry, parts.ids, parts.clock, parts.settings.quotas, gate)
    kept_days = parts.settings.analytics.events_kept_days
    rollups, history = RollupRepository(), ActivityRepository(registry)
    service = AnalyticsService(parts.database, repository, projects, parts.clock, parts.large_work, rollups)
    overview = OverviewService(
        Reader(parts.database, parts.replica, history, MilestoneRepository()),
        documents,
        neighbours,
        Recommendations(parts.database, RecommendationRepository(), parts.clock),
        parts.clock,
        parts.large_work,
        kept_days,
    )
    identities = IdentityJobs(parts.database, repository, parts.clock)
    summing = SummingJobs(parts.database, rollups, history, parts.clock, parts.large_work, parts.settings.analytics)
    archived = ArchiveEraser(archive(parts))
    room = Room(
        name="analytics",
        endpoints=[
            *EventRoutes(service, DeliveryService(service), parts.clock).endpoints(),
            *FigureRoutes(overview).endpoints(),
        ],
        tables=TABLES,
        indexes=INDEXES,
        costly_indexes=COSTLY_INDEXES,
        jobs=(*identities.jobs(), *summing.jobs()),
        schedules=(*identities.schedules(), *summing.schedules()),
        personal_data=PERSONAL_DATA,
        elsewhere=ELSEWHERE,
        erasers=(archived.erase,),
        purpose_erasers={
            Purpose.ANALYTICS.value: archived.erase_ended,
            Purpose.RECOMMENDATIONS.value: RecommendationEraser(RecommendationRepository(), parts.database).erase_ended,
        },
        usage=_usage(parts.settings.quotas),
    )
    return Analytics(room, overview)


def _usage(quotas: Quotas) -> tuple[UsageLine, ...]:
    most, most_bytes = quotas.events, quotas.event_bytes
    return (
        UsageLine(name="eventsToday", of=CHILD, query=EVENTS_USED, limit=most),
        UsageLine(name="eventBytesToday", of=CHILD, query=EVENT_BYTES_USED, limit=most_bytes, unit="bytes"),
    )
