"""Streamed replies, checked byte by byte."""

from __future__ import annotations

import asyncio
import gzip
import socket
from collections.abc import AsyncIterator, Callable

import pytest

from tests.fixtures.streams import BLOB, BLOB_TAG, MIB, StreamServer, stream_server
from wondernest.server.connection import IDLE_CHECKS
from wondernest.settings import Settings

HELD_BYTES = 256 * 1024
"""How much memory a client that reads nothing may use."""


@pytest.fixture
async def server(make_settings: Callable[..., Settings]) -> AsyncIterator[StreamServer]:
    async with stream_server(make_settings) as running:
        yield running


def unchunked(body: bytes) -> tuple[bytes, bool]:
    """The content of a chunked body, and whether it ended correctly."""
    content = b""
    while body:
        size, _, rest = body.partition(b"\r\n")
        length = int(size, 16)
        if not length:
            return content, rest == b"\r\n"
        content, body = content + rest[:length], rest[length + 2 :]
    return content, False


def taken_apart(reply: bytes) -> tuple[bytes, bytes]:
    head, _, body = reply.partition(b"\r\n\r\n")
    return head.lower() + b"\r\n", body


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


async def test_a_stream_of_unknown_length_is_chunked_and_ends_cleanly(server: StreamServer) -> None:
    head, body = taken_apart(await server.get("download?count=3&size=4"))
    assert b"transfer-encoding: chunked\r\n" in head
    assert b"content-length" not in head
    assert unchunked(body) == (b"aaaabbbbcccc", True)
    assert server.streams.closed == ["pieces"]


async def test_a_stream_of_known_length_has_content_length(server: StreamServer) -> None:
    head, body = taken_apart(await server.get("download?count=3&size=4&length=12"))
    assert b"content-length: 12\r\n" in head
    assert b"transfer-encoding" not in head
    assert body == b"aaaabbbbcccc"


async def test_an_old_client_reads_to_the_end_of_the_connection(server: StreamServer) -> None:
    sent = b"GET /api/v1/streams/download HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    head, body = taken_apart(await server.answer(sent))
    assert b"transfer-encoding" not in head
    assert b"connection: close\r\n" in head
    assert body == b"aaaabbbbcccc"


async def test_requests_before_and_after_a_stream_share_its_connection(server: StreamServer) -> None:
    one = b"GET /api/v1/streams/download?count=%d HTTP/1.1\r\nHost: x\r\n%b\r\n"
    received = await server.answer(
        one % (1, b"") + one % (2, b"") + b"GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    first, second, last = received.split(b"HTTP/1.1 200 OK\r\n")[1:]
    assert first.endswith(b"\r\n4\r\naaaa\r\n0\r\n\r\n")
    assert second.endswith(b"\r\n4\r\naaaa\r\n4\r\nbbbb\r\n0\r\n\r\n")
    assert b"content-length" in last


async def test_head_of_a_stream_does_not_start_it(server: StreamServer) -> None:
    head, body = taken_apart(await server.get("download?length=12", method="HEAD"))
    assert b"content-length: 12\r\n" in head
    assert body == b""
    assert server.streams.made == 0


@pytest.mark.parametrize("version", ["1.1", "1.0"])
async def test_a_fault_half_way_breaks_the_connection_and_is_counted(server: StreamServer, version: str) -> None:
    received = await tolerant(server, "download?fails=2&size=100000", version)
    assert not received.endswith(b"0\r\n\r\n")
    assert server.streams.closed == ["pieces"]
    assert server.broken() == 1


async def test_a_fault_of_a_dependency_half_way_is_logged_once(
    server: StreamServer, caplog: pytest.LogCaptureFixture
) -> None:
    received = await tolerant(server, "download?fails=1&with=database")
    assert not received.endswith(b"0\r\n\r\n")
    (line,) = [record for record in caplog.records if record.getMessage() == "reply broken off"]
    assert line.exc_info is None


async def tolerant(server: StreamServer, target: str, version: str = "1.1") -> bytes:
    """The bytes of an answer, even if its connection is reset."""
    reader, writer = await server.connect(f"GET /api/v1/streams/{target} HTTP/{version}\r\nHost: x\r\n\r\n".encode())
    received = b""
    try:
        while chunk := await reader.read(65536):
            received += chunk
    except ConnectionResetError:
        pass
    writer.close()
    return received


@pytest.mark.parametrize("length", [11, 13])
async def test_a_stream_of_another_length_than_announced_is_broken_off(server: StreamServer, length: int) -> None:
    received = await tolerant(server, f"download?length={length}")
    assert len(taken_apart(received)[1]) < length
    assert server.broken() == 1


async def test_a_streamed_text_is_compressed(server: StreamServer) -> None:
    query = "download?count=5&size=300000&kind=text/plain"
    head, body = taken_apart(await server.get(query, "Accept-Encoding: gzip"))
    assert b"content-encoding: gzip\r\n" in head
    packed, whole = unchunked(body)
    assert whole
    _, plain = taken_apart(await server.get(query))
    assert gzip.decompress(packed) == unchunked(plain)[0]


async def test_a_replayable_route_must_not_answer_with_a_stream(server: StreamServer) -> None:
    assert (await server.get("replayable")).startswith(b"HTTP/1.1 500 ")
    assert server.streams.made == 0


async def test_a_stream_of_binary_data_is_not_compressed(server: StreamServer) -> None:
    head, _ = taken_apart(await server.get("download", "Accept-Encoding: gzip"))
    assert b"content-encoding" not in head


async def stalled(server: StreamServer, target: str) -> socket.socket:
    """A client that sent its request and reads nothing, until its connection's buffer is full."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
    client.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(client, ("127.0.0.1", server.port))
    await loop.sock_sendall(client, f"GET /api/v1/streams/{target} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    await until(lambda: server.server.state.connections)
    (connection,) = server.server.state.connections
    await until(lambda: connection._writer.paused)
    return client


async def test_a_client_that_reads_nothing_has_a_bounded_buffer_and_is_disconnected(server: StreamServer) -> None:
    client = await stalled(server, "download?count=1000&size=65536")
    (connection,) = server.server.state.connections
    assert connection._transport.get_write_buffer_size() <= HELD_BYTES
    for _ in range(IDLE_CHECKS + 1):
        server.server.check_progress()
    await until(lambda: not server.server.state.connections)
    await until(lambda: server.streams.closed == ["pieces"])
    assert server.streams.made < 1000 * 65536
    client.close()


async def test_a_large_piece_is_sent_in_small_ones(server: StreamServer) -> None:
    client = await stalled(server, f"download?count=1&size={12 * MIB}")
    (connection,) = server.server.state.connections
    assert connection._transport.get_write_buffer_size() <= HELD_BYTES
    received, loop = 0, asyncio.get_running_loop()
    while received < 12 * MIB:
        received += len(await loop.sock_recv(client, 1 << 20))
    client.close()


async def test_a_client_that_leaves_closes_the_stream_at_once(server: StreamServer) -> None:
    reader, writer = await server.connect(b"GET /api/v1/streams/events HTTP/1.1\r\nHost: x\r\n\r\n")
    await reader.readuntil(b"id: 3")
    writer.close()
    await until(lambda: server.streams.closed == ["events"])
    assert server.broken() == 0


async def test_event_streams_end_with_the_drain_and_cleanly(server: StreamServer) -> None:
    reader, writer = await server.connect(b"GET /api/v1/streams/events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: 7\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    assert b"content-type: text/event-stream\r\n" in head
    received = await reader.readuntil(b"id: 10")
    assert b"id: 8\nevent: count\ndata: first line 8\ndata: second\n\n" in received
    server.server.state.begin_drain()
    rest = await reader.read()
    assert rest.endswith(b"0\r\n\r\n")
    assert server.streams.closed == ["events"]
    writer.close()


async def test_a_download_has_the_grace_period_and_no_more(server: StreamServer) -> None:
    client = await stalled(server, "download?count=1000&size=65536")
    await server.server.shut_down(asyncio.Event())
    assert server.streams.closed == ["pieces"]
    client.close()


async def test_a_blob_is_sent_whole_in_part_or_as_304(server: StreamServer) -> None:
    head, body = taken_apart(await server.get("blob", "Accept-Encoding: gzip"))
    assert body == BLOB
    assert f"etag: {BLOB_TAG}\r\n".encode() in head
    assert b"last-modified: sun, 01 mar 2026 12:00:00 gmt\r\n" in head
    assert b"content-encoding" not in head
    head, body = taken_apart(await server.get("blob", "Range: bytes=90-209"))
    assert head.startswith(b"http/1.1 206 ")
    assert f"content-range: bytes 90-209/{len(BLOB)}\r\n".encode() in head
    assert body == BLOB[90:210]
    head, body = taken_apart(await server.get("blob", f"If-None-Match: {BLOB_TAG}"))
    assert (head[:12], body) == (b"http/1.1 304", b"")
    head, body = taken_apart(await server.get("blob", f"Range: bytes={len(BLOB)}-"))
    assert head.startswith(b"http/1.1 416 ")
    assert f"content-range: bytes */{len(BLOB)}\r\n".encode() in head
    assert b'"RANGE_NOT_SATISFIABLE"' in body
    head, body = taken_apart(await server.get("blob", method="HEAD"))
    assert f"content-length: {len(BLOB)}\r\n".encode() in head
    assert body == b""
