"""One client connection: one object per connection, one task per request, one system call per reply of bytes.

llhttp (httptools) does the parsing. An ASGI server must convert each request and reply to dictionaries and messages. This
server passes an exchange to the application, which takes a third of the time (docs/performance.md).
"""

from __future__ import annotations

import asyncio
import http
from collections import deque
from typing import TYPE_CHECKING, Any, Final, cast

from httptools import HttpParserError, HttpParserUpgrade

from wondernest.platform.http.exchange import ClientDisconnected
from wondernest.server.exchange import DISCARDED_BYTES, WireExchange
from wondernest.server.heads import RefusedHead
from wondernest.server.reading import MessageReader
from wondernest.server.writing import ReplyWriter

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from wondernest.platform.http.exchange import CopiedSource
    from wondernest.server.state import ServerState

LINGER_BYTES: Final = 256 * 1024
"""How much input is discarded after a message that cannot be read was refused, so that a client that still sends can read the reply."""
FEED_BYTES: Final = 64 * 1024
"""How much of a connection's input is parsed in one iteration of the event loop. uvloop reads up to 8 MB in one."""
LARGE_REPLY_BYTES: Final = 64 * 1024
"""From this size on joining head and content costs more than a vectored write."""
HEAD_CHECKS: Final = 2
"""After so many checks a connection is closed whose request is incomplete, or whose first request has not begun."""
IDLE_CHECKS: Final = 8
"""After so many checks an idle connection, one whose client reads nothing, or one that still sends an answered body, is closed."""

_STATUS_LINES: Final = {
    status.value: b"HTTP/1.1 %d %b\r\n" % (status.value, status.phrase.encode()) for status in http.HTTPStatus
}
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLOSE: Final = b"connection: close\r\n"
_TOO_MANY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class Connection(asyncio.Protocol):
    """One client. Pipelined requests are answered one after another, in order. `reading` reads them, `writing` writes long bodies."""

    __slots__ = (
        "_checks",
        "_current",
        "_discarded",
        "_ending",
        "_held",
        "_linger_bytes",
        "_lingered",
        "_loop",
        "_queue",
        "_read_paused",
        "_reader",
        "_state",
        "_task",
        "_transport",
        "_writer",
        "closed",
        "peer",
    )

    def __init__(self, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        self.peer: str | None = None
        self.closed = False
        self._state = state
        self._loop = loop
        self._transport: asyncio.Transport = _NO_TRANSPORT
        self._writer = ReplyWriter(_NO_TRANSPORT, loop)
        self._current: WireExchange | None = None
        self._queue: deque[WireExchange] = deque()
        self._reader = MessageReader(self, self._queue)
        self._task: asyncio.Task[None] | None = None
        self._held: bytes | memoryview = b""
        """Bytes that are parsed when the requests before them are answered."""
        self._checks = 0
        self._lingered = 0
        """Bytes discarded after the last reply."""
        self._linger_bytes = LINGER_BYTES
        """The limit of `_lingered`."""
        self._discarded = 0
        """How much of a body was discarded at the last check."""
        self._read_paused = False
        self._ending = False

    # From the transport ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's class does not inherit from it
        self._writer = ReplyWriter(self._transport, self._loop)
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if isinstance(peer, tuple) else None
        self._state.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the reason does not matter
        """The client disconnected: cancel streamed replies and incomplete bodies; a handler of a complete request runs on."""
        self.closed = self._writer.ended = True
        self._state.connections.discard(self)
        for exchange in (self._current, self._reader.arriving, *self._queue):
            if exchange is not None and (exchange.streaming or not exchange.complete):
                exchange.client_left()
        self._queue.clear()

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        if self._ending:
            self._linger(len(data))
        elif self._held:
            self._held = memoryview(bytes(self._held) + data)
        elif len(data) <= FEED_BYTES:
            self._feed(data)
        else:
            self.pause_reading()
            self._held = memoryview(data)[FEED_BYTES:]
            self._feed(data[:FEED_BYTES])
            self._loop.call_soon(self._feed_held)

    def _feed_held(self) -> None:
        """Parse the next slice of a large read; while requests wait, it is kept until they are answered."""
        if self._ending or self.closed:
            self._held = b""
        elif self._held and not self._queue:
            held, self._held = self._held, self._held[FEED_BYTES:]
            self._feed(held[:FEED_BYTES])
            self._loop.call_soon(self._feed_held)
        elif not self._held and not self._queue:
            self._resume_reading()

    def _feed(self, data: bytes | memoryview) -> None:
        reader = self._reader
        try:
            reader.feed(data)
        except RefusedHead as refused:
            self._refuse(refused.reply)
            return
        except HttpParserUpgrade:  # answered as if it had no Upgrade header
            asking = self._queue[-1] if self._queue else self._current
            if asking is not None:
                asking.keep_alive = asking.complete = False  # further input is discarded until the reply is sent
        except HttpParserError:
            self._parse_failed()
        if reader.begun:
            reader.begun = False
            self._checks = 0
        if self._queue:
            self._begin_next()

    def eof_received(self) -> bool:
        """The client closed its sending side; a pending reply is still sent."""
        exchange = self._current
        if exchange is None or not exchange.complete:
            return False
        exchange.keep_alive = False
        return exchange.streaming is None or not exchange.endless

    def pause_writing(self) -> None:
        """The write buffer is full: the client reads more slowly than we write."""
        self._writer.paused = True

    def resume_writing(self) -> None:
        """The write buffer has space again."""
        if not self._writer.resume() and not self._ending:
            self._begin_next()

    # From the exchange -----------------------------------------------------------------------------------------------

    def reply(self, exchange: WireExchange, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """Write a reply and begin the next request."""
        if self.closed or self._ending:
            return
        ends = close or not exchange.keep_alive or self._state.draining
        head = b"".join((_STATUS_LINES[status], self._state.date_line(), _CLOSE if ends else b"", fields, b"\r\n"))
        if len(content) < LARGE_REPLY_BYTES:
            self._transport.write(head + content)
        else:
            self._transport.writelines((head, content))
        self._reply_written(exchange, ends=ends)

    def begin_stream(self, exchange: WireExchange, status: int, fields: bytes, *, close: bool) -> None:
        """Write the head of a reply whose body follows in pieces."""
        if self.closed or self._ending:
            raise ClientDisconnected
        if close or self._state.draining:
            exchange.keep_alive = False
        connection = b"" if exchange.keep_alive else _CLOSE
        head = b"".join((_STATUS_LINES[status], self._state.date_line(), connection, fields, b"\r\n"))
        self._transport.write(head)

    def write_piece(self, parts: Sequence[bytes | memoryview], size: int) -> Coroutine[Any, Any, None]:
        """As `Wire.write_piece`."""
        return self._writer.write_piece(parts, size)

    def copy(self, source: CopiedSource, size: int) -> Coroutine[Any, Any, int]:
        """As `Wire.copy`."""
        return self._writer.copy(source, size)

    def end_stream(self, exchange: WireExchange) -> None:
        """The streamed reply is complete: begin the next request."""
        if not self.closed and not self._ending:
            self._reply_written(exchange, ends=not exchange.keep_alive or self._state.draining)

    @property
    def drain_begun(self) -> asyncio.Event:
        """Set when the server begins to drain."""
        return self._state.drain_begun

    def pause_reading(self) -> None:
        """Pause reading from the client."""
        if not self._read_paused and not self._ending:
            self._read_paused = True
            self._transport.pause_reading()

    def want_body(self, exchange: WireExchange) -> None:
        """The application reads the body: send 100 Continue if expected, and resume reading."""
        if exchange.expects_continue:
            exchange.expects_continue = False
            self._transport.write(_CONTINUE)
        if not self._queue and self._read_paused and not self._held:
            self._read_paused = False
            self._transport.resume_reading()

    def end(self) -> None:
        """Close after all written bytes are sent."""
        self._ending = self._writer.ended = True
        self._transport.close()

    # From the server -------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self._current is not None or bool(self._queue)

    def check_progress(self) -> None:
        """Close the connection if it makes no progress. Called every few seconds."""
        if self._writer.waits_for_client:
            self._check_client_reads()
        elif not self.busy:
            self._checks += 1
            incomplete = self._ending or self._reader.incomplete
            goes_on = self._discards_more()
            if self._checks >= (HEAD_CHECKS if incomplete and not goes_on else IDLE_CHECKS):
                self.end()

    def end_if_idle(self) -> None:
        """Close, unless a request is being answered."""
        if not self.busy:
            self.end()

    def abandon(self) -> asyncio.Task[None] | None:
        """Abort at once and cancel the current request; returns its task."""
        task = self._task
        if task is not None:
            task.cancel()
        self._transport.abort()
        return task

    # Within ----------------------------------------------------------------------------------------------------------

    def _reply_written(self, exchange: WireExchange, *, ends: bool) -> None:
        exchange.answered()
        self._current = self._task = None
        self._checks = 0
        if ends:
            self._lingering_close(DISCARDED_BYTES, arrived=exchange.complete)
        elif self._queue or self._read_paused:
            self._begin_next()

    def _begin_next(self) -> None:
        """Begin the next request if none is running. Reading is paused while requests wait."""
        if self._queue and self._current is None and not self._writer.paused:
            exchange = self._current = self._queue.popleft()
            state = self._state
            if len(state.connections) > state.max_connections:
                self._refuse(_TOO_MANY)
                return
            self._task = self._loop.create_task(state.application.serve(exchange))
        if self._queue:
            self.pause_reading()
        elif self._held:
            self._loop.call_soon(self._feed_held)
        else:
            self._resume_reading()

    def _resume_reading(self) -> None:
        arriving = self._reader.arriving
        if self._read_paused and not self._held and not (arriving is not None and arriving.buffer_full):
            self._read_paused = False
            self._transport.resume_reading()

    def _refuse(self, reply: bytes) -> None:
        if self._current is not None and self._current.streaming:
            self._transport.abort()  # inside a body the client would take it for content
        elif not self._ending:
            self._transport.write(reply)
            self._lingering_close(LINGER_BYTES, arrived=False)

    def _parse_failed(self) -> None:
        """The input is not HTTP. Earlier complete requests are still answered."""
        broken = self._reader.arriving
        if broken is not None:
            broken.client_left()
            if broken in self._queue:
                self._queue.remove(broken)
        last = self._queue[-1] if self._queue else self._current
        if last is None or last is broken:
            self._refuse(self._reader.refusal)
        else:
            last.keep_alive = False

    def _lingering_close(self, limit_bytes: int, *, arrived: bool) -> None:
        """Close. If the client is still sending, discard input first (lingering close), so that it can read the reply."""
        self._queue.clear()
        self._held = b""
        if arrived or not self._transport.can_write_eof():
            self.end()
            return
        self._ending = self._writer.ended = True
        self._linger_bytes = limit_bytes
        self._transport.write_eof()
        self._resume_reading()

    def _linger(self, count: int) -> None:
        self._lingered += count
        if self._lingered > self._linger_bytes:
            self._transport.close()

    def _discards_more(self) -> bool:
        """Whether more of a body that nobody reads arrived since the last check: a client on a slow line gets more time to read the reply."""
        arriving = self._reader.arriving
        discarded = self._lingered if self._ending else arriving.discarded if arriving is not None else 0
        more = discarded > self._discarded
        self._discarded = discarded
        return more

    def _check_client_reads(self) -> None:
        """Abort if the client reads nothing of its reply for IDLE_CHECKS checks."""
        self._checks = self._checks + 1 if self._writer.client_read_nothing() else 0
        if self._checks >= IDLE_CHECKS:
            self._transport.abort()


_NO_TRANSPORT: Final = asyncio.Transport()
"""A placeholder until the connection is made."""
