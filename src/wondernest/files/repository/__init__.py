"""SQL of files: their rows and tags, the blobs that are to be removed, and how long recordings are kept."""

from wondernest.files.repository.files import (
    BYTES_USED,
    FILES_USED,
    SAVE,
    SYSTEM_ADDRESS,
    UNDATED,
    FileRepository,
)
from wondernest.files.repository.recordings import RecordingRepository

__all__ = [
    "BYTES_USED",
    "FILES_USED",
    "SAVE",
    "SYSTEM_ADDRESS",
    "UNDATED",
    "FileRepository",
    "RecordingRepository",
]
