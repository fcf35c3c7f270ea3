"""Blobs one behind the other, as the source of one reply."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from wondernest.platform.blobs.blobs import Blob, Blobs


class JoinedBlobs:
    """The content of blobs in their order (`platform.http.replies.BlobSource`). `etag`: of the whole; strong."""

    __slots__ = ("_blobs", "_parts", "etag", "size")

    def __init__(self, blobs: Blobs, parts: Sequence[Blob], etag: str) -> None:
        self._blobs = blobs
        self._parts = parts
        self.etag = etag
        self.size = sum(part.size for part in parts)

    async def read(self, start: int, end: int, /) -> AsyncGenerator[bytes]:
        """The bytes from `start` up to, not including, `end`, in pieces. Raises BlobMissing."""
        before = 0
        for part in self._parts:
            first, last = max(start - before, 0), min(end - before, part.size)
            before += part.size
            if first >= last:
                continue
            pieces = cast("AsyncGenerator[bytes]", self._blobs.read(part, first, last))
            async with aclosing(pieces):
                async for piece in pieces:
                    yield piece
