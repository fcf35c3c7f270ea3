"""The declaration of the room of screen time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.platform.rooms import Room, Table
from wondernest.screentime.personal_data import PERSONAL_DATA
from wondernest.screentime.repository import ScreenTimeRepository
from wondernest.screentime.routes import ScreenTimeRoutes
from wondernest.screentime.service import ScreenTimeService

if TYPE_CHECKING:
    from wondernest.analytics.overview import OverviewService
    from wondernest.family.service import FamilyService
    from wondernest.platform.rooms import Parts

TABLES: Final = (Table("wondernest.extra_time", ("select", "insert", "update")),)


def build(parts: Parts, family: FamilyService, figures: OverviewService) -> Room:
    """Screen time; `figures`: what was used."""
    service = ScreenTimeService(ScreenTimeRepository(), parts.database, family, figures, parts.clock)
    return Room(
        name="screentime",
        endpoints=ScreenTimeRoutes(service).endpoints(),
        tables=TABLES,
        personal_data=PERSONAL_DATA,
    )
