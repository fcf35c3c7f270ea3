"""The audio room's declaration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from wondernest.access.consent import GateMode
from wondernest.access.people import CHILD
from wondernest.audio.clarity import SpeechClarity
from wondernest.audio.jobs import SessionJobs
from wondernest.audio.personal_data import PERSONAL_DATA
from wondernest.audio.repository import SESSIONS_USED, AudioRepository
from wondernest.audio.routes import AudioRoutes
from wondernest.audio.service import AudioService
from wondernest.platform.rooms import Room, Table
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.platform.rooms import Parts

TABLES: Final = (
    Table("audio.sessions", ("select", "insert", "update")),
    Table("audio.speech_metrics", ("select", "insert")),
)


def clarity(parts: Parts) -> SpeechClarity:
    """The part of this room that tells other rooms how clearly a child was heard."""
    settings = parts.settings
    return SpeechClarity(parts.database, AudioRepository(settings.quotas, GateMode(settings.consent_gate)))


def build(parts: Parts) -> Room:
    """Audio sessions."""
    quotas = parts.settings.quotas
    repository = AudioRepository(quotas, GateMode(parts.settings.consent_gate))
    ending = SessionJobs(parts.database, repository, parts.clock)
    service = AudioService(repository, parts.database, parts.clock, parts.ids)
    return Room(
        name="audio",
        endpoints=AudioRoutes(service, parts.clock).endpoints(),
        tables=TABLES,
        jobs=ending.jobs(),
        schedules=ending.schedules(),
        personal_data=PERSONAL_DATA,
        usage=(UsageLine(name="audioSessionsToday", of=CHILD, query=SESSIONS_USED, limit=quotas.audio_sessions),),
    )
