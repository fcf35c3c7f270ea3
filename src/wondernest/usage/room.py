"""The usage room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.access.people import KINDS
from wondernest.platform.rooms import Room
from wondernest.usage.repository import UsageRepository
from wondernest.usage.routes import UsageRoutes
from wondernest.usage.service import UsageService

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts, Rooms


def build(parts: Parts, others: Rooms) -> Room:
    """What families use of what the other rooms limit."""
    lines = {kind: tuple(line for line in others.usage if line.of == kind) for kind in KINDS}
    service = UsageService(UsageRepository(parts.database, lines), lines)
    return Room(name="usage", endpoints=UsageRoutes(service).endpoints())
