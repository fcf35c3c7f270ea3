"""Blobs in a local folder."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from datetime import timedelta
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final, TypeVar

from wondernest.platform.blobs import files
from wondernest.platform.blobs.blobs import CHUNK_BYTES, READ, WRITE, Blob, BlobMissing, Unfinished, in_chunks, span
from wondernest.platform.blobs.keys import require_key
from wondernest.platform.threads import BoundedThreads, QueueFull, os_reason

if TYPE_CHECKING:
    from wondernest.platform.clock import Clock
    from wondernest.platform.outages import Outages

Result = TypeVar("Result")

LISTED_AT_ONCE: Final = 500
COPIED_BYTES: Final = 1024 * 1024
"""How much one step copies into a socket at most."""


class Reading:
    """The bytes of a file between two positions, in pieces, or copied into a socket (`platform.http.exchange.CopiedSource`)."""

    __slots__ = ("_begun", "_blobs", "_file", "_last", "_position", "_released")

    def __init__(self, blobs: LocalBlobs, file: files.OpenFile, position: int, last: int) -> None:
        self._blobs = blobs
        self._file = file
        self._position = position
        self._last = last
        self._begun = False
        self._released = False

    def __aiter__(self) -> AsyncIterator[bytes]:
        """Itself: the bytes that were neither read nor copied yet."""
        return self

    async def __anext__(self) -> bytes:
        """The next piece."""
        if self._released or self._position == self._last:
            await self.aclose()
            raise StopAsyncIteration
        size = min(CHUNK_BYTES, self._last - self._position)
        self._begun = True
        try:
            chunk = await self._blobs.step(partial(self._file.read, self._position, size))
            if not chunk:
                raise self._blobs.shorter()
        except BaseException:
            await self.aclose()
            raise
        self._position += len(chunk)
        return chunk

    async def copy_to(self, sink: int) -> int | None:
        """As `CopiedSource.copy_to`; raises what reading raises."""
        size = min(COPIED_BYTES, self._last - self._position)
        self._begun = True
        copied = await self._blobs.step(partial(self._file.copy_to, sink, self._position, size)) if size else None
        self._position += copied or 0
        return copied

    async def aclose(self) -> None:
        """Close the file, after the step that is under way."""
        if not self._released:
            self._released = True
            if self._begun:
                self._blobs.release(self._file)


class LocalBlobs:
    """One file for each blob. The folder is created at the first use in a process; later it is an outage when it is not there."""

    advice = "check STORAGE_LOCAL_PATH, its rights and its free space"

    def __init__(self, folder: Path, timeout_s: float, clock: Clock, outages: Outages) -> None:
        """timeout_s: the limit of one step, e.g. the writing of a chunk."""
        self._root = folder.absolute()
        self._timeout_s = timeout_s
        self._clock = clock
        self._outages = outages
        self._threads = BoundedThreads("blobs")
        self._prepared = False

    @property
    def failing(self) -> bool:
        """Whether the latest operations failed."""
        return self._outages.failing

    async def put(self, key: str, content: AsyncIterator[bytes], max_bytes: int) -> Blob:
        """Store the content (see `Blobs.put`); it is on the disk when this returns."""
        require_key(key)
        draft = files.Draft(self._root)
        try:
            async for chunk in in_chunks(content, max_bytes):
                await self._run(partial(draft.write, chunk), WRITE, ends=False)
            return await self._run(partial(draft.finish, key), WRITE)
        except BaseException:
            self._threads.soon(draft.abandon)
            raise

    async def stat(self, key: str) -> Blob | None:
        """Describe a blob; None if there is none."""
        return await self._run(partial(files.describe, self._root, require_key(key)), READ)

    def read(self, blob: Blob, start: int = 0, end: int | None = None) -> Reading:
        """Some bytes of a blob (see `Blobs.read`)."""
        file = files.OpenFile(self._root, require_key(blob.key), blob.etag)
        return Reading(self, file, *span(blob, start, end))

    async def delete(self, key: str) -> None:
        """Delete a blob; nothing happens if there is none."""
        await self._run(partial(files.remove, self._root, require_key(key)), WRITE)

    async def list(self, prefix: str = "") -> AsyncGenerator[Blob]:
        """Every blob below a folder."""
        found = files.walk(self._root, require_key(prefix) if prefix else "")
        while batch := await self._run(lambda: tuple(islice(found, LISTED_AT_ONCE)), READ):
            for blob in batch:
                yield blob

    async def unfinished(self, older_than: timedelta) -> Sequence[Unfinished]:
        """Temporary files that nobody has written to for so long."""
        return await self._run(partial(files.unfinished, self._root, self._clock.now() - older_than), READ)

    async def discard(self, unfinished: Unfinished) -> None:
        """Delete such a file."""
        await self._run(partial(files.discard, self._root, unfinished.name), WRITE)

    async def presign(self, key: str, life: timedelta) -> str | None:
        """None: a file has no address."""
        del life
        require_key(key)

    async def close(self) -> None:
        """Stop the threads."""
        self._threads.close()

    async def step(self, step: Callable[[], Result]) -> Result:
        """One step of a `Reading`."""
        return await self._run(step, READ)

    def shorter(self) -> Exception:
        """The error for a file that has fewer bytes than it had."""
        return self._outages.failed("a file is shorter than it was", READ)

    def release(self, file: files.OpenFile) -> None:
        """Close a file when the step that is under way has ended."""
        file.abandon()
        self._threads.soon(file.close)

    async def _run(self, step: Callable[[], Result], work: str, *, ends: bool = True) -> Result:
        """Run a step in a thread; `ends`: the last one of its work. Raises DependencyUnavailable for every fault of the disk."""
        try:
            if not self._prepared:
                await self._threads.run(self._prepare, self._timeout_s)
            result = await self._threads.run(step, self._timeout_s)
        except QueueFull:
            raise self._outages.failed("too many calls are waiting", work) from None
        except TimeoutError:
            raise self._outages.failed("timed out", work) from None
        except OSError as error:
            raise self._outages.failed(os_reason(error), work) from error
        except BlobMissing:  # the disk works
            self._outages.answered(work)
            raise
        if ends:
            self._outages.answered(work)
        return result

    def _prepare(self) -> None:
        self._root.mkdir(mode=files.FOLDER_MODE, parents=True, exist_ok=True)
        self._prepared = True
