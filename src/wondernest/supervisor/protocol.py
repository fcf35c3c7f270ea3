"""uvicorn's HTTP protocol with bounds on a request's head and a gentle way to close."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

HEAD_LIMIT_BYTES = 64 * 1024
"""Request line and headers together; a head that arrives in one piece is bounded by the read buffer instead."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


_REPLY_LINE = b"HTTP/1.1 "
_CONTINUE = b"HTTP/1.1 100"


class OneWriteTransport(asyncio.Transport):
    """A transport that holds a reply's head until its body follows: one system call a reply instead of two.

    The second call costs a fifth of a small request. Nothing is held past the reply: `flush` and `close` let it go.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        super().__init__()
        self._transport = transport
        self._head = b""
        self.get_extra_info = transport.get_extra_info
        self.is_closing = transport.is_closing
        self.pause_reading = transport.pause_reading
        self.resume_reading = transport.resume_reading
        self.set_write_buffer_limits = transport.set_write_buffer_limits
        self.set_protocol = transport.set_protocol
        self.abort = transport.abort

    def write(self, data: Any) -> None:
        """Send, or hold what is the head of a reply."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.writelines((head, data))
        elif data.startswith(_REPLY_LINE) and not data.startswith(_CONTINUE):
            self._head = data
        else:
            self._transport.write(data)

    def flush(self) -> None:
        """Send a head that no body followed."""
        if self._head:
            head, self._head = self._head, b""
            self._transport.write(head)

    def close(self) -> None:
        """Send what is held, then close."""
        self.flush()
        self._transport.close()


class State(ServerState):
    """What all connections of a worker share."""

    def __init__(self) -> None:
        super().__init__()
        self.draining = False
        """Whether the worker is about to end, so that each reply asks the client to connect anew."""


class Protocol(HttpToolsProtocol):
    """One connection."""

    server_state: State

    awaits_head = True
    """Whether the next request's head has not yet arrived whole, counted from its first byte or the connection's start."""
    heads = 0
    """How many heads have begun: two looks that find the same number and `awaits_head` found the same head."""
    _head_bytes = 0

    def connection_made(self, transport: asyncio.Transport) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        """A client connected."""
        self._replies = OneWriteTransport(transport)
        super().connection_made(self._replies)

    def on_response_complete(self) -> None:
        """A reply was written whole."""
        self._replies.flush()
        super().on_response_complete()

    def data_received(self, data: bytes) -> None:
        """Bytes from the client."""
        if self.awaits_head:
            self._head_bytes += len(data)
            if self._head_bytes > HEAD_LIMIT_BYTES and self.heads:
                self.transport.write(_TOO_LARGE)
                self.transport.close()
                return
        super().data_received(data)

    def on_message_begin(self) -> None:
        """The first byte of a request was read."""
        self.awaits_head = True
        self.heads += 1
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """A request's head has arrived whole."""
        self.awaits_head = False
        self._head_bytes = 0
        super().on_headers_complete()
        if self.server_state.draining:
            self.cycle.keep_alive = False

    def end_after_reply(self) -> None:
        """Close once the request in flight, if there is one, has been answered."""
        if self.cycle and not self.cycle.response_complete:
            self.cycle.keep_alive = False
