"""The declaration of the room of letters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.letters.addresses import EndAddresses
from wondernest.letters.jobs import LetterJobs
from wondernest.letters.personal_data import PERSONAL_DATA
from wondernest.letters.repository import LetterRepository
from wondernest.letters.routes import EndRoutes
from wondernest.letters.writer import LetterWriter
from wondernest.platform.http.endpoint import V1
from wondernest.platform.rooms import Room, Table

if TYPE_CHECKING:
    from wondernest.analytics.overview import OverviewService
    from wondernest.coppa.trail import Trail
    from wondernest.family.service import FamilyService
    from wondernest.platform.rooms import Parts

TABLES: Final = (Table("wondernest.weekly_letters", ("select", "insert", "update")),)


def build(parts: Parts, family: FamilyService, figures: OverviewService, trail: Trail) -> Room:
    """Letters; `family` ends them, `figures` is what they tell, `trail` notes whose figures were read."""
    writer, addresses = LetterWriter(), EndAddresses(parts.settings, V1)
    letters = LetterJobs(parts, LetterRepository(), figures, writer, addresses, trail)
    return Room(
        name="letters",
        endpoints=EndRoutes(family, writer, addresses).endpoints(),
        tables=TABLES,
        jobs=letters.jobs(),
        schedules=letters.schedules(),
        personal_data=PERSONAL_DATA,
    )
