"""The metrics of the files room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from wondernest.platform.media.kinds import Kind
from wondernest.platform.media.refusals import Reason

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics

STORED: Final = "stored"
INFECTED: Final = "infected"
QUOTA: Final = "quota"
REFUSALS: Final = (*(reason.value for reason in Reason), INFECTED, QUOTA)
Finding: TypeAlias = Literal[
    "blob_without_row", "row_without_blob", "unused_file", "rescued_file", "removed_blob", "ended_recording"
]
FINDINGS: Final[tuple[Finding, ...]] = (
    "blob_without_row",
    "row_without_blob",
    "unused_file",
    "rescued_file",
    "removed_blob",
    "ended_recording",
)
NAMES: Final = (
    "wondernest_uploads",
    "wondernest_upload_bytes",
    "wondernest_upload_refusals",
    "wondernest_unscanned_uploads",
    "wondernest_missing_blobs",
    "wondernest_file_sweep_findings",
)


class FileMetrics:
    """Uploads by type and by reason of their refusal, and what the sweep finds."""

    def __init__(self, metrics: Metrics) -> None:
        self._uploads = metrics.counter("uploads", "Files stored", "type")
        self._bytes = metrics.counter("upload_bytes", "Bytes of stored files")
        self._refusals = metrics.counter("upload_refusals", "Uploads refused", "reason")
        self._unscanned = metrics.counter("unscanned_uploads", "Uploads while the virus scanner was away")
        self._missing = metrics.counter("missing_blobs", "Reads of files whose content was gone")
        self._findings = metrics.counter("file_sweep_findings", "What the sweep of files found", "finding")
        for kind in Kind:
            self._uploads.labels(kind.value)
        for reason in REFUSALS:
            self._refusals.labels(reason)
        for finding in FINDINGS:
            self._findings.labels(finding)

    def stored(self, content_type: str, size: int) -> None:
        """A file was stored."""
        self._uploads.labels(content_type).inc()
        self._bytes.inc(size)

    def refused(self, reason: str) -> None:
        """An upload was refused."""
        self._refusals.labels(reason).inc()

    def unscanned(self) -> None:
        """The scanner gave no verdict."""
        self._unscanned.inc()

    def missing(self) -> None:
        """A file's content is gone."""
        self._missing.inc()

    def found(self, finding: Finding, number: int = 1) -> None:
        """The sweep found something."""
        self._findings.labels(finding).inc(number)
