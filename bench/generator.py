"""Our own load generator: plain sockets and one selector, to leave as much CPU as possible to the server."""

from __future__ import annotations

import contextlib
import re
import selectors
import socket
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Final, Self

from bench.client import TIMEOUT_S
from bench.tally import Load, LoadError, Tally

_END_OF_HEAD: Final = b"\r\n\r\n"
_LENGTH: Final = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_CLOSE: Final = re.compile(rb"\r\nconnection: *close", re.IGNORECASE)
_STATUS: Final = slice(9, 12)
"""Of `HTTP/1.1 200 OK`."""
_WITHOUT_BODY: Final = frozenset({204, 304})
_READ_BYTES: Final = 1 << 18
CHECK_TIMEOUTS_EVERY_S: Final = 1.0
"""How often pending requests are checked for a time-out."""


class Connections:
    """Keep-alive connections, each with one request at a time. Open within the `with` block."""

    def __init__(self, port: int, connections: int, tally: Tally) -> None:
        self._tally = tally
        self._connections = [_Connection(port) for _ in range(connections)]
        self._poller = selectors.DefaultSelector()
        self._idle = list(self._connections)
        self._checked = time.perf_counter()

    def __enter__(self) -> Self:
        for connection in self._connections:
            with contextlib.suppress(OSError):  # tried again, and counted, at its first request
                connection.open(self._poller)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for connection in self._connections:
            connection.close(self._poller)
        self._poller.close()

    @property
    def idle(self) -> int:
        """How many connections can take a request now."""
        return len(self._idle)

    @property
    def all_idle(self) -> bool:
        """Whether no request is pending."""
        return len(self._idle) == len(self._connections)

    def ask(self, content: bytes, due: float) -> None:
        """Send a request on an idle connection; its latency is counted from `due`."""
        connection = self._idle.pop()
        try:
            connection.ask(content, due, self._poller)
        except OSError:
            self._lose(connection)

    def wait(self, seconds: float) -> None:
        """Handle the answers that arrive; returns after the first ones or after the time given."""
        for key, events in self._poller.select(seconds):
            connection: _Connection = key.data
            try:
                if events & selectors.EVENT_WRITE:
                    connection.send(self._poller)
                if events & selectors.EVENT_READ and (status := connection.read()):
                    self._tally.note(time.perf_counter() - connection.due, status)
                    self._free(connection)
            except OSError:
                self._lose(connection)
        now = time.perf_counter()
        if now - self._checked > CHECK_TIMEOUTS_EVERY_S:
            self._checked = now
            for connection in self._connections:
                if connection.asking and now - connection.due > TIMEOUT_S:
                    self._lose(connection)

    def _free(self, connection: _Connection) -> None:
        if connection.ended:
            connection.close(self._poller)
        self._idle.append(connection)

    def _lose(self, connection: _Connection) -> None:
        """Close a failed connection; a request pending on it counts as broken."""
        asked = connection.asking
        connection.close(self._poller)
        if asked:
            self._tally.broken += 1
            self._idle.append(connection)


class _Connection:
    """One connection with the unsent rest of its request and the expected length of the answer."""

    __slots__ = (
        "_expected",
        "_full",
        "_head",
        "_port",
        "_received",
        "_socket",
        "_unsent",
        "asking",
        "due",
        "ended",
        "status",
    )

    def __init__(self, port: int) -> None:
        self._port = port
        self._socket: socket.socket | None = None
        self._unsent = memoryview(b"")
        self._full = False
        self._head = b""
        self._received = self._expected = 0
        self.status = 0
        self.due = 0.0
        self.asking = False
        self.ended = False

    def open(self, poller: selectors.BaseSelector) -> socket.socket:
        """The connected socket. Raises OSError."""
        if self._socket is None:
            made = socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT_S)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.setblocking(False)
            poller.register(made, selectors.EVENT_READ, self)
            self._socket, self._full, self.ended = made, False, False
        return self._socket

    def close(self, poller: selectors.BaseSelector) -> None:
        """Close the socket."""
        if self._socket is not None:
            poller.unregister(self._socket)
            self._socket.close()
        self._socket, self.asking = None, False

    def ask(self, content: bytes, due: float, poller: selectors.BaseSelector) -> None:
        """Begin a request. Raises OSError."""
        self.asking, self.due = True, due
        self._head, self._received, self._expected = b"", 0, 0
        self._unsent = memoryview(content)
        self.open(poller)
        self.send(poller)

    def send(self, poller: selectors.BaseSelector) -> None:
        """Send what the kernel takes, and the rest when it takes more. Raises OSError."""
        assert self._socket is not None
        with contextlib.suppress(BlockingIOError):
            self._unsent = self._unsent[self._socket.send(self._unsent) :]
        if bool(self._unsent) != self._full:
            self._full = not self._full
            poller.modify(self._socket, selectors.EVENT_READ | (selectors.EVENT_WRITE if self._full else 0), self)

    def read(self) -> int:
        """The status once the whole answer is there, else 0. Raises OSError, LoadError."""
        assert self._socket is not None
        data = self._socket.recv(_READ_BYTES)
        if not data:
            raise ConnectionResetError("closed by the server")
        self._received += len(data)
        if not self._expected:
            self._head += data
            self._begin()
        if not self._expected or self._received < self._expected:
            return 0
        self.asking = False
        return self.status

    def _begin(self) -> None:
        end = self._head.find(_END_OF_HEAD)
        if end < 0:
            return
        head = self._head[: end + len(_END_OF_HEAD)]
        self.status = int(head[_STATUS])
        self.ended = _CLOSE.search(head) is not None
        length = _LENGTH.search(head)
        if length is None and self.status not in _WITHOUT_BODY:
            raise LoadError(f"an answer of {self.status} without a Content-Length")
        self._expected = len(head) + (int(length[1]) if length else 0)


def generate(port: int, requests: Iterator[bytes], connections: int, seconds: float, rate: float | None) -> Load:
    """Send as fast as answers arrive or, given a rate, that many a second; latencies then count from when each was due."""
    tally = Tally()
    start = time.perf_counter()
    with Connections(port, connections, tally) as opened:
        if rate is None:
            _press(opened, requests, seconds)
        else:
            _pace(opened, requests, round(seconds * rate), rate)
    return tally.result(time.perf_counter() - start)


def _press(connections: Connections, requests: Iterator[bytes], seconds: float) -> None:
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end or not connections.all_idle:
        for _ in range(connections.idle if now < end else 0):
            connections.ask(next(requests), now)
        connections.wait(CHECK_TIMEOUTS_EVERY_S)


def _pace(connections: Connections, requests: Iterator[bytes], wanted: int, rate: float) -> None:
    start, asked = time.perf_counter(), 0
    while asked < wanted or not connections.all_idle:
        due = start + asked / rate
        for _ in range(min(connections.idle, wanted - asked)):
            if due > time.perf_counter():
                break
            connections.ask(next(requests), due)
            asked += 1
            due = start + asked / rate
        may_ask = connections.idle and asked < wanted
        connections.wait(max(0.0, due - time.perf_counter()) if may_ask else CHECK_TIMEOUTS_EVERY_S)
