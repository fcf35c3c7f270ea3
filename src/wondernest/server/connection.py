"""One connection: requests in, replies out. One object a connection, one task a request, one system call a reply of bytes.

Parsing is llhttp's (httptools). A server for any ASGI application must put each request and reply into dictionaries and
messages; this one hands the application an exchange, which takes a third of the time (docs/performance.md).
"""

from __future__ import annotations

import asyncio
import http
from collections import deque
from collections.abc import Sequence
from typing import Final, cast

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, parse_url

from wondernest.platform.http.exchange import ClientDisconnected
from wondernest.server.exchange import WireExchange
from wondernest.server.state import ServerState

HEAD_LIMIT_BYTES: Final = 64 * 1024
"""Request line and headers together; a head that arrives in one piece is bounded by the read buffer instead."""
LINGER_BYTES: Final = 256 * 1024
"""How much is read past after a reply that ends the connection: a client that is still sending gets to read it."""
LARGE_REPLY_BYTES: Final = 64 * 1024
"""From here on joining head and content costs more than a vectored write."""
HEAD_CHECKS: Final = 2
"""At how many checks a request that does not arrive whole, or a first one that does not begin, is given up."""
IDLE_CHECKS: Final = 8
"""At how many checks a connection between requests, or one whose client reads nothing, is closed."""

_STATUS_LINES: Final = {
    status.value: b"HTTP/1.1 %d %b\r\n" % (status.value, status.phrase.encode()) for status in http.HTTPStatus
}
_CONTINUE: Final = b"HTTP/1.1 100 Continue\r\n\r\n"
_CLOSE: Final = b"connection: close\r\n"
_BAD_REQUEST: Final = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
_HEAD_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)
_TOO_MANY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\nretry-after: 2\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class Connection(asyncio.Protocol):
    """One client. Requests of a pipeline are answered one after another, in their order."""

    __slots__ = (
        "_arriving",
        "_checks",
        "_current",
        "_ending",
        "_head_bytes",
        "_lingered",
        "_loop",
        "_parser",
        "_queue",
        "_read_paused",
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
        """Of a head that has not arrived whole; None between requests and during one."""
        self._checks = 0
        self._lingered = 0
        self._streamed = 0
        """Bytes of streamed replies handed to the transport."""
        self._sent = 0
        """Of those and of the reply before, what the client had read at the last check (from an arbitrary zero)."""
        self._writable: asyncio.Future[None] | None = None
        self._read_paused = False
        self._write_paused = False
        self._ending = False

    # From the transport ----------------------------------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client connected."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by inheritance
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if isinstance(peer, tuple) else None
        self._state.connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - why it was lost changes nothing
        """The client is gone: a reply of bytes is still worked out, a body that has not arrived whole is given up."""
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
            return
        if self._head_bytes is not None:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT_BYTES and self._arriving is not None:
                self._refuse(_HEAD_TOO_LARGE)
                return
        elif self._arriving is not None and not self._arriving.within_overhead(len(data)):
            self._refuse(_HEAD_TOO_LARGE)
            return
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:  # answered as if it had not asked for another protocol
            asking = self._queue[-1] if self._queue else self._current
            if asking is not None:
                asking.keep_alive = asking.complete = (
                    False  # whatever follows is read past until the client has its answer
                )
        except HttpParserError:
            self._parse_failed()
        if self._queue:
            self._begin_next()

    def eof_received(self) -> bool:
        """The client has said all; a reply it waits for is still sent."""
        exchange = self._current
        if exchange is None or not exchange.complete:
            return False
        exchange.keep_alive = False
        return exchange.streaming is None or not exchange.endless

    def pause_writing(self) -> None:
        """The client reads more slowly than we write."""
        self._write_paused = True

    def resume_writing(self) -> None:
        """The client has read what was waiting."""
        self._write_paused = False
        if self._writable is not None:
            if not self._writable.done():
                self._writable.set_result(None)
        elif not self._ending:
            self._begin_next()

    # From the parser -------------------------------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        """The first byte of a request was read."""
        self._target = b""
        self._checks = 0
        if self._head_bytes is None:
            self._head_bytes = 0
        self._arriving = WireExchange(self)

    def on_url(self, url: bytes) -> None:
        """A piece of the request's target."""
        self._target += url

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header; what follows a chunked body is none."""
        if self._arriving is not None and self._head_bytes is not None:
            self._arriving.headers[name.lower()] = value

    def on_headers_complete(self) -> None:
        """A request's head has arrived whole."""
        exchange = self._arriving
        assert exchange is not None
        parser = self._parser
        self._head_bytes = None
        exchange.method = parser.get_method().decode()
        exchange.path, exchange.query = _split(self._target)
        exchange.keep_alive = parser.should_keep_alive()
        if not exchange.keep_alive or b"connection" in exchange.headers:  # every client of HTTP/1.0 is among these
            exchange.accepts_chunked = parser.get_http_version() != "1.0"
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
        """A request has arrived whole."""
        assert self._arriving is not None
        self._arriving.finish()
        self._arriving = None

    # From the exchange -----------------------------------------------------------------------------------------------

    def reply(self, exchange: WireExchange, status: int, fields: bytes, content: bytes, *, close: bool) -> None:
        """Write a reply and turn to the next request."""
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
        """A piece of a streamed body; returns once the client has read enough for the next."""
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
            await asyncio.sleep(0)  # however quick the client: others have their turn between two pieces

    def end_stream(self, exchange: WireExchange) -> None:
        """The body of a streamed reply is written whole: turn to the next request."""
        if not self.closed and not self._ending:
            self._reply_written(exchange, ends=not exchange.keep_alive or self._state.draining)

    @property
    def drain_begun(self) -> asyncio.Event:
        """Set when the server is about to end."""
        return self._state.drain_begun

    def pause_reading(self) -> None:
        """Read no further for now."""
        if not self._read_paused and not self._ending:
            self._read_paused = True
            self._transport.pause_reading()

    def want_body(self, exchange: WireExchange) -> None:
        """The application wants a body: let the client send it."""
        if exchange.expects_continue:
            exchange.expects_continue = False
            self._transport.write(_CONTINUE)
        if not self._queue and self._read_paused:
            self._read_paused = False
            self._transport.resume_reading()

    def end(self) -> None:
        """Close once everything written is sent."""
        self._ending = True
        self._transport.close()

    # From the server -------------------------------------------------------------------------------------------------

    @property
    def busy(self) -> bool:
        """Whether a request is being answered."""
        return self._current is not None or bool(self._queue)

    def check_progress(self) -> None:
        """Called every few seconds: end what does not move."""
        if self._transport.get_write_buffer_size():
            self._check_client_reads()
        elif not self.busy:
            self._checks += 1
            waits = self._ending or self._head_bytes is not None or self._arriving is not None
            if self._checks >= (HEAD_CHECKS if waits else IDLE_CHECKS):
                self.end()

    def end_if_idle(self) -> None:
        """Close, unless a request is being answered."""
        if not self.busy:
            self.end()

    def abandon(self) -> asyncio.Task[None] | None:
        """Break off, whatever is in flight; returns the task of a request that was being answered."""
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
            self._lingering_close(arrived=exchange.complete)
        elif self._queue or self._read_paused:
            self._begin_next()

    def _begin_next(self) -> None:
        """Turn to the next request, if it is its turn; read on only when none is left waiting."""
        if self._queue and self._current is None and not self._write_paused:
            exchange = self._current = self._queue.popleft()
            state = self._state
            if len(state.connections) > state.max_connections:
                self._refuse(_TOO_MANY)
                return
            self._task = self._loop.create_task(state.application.serve(exchange))
        if self._queue:
            self.pause_reading()
        else:
            self._resume_reading()

    def _resume_reading(self) -> None:
        if self._read_paused and not (self._arriving is not None and self._arriving.buffer_full):
            self._read_paused = False
            self._transport.resume_reading()

    def _refuse(self, reply: bytes) -> None:
        if self._current is not None and self._current.streaming:
            self._transport.abort()  # in the middle of a body it would be read as a part of it
        elif not self._ending:
            self._transport.write(reply)
            self._lingering_close(arrived=False)

    def _parse_failed(self) -> None:
        """What came is no HTTP. Requests that arrived whole before it are still answered."""
        broken = self._arriving
        if broken is not None:
            broken.client_left()
            if broken in self._queue:
                self._queue.remove(broken)
        last = self._queue[-1] if self._queue else self._current
        if last is None or last is broken:
            self._refuse(_BAD_REQUEST)
        else:
            last.keep_alive = False

    def _lingering_close(self, *, arrived: bool) -> None:
        """Close; a client that is still sending first gets the chance to read its answer."""
        self._queue.clear()
        if arrived or not self._transport.can_write_eof():
            self.end()
            return
        self._ending = True
        self._transport.write_eof()
        self._resume_reading()

    def _linger(self, count: int) -> None:
        self._lingered += count
        if self._lingered > LINGER_BYTES:
            self._transport.close()

    def _check_client_reads(self) -> None:
        """A client that reads nothing of its answer is given up like one that sends nothing."""
        sent = self._streamed - self._transport.get_write_buffer_size()
        self._checks = self._checks + 1 if sent == self._sent else 0
        self._sent = sent
        if self._checks >= IDLE_CHECKS:
            self._transport.abort()


def _split(target: bytes) -> tuple[str, bytes]:
    """Path and query of a request's target; one with a scheme and host, or a fragment, is taken apart first."""
    if target[:1] != b"/" or b"#" in target:
        try:
            parsed = parse_url(target)
        except HttpParserError:
            return target.decode("utf-8", "replace"), b""
        return (parsed.path or b"").decode("utf-8", "replace"), parsed.query or b""
    path, _, query = target.partition(b"?")
    return path.decode("utf-8", "replace"), query


_NO_TRANSPORT: Final = asyncio.Transport()
"""Stands for the transport until there is one."""
