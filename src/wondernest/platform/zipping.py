"""A ZIP file that is written while it is stored: a piece of one entry is in memory at a time."""

from __future__ import annotations

import asyncio
import zipfile
from collections.abc import AsyncGenerator, AsyncIterator
from typing import IO, TYPE_CHECKING, cast

from msgspec import Struct

if TYPE_CHECKING:
    from datetime import datetime


class Entry(Struct, frozen=True):
    """A file in the ZIP."""

    name: str
    content: AsyncIterator[bytes]


class _Sink:
    """Collects what the library writes until it is taken. Without `seek` the library writes sizes after the content."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        """Nothing waits elsewhere."""

    def take(self) -> bytes:
        pieces, self._pieces = self._pieces, []
        return b"".join(pieces)


async def zipped(entries: AsyncGenerator[Entry], made_at: datetime) -> AsyncGenerator[bytes]:
    """The bytes of a ZIP with the entries, in order. Compression runs in a thread."""
    sink = _Sink()
    with zipfile.ZipFile(cast("IO[bytes]", sink), "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
        async for entry in entries:
            info = zipfile.ZipInfo(entry.name, made_at.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            with archive.open(info, "w", force_zip64=True) as file:
                async for piece in entry.content:
                    await asyncio.to_thread(file.write, piece)
                    if data := sink.take():
                        yield data
            yield sink.take()
    yield sink.take()
