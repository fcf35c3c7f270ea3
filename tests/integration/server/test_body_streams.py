"""Bodies that a handler reads as they arrive."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.fixtures.streams import MIB, StreamServer, stream_server
from wondernest.server.exchange import UNREQUESTED_BYTES
from wondernest.settings import Settings

READ_AT_ONCE_BYTES = 256 * 1024
"""The largest piece that the event loop reads from a socket at once."""


@pytest.fixture
async def server(make_settings: Callable[..., Settings]) -> AsyncIterator[StreamServer]:
    async with stream_server(make_settings, BODY_TIMEOUT_S="0.3") as running:
        yield running


def head(target: str, *headers: str) -> bytes:
    lines = [f"POST /api/v1/streams/{target} HTTP/1.1", "Host: x", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


def content(reply: bytes) -> Any:
    return json.loads(reply.partition(b"\r\n\r\n")[2])


async def test_a_body_arrives_unchanged_in_either_framing(server: StreamServer) -> None:
    body = bytes(range(256)) * 4000
    told = {"size": len(body), "digest": hashlib.sha256(body).hexdigest()}
    whole = await server.answer(head("upload", f"Content-Length: {len(body)}") + body)
    assert content(whole) == told
    pieces = [body[:1], body[1:70_000], body[70_000:]]
    chunks = b"".join(b"%x\r\n%b\r\n" % (len(piece), piece) for piece in pieces) + b"0\r\n\r\n"
    assert content(await server.answer(head("upload", "Transfer-Encoding: chunked") + chunks)) == told
    assert content(await server.answer(head("upload", "Content-Length: 0")))["size"] == 0
    assert content(await server.answer(head("upload")))["size"] == 0


async def test_what_the_handler_has_not_taken_is_not_read_from_the_client(server: StreamServer) -> None:
    size = 64 * MIB
    reader, writer = await server.connect(head("patient", f"Content-Length: {size}"))
    sending = asyncio.create_task(write_all(writer, size))
    (connection,) = await connections(server)
    while not connection._read_paused:
        await asyncio.sleep(0.001)
    exchange = connection._current
    assert exchange is not None
    assert exchange._size <= UNREQUESTED_BYTES + READ_AT_ONCE_BYTES
    assert not sending.done()
    server.streams.proceed.set()
    reply = await reader.read()
    await sending
    assert content(reply)["size"] == size
    writer.close()


async def write_all(writer: asyncio.StreamWriter, size: int) -> None:
    for _ in range(size // MIB):
        writer.write(b"x" * MIB)
        await writer.drain()


async def connections(server: StreamServer) -> list[Any]:
    while not server.server.state.connections:
        await asyncio.sleep(0.001)
    return list(server.server.state.connections)


async def test_100_continue_is_sent_when_the_handler_reads(server: StreamServer) -> None:
    reader, writer = await server.connect(head("patient", "Content-Length: 2", "Expect: 100-continue"))
    await connections(server)
    server.streams.proceed.set()
    assert await reader.readuntil(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
    writer.write(b"{}")
    assert content(await reader.read())["size"] == 2
    writer.close()


async def test_a_refused_request_gets_no_100_continue(server: StreamServer) -> None:
    reply = await server.answer(head("small", "Content-Length: 1001", "Expect: 100-continue"))
    assert reply.startswith(b"HTTP/1.1 413 ")


@pytest.mark.parametrize("framing", ["Content-Length: 2000", "Transfer-Encoding: chunked"])
async def test_a_body_over_its_bound_is_refused_in_the_routes_own_shape(server: StreamServer, framing: str) -> None:
    body = b"x" * 2000 if "Length" in framing else b"7d0\r\n" + b"x" * 2000 + b"\r\n0\r\n\r\n"
    reply = await server.answer(head("small", framing) + body)
    assert reply.startswith(b"HTTP/1.1 413 ")
    assert b"connection: close" in reply.lower()
    assert content(reply) == {"success": False, "message": "Too large"}


async def test_a_body_that_stops_arriving_times_out(server: StreamServer) -> None:
    reply = await server.answer(head("upload", "Content-Length: 1000") + b"x" * 500)
    assert reply.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in reply.lower()
    assert server.streams.received == 500


async def test_a_body_below_the_minimum_rate_times_out(server: StreamServer) -> None:
    reader, writer = await server.connect(head("upload", "Content-Length: 1000"))
    answered = asyncio.create_task(reader.read())
    while not answered.done():
        writer.write(b"x")
        await asyncio.sleep(0.01)
    assert (await answered).startswith(b"HTTP/1.1 408 ")
    assert server.streams.received < 1000
    writer.close()


async def test_a_client_that_leaves_ends_the_upload(server: StreamServer) -> None:
    _, writer = await server.connect(head("upload", "Content-Length: 1000") + b"x" * 500)
    (connection,) = await connections(server)
    while server.streams.received < 500:
        await asyncio.sleep(0.001)
    writer.close()
    while server.server.state.connections or not connection._task.done():
        await asyncio.sleep(0.001)


async def test_an_unread_upload_is_skipped(server: StreamServer) -> None:
    body = b"x" * MIB
    both = head("unread", f"Content-Length: {MIB}").replace(b"Connection: close\r\n", b"") + body
    received = await server.answer(both + head("unread", f"Content-Length: {MIB}") + body)
    assert received.count(b"HTTP/1.1 200 OK") == 2


BOUNDARY = "----here"
PARTS = [
    b'Content-Disposition: form-data; name="title"\r\n\r\nZo\xc3\xab',
    b'Content-Disposition: form-data; name="skipped"; filename="s"\r\n\r\n' + b"s" * 100_000,
    b'Content-Disposition: form-data; name="file"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n'
    + b"\r\n-" * 9999,
]


def form(parts: list[bytes], boundary: str = BOUNDARY) -> bytes:
    line = boundary.encode()
    return b"".join(b"--" + line + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + line + b"--\r\n"


async def posted(server: StreamServer, body: bytes, kind: str = f"multipart/form-data; boundary={BOUNDARY}") -> bytes:
    return await server.answer(head("form", f"Content-Length: {len(body)}", f"Content-Type: {kind}") + body)


async def test_a_form_is_read_part_by_part(server: StreamServer) -> None:
    reply = await posted(server, form(PARTS))
    assert content(reply) == {"parts": [["title", "Zoë"], ["file", "a.png", "image/png", 3 * 9999]]}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"no form at all",
        form(PARTS)[:-200],
        form([*PARTS, *PARTS]),
        form([b'Content-Disposition: form-data; name="t"\r\nX: ' + b"x" * 400 + b"\r\n\r\nx"]),
        form([b'Content-Disposition: form-data; name="t"\r\n\r\n' + b"x" * 51]),
        form([b'Content-Disposition: form-data; name="t"\r\n\r\n\xff']),
        form([b"X: y\r\n\r\nx"]),
        form(PARTS, boundary="elsewhere"),
    ],
    ids=["empty", "other", "cut", "parts", "header", "field", "latin", "nameless", "boundary"],
)
async def test_an_invalid_form_gets_the_routes_own_error(server: StreamServer, body: bytes) -> None:
    reply = await posted(server, body)
    assert reply.startswith(b"HTTP/1.1 400 ")
    assert content(reply)["success"] is False


@pytest.mark.parametrize(
    "kind", ["application/json", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 71]
)
async def test_a_form_without_a_boundary_gets_the_routes_own_error(server: StreamServer, kind: str) -> None:
    assert (await posted(server, form(PARTS), kind)).startswith(b"HTTP/1.1 400 ")
