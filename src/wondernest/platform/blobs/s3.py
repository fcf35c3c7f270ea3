"""Blobs in a bucket of S3 or of a server that speaks its protocol (MinIO, SeaweedFS)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.platform.blobs.blobs import (
    CHUNK_BYTES,
    READ,
    WRITE,
    Blob,
    BlobMissing,
    BucketFault,
    Unfinished,
    in_chunks,
    span,
)
from wondernest.platform.blobs.keys import is_key, require_key
from wondernest.platform.blobs.spool import Spool
from wondernest.platform.threads import BoundedThreads, QueueFull, os_reason

if TYPE_CHECKING:
    from wondernest.platform.blobs.bucket import Bucket
    from wondernest.platform.outages import Outages
    from wondernest.settings import BucketAddress

SLOWEST_BYTES_PER_S: Final = 256 * 1024
"""How much longer than its time-out an upload may take, by its size."""
RESUMES: Final = 3
"""How often a read that breaks off is continued from where it stopped. It asks for the same ETag, so parts of two blobs never mix."""
RESUME_PAUSE_S: Final = 0.2


class S3Blobs:
    """One object for each blob. The library is loaded at the first use.

    S3 wants to know the size of an upload first, or parts of at least 5 MiB. So content goes through a temporary file (in `TMPDIR`;
    small content stays in memory) and is then sent as one request: it costs a chunk of memory, can be repeated, and leaves no parts.
    """

    advice = "check the S3_… or MINIO_… variables and the rights on the bucket"

    def __init__(self, address: BucketAddress, timeout_s: float, outages: Outages) -> None:
        """timeout_s: the limit of one request, or of the wait for one piece of a blob."""
        self._address = address
        self._timeout_s = timeout_s
        self._outages = outages
        self._threads = BoundedThreads("blobs")
        self._bucket: Bucket | None = None
        self._loading = asyncio.Lock()

    @property
    def failing(self) -> bool:
        """Whether the latest operations failed."""
        return self._outages.failing

    async def put(self, key: str, content: AsyncIterator[bytes], max_bytes: int) -> Blob:
        """Store the content (see `Blobs.put`)."""
        require_key(key)
        spool = Spool(self._threads, self._timeout_s)
        try:
            async for chunk in in_chunks(content, max_bytes):
                async with self._watched(WRITE, self._timeout_s):
                    await spool.write(chunk)
            async with self._watched(WRITE, self._timeout_s + spool.size / SLOWEST_BYTES_PER_S) as bucket:
                blob = await bucket.put(key, spool)
        finally:
            spool.close()
        self._outages.answered(WRITE)
        return blob

    async def stat(self, key: str) -> Blob | None:
        """Describe a blob; None if there is none."""
        require_key(key)
        async with self._watched(READ, self._timeout_s) as bucket:
            try:
                blob = await bucket.stat(key)
            except BlobMissing:
                await bucket.require_there()  # the reply for a missing bucket is the same
                blob = None
        self._outages.answered(READ)
        return blob

    async def read(self, blob: Blob, start: int = 0, end: int | None = None) -> AsyncGenerator[bytes]:
        """Some bytes of a blob (see `Blobs.read`)."""
        require_key(blob.key)
        position, last = span(blob, start, end)
        resumes = RESUMES
        while position < last:
            try:
                async with self._watched(READ, self._timeout_s, fatal=not resumes) as bucket:
                    pieces = await bucket.read(blob, position, last)
                blob = pieces.blob
                while position < last:
                    async with self._watched(READ, self._timeout_s, fatal=not resumes):
                        piece = await pieces.next()
                    self._outages.answered(READ)
                    for offset in range(0, len(piece), CHUNK_BYTES):
                        chunk = piece[offset : offset + CHUNK_BYTES]
                        position += len(chunk)
                        yield chunk
                    del piece
            except BucketFault:
                resumes -= 1
                await asyncio.sleep(RESUME_PAUSE_S)

    async def delete(self, key: str) -> None:
        """Delete a blob; nothing happens if there is none."""
        require_key(key)
        async with self._watched(WRITE, self._timeout_s) as bucket:
            await bucket.delete(key)
        self._outages.answered(WRITE)

    async def list(self, prefix: str = "") -> AsyncGenerator[Blob]:
        """Every blob below a folder."""
        if prefix:
            require_key(prefix)
        async with self._watched(READ, self._timeout_s) as bucket:
            pages = bucket.list(prefix)
        while True:
            async with self._watched(READ, self._timeout_s):
                page = await anext(pages, None)
            self._outages.answered(READ)
            if page is None:
                return
            for blob in page:
                if is_key(blob.key):
                    yield blob

    async def unfinished(self, older_than: timedelta) -> Sequence[Unfinished]:
        """Nothing: an object is stored by one request."""
        del older_than
        return ()

    async def discard(self, unfinished: Unfinished) -> None:
        """Nothing to delete."""

    async def presign(self, key: str, life: timedelta) -> str | None:
        """An address of the server itself, as this process knows it."""
        require_key(key)
        async with self._watched(READ, self._timeout_s) as bucket:
            return await bucket.presign(key, life)

    async def close(self) -> None:
        """Release connections and threads."""
        self._threads.close()
        if self._bucket is not None:
            await self._bucket.close()

    async def _ready(self) -> Bucket:
        """The client. It is made in a thread, so that loading its libraries and certificates does not block the event loop."""
        async with self._loading:
            if self._bucket is None:
                self._bucket = await asyncio.to_thread(_connect, self._address, self._timeout_s)
            return self._bucket

    @asynccontextmanager
    async def _watched(self, work: str, timeout_s: float, *, fatal: bool = True) -> AsyncGenerator[Bucket]:
        """The client. Raises DependencyUnavailable for a fault of the server; unless `fatal`, raises BucketFault instead."""
        try:
            bucket = self._bucket or await self._ready()
            async with asyncio.timeout(timeout_s):
                yield bucket
        except TimeoutError:
            fault = BucketFault("timed out")
        except QueueFull:
            fault = BucketFault("too many calls are waiting")
        except OSError as error:  # of the temporary file
            fault = BucketFault(os_reason(error))
        except BucketFault as error:
            fault = error
        else:
            return
        if not fatal:
            raise fault
        raise self._outages.failed(str(fault), work) from None


def _connect(address: BucketAddress, timeout_s: float) -> Bucket:
    from wondernest.platform.blobs.bucket import Bucket

    return Bucket(address, timeout_s)
