"""One request on the wire and the way back for its reply: what a server hands to the application."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator


class ClientDisconnected(Exception):
    """The client went away before its body was complete; nobody is left to answer."""


class BrokenStream(Exception):
    """What a reply was streamed from ended too early or held too much: its length was announced already."""


async def close_stream(chunks: AsyncIterator[bytes]) -> None:
    """Let what a reply is streamed from release what it holds, however far it came."""
    close = getattr(chunks, "aclose", None)
    if close is not None:
        await close()


class Exchange(ABC):
    """A request whose head has arrived. Servers fill it in; the application reads it and sends one reply."""

    method = ""
    path = ""
    """Still percent-encoded, without the query."""
    query = b""
    headers: dict[bytes, bytes]
    """By lower-case name; of a repeated header the last one."""
    peer: str | None = None
    """The address at the other end of the connection."""
    body: bytes | None = None
    """The whole body where it has arrived already; None: `read` waits for it."""

    @abstractmethod
    async def read(self, limit: int, timeout_s: float) -> bytes:
        """The whole body. Raises PayloadTooLarge, BodyTimeout or ClientDisconnected; never holds much beyond `limit`."""

    @abstractmethod
    async def receive(self, limit: int) -> bytes:
        """The next piece of the body, empty at its end. What nobody receives is not read from the client.

        Raises PayloadTooLarge once the body is larger than `limit`, ClientDisconnected when the rest will never come.
        """

    @abstractmethod
    async def send(self, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """The reply. fields: header lines, each with its CR LF; close: whether the connection ends with it."""

    @abstractmethod
    async def stream(
        self, status: int, fields: bytes, chunks: AsyncIterator[bytes], *, length: int | None, endless: bool
    ) -> None:
        """A reply as it is made, no faster than the client reads. `chunks` is closed at the end, whatever happens.

        fields: as for `send`, without the body's length; length: of the body, None when nobody knows it yet;
        endless: a client that has nothing more to say has left. Raises ClientDisconnected, or what `chunks` raised, BrokenStream included: then the reply must not end cleanly (`abort`).
        """

    @property
    @abstractmethod
    def drain_begun(self) -> asyncio.Event:
        """Set when the server is about to end: a reply without an end of its own ends then."""

    @abstractmethod
    def abort(self) -> None:
        """Break the connection off: no reply can be given."""
