"""A request as a connection takes it in, and as the application reads it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Sequence
from typing import Final, Protocol

from wondernest.platform.http.errors import BodyTimeout, PayloadTooLarge
from wondernest.platform.http.exchange import BrokenStream, ClientDisconnected, Exchange, close_stream

UNREQUESTED_BYTES: Final = 64 * 1024
"""How much of a body is held before the application has asked for it; then the client has to wait."""
PIECE_BYTES: Final = 64 * 1024
"""What is written of a streamed reply at once. With the 64 KiB at which the transport asks for a pause, a client that reads
nothing holds twice as much."""
DISCARDED_BYTES: Final = 10 * 1024 * 1024
"""How much of a body nobody asked for is read past, so that the connection can go on; beyond it, it ends."""
CHUNK_OVERHEAD: Final = 8
"""A body in chunks of one byte takes six bytes for each; more are something else."""
TRAILER_BYTES: Final = 64 * 1024
"""What may come with a body beyond that: fields after its end, which nobody reads."""


def pieces_of(chunk: bytes) -> Iterable[bytes | memoryview]:
    """A chunk in pieces that the transport's buffer is made for, without copying."""
    if len(chunk) <= PIECE_BYTES:
        return (chunk,) if chunk else ()
    view = memoryview(chunk)
    return (view[start : start + PIECE_BYTES] for start in range(0, len(chunk), PIECE_BYTES))


class Wire(Protocol):
    """The connection as an exchange knows it."""

    @property
    def peer(self) -> str | None:
        """The address at the other end."""
        ...

    @property
    def closed(self) -> bool:
        """Whether the client has left."""
        ...

    def reply(self, exchange: WireExchange, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """Write a whole reply and turn to the next request."""
        ...

    def begin_stream(self, exchange: WireExchange, status: int, fields: bytes, *, close: bool) -> None:
        """Write the head of a reply whose body follows in pieces."""
        ...

    async def write_piece(self, parts: Sequence[bytes | memoryview], size: int) -> None:
        """A piece of a streamed body; returns once the client has read enough for the next."""
        ...

    def end_stream(self, exchange: WireExchange) -> None:
        """The body of a streamed reply is written whole: turn to the next request."""
        ...

    @property
    def drain_begun(self) -> asyncio.Event:
        """Set when the server is about to end."""
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

    keep_alive = True
    """Whether the client can go on with this connection."""
    complete = False
    """Whether nothing of the request is still to come."""
    discarding = False
    """Whether what still comes of the body is read past."""
    expects_continue = False
    """Whether the client holds the body back until it gets a 100 (Continue)."""
    accepts_chunked = True
    """Whether the client knows chunked bodies; one of HTTP/1.0 does not."""
    streaming: asyncio.Task[None] | None = None
    """The task that streams the reply, while it does."""
    endless = False
    """Whether that reply ends when the client leaves."""
    _client_left = False
    _receiving = False
    _size = 0
    _body_bytes = 0
    _raw_bytes = 0
    _limit: int | None = None
    _waiter: asyncio.Future[None] | None = None
    _fault: Exception | None = None
    """Why the body will not be had whole."""

    def __init__(self, connection: Wire) -> None:
        self.headers = {}
        self.peer = connection.peer
        self._wire = connection
        self._chunks: list[bytes] = []

    @property
    def buffer_full(self) -> bool:
        """Whether as much of the body is held as may be before the application asks for it."""
        return self._size > UNREQUESTED_BYTES and not self.discarding

    # What the connection does ----------------------------------------------------------------------------------------

    def within_overhead(self, count: int) -> bool:
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
        if self._limit is not None and self._body_bytes > self._limit:
            self._give_up(PayloadTooLarge())
        elif self._limit is None or self._receiving:
            if self._size > UNREQUESTED_BYTES:
                self._wire.pause_reading()
            self._wake()

    def finish(self) -> None:
        """The body has arrived whole."""
        self.complete = True
        chunks = self._chunks
        if self._receiving:
            pass
        elif not chunks:
            self.body = b""
        else:
            self.body = chunks[0] if len(chunks) == 1 else b"".join(chunks)
            self._chunks = []
            self._size = 0
        self._wake()

    def answered(self) -> None:
        """The reply is written."""
        if not self.complete:
            self._discard()

    def client_left(self) -> None:
        """What is missing of the body will never come, and nobody reads what is left of the reply."""
        self._client_left = True
        self._give_up(ClientDisconnected())
        if self.streaming is not None:
            self.streaming.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _give_up(self, error: Exception) -> None:
        self._discard()
        self._fault = error
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_exception(error)

    def _discard(self) -> None:
        self.discarding = True
        self._chunks.clear()
        self._size = 0

    # What the application does ---------------------------------------------------------------------------------------

    async def read(self, limit: int, timeout_s: float) -> bytes:
        """The whole body. Raises PayloadTooLarge, BodyTimeout or ClientDisconnected; never holds much beyond `limit`."""
        self._check_size(limit)
        if self._wire.closed:
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

    async def receive(self, limit: int) -> bytes:
        """As Exchange.receive."""
        if not self._receiving:
            self._check_size(limit)
            self._limit = limit
            self._receiving = True
            if self.body:
                self._chunks, self._size = [self.body], len(self.body)
        if not self._chunks and not self.complete and self._fault is None:
            self._waiter = asyncio.get_running_loop().create_future()
            self._wire.want_body(self)
            await self._waiter
        if self._fault is not None:
            raise self._fault
        arrived = self._chunks
        self._chunks, self._size = [], 0
        return arrived[0] if len(arrived) == 1 else b"".join(arrived)

    def _check_size(self, limit: int) -> None:
        declared = self.headers.get(b"content-length")
        if self._body_bytes > limit or (declared is not None and int(declared) > limit):
            self._give_up(PayloadTooLarge())
            raise PayloadTooLarge

    async def stream(
        self, status: int, fields: bytes, chunks: AsyncIterator[bytes], *, length: int | None, endless: bool
    ) -> None:
        """As Exchange.stream."""
        task = asyncio.current_task()
        assert task is not None
        others = task.cancelling()
        self.streaming = task
        self.endless = endless
        try:
            await self._stream(status, fields, chunks, length)
        except asyncio.CancelledError:
            if self._client_left and task.uncancel() <= others:
                raise ClientDisconnected from None
            raise
        finally:
            self.streaming = None
            await close_stream(chunks)

    async def _stream(self, status: int, fields: bytes, chunks: AsyncIterator[bytes], length: int | None) -> None:
        wire = self._wire
        framed = length is None and self.accepts_chunked
        if framed:
            fields += b"transfer-encoding: chunked\r\n"
        elif length is not None:
            fields += b"content-length: %d\r\n" % length
        wire.begin_stream(self, status, fields, close=length is None and not framed)
        missing = length
        async for chunk in chunks:
            if missing is not None:
                missing -= len(chunk)
                if missing < 0:
                    raise BrokenStream("more bytes than announced")
            await self._write(chunk, framed=framed)
            del chunk  # it may be large, and the next one may be long in coming
        if missing:
            raise BrokenStream(f"{missing} bytes of {length} are missing")
        if framed:
            await wire.write_piece((b"0\r\n\r\n",), 0)
        wire.end_stream(self)

    async def _write(self, chunk: bytes, *, framed: bool) -> None:
        for piece in pieces_of(chunk):
            size = len(piece)
            parts = (b"%x\r\n" % size, piece, b"\r\n") if framed else (piece,)
            await self._wire.write_piece(parts, size)

    @property
    def drain_begun(self) -> asyncio.Event:
        """As Exchange.drain_begun."""
        return self._wire.drain_begun

    def abort(self) -> None:
        """Break the connection off: no reply can be given."""
        self._wire.abandon()

    async def send(self, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """The reply. fields: header lines, each with its CR LF; close: whether the connection ends with it."""
        self._wire.reply(self, status, fields, content, close=close)
