"""One client connection: one object per connection, one task per request, one system call per reply of bytes.

llhttp (httptools) does the parsing. An ASGI server must convert each request and reply to dictionaries and messages. This
server passes an exchange to the application, which takes a third of the time (docs/performance.md).
"""

from __future__ import annotations

import asyncio
import contextlib
import http
import os
import socket
from collections import deque
from collections.abc import Sequence
from typing import Final, NoReturn, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser

from wondernest.platform.http.exchange import ClientDisconnected, CopiedSource
from wondernest.platform.http.fields import repeated
from wondernest.server.exchange import DISCARDED_BYTES, WireExchange
from wondernest.server.heads import (
    BAD_REQUEST,
    HEAD_LIMIT_BYTES,
    HEAD_TOO_LARGE,
    MAX_FIELDS,
    MAX_TARGET_BYTES,
    TARGET_TOO_LONG,
    RefusedHead,
    check_framing,
    check_host,
    split_target,
)
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
    """One client. Pipelined requests are answered one after another, in order.

    A message that `heads` or the parser refuses ends the connection: what follows it is never read as a request.
    """

    __slots__ = (
        "_arriving",
        "_checks",
        "_copying",
        "_current",
        "_discarded",
        "_ending",
        "_head_bytes",
        "_held",
        "_host",
        "_linger_bytes",
        "_lingered",
        "_loop",
        "_parser",
        "_queue",
        "_read_paused",
        "_refusal",
        "_repeats",
        "_sent",
        "_state",
        "_streamed",
        "_target",
        "_task",
        "_transport",
        "_writable",
        "_write_paused",
        "closed",
        "peer",
    )

    def __init__(self, state: ServerState, loop: asyncio.AbstractEventLoop) -> None:
        self.peer: str | None = None
        self.closed = False
        self._state = state
        self._loop = loop
        self._parser = HttpRequestParser(self)
        self._transport: asyncio.Transport = _NO_TRANSPORT
        self._arriving: WireExchange | None = None
        self._current: WireExchange | None = None
        self._queue: deque[WireExchange] = deque()
        self._task: asyncio.Task[None] | None = None
        self._target = b""
        self._head_bytes: int | None = 0
        """Bytes of an incomplete head; None when no head is arriving."""
        self._refusal = BAD_REQUEST
        """The reply to a message that cannot be read."""
        self._host = b""
        """The last valid Host: most clients send the same one with each request."""
        self._repeats = 0
        self._held: bytes | memoryview = b""
        """Bytes that are parsed when the requests before them are answered."""
        self._checks = 0
        self._lingered = 0
        """Bytes discarded after the last reply."""
        self._linger_bytes = LINGER_BYTES
        """The limit of `_lingered`."""
        self._discarded = 0
        """How much of a body was discarded at the last check."""
        self._streamed = 0
        """Bytes of streamed replies handed to the transport or to the socket."""
        self._copying = False
        """Whether a file is being copied into the socket, and the socket takes no more."""
        self._sent = 0
        """`_streamed` minus the write buffer at the last check. If it does not change, the client reads nothing."""
        self._writable: asyncio.Future[None] | None = None
        self._read_paused = False
        self._write_paused = False
        self._ending = False

    # From the transport ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's class does not inherit from it
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if isinstance(peer, tuple) else None
        self._state.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - the reason does not matter
        """The client disconnected: cancel streamed replies and incomplete bodies; a handler of a complete request runs on."""
        self.closed = True
        self._state.connections.discard(self)
        for exchange in (self._current, self._arriving, *self._queue):
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
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT_BYTES and self._arriving is not None:
                self._refuse(HEAD_TOO_LARGE)
                return
        elif self._arriving is not None and not self._arriving.within_overhead(len(data)):
            self._refuse(HEAD_TOO_LARGE)
            return
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:  # answered as if it had no Upgrade header
            asking = self._queue[-1] if self._queue else self._current
            if asking is not None:
                asking.keep_alive = asking.complete = False  # further input is discarded until the reply is sent
        except HttpParserError:
            self._parse_failed()
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
        self._write_paused = True

    def resume_writing(self) -> None:
        """The write buffer has space again."""
        self._write_paused = False
        if self._writable is not None:
            if not self._writable.done():
                self._writable.set_result(None)
        elif not self._ending:
            self._begin_next()

    # From the parser -------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """The first byte of a request arrived."""
        self._target = b""
        self._checks = 0
        self._repeats = 0
        if self._head_bytes is None:
            self._head_bytes = 0
        self._arriving = WireExchange(self)

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header. Trailers of a chunked body are ignored."""
        if self._arriving is not None and self._head_bytes is not None:
            name = name.lower()
            headers = self._arriving.headers
            if name in headers:
                self._repeated(self._arriving, name, value)
            else:
                headers[name] = value

    def on_headers_complete(self) -> None:
        """The head of a request is complete. Raises RefusedHead, and the parser then fails."""
        exchange = self._arriving
        assert exchange is not None
        parser = self._parser
        headers = exchange.headers
        self._head_bytes = None
        exchange.method = parser.get_method().decode()
        exchange.keep_alive = parser.should_keep_alive()
        version = "1.1"
        if not exchange.keep_alive or b"connection" in headers:  # every other version is covered by this condition
            version = parser.get_http_version()
            exchange.accepts_chunked = version != "1.0"
        target = self._target
        if (
            version == "1.1"
            and headers.get(b"host") == self._host
            and b"transfer-encoding" not in headers
            and target[:1] == b"/"
            and len(target) <= MAX_TARGET_BYTES
            and len(headers) + self._repeats <= MAX_FIELDS
            and b"#" not in target
            and exchange.method != "CONNECT"
        ):  # most requests; the same conditions as in _check_head, in a third of the time
            path, _, exchange.query = target.partition(b"?")
            exchange.path = path.decode("utf-8", "replace")
        else:
            self._check_head(exchange, version)
        if b"expect" in exchange.headers:
            exchange.expects_continue = (
                exchange.accepts_chunked and exchange.headers[b"expect"].lower() == b"100-continue"
            )
        self._queue.append(exchange)

    def on_body(self, body: bytes) -> None:
        """A piece of a request's body."""
        assert self._arriving is not None
        self._arriving.take(body)

    def on_message_complete(self) -> None:
        """A request is complete."""
        assert self._arriving is not None
        self._arriving.finish()
        self._arriving = None

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

    async def write_piece(self, parts: Sequence[bytes | memoryview], size: int) -> None:
        """Write a piece of a streamed body; returns when the write buffer has space for the next one."""
        if self.closed or self._ending:
            raise ClientDisconnected
        self._transport.writelines(parts)
        self._streamed += size
        if self._write_paused:
            self._writable = self._loop.create_future()
            try:
                await self._writable
            finally:
                self._writable = None
        else:
            await asyncio.sleep(0)  # let other tasks run between two pieces, however fast the client reads

    async def copy(self, source: CopiedSource, size: int) -> int:
        """As `Wire.copy`. It writes past the transport, whose buffer must be empty; else, or without a socket, it copies nothing."""
        await asyncio.sleep(0)  # the transport writes the head
        if self.closed or self._ending:
            raise ClientDisconnected
        its = self._transport.get_extra_info("socket")
        if its is None or self._transport.get_write_buffer_size():
            return 0
        if self._transport.is_closing():  # then the number of its descriptor may soon be another connection's
            raise ClientDisconnected
        copied = 0
        # A copy of the descriptor: the loop allows no other writer on its own.
        with socket.socket(fileno=os.dup(its.fileno())) as sink:
            try:
                while copied < size:
                    count = await source.copy_to(sink.fileno())
                    if self.closed or self._ending:
                        raise ClientDisconnected
                    if count is None:
                        break
                    if count:
                        copied += count
                        self._streamed += count
                    else:
                        await self._takes_more(sink)
            except BaseException:
                with contextlib.suppress(OSError):
                    sink.shutdown(socket.SHUT_RDWR)  # a step that is under way has the connection too
                raise
        return copied

    async def _takes_more(self, sink: socket.socket) -> None:
        """Wait until the socket takes more."""
        writable = self._loop.create_future()
        self._loop.add_writer(sink, lambda: writable.done() or writable.set_result(None))
        self._copying = True
        try:
            await writable
        finally:
            self._copying = False
            self._loop.remove_writer(sink)

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
        self._ending = True
        self._transport.close()

    # From the server -------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self._current is not None or bool(self._queue)

    def check_progress(self) -> None:
        """Close the connection if it makes no progress. Called every few seconds."""
        if self._copying or self._transport.get_write_buffer_size():
            self._check_client_reads()
        elif not self.busy:
            self._checks += 1
            incomplete = self._ending or self._head_bytes is not None or self._arriving is not None
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
        if self._queue and self._current is None and not self._write_paused:
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
        if self._read_paused and not self._held and not (self._arriving is not None and self._arriving.buffer_full):
            self._read_paused = False
            self._transport.resume_reading()

    def _check_head(self, exchange: WireExchange, version: str) -> None:
        """Check the head by all rules, and set path, query and Host."""
        headers, target = exchange.headers, self._target
        try:
            if len(headers) + self._repeats > MAX_FIELDS:
                raise RefusedHead(HEAD_TOO_LARGE)
            if len(target) > MAX_TARGET_BYTES:
                raise RefusedHead(TARGET_TOO_LONG)
            exchange.path, exchange.query, authority = split_target(exchange.method, target)
            check_framing(version, headers)
            self._host = check_host(version, headers, self._host)
        except RefusedHead as refused:
            self._refusal = refused.reply
            raise
        if authority is not None:
            headers[b"host"] = authority

    def _repeated(self, exchange: WireExchange, name: bytes, value: bytes) -> None:
        """A header that was sent before."""
        self._repeats += 1
        if name == b"host":
            self._refuse_head(BAD_REQUEST)
        if self._repeats > MAX_FIELDS:
            self._refuse_head(HEAD_TOO_LARGE)
        repeated(exchange, name, value)

    def _refuse_head(self, reply: bytes) -> NoReturn:
        """Make the parser fail, with this reply."""
        self._refusal = reply
        raise RefusedHead(reply)

    def _refuse(self, reply: bytes) -> None:
        if self._current is not None and self._current.streaming:
            self._transport.abort()  # inside a body the client would take it for content
        elif not self._ending:
            self._transport.write(reply)
            self._lingering_close(LINGER_BYTES, arrived=False)

    def _parse_failed(self) -> None:
        """The input is not HTTP. Earlier complete requests are still answered."""
        broken = self._arriving
        if broken is not None:
            broken.client_left()
            if broken in self._queue:
                self._queue.remove(broken)
        last = self._queue[-1] if self._queue else self._current
        if last is None or last is broken:
            self._refuse(self._refusal)
        else:
            last.keep_alive = False

    def _lingering_close(self, limit_bytes: int, *, arrived: bool) -> None:
        """Close. If the client is still sending, discard input first (lingering close), so that it can read the reply."""
        self._queue.clear()
        self._held = b""
        if arrived or not self._transport.can_write_eof():
            self.end()
            return
        self._ending = True
        self._linger_bytes = limit_bytes
        self._transport.write_eof()
        self._resume_reading()

    def _linger(self, count: int) -> None:
        self._lingered += count
        if self._lingered > self._linger_bytes:
            self._transport.close()

    def _discards_more(self) -> bool:
        """Whether more of a body that nobody reads arrived since the last check: a client on a slow line gets more time to read the reply."""
        arriving = self._arriving
        discarded = self._lingered if self._ending else arriving.discarded if arriving is not None else 0
        more = discarded > self._discarded
        self._discarded = discarded
        return more

    def _check_client_reads(self) -> None:
        """Abort if the client reads nothing of its reply for IDLE_CHECKS checks."""
        sent = self._streamed - self._transport.get_write_buffer_size()
        self._checks = self._checks + 1 if sent == self._sent else 0
        self._sent = sent
        if self._checks >= IDLE_CHECKS:
            self._transport.abort()


_NO_TRANSPORT: Final = asyncio.Transport()
"""A placeholder until the connection is made."""
