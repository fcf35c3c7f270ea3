"""However the network splits a stream of requests, each is answered once, in order, with its own body."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Iterable
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wondernest.platform.http.exchange import Exchange
from wondernest.server.connection import FEED_BYTES, HEAD_CHECKS, IDLE_CHECKS, LINGER_BYTES, Connection
from wondernest.server.exchange import DISCARDED_BYTES
from wondernest.server.state import ServerState

LIMIT = 1 << 20
SMALL = st.binary(max_size=40)
BODIES = st.lists(SMALL, min_size=1, max_size=6)
CUTS = st.lists(st.integers(min_value=0, max_value=2_000), max_size=12)


class Echo:
    """Sends back the request's body, at once or after other tasks have run."""

    def __init__(self, pauses: list[int]) -> None:
        self._pauses = pauses

    async def serve(self, exchange: Exchange) -> None:
        for _ in range(self._pauses.pop() if self._pauses else 0):
            await asyncio.sleep(0)
        body = exchange.body
        if body is None:
            body = await exchange.read(LIMIT, 30)
        answer = exchange.path.encode() + b"|" + exchange.query + b"|" + body
        await exchange.send(200, b"content-length: %d\r\n" % len(answer), answer, close=False)


class Wire:
    """A transport that records what is written, and delivers no bytes while reading is paused."""

    def __init__(self) -> None:
        self.written = b""
        self.paused = False
        self.closed = False
        self.aborted = False
        self.unsent = 0
        self.half_closes = False
        self.half_closed = False

    def get_write_buffer_size(self) -> int:
        return self.unsent

    def abort(self) -> None:
        self.aborted = True

    def get_extra_info(self, name: str) -> Any:
        return ("192.0.2.1", 4711) if name == "peername" else None

    def write(self, data: bytes) -> None:
        self.written += data

    def writelines(self, parts: Iterable[bytes]) -> None:
        self.written += b"".join(parts)

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def can_write_eof(self) -> bool:
        return self.half_closes

    def write_eof(self) -> None:
        self.half_closed = True

    def close(self) -> None:
        self.closed = True


def request(number: int, body: bytes, *, chunked: bool) -> bytes:
    head = b"PUT /things/%d?n=%d HTTP/1.1\r\nHost: x\r\n" % (number, number)
    if chunked:
        pieces = [body[:7], body[7:]]
        chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces if piece)
        return head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks + b"0\r\n\r\n"
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def pieces_of(stream: bytes, cuts: list[int]) -> list[bytes]:
    places = sorted({0, len(stream), *(cut % (len(stream) + 1) for cut in cuts)})
    return [stream[start:end] for start, end in itertools.pairwise(places)]


async def answered(pieces: list[bytes], pauses: list[int], count: int) -> bytes:
    state = ServerState(cast("Any", Echo(pauses)), max_connections=10)
    wire, connection = Wire(), Connection(state, asyncio.get_running_loop())
    connection.connection_made(cast("Any", wire))
    for piece in pieces:
        while wire.paused:
            await asyncio.sleep(0)
        connection.data_received(piece)
    while wire.written.count(b"HTTP/1.1 200 ") < count:
        await asyncio.sleep(0)
    assert not connection.busy
    assert not wire.closed
    return wire.written


@given(bodies=BODIES, cuts=CUTS, pauses=st.lists(st.integers(0, 5), max_size=6), chunked=st.booleans())
def test_every_request_of_a_pipeline_gets_its_own_answer(
    bodies: list[bytes], cuts: list[int], pauses: list[int], chunked: bool
) -> None:
    stream = b"".join(request(number, body, chunked=chunked) for number, body in enumerate(bodies))
    received = asyncio.run(asyncio.wait_for(answered(pieces_of(stream, cuts), pauses, len(bodies)), 30))
    for number, body in enumerate(bodies):
        head, _, rest = received.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\ndate: ")
        length = int(head.rpartition(b"content-length: ")[2])
        assert rest[:length] == b"/things/%d|n=%d|%b" % (number, number, body)
        received = rest[length:]
    assert received == b""


@pytest.mark.parametrize(("read_bytes", "given_up"), [(0, True), (1, False)])
async def test_only_a_client_that_reads_nothing_of_its_answer_is_disconnected(read_bytes: int, given_up: bool) -> None:
    state = ServerState(cast("Any", Echo([])), max_connections=10)
    wire, connection = Wire(), Connection(state, asyncio.get_running_loop())
    connection.connection_made(cast("Any", wire))
    wire.unsent = 1_000
    for _ in range(IDLE_CHECKS + 1):
        connection.check_progress()
        wire.unsent -= read_bytes
    assert wire.aborted is given_up


async def test_after_a_refused_large_read_the_rest_is_still_read_so_that_the_client_sees_the_reply() -> None:
    state = ServerState(cast("Any", Echo([])), max_connections=10)
    wire, connection = Wire(), Connection(state, asyncio.get_running_loop())
    wire.half_closes = True
    connection.connection_made(cast("Any", wire))
    connection.data_received(b"nonsense" * FEED_BYTES)
    await asyncio.sleep(0)
    assert wire.written.startswith(b"HTTP/1.1 400 ")
    assert (wire.half_closed, wire.paused, wire.closed) == (True, False, False)
    connection.data_received(b"x" * (LINGER_BYTES + 1))
    assert wire.closed


class Unread:
    """Answers without reading the body."""

    def __init__(self, *, closes: bool) -> None:
        self._closes = closes

    async def serve(self, exchange: Exchange) -> None:
        await exchange.send(400, b"content-length: 0\r\n", b"", close=self._closes)


@pytest.fixture(params=[True, False], ids=["connection ends", "connection stays"])
async def unread(request: pytest.FixtureRequest) -> tuple[Wire, Connection]:
    """A connection on which a request was answered before its body arrived."""
    state = ServerState(cast("Any", Unread(closes=request.param)), max_connections=10)
    wire, connection = Wire(), Connection(state, asyncio.get_running_loop())
    wire.half_closes = True
    connection.connection_made(cast("Any", wire))
    connection.data_received(b"POST /x HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % (2 * DISCARDED_BYTES))
    for _ in range(2):
        await asyncio.sleep(0)
    assert wire.written.startswith(b"HTTP/1.1 400 ")
    return wire, connection


async def send_body(connection: Connection, size: int) -> None:
    for _ in range(size // FEED_BYTES):
        connection.data_received(bytes(FEED_BYTES))
        await asyncio.sleep(0)


async def test_of_a_body_that_nobody_reads_a_bounded_amount_is_discarded(unread: tuple[Wire, Connection]) -> None:
    wire, connection = unread
    await send_body(connection, DISCARDED_BYTES)
    assert (wire.closed, wire.aborted, wire.paused) == (False, False, False)
    await send_body(connection, FEED_BYTES)
    assert wire.closed


@pytest.mark.parametrize(("sends", "checks"), [(False, HEAD_CHECKS), (True, IDLE_CHECKS)])
async def test_a_client_that_goes_on_sending_an_answered_body_has_more_time(
    unread: tuple[Wire, Connection], sends: bool, checks: int
) -> None:
    wire, connection = unread
    for _ in range(checks):
        assert not wire.closed
        if sends:
            await send_body(connection, FEED_BYTES)
        connection.check_progress()
    assert wire.closed


async def test_a_large_read_is_parsed_in_slices_between_which_the_loop_runs() -> None:
    state = ServerState(cast("Any", Echo([])), max_connections=10)
    wire, connection = Wire(), Connection(state, asyncio.get_running_loop())
    connection.connection_made(cast("Any", wire))
    slices = 4
    body = b"x" * (slices * FEED_BYTES)
    connection.data_received(request(1, body, chunked=False))
    turns = 0
    while b"HTTP/1.1 200 " not in wire.written:
        turns += 1
        await asyncio.sleep(0)
    assert turns >= slices - 1
    assert wire.written.endswith(body)
    while wire.paused:
        await asyncio.sleep(0)


async def test_pipelined_requests_of_one_read_are_parsed_as_they_are_answered() -> None:
    state = ServerState(cast("Any", Echo([])), max_connections=10)
    wire, connection = Wire(), Connection(state, asyncio.get_running_loop())
    connection.connection_made(cast("Any", wire))
    one = request(1, b"", chunked=False)
    count = 3 * FEED_BYTES // len(one)
    connection.data_received(one * count)
    first = len(connection._queue)  # pyright: ignore[reportPrivateUsage]
    assert first < count / 2
    while wire.written.count(b"HTTP/1.1 200 ") < count:
        await asyncio.sleep(0)
    assert not wire.closed
