"""The files room's declaration."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.access.consent import GateMode, Purpose
from wondernest.access.people import FAMILY
from wondernest.files.content import ContentService
from wondernest.files.erasing import FileEraser
from wondernest.files.exporting import FileEntries
from wondernest.files.jobs import FileJobs
from wondernest.files.letters import InfectionLetters
from wondernest.files.metrics import NAMES, FileMetrics
from wondernest.files.personal_data import ELSEWHERE, PERSONAL_DATA
from wondernest.files.recordings import RecordingJobs
from wondernest.files.references import NOTE, ReferenceJobs, SaveWatcher
from wondernest.files.repository import BYTES_USED, FILES_USED, FileRepository, RecordingRepository
from wondernest.files.routes import AliasRoutes, FileRoutes, ServingRoutes, UploadRoutes
from wondernest.files.routes.parsing import Addresses
from wondernest.files.service import FileService
from wondernest.files.signing import UrlSigner
from wondernest.files.system import SystemFiles
from wondernest.files.uploads import Allowance, UploadService
from wondernest.files.usage import FileUsage
from wondernest.platform.rooms import Room, Table
from wondernest.platform.usage import UsageLine

if TYPE_CHECKING:
    from wondernest.coppa.trail import Trail
    from wondernest.files.ports import Mentions
    from wondernest.platform.rooms import Parts

TABLES: Final = (
    Table("core.uploaded_files", columns=("is_deleted", "is_system_image", "tags")),
    Table("content.tags"),
    Table("content.file_tags"),
    Table("content.file_references", ("select", "insert", "delete")),
    Table("wondernest.blob_removals"),
    Table("wondernest.recordings"),
)
INDEXES: Final = ("core.idx_uploaded_files_deleted",)


def watcher(parts: Parts) -> SaveWatcher:
    """The part of this room that the games room tells of stored saves."""
    return SaveWatcher(parts.jobs.sender(NOTE))


def system(parts: Parts) -> SystemFiles:
    """The files of the installation, for commands; not beside `build`."""
    repository = FileRepository(GateMode(parts.settings.consent_gate))
    uploads = UploadService(repository, parts, _allowance(parts), FileMetrics(parts.metrics))
    base = parts.settings.files.public_base_url
    return SystemFiles(repository, uploads, parts.database, parts.blobs, parts.clock, base)


def _allowance(parts: Parts) -> Allowance:
    settings = parts.settings.files
    return Allowance(
        file_bytes=settings.file_bytes,
        family_bytes=settings.family_bytes,
        family_files=settings.family_files,
        uploads_per_minute=settings.uploads_per_minute if parts.settings.limits.enabled else 0,
    )


def build(parts: Parts, mentions: Mentions, trail: Trail) -> Room:
    """Files. `mentions`: the part of the games room that finds the documents that show a file; `trail`: notes who looked."""
    settings = parts.settings.files
    repository = FileRepository(GateMode(parts.settings.consent_gate))
    metrics = FileMetrics(parts.metrics)
    usage = FileUsage(repository, mentions)
    signer = UrlSigner(settings.signing_secret or parts.settings.jwt.secret)
    service = FileService(repository, usage, parts.database, parts.clock, signer)
    uploads = UploadService(repository, parts, _allowance(parts), metrics)
    content = ContentService(service, parts.blobs, parts.inspector, metrics)
    addresses = Addresses(settings.public_base_url)
    jobs = FileJobs(
        repository,
        service,
        usage,
        parts.database,
        parts.blobs,
        parts.clock,
        metrics,
        timedelta(days=settings.grace_days),
    )
    letters = InfectionLetters(repository, parts)
    references = ReferenceJobs(repository, mentions, parts.database)
    eraser = FileEraser(repository, usage, jobs, parts)
    recordings = RecordingJobs(RecordingRepository(), repository, eraser, metrics, parts, trail)
    return Room(
        name="files",
        endpoints=[
            *UploadRoutes(uploads, addresses).endpoints(),
            *FileRoutes(service, addresses).endpoints(),
            *ServingRoutes(service, content, redirects=settings.presigned_redirects).endpoints(),
            *AliasRoutes(service, addresses).endpoints(),
        ],
        tables=TABLES,
        indexes=INDEXES,
        jobs=(*jobs.jobs(), *references.jobs(), *letters.jobs(), *recordings.jobs()),
        schedules=(*jobs.schedules(), *references.schedules(), *recordings.schedules()),
        metrics=NAMES,
        personal_data=PERSONAL_DATA,
        exporters=(FileEntries(repository, parts.database, parts.blobs).files,),
        erasers=(eraser.erase,),
        purpose_erasers={
            Purpose.UPLOADS.value: eraser.erase,
            Purpose.RECORDINGS.value: eraser.erase_recordings,
        },
        elsewhere=ELSEWHERE,
        usage=(
            UsageLine(name="files", of=FAMILY, query=FILES_USED, limit=settings.family_files),
            UsageLine(name="fileBytes", of=FAMILY, query=BYTES_USED, limit=settings.family_bytes, unit="bytes"),
        ),
    )
