"""A temporary file without a name, for content whose size is not known yet."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncGenerator
from typing import TYPE_CHECKING

from wondernest.platform.blobs.blobs import CHUNK_BYTES

if TYPE_CHECKING:
    from wondernest.platform.threads import BoundedThreads


class Spool:
    """Content that is written once and may be read several times. Up to CHUNK_BYTES stay in memory.

    The file has no name, so nothing is left when the process is killed. Raises OSError, TimeoutError and QueueFull.
    """

    def __init__(self, threads: BoundedThreads, timeout_s: float) -> None:
        self._threads = threads
        self._timeout_s = timeout_s
        self._file = tempfile.SpooledTemporaryFile(max_size=CHUNK_BYTES, mode="w+b")  # noqa: SIM115 - `close` closes it
        self.size = 0

    async def write(self, chunk: bytes | memoryview) -> None:
        """Append a chunk."""
        if self.size + len(chunk) <= CHUNK_BYTES:
            self._file.write(chunk)
        else:
            await self._threads.run(lambda: self._file.write(chunk), self._timeout_s)
        self.size += len(chunk)

    async def chunks(self) -> AsyncGenerator[bytes]:
        """The content from its beginning."""
        self._file.seek(0)
        while chunk := await self._read():
            yield chunk

    def close(self) -> None:
        """Delete it."""
        if self.size <= CHUNK_BYTES:
            self._file.close()
        else:
            self._threads.soon(self._file.close)

    async def _read(self) -> bytes:
        if self.size <= CHUNK_BYTES:
            return self._file.read(CHUNK_BYTES)
        return await self._threads.run(lambda: self._file.read(CHUNK_BYTES), self._timeout_s)
