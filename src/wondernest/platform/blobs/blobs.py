"""Stored blobs, and the interface of a storage."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from msgspec import Struct

CHUNK_BYTES: Final = 128 * 1024
"""How much of a blob is held in memory at a time."""
DEPENDENCY: Final = "storage"
READ: Final = "read"
WRITE: Final = "write"
"""The kinds of work of a storage, whose outages are noted apart."""


class BlobMissing(Exception):
    """There is no such blob (any more), or it is not the one that was described."""


class BlobTooLarge(Exception):
    """The content is larger than allowed; nothing was stored."""


class BucketFault(Exception):
    """A server of a bucket cannot serve; the text says why, without addresses, keys and secrets."""


class Blob(Struct, frozen=True, kw_only=True):
    """A stored blob. `modified` is in UTC."""

    key: str
    size: int
    """Bytes."""
    etag: str = ""
    """With its quotes, strong. Empty: unknown; then `read` does not check that the blob is still the same."""
    modified: datetime


class Unfinished(Struct, frozen=True):
    """What a killed process left of a `put`. It is under no key."""

    name: str
    size: int
    modified: datetime


class Blobs(Protocol):
    """A storage of blobs. Every method may raise InvalidKey, and DependencyUnavailable when the storage cannot serve.

    Each step of an operation has a time limit. Content is passed on in pieces: an operation holds a few of CHUNK_BYTES in memory.
    """

    async def put(self, key: str, content: AsyncIterator[bytes], max_bytes: int) -> Blob:
        """Store the content; it replaces a blob with the same key. Readers see the old blob or the whole new one.

        Raises BlobTooLarge once the content is larger than `max_bytes`, and what `content` raises; then nothing is stored.
        """
        ...

    async def stat(self, key: str) -> Blob | None:
        """Describe a blob; None if there is none."""
        ...

    def read(self, blob: Blob, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end` (None: to its end), in pieces of at most CHUNK_BYTES.

        Raises BlobMissing. Close it (`aclose`) when it is not read to its end.
        """
        ...

    async def delete(self, key: str) -> None:
        """Delete a blob for good; nothing happens if there is none."""
        ...

    def list(self, prefix: str = "") -> AsyncIterator[Blob]:
        """Every blob in the folder `prefix` (a key without its last segments; empty: all) and below, in any order.

        It is complete unless it raises. Blobs that come and go meanwhile may be missed.
        """
        ...

    async def unfinished(self, older_than: timedelta) -> Sequence[Unfinished]:
        """What processes killed during a `put` left behind, if it is older than that."""
        ...

    async def discard(self, unfinished: Unfinished) -> None:
        """Delete it; nothing happens if it is gone."""
        ...

    async def presign(self, key: str, life: timedelta) -> str | None:
        """An address from which anybody can read the blob for so long (at most 7 days); None if the storage has none."""
        ...

    @property
    def advice(self) -> str:
        """What an operator checks when the storage does not work."""
        ...

    @property
    def failing(self) -> bool:
        """Whether the latest operations failed."""
        ...

    async def close(self) -> None:
        """Release connections and threads."""
        ...


class BlobContent:
    """The content of a blob as the source of a reply (`platform.http.replies.BlobSource`)."""

    __slots__ = ("_blob", "_blobs")

    def __init__(self, blobs: Blobs, blob: Blob) -> None:
        self._blobs = blobs
        self._blob = blob

    @property
    def size(self) -> int:
        """Size in bytes."""
        return self._blob.size

    @property
    def etag(self) -> str:
        """Of the blob; strong."""
        return self._blob.etag

    def read(self, start: int, end: int, /) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in pieces."""
        return self._blobs.read(self._blob, start, end)


def span(blob: Blob, start: int, end: int | None) -> tuple[int, int]:
    """The part of the blob between two positions; equal positions if there is none."""
    last = blob.size if end is None else min(end, blob.size)
    first = max(0, start)
    return first, max(first, last)


async def in_chunks(content: AsyncIterator[bytes], max_bytes: int) -> AsyncIterator[bytes | memoryview]:
    """The content in pieces of CHUNK_BYTES, the last one smaller, none empty; raises BlobTooLarge before it passes on more."""
    size = 0
    waiting = bytearray()
    async for piece in content:
        size += len(piece)
        if size > max_bytes:
            raise BlobTooLarge
        view = memoryview(piece)
        if waiting:
            missing = CHUNK_BYTES - len(waiting)
            waiting += view[:missing]
            view = view[missing:]
            if len(waiting) < CHUNK_BYTES:
                continue
            yield bytes(waiting)
            waiting.clear()
        while len(view) >= CHUNK_BYTES:
            yield view[:CHUNK_BYTES]
            view = view[CHUNK_BYTES:]
        waiting += view
    if waiting:
        yield bytes(waiting)
