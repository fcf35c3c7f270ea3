"""The way in: what a stranger's file is, a cleaned copy of it, and smaller variants of pictures."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, Self, TypeAlias

from msgspec import Struct

from wondernest.platform.clock import monotonic
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.media import instruments as names
from wondernest.platform.media.kinds import HEAD_BYTES, Kind, allowed, extension_fits, kind_of, normalised
from wondernest.platform.media.messages import Limits, Outcome, Task
from wondernest.platform.media.pool import Pool
from wondernest.platform.media.refusals import Reason, Refused, refusal
from wondernest.platform.media.scratch import scratch_file, size_of, write_all
from wondernest.platform.telemetry.events import get_logger
from wondernest.platform.threads import os_reason

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Generator

    from wondernest.platform.media.instruments import MediaInstruments
    from wondernest.settings import Media

log = get_logger(__name__)

MAX_FILE_BYTES: Final = 10 * 1024 * 1024
"""The largest file (files contract §3.0)."""
MAX_PIXELS: Final = 40_000_000
"""Of one picture."""
MAX_TOTAL_PIXELS: Final = 400_000_000
"""Of all frames of an animation together."""
MAX_OUTPUT_BYTES: Final = 64 * 1024 * 1024
"""What a helper may write: a picture that is encoded anew may grow."""
PIECE_BYTES: Final = 128 * 1024
"""How much of a temporary file is read at once."""
WIDTHS: Final = (160, 320, 640, 1280)
"""The widths of variants in pixels."""

Given: TypeAlias = Path | int | IO[bytes]
"""A file to read: its path, a descriptor, or an open file. Its position does not matter; on Linux it is not changed."""


class Inspected(Struct, frozen=True):
    """A cleaned file or a variant: an unnamed file at its beginning. Width and height in pixels, None for what is no picture."""

    kind: Kind
    file: IO[bytes]
    size: int
    width: int | None
    height: int | None
    frames: int

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; nothing is left of it."""
        self.file.close()


class Inspector:
    """Inspects files in bounded helper processes. Starts none before the first file."""

    def __init__(self, settings: Media, instruments: MediaInstruments) -> None:
        self._folder = settings.scratch_path
        self._instruments = instruments
        limits = Limits(
            seconds=settings.timeout_s,
            memory_bytes=settings.memory_mib * 1024 * 1024,
            output_bytes=MAX_OUTPUT_BYTES,
        )
        self.pool = Pool(limits, concurrency=settings.processes, queue=settings.queue)

    def scratch(self) -> IO[bytes]:
        """A new unnamed file, to collect an upload in. Raises DependencyUnavailable when the temporary folder fails."""
        with self._storage():
            return scratch_file(self._folder)

    def write(self, file: IO[bytes], content: bytes | bytearray) -> None:
        """Add content to such a file. Raises DependencyUnavailable when the temporary folder fails."""
        with self._storage():
            write_all(file, content)
        self._instruments.folder.answered()

    async def pieces(self, file: IO[bytes]) -> AsyncGenerator[bytes]:
        """A temporary file from its beginning, read off the loop. Raises DependencyUnavailable when the temporary folder fails."""
        offset = 0
        while piece := await asyncio.to_thread(self._read_at, file, offset):
            offset += len(piece)
            yield piece

    async def inspect(self, given: Given, declared: str, name: str) -> Inspected | Refused:
        """The true type of a file and a copy without hidden data, or why it is refused, in the contract's order.

        `declared`: the media type that the sender says; `name`: the sender's file name, of which only the extension is used.
        Raises DependencyUnavailable when the file could not be inspected: it says nothing about the file.
        """
        said = normalised(declared)
        kind = allowed(said)
        with self._opened(given) as source:
            with self._storage():
                found = _checked(source, said, kind, name)
            if found is not None:
                return self._counted("inspect", kind, found, monotonic())
            assert kind is not None
            return await self._run("inspect", source, kind, _task(kind))

    async def variant(self, original: Given, kind: Kind, width: int, target: Kind) -> Inspected | Refused:
        """A variant of a picture of type `kind`, at most `width` (one of WIDTHS) pixels across; never larger than it was.

        `target` is WebP or the original's type. An animation stays one. Raises DependencyUnavailable as `inspect` does.
        """
        if width not in WIDTHS or target not in {Kind.WEBP, kind} or not kind.picture:
            raise ValueError("no such variant")
        with self._opened(original) as source:
            return await self._run("variant", source, kind, _task(kind, width=width, target=str(target)), target)

    async def close(self) -> None:
        """End the helpers."""
        await self.pool.close()

    async def _run(
        self, work: str, source: int, kind: Kind, task: Task, target: Kind | None = None
    ) -> Inspected | Refused:
        began = monotonic()
        file = self.scratch()
        kept = False
        try:
            outcome = await self.pool.run(task, source, file.fileno())
            if outcome.storage_failed:
                raise self._instruments.folder.failed("the temporary folder is full or broken")
            reason = self._reason(outcome, kind)
            if reason is not None:
                return self._counted(work, kind, refusal(reason), began)
            with self._storage():
                file.seek(0)
                size = size_of(file)
            made = Inspected(
                kind=target or kind,
                file=file,
                size=size,
                width=outcome.width or None,
                height=outcome.height or None,
                frames=outcome.frames,
            )
            kept = True
            return self._counted(work, kind, made, began)
        except DependencyUnavailable:
            self._instruments.finished(work, kind, names.UNAVAILABLE, monotonic() - began)
            raise
        finally:
            if not kept:
                file.close()

    def _reason(self, outcome: Outcome, kind: Kind) -> Reason | None:
        """Why the file is refused; a file on which its helper fails is refused as unreadable.

        Raises DependencyUnavailable when the helper got too little time on a processor: then the file is not the reason.
        """
        how = "late" if outcome.late else "crashed" if outcome.died else "failed" if outcome.failed else None
        if how is None:
            return outcome.refused
        self._instruments.ended(how)
        log.warning("a file could not be decoded", how=how, type=kind, signal=outcome.died, error=outcome.failed)
        if outcome.starved:
            raise DependencyUnavailable(names.DEPENDENCY, "the machine is too busy to decode the file in time")
        return Reason.WRONG_CONTENT

    @contextmanager
    def _opened(self, given: Given) -> Generator[int]:
        """A descriptor of our own for reading: a helper that is taken over cannot write to the original."""
        with self._storage():
            if isinstance(given, Path):
                source = os.open(given, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
            else:
                descriptor = given if isinstance(given, int) else given.fileno()
                again = f"/proc/self/fd/{descriptor}"
                linux = sys.platform == "linux"
                source = os.open(again, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK) if linux else os.dup(descriptor)
        try:
            if not stat.S_ISREG(os.fstat(source).st_mode):
                raise ValueError("not a regular file")
            yield source
        finally:
            os.close(source)

    def _read_at(self, file: IO[bytes], offset: int) -> bytes:
        with self._storage():
            file.seek(offset)
            return file.read(PIECE_BYTES)

    @contextmanager
    def _storage(self) -> Generator[None]:
        try:
            yield
        except OSError as error:
            raise self._instruments.folder.failed(f"a temporary file cannot be used: {os_reason(error)}") from None

    def _counted(self, work: str, kind: Kind | None, result: Inspected | Refused, began: float) -> Inspected | Refused:
        told = str(result.reason) if isinstance(result, Refused) else names.ACCEPTED
        self._instruments.finished(work, kind or names.UNKNOWN, told, monotonic() - began)
        return result


def _task(kind: Kind, *, width: int = 0, target: str = "") -> Task:
    return Task(kind=kind, max_pixels=MAX_PIXELS, max_total_pixels=MAX_TOTAL_PIXELS, width=width, target=target)


def _checked(source: int, said: str, kind: Kind | None, name: str) -> Refused | None:
    """What is wrong with a file as far as its head shows."""
    if os.fstat(source).st_size > MAX_FILE_BYTES:
        return refusal(Reason.TOO_LARGE, max_bytes=MAX_FILE_BYTES)
    if kind is None:
        return refusal(Reason.TYPE_NOT_ALLOWED, declared=said)
    if not extension_fits(kind, name):
        return refusal(Reason.WRONG_EXTENSION)
    if kind_of(os.pread(source, HEAD_BYTES, 0)) is not kind:
        return refusal(Reason.WRONG_CONTENT)
    return None
