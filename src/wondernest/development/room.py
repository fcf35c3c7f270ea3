"""The development room's declaration."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wondernest.development.pages.home import HomePage
from wondernest.development.pages.outbox import OutboxPage
from wondernest.platform.mail import OutboxMailer
from wondernest.platform.rooms import Room

if TYPE_CHECKING:
    from wondernest.platform.http.endpoint import Endpoint
    from wondernest.platform.rooms import Parts


def build(parts: Parts) -> Room:
    """The pages of development; none if APP_ENV is not `development`."""
    return Room(name="development", endpoints=_pages(parts) if parts.settings.app.development else ())


def _pages(parts: Parts) -> list[Endpoint]:
    settings = parts.settings
    shows_outbox = not settings.mail.smtp_host
    endpoints = HomePage(settings, parts.database, shows_outbox=shows_outbox).endpoints()
    if shows_outbox:
        outbox = OutboxMailer(Path(settings.app.outbox_path), settings.mail.sender, parts.clock)
        endpoints += OutboxPage(outbox).endpoints()
    return endpoints
