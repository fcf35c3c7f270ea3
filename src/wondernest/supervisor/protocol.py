"""uvicorn's HTTP protocol with bounds on a request's head and a gentle way to close."""

from __future__ import annotations

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

HEAD_LIMIT_BYTES = 64 * 1024
"""Request line and headers together; a head that arrives in one piece is bounded by the read buffer instead."""

_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"


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
