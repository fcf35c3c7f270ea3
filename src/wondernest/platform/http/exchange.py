"""One request and the means to reply to it: the interface between a server and the application."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from typing import Protocol, runtime_checkable


class ClientDisconnected(Exception):
    """The client disconnected; no reply can be sent."""


class BrokenStream(Exception):
    """The source of a streamed reply had fewer or more bytes than the length that was already sent."""


async def close_stream(chunks: AsyncIterator[bytes]) -> None:
    """Close the source of a streamed reply, if it can be closed."""
    close = getattr(chunks, "aclose", None)
    if close is not None:
        await close()


@runtime_checkable
class CopiedSource(Protocol):
    """A source of a streamed reply that can be copied into a socket by the system, without passing through this process."""

    async def copy_to(self, sink: int, /) -> int | None:
        """Copy the next bytes into a socket that does not block, by its descriptor.

        How many; 0: it takes none now; None: the rest must be read (iterated). Raises what reading raises.
        """
        ...


class Exchange(ABC):
    """A request whose head has arrived. A server makes it; the application reads it and sends one reply."""

    method = ""
    path = ""
    """Still percent-encoded, without the query."""
    query = b""
    headers: dict[bytes, bytes]
    """By lower-case name; repeated headers are joined with commas (`fields`)."""
    repeated: bytes | None = None
    """A header that was sent more than once though it has one value: the request must be refused."""
    peer: str | None = None
    """The address of the other end of the connection."""
    body: bytes | None = None
    """The whole body if it has arrived already; None: `read` waits for it."""

    @abstractmethod
    async def read(self, limit: int, timeout_s: float) -> bytes:
        """The whole body. Raises PayloadTooLarge, BodyTimeout or ClientDisconnected; buffers little more than `limit`."""

    @abstractmethod
    async def receive(self, limit: int) -> bytes:
        """The next piece of the body, empty at its end. With back-pressure: only what is received is read from the client.

        Raises PayloadTooLarge once the body is larger than `limit`; ClientDisconnected if it ends too early.
        """

    @abstractmethod
    async def send(self, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """Send the reply. fields: header lines, each with CR LF; close: whether the connection is closed after it."""

    @abstractmethod
    async def stream(
        self, status: int, fields: bytes, chunks: AsyncIterator[bytes], *, length: int | None, endless: bool
    ) -> None:
        """Send a reply piece by piece, no faster than the client reads. `chunks` is always closed at the end.

        fields: as for `send`, without the body's length; length: bytes of the body, None if unknown; endless: the stream ends
        when the client closes its sending side. Raises ClientDisconnected, BrokenStream, or what `chunks` raises. After any
        other error than ClientDisconnected the caller must call `abort`, so that the reply does not end cleanly.
        """

    @property
    @abstractmethod
    def drain_begun(self) -> asyncio.Event:
        """Set when the server begins to drain: endless replies must end then."""

    @abstractmethod
    def abort(self) -> None:
        """Abort the connection: no complete reply can be sent."""
