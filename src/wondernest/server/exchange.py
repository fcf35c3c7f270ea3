"""A request as a connection takes it in, and as the application reads it."""

from __future__ import annotations

import asyncio
from typing import Final, Protocol

from wondernest.platform.http.errors import BodyTimeout, PayloadTooLarge
from wondernest.platform.http.exchange import ClientDisconnected, Exchange

UNASKED_BYTES: Final = 64 * 1024
"""How much of a body is held before the application has asked for it; then the client has to wait."""
DISCARDED_BYTES: Final = 10 * 1024 * 1024
"""How much of a body nobody asked for is read past, so that the connection can go on; beyond it, it ends."""
CHUNK_OVERHEAD: Final = 8
"""A body in chunks of one byte takes six bytes for each; more are something else."""
TRAILER_BYTES: Final = 64 * 1024
"""What may come with a body beyond that: fields after its end, which nobody reads."""


class Wire(Protocol):
    """The connection as an exchange knows it."""

    @property
    def peer(self) -> str | None:
        """The address at the other end."""
        ...

    @property
    def gone(self) -> bool:
        """Whether the client has left."""
        ...

    def reply(self, exchange: WireExchange, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """Write a whole reply and turn to the next request."""
        ...

    def pause_reading(self) -> None:
        """Read no further for now."""
        ...

    def want_body(self, exchange: WireExchange) -> None:
        """The application wants a body: let the client send it."""
        ...

    def end(self) -> None:
        """Close once everything written is sent."""
        ...

    def abandon(self) -> asyncio.Task[None] | None:
        """Break off, whatever is in flight."""
        ...


class WireExchange(Exchange):
    """A request of one connection. `body` is set once the body has arrived whole.

    What most requests never touch stands in the class: an exchange is made for each of them.
    """

    keeps = True
    """Whether the client can go on with this connection."""
    complete = False
    """Whether nothing of the request is still to come."""
    discarding = False
    """Whether what still comes of the body is for nobody."""
    waited_for = False
    """Whether the client holds the body back until it is told to go on."""
    _size = 0
    _body_bytes = 0
    _raw_bytes = 0
    _limit: int | None = None
    _waiter: asyncio.Future[None] | None = None

    def __init__(self, connection: Wire) -> None:
        self.headers = {}
        self.peer = connection.peer
        self._wire = connection
        self._chunks: list[bytes] = []

    # What the connection does ----------------------------------------------------------------------------------------

    def carries(self, count: int) -> bool:
        """Whether so many bytes more from the wire are still mostly body, not sizes of chunks and fields after the last one."""
        self._raw_bytes += count
        return self._raw_bytes - count <= CHUNK_OVERHEAD * self._body_bytes + TRAILER_BYTES

    def take(self, chunk: bytes) -> None:
        """A piece of the body arrived."""
        self._body_bytes += len(chunk)
        self._size += len(chunk)
        if self.discarding:
            if self._size > DISCARDED_BYTES:
                self._wire.end()
            return
        self._chunks.append(chunk)
        if self._limit is None:
            if self._size > UNASKED_BYTES:
                self._wire.pause_reading()
        elif self._size > self._limit:
            self._give_up(PayloadTooLarge())

    def finish(self) -> None:
        """The body has arrived whole."""
        self.complete = True
        chunks = self._chunks
        if not chunks:
            self.body = b""
        else:
            self.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            self._chunks = []
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def answered(self) -> None:
        """The reply is written."""
        if not self.complete:
            self._discard()

    def client_left(self) -> None:
        """What is missing of the body will never come."""
        self._give_up(ClientDisconnected())

    def _give_up(self, error: Exception) -> None:
        self._discard()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)

    def _discard(self) -> None:
        self.discarding = True
        self._chunks.clear()
        self._size = 0

    # What the application does ---------------------------------------------------------------------------------------

    async def read(self, limit: int, timeout_s: float) -> bytes:
        """The whole body. Raises PayloadTooLarge, BodyTimeout or ClientDisconnected; never holds much beyond `limit`."""
        declared = self.headers.get(b"content-length")
        if self._size > limit or (declared is not None and int(declared) > limit):
            self._give_up(PayloadTooLarge())
            raise PayloadTooLarge
        if self._wire.gone:
            raise ClientDisconnected
        if self.body is None:
            self._limit = limit
            self._waiter = asyncio.get_running_loop().create_future()
            self._wire.want_body(self)
            try:
                async with asyncio.timeout(timeout_s):
                    await self._waiter
            except TimeoutError:
                raise BodyTimeout from None
            assert self.body is not None
        return self.body

    def abort(self) -> None:
        """Break the connection off: no reply can be given."""
        self._wire.abandon()

    async def send(self, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """The reply. fields: header lines, each with its CR LF; close: whether the connection ends with it."""
        self._wire.reply(self, status, fields, content, close=close)
