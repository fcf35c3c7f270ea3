"""Blob storage: the interface `Blobs`, implemented with a local folder, with S3 and with memory.

A blob is bytes under a key. It appears under its key whole or not at all, and is then only read and deleted.
"""

from wondernest.platform.blobs.blobs import Blob, BlobContent, BlobMissing, Blobs, BlobTooLarge, Unfinished
from wondernest.platform.blobs.keys import InvalidKey, new_key, require_key
from wondernest.platform.blobs.local import LocalBlobs
from wondernest.platform.blobs.memory import MemoryBlobs
from wondernest.platform.blobs.s3 import S3Blobs

__all__ = [
    "Blob",
    "BlobContent",
    "BlobMissing",
    "BlobTooLarge",
    "Blobs",
    "InvalidKey",
    "LocalBlobs",
    "MemoryBlobs",
    "S3Blobs",
    "Unfinished",
    "new_key",
    "require_key",
]
