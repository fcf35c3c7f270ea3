"""Turns every streamed reply into a `StreamReply`: selects the range of blobs, frames events; and compresses streams."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from typing import TYPE_CHECKING, Final

from wondernest.platform.http.compression import GZIP_WINDOW, LEVEL, THREAD_BYTES
from wondernest.platform.http.errors import RangeNotSatisfiable
from wondernest.platform.http.event_stream import TYPE_EVENTS, framed
from wondernest.platform.http.exchange import close_stream
from wondernest.platform.http.ranges import http_date, select
from wondernest.platform.http.replies import BlobReply, EventStream, StreamReply
from wondernest.platform.http.request import Reply

if TYPE_CHECKING:
    from wondernest.platform.http.exchange import Exchange

SLICE_BYTES: Final = 1024 * 1024
"""How much is compressed in one call."""
_EVENT_HEADERS: Final = ((b"cache-control", b"no-store"), (b"x-accel-buffering", b"no"))
"""Events must not be cached, and nginx must not buffer them."""


def as_stream(
    reply: StreamReply | BlobReply | EventStream, exchange: Exchange, *, replayable: bool = False
) -> StreamReply | Reply:
    """The reply to send; raises RangeNotSatisfiable. TypeError for a route whose replies are kept (`replayable`)."""
    if replayable:
        raise TypeError("the replies of this route are kept, and a stream cannot be given again")
    if isinstance(reply, BlobReply):
        return _of_blob(reply, exchange)
    if isinstance(reply, EventStream):
        chunks = framed(reply.events, exchange.drain_begun)
        return StreamReply(
            200, chunks, TYPE_EVENTS, (*reply.headers, *_EVENT_HEADERS), compressible=False, endless=True
        )
    return reply


def _of_blob(blob: BlobReply, exchange: Exchange) -> StreamReply | Reply:
    size = blob.source.size
    headers = [*blob.headers, (b"accept-ranges", b"bytes")]
    if blob.etag is not None:
        headers.append((b"etag", blob.etag.encode()))
    if blob.last_modified is not None:
        headers.append((b"last-modified", http_date(blob.last_modified).encode()))
    found = select(exchange.method, exchange.headers, size, blob.etag, blob.last_modified)
    if found.status == 304:
        return Reply(304, b"", blob.content_type, tuple(headers))
    if found.status == 416:
        raise RangeNotSatisfiable(size)
    if found.status == 206:
        headers.append((b"content-range", b"bytes %d-%d/%d" % (found.start, found.end - 1, size)))
    chunks = blob.source.read(found.start, found.end)
    length = found.end - found.start
    return StreamReply(found.status, chunks, blob.content_type, tuple(headers), length, compressible=False)


async def gzipped(chunks: AsyncIterator[bytes]) -> AsyncGenerator[bytes]:
    """A stream as one gzip member; large pieces are compressed in a thread. `chunks` is closed at the end."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, GZIP_WINDOW)
    try:
        async for chunk in chunks:
            if len(chunk) < THREAD_BYTES:
                if packed := packer.compress(chunk):
                    yield packed
                continue
            view = memoryview(chunk)
            for start in range(0, len(chunk), SLICE_BYTES):
                if packed := await asyncio.to_thread(packer.compress, view[start : start + SLICE_BYTES]):
                    yield packed
            del view, chunk  # free it: it may be large, and the next one may take long
        yield packer.flush()
    finally:
        await close_stream(chunks)
