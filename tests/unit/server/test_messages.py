"""However a message is split, it is read or refused as the corpus says; what follows a refused one is never answered."""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import re
import shutil
import socket
import subprocess
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, cast

import h11
import pytest

from tests.unit.server.messages import MESSAGES, Message, Understood
from wondernest.platform.http.exchange import ClientDisconnected, Exchange
from wondernest.server.connection import Connection
from wondernest.server.state import ServerState

BODY_LIMIT = 1 << 20
EACH_PLACE_BYTES = 200
"""Up to this size a message is cut once at every place; a longer one, at some places only."""
CUTS = 12
NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
FOLLOWING = Understood(path="/next")

LAXER_THAN_H11 = {"empty line first", "two empty lines first", "empty line between", "two spaces"}
"""What we read and h11 refuses. nginx and Node read all of it, and none of it moves the end of a message."""
LAXER_THAN_NODE = {"request after close"}
"""Node gives up at once, without a reply to the request before the end."""
NODE_SERVER = """
    const http = require("http");
    const server = http.createServer((request, reply) => {
      const body = [];
      request.on("data", (chunk) => body.push(chunk));
      request.on("end", () => {
        const read = {method: request.method, target: request.url, body: Buffer.concat(body).toString("latin1")};
        reply.end(JSON.stringify(read) + "\\n");
      });
    });
    server.listen(0, "127.0.0.1", () => console.log(server.address().port));
"""
NODE_WAIT_S = 20


class Recorder:
    """An application that records what it reads, and answers 200."""

    def __init__(self) -> None:
        self.read: list[Understood] = []

    async def serve(self, exchange: Exchange) -> None:
        try:
            body = await exchange.read(BODY_LIMIT, 30)
        except ClientDisconnected:
            return
        self.read.append(
            Understood(exchange.method, exchange.path, exchange.query, body, exchange.headers.get(b"host"))
        )
        await exchange.send(200, b"content-length: 0\r\n", b"", close=False)


class Line:
    """A transport that records what is written."""

    def __init__(self) -> None:
        self.written = b""
        self.paused = False
        self.closed = False

    def get_write_buffer_size(self) -> int:
        return 0

    def get_extra_info(self, name: str) -> Any:
        return ("192.0.2.1", 4711) if name == "peername" else None

    def write(self, data: bytes) -> None:
        self.written += data

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        self.paused = False

    def can_write_eof(self) -> bool:
        return False

    def close(self) -> None:
        self.closed = True


async def outcome(pieces: Sequence[bytes]) -> tuple[list[int], list[Understood], bool]:
    """The statuses of the replies, what the application read, and whether the connection was closed."""
    recorder, line = Recorder(), Line()
    connection = Connection(ServerState(cast("Any", recorder), max_connections=10), asyncio.get_running_loop())
    connection.connection_made(cast("Any", line))
    for piece in pieces:
        while line.paused and not line.closed:
            await asyncio.sleep(0)
        if line.closed:
            break
        connection.data_received(piece)
        await asyncio.sleep(0)
    for _ in range(50):
        if not connection.busy:
            break
        await asyncio.sleep(0)
    statuses = [int(part[:3]) for part in line.written.split(b"HTTP/1.1 ")[1:]]
    if line.closed:
        connection.connection_lost(None)
    return statuses, recorder.read, line.closed


def splittings(sent: bytes) -> Iterator[list[bytes]]:
    """Whole; cut once at every place; byte by byte; cut at random places."""
    yield [sent]
    short = len(sent) <= EACH_PLACE_BYTES
    chance = random.Random(len(sent))
    for place in range(1, len(sent)) if short else sorted(chance.sample(range(1, len(sent)), CUTS)):
        yield [sent[:place], sent[place:]]
    if short:
        yield [sent[place : place + 1] for place in range(len(sent))]
    for _ in range(3):
        places = sorted({0, len(sent), *chance.sample(range(len(sent)), min(CUTS, len(sent) - 1))})
        yield [sent[begin:end] for begin, end in itertools.pairwise(places)]


def test_the_corpus_is_large_and_no_name_is_used_twice() -> None:
    assert len(MESSAGES) >= 150
    assert max(Counter(message.name for message in MESSAGES).values()) == 1


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.name)
async def test_a_message_is_read_or_refused_however_it_is_split(message: Message) -> None:
    for pieces in splittings(message.sent):
        pieces[-1] += NEXT
        statuses, read, closed = await outcome(pieces)
        if message.refused is not None:
            assert (statuses, read, closed) == ([message.refused], [], True), pieces
        else:
            expected = [*message.read, *([] if message.closes else [FOLLOWING])]
            assert (statuses, read, closed) == ([200] * len(expected), expected, message.closes), pieces


async def test_requests_before_a_refused_message_are_answered_and_none_after_it() -> None:
    for message in MESSAGES:
        if message.refused is not None:
            assert await outcome([NEXT + message.sent + NEXT]) == ([200], [FOLLOWING], True), message.name


def test_h11_reads_nothing_else() -> None:
    found = {message.name: _read_by_h11(message.sent) for message in MESSAGES if message.refused is None}
    assert _differing(found) == LAXER_THAN_H11


@pytest.fixture
def node_port() -> Iterator[int]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("Node is not installed")
    with subprocess.Popen([node, "-e", NODE_SERVER], stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        yield int(server.stdout.readline())
        server.terminate()


def test_node_reads_nothing_else(node_port: int) -> None:
    found = {message.name: _read_by_node(node_port, message.sent) for message in MESSAGES if message.refused is None}
    assert _differing(found) <= LAXER_THAN_NODE


def _differing(found: dict[str, list[tuple[str, bytes]] | None]) -> set[str]:
    """The messages that we read and another server refuses; asserts that both read the same where both read."""
    refused: set[str] = set()
    for message in MESSAGES:
        if message.refused is None:
            theirs = found[message.name]
            if theirs is None:
                refused.add(message.name)
            else:
                assert theirs == [(read.method, read.body) for read in message.read], message.name
    return refused


def _read_by_node(port: int, sent: bytes) -> list[tuple[str, bytes]] | None:
    """As `_read_by_h11`. The end of our side of the connection lets Node close its own after the last reply."""
    with socket.create_connection(("127.0.0.1", port), NODE_WAIT_S) as connection:
        connection.sendall(sent)
        connection.shutdown(socket.SHUT_WR)
        received = b""
        while piece := connection.recv(1 << 16):
            received += piece
    if sent.startswith(b"HEAD "):
        return [("HEAD", b"")] if received.startswith(b"HTTP/1.1 200 ") else None
    read = [json.loads(found) for found in re.findall(rb"\{.*\}", received)]
    return [(each["method"], each["body"].encode("latin-1")) for each in read] or None


def _read_by_h11(sent: bytes) -> list[tuple[str, bytes]] | None:
    """Method and body of each request; None for a refusal."""
    connection = h11.Connection(h11.SERVER)
    connection.receive_data(sent)
    found: list[tuple[str, bytes]] = []
    method, body = "", b""
    try:
        while True:
            event = connection.next_event()
            if isinstance(event, h11.Request):
                method, body = event.method.decode(), b""
            elif isinstance(event, h11.Data):
                body += bytes(event.data)
            elif isinstance(event, h11.EndOfMessage):
                found.append((method, body))
                connection.send(h11.Response(status_code=200, headers=[("content-length", "0")]))
                connection.send(h11.EndOfMessage())
                if connection.our_state is not h11.DONE:
                    return found
                connection.start_next_cycle()
            else:
                return found
    except h11.RemoteProtocolError:
        return None
