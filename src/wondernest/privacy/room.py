"""The privacy room's declaration."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.access.accesses import Service
from wondernest.access.consent import GateMode
from wondernest.auth.personal_data import REFUSES_TOKENS
from wondernest.coppa.ended import ANNOUNCE as ANNOUNCE_END
from wondernest.coppa.ended import DueEnds
from wondernest.files.recordings import RecordingEnds
from wondernest.platform.erasing import RowEraser
from wondernest.platform.jobs import Job, Schedule
from wondernest.platform.personal_data import ON_ERASURE
from wondernest.platform.recording import Unrecorded
from wondernest.platform.rooms import Room, Rooms, Table
from wondernest.privacy.catalogue import Entry, catalogue
from wondernest.privacy.ending import ERASE_ENDED, EndedErasing
from wondernest.privacy.erasing import NOTE_ARCHIVED, ArchiveJobs, Erasing, Reapplying
from wondernest.privacy.exporting import MAKE, ExportService
from wondernest.privacy.letters import ANNOUNCE, ErasureLetters
from wondernest.privacy.making import ExportJobs
from wondernest.privacy.metrics import NAMES, PrivacyMetrics
from wondernest.privacy.offline import FirstPage
from wondernest.privacy.pages import PrivacyPages, figures
from wondernest.privacy.personal_data import ELSEWHERE, EXPORTED, PERSONAL_DATA
from wondernest.privacy.repository import (
    ExportRepository,
    LogRepository,
    PartRepository,
    RequestRepository,
    SummaryRepository,
    WorkRepository,
)
from wondernest.privacy.routes import AccessRoutes, CatalogueRoutes, ExportRoutes, PageRoutes, PrivacyRoutes
from wondernest.privacy.rules import log_key
from wondernest.privacy.service import ErasureService
from wondernest.privacy.summary import SummaryService

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wondernest.coppa.trail import Trail
    from wondernest.platform.personal_data import Eraser
    from wondernest.platform.rooms import Parts

TABLES: Final = (
    Table("wondernest.exports"),
    Table("wondernest.export_parts"),
    Table("wondernest.erasures"),
    Table("wondernest.erasure_log", ("select", "insert")),
)
ERASING_LIMIT_S: Final = 1800.0


def _erasing(parts: Parts, others: Rooms, erasers: Sequence[Eraser], metrics: PrivacyMetrics) -> Erasing:
    settings = parts.settings
    return Erasing(
        work=WorkRepository(),
        requests=RequestRepository(),
        exports=ExportRepository(),
        make=parts.jobs.sender(MAKE),
        letter=parts.jobs.sender(ANNOUNCE),
        grace=timedelta(days=settings.privacy.grace_days),
        noted=LogRepository(),
        rows=RowEraser(others.personal_data),
        erasers=erasers,
        database=parts.database,
        blobs=parts.blobs,
        clock=parts.clock,
        metrics=metrics,
        key=log_key(settings.privacy.log_key, settings.jwt.secret),
        token_life=timedelta(milliseconds=settings.jwt.access_life_ms),
        spared_first=REFUSES_TOKENS,
    )


def reapplying(parts: Parts, others: Rooms) -> Reapplying:
    """The part of this room that erases again after a restore, for commands. `others`: all rooms; the metrics are theirs."""
    settings = parts.settings
    return Reapplying(
        _erasing(parts, others, others.erasers, PrivacyMetrics.silent()),
        work=WorkRepository(),
        noted=LogRepository(),
        holdings=[holding for holding in others.personal_data if holding.erased],
        database=parts.database,
        blobs=parts.blobs,
        clock=parts.clock,
        ids=parts.ids,
        key=log_key(settings.privacy.log_key, settings.jwt.secret),
    )


def build(parts: Parts, others: Rooms, trail: Trail) -> Room:
    """What the other rooms hold about people: shown, erased. `others`: every room that holds personal data; `trail`: notes who looked."""
    settings, requests = parts.settings.privacy, RequestRepository()
    grace = timedelta(days=settings.grace_days)
    letter = parts.jobs.sender(ANNOUNCE)
    archive = ArchiveJobs(
        requests, parts.database, parts.clock, letter, timedelta(days=settings.archived_days), grace, trail
    )
    letters = ErasureLetters(requests, parts.database, parts.mailer, parts.metrics)
    erasures = ErasureService(requests, parts.database, parts.clock, parts.ids, letter, grace)
    exports, made, said = ExportRepository(), PartRepository(), figures(parts.settings)
    export_jobs = ExportJobs(
        exports,
        made,
        requests,
        RowEraser((*others.personal_data, *EXPORTED)),
        others.exporters,
        FirstPage(said),
        parts,
        trail,
    )
    metrics = PrivacyMetrics(parts.metrics)
    erasing = _erasing(parts, others, (*others.erasers, export_jobs.erase), metrics)
    mode = GateMode(parts.settings.consent_gate)
    due = DueEnds(parts.database, parts.jobs.sender(ANNOUNCE_END), mode, trail)
    ending = EndedErasing(others, due, parts, metrics)
    export_service = ExportService(exports, made, parts, parts.jobs.sender(MAKE), trail)
    summaries = SummaryService(
        SummaryRepository(RowEraser(others.personal_data)),
        parts.database,
        due,
        RecordingEnds(parts),
        parts.clock,
        kept=timedelta(days=settings.archived_days),
        grace=grace,
    )

    def entries() -> Iterator[Entry]:
        return catalogue(Rooms((*others.all, room)))

    room = Room(
        name="privacy",
        endpoints=[
            *CatalogueRoutes(entries).endpoints(),
            *PrivacyRoutes(erasures, summaries).endpoints(),
            *ExportRoutes(export_service, summaries).endpoints(),
            *AccessRoutes(trail).endpoints(),
            *PageRoutes(export_service, PrivacyPages(entries, said)).endpoints(),
        ],
        tables=TABLES,
        jobs=(
            Job(ON_ERASURE, erasing.run, time_limit_s=ERASING_LIMIT_S, unrecorded=Unrecorded.GONE, by_age=True),
            Job(NOTE_ARCHIVED, archive.note, time_limit_s=ERASING_LIMIT_S, accesses=Service.ARCHIVE_END, by_age=True),
            Job(ERASE_ENDED, ending.run, time_limit_s=ERASING_LIMIT_S, accesses=Service.ENDED_PURPOSE, by_age=True),
            *letters.jobs(),
            *export_jobs.jobs(),
        ),
        schedules=(
            Schedule(ON_ERASURE, "*/5 * * * *", ON_ERASURE),
            Schedule(NOTE_ARCHIVED, "37 * * * *", NOTE_ARCHIVED),
            Schedule(ERASE_ENDED, "*/10 * * * *", ERASE_ENDED),
            *export_jobs.schedules(),
        ),
        metrics=NAMES,
        personal_data=PERSONAL_DATA,
        elsewhere=ELSEWHERE,
        erasers=(export_jobs.erase,),
    )
    return room
