"""The web room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wondernest.platform.rooms import Room
from wondernest.web.documents import Documents
from wondernest.web.routes import DocumentationRoutes

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts, Rooms


def build(parts: Parts, others: Rooms) -> Room:
    """The documentation of the other rooms' routes, if DOCS_ENABLED."""
    shown = parts.settings.app.shows_docs
    return Room(name="web", endpoints=DocumentationRoutes(Documents(others.endpoints)).endpoints() if shown else ())
