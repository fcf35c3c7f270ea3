"""Blobs in memory, for tests."""

from __future__ import annotations

import itertools
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from wondernest.platform.blobs.blobs import CHUNK_BYTES, Blob, BlobMissing, Unfinished, in_chunks, span
from wondernest.platform.blobs.keys import require_key

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock


class MemoryBlobs:
    """Blobs of this process alone."""

    advice = "nothing to check"
    failing = False

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._stored: dict[str, tuple[Blob, bytes]] = {}
        self._versions = itertools.count(1)

    async def put(self, key: str, content: AsyncIterator[bytes], max_bytes: int) -> Blob:
        """Store the content (see `Blobs.put`)."""
        require_key(key)
        stored = b"".join([bytes(chunk) async for chunk in in_chunks(content, max_bytes)])
        blob = Blob(key=key, size=len(stored), etag=f'"{next(self._versions):x}"', modified=self._clock.now())
        self._stored[key] = blob, stored
        return blob

    async def stat(self, key: str) -> Blob | None:
        """Describe a blob; None if there is none."""
        found = self._stored.get(require_key(key))
        return found[0] if found else None

    async def read(self, blob: Blob, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """Some bytes of a blob (see `Blobs.read`)."""
        first, last = span(blob, start, end)
        if first == last:
            return
        found = self._stored.get(require_key(blob.key))
        if found is None or (blob.etag and found[0].etag != blob.etag):
            raise BlobMissing
        for position in range(first, last, CHUNK_BYTES):
            yield found[1][position : min(position + CHUNK_BYTES, last)]

    async def delete(self, key: str) -> None:
        """Delete a blob; nothing happens if there is none."""
        self._stored.pop(require_key(key), None)

    async def list(self, prefix: str = "") -> AsyncGenerator[Blob]:
        """Every blob below a folder."""
        folder = f"{require_key(prefix)}/" if prefix else ""
        for blob, _ in list(self._stored.values()):
            if blob.key.startswith(folder):
                yield blob

    async def unfinished(self, older_than: timedelta) -> Sequence[Unfinished]:
        """Nothing: it ends with the process."""
        del older_than
        return ()

    async def discard(self, unfinished: Unfinished) -> None:
        """Nothing to delete."""

    async def presign(self, key: str, life: timedelta) -> str | None:
        """None: memory has no address."""
        del life
        require_key(key)

    async def close(self) -> None:
        """Nothing to release."""
