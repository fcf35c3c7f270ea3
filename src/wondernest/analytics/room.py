"""The analytics room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.people import CHILD
from wondernest.analytics.jobs import IdentityJobs
from wondernest.analytics.personal_data import PERSONAL_DATA
from wondernest.analytics.recorder import EventRecorder
from wondernest.analytics.repository import EVENT_BYTES_USED, EVENTS_USED, AnalyticsRepository
from wondernest.analytics.routes import AnalyticsRoutes
from wondernest.analytics.service import AnalyticsService
from wondernest.platform.rooms import Room, Table
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.analytics.ports import ProjectSaves
    from wondernest.analytics.repository import PlayTime
    from wondernest.platform.rooms import Parts
    from wondernest.settings import Quotas

TABLES: Final = (
    Table("analytics.analytics_events", ("select", "insert")),
    Table("analytics.learning_insights", ("select", "insert")),
    Table("wondernest.event_identities", ("select", "insert", "delete")),
    Table("wondernest.event_usage", ("select", "insert", "update")),
    Table("games.virtual_currency", ("select", "insert", "update")),
    Table("games.currency_transactions", ("select", "insert")),
)
INDEXES: Final = ("wondernest.idx_event_identities_created",)


def recorder(parts: Parts, play: PlayTime) -> EventRecorder:
    """The part of this room that stores the events of other rooms."""
    return EventRecorder(AnalyticsRepository(play, parts.ids, parts.clock, parts.settings.quotas))


def build(parts: Parts, projects: ProjectSaves, play: PlayTime) -> Room:
    """Events. `projects` and `play`: the parts of the games room that events change."""
    repository = AnalyticsRepository(play, parts.ids, parts.clock, parts.settings.quotas)
    service = AnalyticsService(parts.database, repository, projects, parts.clock, parts.large_work)
    identities = IdentityJobs(parts.database, repository, parts.clock)
    return Room(
        name="analytics",
        endpoints=AnalyticsRoutes(service, parts.clock).endpoints(),
        tables=TABLES,
        indexes=INDEXES,
        jobs=identities.jobs(),
        schedules=identities.schedules(),
        personal_data=PERSONAL_DATA,
        usage=_usage(parts.settings.quotas),
    )


def _usage(quotas: Quotas) -> tuple[UsageLine, ...]:
    most, most_bytes = quotas.events, quotas.event_bytes
    return (
        UsageLine(name="eventsToday", of=CHILD, query=EVENTS_USED, limit=most),
        UsageLine(name="eventBytesToday", of=CHILD, query=EVENT_BYTES_USED, limit=most_bytes, unit="bytes"),
    )
