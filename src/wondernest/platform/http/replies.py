"""Replies that are not bytes: streams, blobs with ranges, server-sent events. Bytes are `request.Reply`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import datetime
from typing import Protocol, TypeAlias

from msgspec import Struct

from wondernest.platform.http.errors import TYPE_JSON
from wondernest.platform.http.request import Reply

Headers: TypeAlias = tuple[tuple[bytes, bytes], ...]


class StreamReply(Struct):
    """A reply made while it is sent, no faster than the client reads.

    It is made after the handler's unit of work is committed. Once it has begun it can only end or break off: what can be
    refused must be found out before. `chunks` takes nothing before it is first asked, and is closed (`aclose`) at the
    end or when the client leaves.
    """

    status: int
    chunks: AsyncIterator[bytes]
    content_type: str = TYPE_JSON
    headers: Headers = ()
    length: int | None = None
    """Bytes of the whole body where they are known."""
    compressible: bool = True
    """Whether it may be sent as gzip where its type is textual."""
    endless: bool = False
    """Whether it ends when the client leaves, so that nobody counts that as a reply cut short."""


class BlobSource(Protocol):
    """Stored bytes that can be read from any place."""

    @property
    def size(self) -> int:
        """Bytes in all."""
        ...

    def read(self, start: int, end: int, /) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, not including, `end`, in pieces."""
        ...


class BlobReply(Struct):
    """Stored bytes, whole or the range that was asked for, or 304 where the client has them. Never compressed."""

    source: BlobSource
    content_type: str
    etag: str | None = None
    """With its quotes; a strong one changes with every byte."""
    last_modified: datetime | None = None
    headers: Headers = ()


class Event(Struct):
    """One server-sent event."""

    data: str
    name: str = ""
    id: str = ""
    """What the client sends back as `Last-Event-ID` when it comes again (`Request.last_event_id`)."""


class EventStream(Struct):
    """Server-sent events until `events` ends, the client leaves, or the server is about to end: then clients come again.

    `events` is asked and closed as `StreamReply.chunks` is. A silent stream carries a heartbeat.
    """

    events: AsyncIterator[Event]
    headers: Headers = ()


AnyReply: TypeAlias = Reply | StreamReply | BlobReply | EventStream
