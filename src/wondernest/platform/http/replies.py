"""Streamed replies: streams, blobs with ranges, server-sent events. Replies of bytes are `request.Reply`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from wondernest.platform.http.errors import TYPE_JSON
from wondernest.platform.http.request import Reply

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]


class StreamReply(Struct):
    """A reply that is generated while it is sent, no faster than the client reads.

    It is generated after the handler's unit of work is committed. Once it has begun, an error can only abort it, so check
    everything before. `chunks` must acquire nothing before its first item is requested. It is closed (`aclose`) at the end
    or when the client disconnects.
    """

    status: int
    chunks: AsyncIterator[bytes]
    content_type: str = TYPE_JSON
    headers: Headers = ()
    length: int | None = None
    """Size of the whole body in bytes, if known."""
    compressible: bool = True
    """Whether it may be sent as gzip if its type is text."""
    endless: bool = False
    """Whether a disconnect of the client is its normal end, not an error."""


class BlobSource(Protocol):
    """Stored bytes with random access."""

    @property
    def size(self) -> int:
        """Size in bytes."""
        ...

    def read(self, start: int, end: int, /) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in pieces."""
        ...


class BlobReply(Struct):
    """Stored bytes: all of them, the requested range, or 304 if the client has them. Never compressed."""

    source: BlobSource
    content_type: str
    etag: str | None = None
    """With its quotes; a strong one must change with every change of the bytes."""
    last_modified: datetime | None = None
    headers: Headers = ()


class Event(Struct):
    """One server-sent event."""

    data: str
    name: str = ""
    id: str = ""
    """The client sends it as `Last-Event-ID` when it reconnects (`Request.last_event_id`)."""


class EventStream(Struct):
    """Server-sent events until `events` ends, the client disconnects, or the server drains; then clients reconnect.

    `events` is iterated and closed like `StreamReply.chunks`. Without events a heartbeat is sent.
    """

    events: AsyncIterator[Event]
    headers: Headers = ()


AnyReply: TypeAlias = Reply | StreamReply | BlobReply | EventStream
