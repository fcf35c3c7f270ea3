"""The server's `Exchange`: the connection adds what arrives, the application reads it and replies."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine, Iterable, Sequence
from typing import Any, Final, Protocol

from wondernest.platform.http.errors import BodyTimeout, PayloadTooLarge
from wondernest.platform.http.exchange import BrokenStream, ClientDisconnected, CopiedSource, Exchange, close_stream

UNREQUESTED_BYTES: Final = 64 * 1024
"""How much of a body is buffered before the application reads it; then reading from the client is paused."""
PIECE_BYTES: Final = 64 * 1024
"""How much of a streamed reply is written at once. The transport's buffer limit is 64 KiB too, so a client that reads nothing
costs twice as much memory."""
COPIED_ABOVE_BYTES: Final = 128 * 1024
"""Larger files are copied into the socket by the system (sendfile); smaller ones are one read (docs/performance.md)."""
DISCARDED_BYTES: Final = 64 * 1024 * 1024
"""How much of a body that nobody reads is discarded, so that a client that sends all of it first can read the reply. It costs no
memory. After that the connection is closed."""
SMALL_PIECE_BYTES: Final = 4 * 1024
"""Smaller pieces are joined as they arrive: a body in chunks of one byte would otherwise be a list of millions."""
CHUNK_OVERHEAD: Final = 8
"""Allowed wire bytes per body byte. Chunks of one byte need six."""
TRAILER_BYTES: Final = 64 * 1024
"""Allowed wire bytes beyond that: trailers, which are ignored."""


def pieces_of(chunk: bytes) -> Iterable[bytes | memoryview]:
    """A chunk in pieces of at most PIECE_BYTES, without copying."""
    if len(chunk) <= PIECE_BYTES:
        return (chunk,) if chunk else ()
    view = memoryview(chunk)
    return (view[start : start + PIECE_BYTES] for start in range(0, len(chunk), PIECE_BYTES))


def _joined(chunks: list[bytes | bytearray]) -> bytes:
    first = chunks[0] if len(chunks) == 1 else b""
    return first if first and isinstance(first, bytes) else b"".join(chunks)


class Wire(Protocol):
    """What an exchange needs of its connection."""

    @property
    def peer(self) -> str | None:
        """The address of the other end."""
        ...

    @property
    def closed(self) -> bool:
        """Whether the client disconnected."""
        ...

    def reply(self, exchange: WireExchange, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """Write a whole reply and begin the next request."""
        ...

    def begin_stream(self, exchange: WireExchange, status: int, fields: bytes, *, close: bool) -> None:
        """Write the head of a reply whose body follows in pieces."""
        ...

    def write_piece(self, parts: Sequence[bytes | memoryview], size: int) -> Coroutine[Any, Any, None]:
        """Write a piece of a streamed body; returns when the write buffer has space for the next one."""
        ...

    def copy(self, source: CopiedSource, size: int) -> Coroutine[Any, Any, int]:
        """Copy up to `size` bytes of a streamed body into the socket; how many. The rest must be written in pieces."""
        ...

    def end_stream(self, exchange: WireExchange) -> None:
        """The streamed reply is complete: begin the next request."""
        ...

    @property
    def drain_begun(self) -> asyncio.Event:
        """Set when the server begins to drain."""
        ...

    def pause_reading(self) -> None:
        """Pause reading from the client."""
        ...

    def want_body(self, exchange: WireExchange) -> None:
        """The application reads the body: send 100 Continue if expected, and resume reading."""
        ...

    def end(self) -> None:
        """Close after all written bytes are sent."""
        ...

    def abandon(self) -> asyncio.Task[None] | None:
        """Abort at once and cancel the current request."""
        ...


class WireExchange(Exchange):
    """A request of one connection. `body` is set when the body is complete.

    Defaults that most requests never change are class attributes, because an exchange is made for each request.
    """

    keep_alive = True
    """Whether the connection stays open after the reply."""
    complete = False
    """Whether the whole request has arrived."""
    discarding = False
    """Whether the rest of the body is discarded."""
    expects_continue = False
    """Whether the client waits for 100 Continue before it sends the body."""
    accepts_chunked = True
    """Whether the client supports chunked replies; HTTP/1.0 does not."""
    streaming: asyncio.Task[None] | None = None
    """The task that is streaming the reply, or None."""
    endless = False
    """Whether a disconnect is the normal end of that reply."""
    _client_left = False
    _receiving = False
    _size = 0
    _body_bytes = 0
    _raw_bytes = 0
    _limit: int | None = None
    _waiter: asyncio.Future[None] | None = None
    _fault: Exception | None = None
    """Why the body cannot be read completely."""

    def __init__(self, connection: Wire) -> None:
        self.headers = {}
        self.peer = connection.peer
        self._wire = connection
        self._chunks: list[bytes | bytearray] = []

    @property
    def discarded(self) -> int:
        """How many bytes of the body were discarded."""
        return self._size if self.discarding else 0

    @property
    def buffer_full(self) -> bool:
        """Whether the limit of UNREQUESTED_BYTES is reached, and no more has been requested."""
        requested = self._limit is not None and not self._receiving
        return self._size > UNREQUESTED_BYTES and not self.discarding and not requested

    # For the connection ----------------------------------------------------------------------------------------------

    def within_overhead(self, count: int) -> bool:
        """Count `count` more wire bytes; False when chunk sizes and trailers exceed what the body justifies."""
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
        if len(chunk) < SMALL_PIECE_BYTES and self._chunks:
            self._join(chunk)
        else:
            self._chunks.append(chunk)
        if self._limit is not None and self._body_bytes > self._limit:
            self._give_up(PayloadTooLarge())
        elif self._limit is None or self._receiving:
            if self._size > UNREQUESTED_BYTES:
                self._wire.pause_reading()
            self._wake()

    def finish(self) -> None:
        """The body is complete."""
        self.complete = True
        chunks = self._chunks
        if self._receiving:
            pass
        elif not chunks:
            self.body = b""
        else:
            self.body = _joined(chunks)
            self._chunks = []
            self._size = 0
        self._wake()

    def answered(self) -> None:
        """The reply is written."""
        if not self.complete:
            self._discard()

    def client_left(self) -> None:
        """The client disconnected: fail the reading of the body, and cancel a streamed reply."""
        self._client_left = True
        self._give_up(ClientDisconnected())
        if self.streaming is not None:
            self.streaming.cancel()

    def _join(self, chunk: bytes) -> None:
        last = self._chunks[-1]
        if isinstance(last, bytearray):
            last += chunk
        else:
            self._chunks.append(bytearray(chunk))

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

    # For the application ---------------------------------------------------------------------------------------------

    async def read(self, limit: int, timeout_s: float) -> bytes:
        """As Exchange.read."""
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
                self._chunks.append(self.body)
                self._size = len(self.body)
        if not self._chunks and not self.complete and self._fault is None:
            self._waiter = asyncio.get_running_loop().create_future()
            self._wire.want_body(self)
            await self._waiter
        if self._fault is not None:
            raise self._fault
        arrived = self._chunks
        self._chunks, self._size = [], 0
        return _joined(arrived)

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
        if missing is not None and missing > COPIED_ABOVE_BYTES and isinstance(chunks, CopiedSource):
            missing -= await wire.copy(chunks, missing)
        async for chunk in chunks:
            if missing is not None:
                missing -= len(chunk)
                if missing < 0:
                    raise BrokenStream("more bytes than announced")
            await self._write(chunk, framed=framed)
            del chunk  # free it: it may be large, and the next one may take long
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
        """As Exchange.abort."""
        self._wire.abandon()

    async def send(self, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """As Exchange.send."""
        self._wire.reply(self, status, fields, content, close=close)
