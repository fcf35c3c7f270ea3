"""Our own load generator: plain sockets and one selector, so that it takes as little as it can of the cores that the server needs."""

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
LOOK_EVERY_S: Final = 1.0
"""How often waiting answers are looked at for having waited too long."""


class Lines:
    """Keep-alive connections; each asks one request at a time. Open for as long as the context."""

    def __init__(self, port: int, connections: int, tally: Tally) -> None:
        self._tally = tally
        self._lines = [_Line(port) for _ in range(connections)]
        self._poller = selectors.DefaultSelector()
        self._idle = list(self._lines)
        self._looked = time.perf_counter()

    def __enter__(self) -> Self:
        for line in self._lines:
            with contextlib.suppress(OSError):  # tried again, and counted, when it is to ask
                line.open(self._poller)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for line in self._lines:
            line.close(self._poller)
        self._poller.close()

    @property
    def idle(self) -> int:
        """How many could ask now."""
        return len(self._idle)

    @property
    def all_idle(self) -> bool:
        """Whether nothing is on its way."""
        return len(self._idle) == len(self._lines)

    def ask(self, content: bytes, due: float) -> None:
        """Send a request on an idle connection; its answer counts from when it was due."""
        line = self._idle.pop()
        try:
            line.ask(content, due, self._poller)
        except OSError:
            self._lose(line)

    def wait(self, seconds: float) -> None:
        """Take the answers that come until then; returns with the first of them."""
        for key, events in self._poller.select(seconds):
            line: _Line = key.data
            try:
                if events & selectors.EVENT_WRITE:
                    line.send(self._poller)
                if events & selectors.EVENT_READ and (status := line.read()):
                    self._tally.note(time.perf_counter() - line.due, status)
                    self._free(line)
            except OSError:
                self._lose(line)
        now = time.perf_counter()
        if now - self._looked > LOOK_EVERY_S:
            self._looked = now
            for line in self._lines:
                if line.asking and now - line.due > TIMEOUT_S:
                    self._lose(line)

    def _free(self, line: _Line) -> None:
        if line.ended:
            line.close(self._poller)
        self._idle.append(line)

    def _lose(self, line: _Line) -> None:
        """A request got no answer, unless the server only closed a connection on which nothing was asked."""
        asked = line.asking
        line.close(self._poller)
        if asked:
            self._tally.broken += 1
            self._idle.append(line)


class _Line:
    """One connection: what is still to be sent, and how much of the answer is still to come."""

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
        """The socket, connected by now. Raises OSError."""
        if self._socket is None:
            made = socket.create_connection(("127.0.0.1", self._port), timeout=TIMEOUT_S)
            made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            made.setblocking(False)
            poller.register(made, selectors.EVENT_READ, self)
            self._socket, self._full, self.ended = made, False, False
        return self._socket

    def close(self, poller: selectors.BaseSelector) -> None:
        """Hang up."""
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
    """Ask as fast as answers come or, given a rate, so many a second: late ones count from when they were due."""
    tally = Tally()
    start = time.perf_counter()
    with Lines(port, connections, tally) as lines:
        if rate is None:
            _press(lines, requests, seconds)
        else:
            _pace(lines, requests, round(seconds * rate), rate)
    return tally.result(time.perf_counter() - start)


def _press(lines: Lines, requests: Iterator[bytes], seconds: float) -> None:
    end = time.perf_counter() + seconds
    while (now := time.perf_counter()) < end or not lines.all_idle:
        for _ in range(lines.idle if now < end else 0):
            lines.ask(next(requests), now)
        lines.wait(LOOK_EVERY_S)


def _pace(lines: Lines, requests: Iterator[bytes], wanted: int, rate: float) -> None:
    start, asked = time.perf_counter(), 0
    while asked < wanted or not lines.all_idle:
        due = start + asked / rate
        for _ in range(min(lines.idle, wanted - asked)):
            if due > time.perf_counter():
                break
            lines.ask(next(requests), due)
            asked += 1
            due = start + asked / rate
        may_ask = lines.idle and asked < wanted
        lines.wait(max(0.0, due - time.perf_counter()) if may_ask else LOOK_EVERY_S)
