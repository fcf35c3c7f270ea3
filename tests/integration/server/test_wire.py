"""HTTP/1.1 of a worker, byte by byte."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import pytest

from wondernest.app import create_app
from wondernest.server.connection import HEAD_CHECKS, IDLE_CHECKS, LINGER_BYTES, Connection
from wondernest.server.exchange import TRAILER_BYTES
from wondernest.server.heads import HEAD_LIMIT_BYTES
from wondernest.settings import Settings
from wondernest.supervisor.worker import Worker

HEALTH = b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n"


@dataclass
class RunningWorker:
    worker: Worker
    port: int

    async def connect(self, sent: bytes = b"") -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """A connection whose first bytes the worker has read."""
        before = set(self.connections)
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        while not (new := [connection for connection in self.connections if connection not in before]):
            await asyncio.sleep(0)
        while sent and new[0]._reader._head_bytes == 0 and new[0]._reader.arriving is None:
            await asyncio.sleep(0)
        return reader, writer

    @property
    def connections(self) -> list[Connection]:
        return list(self.worker.server.state.connections)

    async def answer(self, sent: bytes) -> bytes:
        """All bytes received until the worker closes the connection."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(sent)
        try:
            return await reader.read()
        finally:
            writer.close()

    def check(self, times: int) -> None:
        for _ in range(times):
            self.worker.server.check_progress()


@pytest.fixture
async def worker(make_settings: Callable[..., Settings]) -> AsyncIterator[RunningWorker]:
    settings = make_settings(SHUTDOWN_GRACE_S="1", BODY_TIMEOUT_S="5", SERVER_MAX_CONNECTIONS="3")
    listener = socket.create_server(("127.0.0.1", 0))
    ours, theirs = socket.socketpair()
    worker = Worker(create_app(settings), theirs, settings.server)
    await worker.start([listener])
    running = RunningWorker(worker, listener.getsockname()[1])
    yield running
    await worker.shut_down()
    ours.close()
    theirs.close()


@pytest.mark.parametrize("sent", [b"", b"GET /health HTTP/1.1\r\nHost: x\r\nX-Slow: "])
async def test_a_head_that_does_not_arrive_times_out(worker: RunningWorker, sent: bytes) -> None:
    reader, writer = await worker.connect(sent)
    worker.check(HEAD_CHECKS - 1)
    assert worker.connections[0].closed is False
    worker.check(1)
    assert await reader.read() == b""
    writer.close()


async def test_an_idle_connection_has_a_longer_time_out(worker: RunningWorker) -> None:
    reader, writer = await worker.connect()
    for _ in range(2):
        writer.write(b"HEAD /health HTTP/1.1\r\nHost: x\r\n\r\n")
        assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 200 ")
        worker.check(IDLE_CHECKS - 1)
        assert worker.connections
    worker.check(1)
    assert await reader.read() == b""
    writer.close()


async def test_an_endless_head_is_refused(worker: RunningWorker) -> None:
    reader, writer = await worker.connect(b"GET /health HTTP/1.1\r\nHost: x\r\nX-Long: ")
    writer.write(b"a" * HEAD_LIMIT_BYTES + b"a")
    assert (await reader.read()).startswith(b"HTTP/1.1 431 ")
    writer.close()


async def test_a_draining_worker_closes_connections_after_the_reply(worker: RunningWorker) -> None:
    reader, writer = await worker.connect(b"GET /health HTTP/1.1\r\n")
    ending = asyncio.create_task(worker.worker.shut_down())
    while not worker.worker.server.state.draining:
        await asyncio.sleep(0)
    writer.write(b"Host: x\r\n\r\n")
    reply = await reader.read()
    assert reply.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in reply.lower()
    await ending
    writer.close()


async def test_pipelined_requests_are_answered_in_their_order(worker: RunningWorker) -> None:
    unknown = b"GET /nowhere HTTP/1.1\r\nHost: x\r\n\r\n"
    last = b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    received = await worker.answer(HEALTH + unknown + HEALTH + last)
    statuses = [part[:3] for part in received.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [b"200", b"404", b"200", b"200"]
    assert received.count(b"connection: close") == 1


async def test_a_request_in_single_bytes_is_read_like_any_other(worker: RunningWorker) -> None:
    reader, writer = await worker.connect()
    body = b'{"email":"nobody@example.com","password":"Wrong-Day-7"}'
    head = b"POST /api/v1/auth/parent/login HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
    for byte in head % len(body) + body:
        writer.write(bytes([byte]))
        await asyncio.sleep(0)
    assert (await reader.read()).startswith(b"HTTP/1.1 401 ")
    writer.close()


async def test_a_chunked_body_is_put_together(worker: RunningWorker) -> None:
    head = (
        b"POST /api/v1/auth/parent/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    )
    chunks = [b'{"email":"nobody@example.com",', b'"password":"Wrong-Day-7"}']
    body = b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"
    assert (await worker.answer(head + body)).startswith(b"HTTP/1.1 401 ")


async def test_an_unread_body_is_skipped(worker: RunningWorker) -> None:
    reader, writer = await worker.connect()
    for _ in range(2):
        writer.write(b"GET /health HTTP/1.1\r\nHost: x\r\nContent-Length: 200000\r\n\r\n")
        assert (await reader.readuntil(b'"}')).startswith(b"HTTP/1.1 200 ")
        writer.write(b"x" * 200_000)
    writer.close()


async def test_a_request_before_invalid_bytes_is_answered_before_the_connection_ends(worker: RunningWorker) -> None:
    received = await worker.answer(HEALTH + b"\x00\x01nonsense\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in received


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\x01nonsense\r\n\r\n",
        b"GET /health HTTP/9.9\r\n\r\n",
        b"GET /health/\x00live HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET /health HTTP/1.1\r\nHost: x\r\nX-Odd: a\x00b\r\n\r\n",
        b"POST /api/v1/auth/parent/login HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        b"POST /api/v1/auth/parent/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nnonsense\r\n",
    ],
)
async def test_invalid_bytes_are_a_bad_request(worker: RunningWorker, sent: bytes) -> None:
    assert (await worker.answer(sent)).startswith(b"HTTP/1.1 400 ")


@pytest.mark.parametrize(
    "target", [b"http://example.com/health", b"/health?x=1", b"/health#part", b"http://example.com/health?x=1#part"]
)
async def test_a_target_is_its_path(worker: RunningWorker, target: bytes) -> None:
    sent = b"GET %b HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" % target
    assert (await worker.answer(sent)).startswith(b"HTTP/1.1 200 ")


async def test_an_upgrade_to_another_protocol_is_ignored(worker: RunningWorker) -> None:
    sent = b"GET /health HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
    received = await worker.answer(sent)
    assert received.startswith(b"HTTP/1.1 200 ")
    assert b"connection: close" in received


async def test_an_upgrade_request_with_a_body_gets_a_readable_refusal(
    worker: RunningWorker,
) -> None:
    head = b"POST /api/v1/auth/parent/login HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n"
    reader, writer = await worker.connect(head)
    while not worker.connections[0].busy:
        await asyncio.sleep(0)
    writer.write(b"{}")
    received = await reader.read()
    assert received.startswith(b"HTTP/1.1 400 ")
    assert b"connection: close" in received
    writer.close()


async def test_trailers_are_not_headers_and_are_bounded(worker: RunningWorker) -> None:
    head = b"POST /api/v1/auth/parent/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    reader, writer = await worker.connect(head + b"2\r\n{}\r\n0\r\nX-Request-ID: from-the-end\r\n")
    while not worker.connections[0].busy:
        await asyncio.sleep(0)
    for _ in range(3):
        writer.write(b"X-Long: " + b"a" * TRAILER_BYTES + b"\r\n")
        await asyncio.sleep(0.01)
    received = await reader.read()
    assert received.startswith(b"HTTP/1.1 431 ")
    assert b"from-the-end" not in received
    writer.close()


async def test_a_client_that_half_closes_still_gets_its_answer(worker: RunningWorker) -> None:
    reader, writer = await worker.connect(HEALTH)
    writer.write_eof()
    assert (await reader.read()).startswith(b"HTTP/1.1 200 ")
    writer.close()


async def test_an_early_refusal_reaches_a_client_that_is_still_sending(
    worker: RunningWorker,
) -> None:
    reader, writer = await worker.connect()
    size = LINGER_BYTES // 2
    writer.write(b"POST /api/v1/auth/parent/login HTTP/1.1\r\nHost: x\r\nContent-Length: 99000000\r\n\r\n")
    writer.write(b"x" * size)
    assert (await reader.readuntil(b"\r\n\r\n")).startswith(b"HTTP/1.1 413 ")
    writer.write(b"x" * (size // 2))
    await writer.drain()
    assert b"PAYLOAD_TOO_LARGE" in await reader.read()
    writer.close()


async def test_a_connection_beyond_the_limit_gets_503_with_retry_after(worker: RunningWorker) -> None:
    others = [await worker.connect() for _ in range(3)]
    received = await worker.answer(HEALTH)
    assert received.startswith(b"HTTP/1.1 503 ")
    assert b"retry-after: " in received
    for _, writer in others:
        writer.close()
