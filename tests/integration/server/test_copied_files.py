"""Large files of a local folder, copied into the socket by the system: the same bytes and headers, on both event loops."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import uvloop

from tests.fixtures.blobs import KEY, outages_of, stored
from tests.fixtures.endpoints import endpoint
from tests.fixtures.streams import BLOB_MODIFIED, BLOB_TAG, MIB, with_endpoints
from wondernest.app import create_app
from wondernest.platform.blobs import Blob, BlobContent, LocalBlobs
from wondernest.platform.blobs.local import Reading
from wondernest.platform.clock import SystemClock
from wondernest.platform.http.endpoint import Response
from wondernest.platform.http.replies import BlobReply
from wondernest.platform.http.request import Request
from wondernest.platform.threads import THREADS
from wondernest.server.connection import IDLE_CHECKS
from wondernest.server.listener import HttpServer
from wondernest.settings import Settings

SIZE = 24 * MIB
"""More than the buffers of two sockets hold."""
CONTENT = os.urandom(MIB) * (SIZE // MIB - 1) + os.urandom(MIB)
HELD_BYTES = 128 * 1024
PATH = "/api/v1/copied"


@dataclass
class Site:
    """A server of one file."""

    server: HttpServer
    blobs: LocalBlobs
    folder: Path
    port: int
    blob: Blob
    read: list[int] = field(default_factory=list)
    """Sizes of the pieces that went through the process."""

    def sent(self, *headers: str, method: str = "GET", close: bool = True) -> bytes:
        lines = [f"{method} {PATH} HTTP/1.1", "Host: x", *headers, *(["Connection: close"] if close else [])]
        return "\r\n".join([*lines, "", ""]).encode()

    async def ask(self, *headers: str, method: str = "GET") -> tuple[bytes, bytes]:
        """Head and body of the reply."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(self.sent(*headers, method=method))
        try:
            head, _, body = (await reader.read()).partition(b"\r\n\r\n")
        finally:
            writer.close()
        return head.lower() + b"\r\n", body

    def stalled(self) -> socket.socket:
        """A client that asks for the file and reads nothing."""
        client = socket.create_connection(("127.0.0.1", self.port))
        client.sendall(self.sent())
        return client


Scenario = Callable[[Site], Coroutine[Any, Any, None]]
Play = Callable[[Scenario], None]


async def until(condition: Callable[[], object]) -> None:
    async with asyncio.timeout(30):
        while not condition():
            await asyncio.sleep(0.001)


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


@asynccontextmanager
async def site(settings: Settings, folder: Path) -> AsyncGenerator[Site]:
    blobs = LocalBlobs(folder, 20, SystemClock(), outages_of())
    blob = await stored(blobs, KEY, CONTENT)

    async def handler(_request: Request[None]) -> BlobReply:
        return BlobReply(BlobContent(blobs, blob), "video/mp4", BLOB_TAG, BLOB_MODIFIED)

    reply = Response(blob=True, media="video/mp4")
    application = with_endpoints(
        create_app(settings), [endpoint(path="/copied", handler=handler, replies={200: reply})]
    )
    listener = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(application, max_connections=100, grace_s=1.0)
    await application.start()
    await server.start([listener], 16)
    try:
        yield Site(server, blobs, folder, listener.getsockname()[1], blob)
    finally:
        await server.shut_down(asyncio.Event())
        await application.stop()
        await blobs.close()


@pytest.fixture(params=[uvloop.new_event_loop, asyncio.new_event_loop], ids=["uvloop", "asyncio"])
def play(
    request: pytest.FixtureRequest,
    make_settings: Callable[..., Settings],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Play:
    """Plays a scenario on a loop."""

    def run(scenario: Scenario) -> None:
        async def whole() -> None:
            async with site(make_settings(SHUTDOWN_GRACE_S="1"), tmp_path / "uploads") as running:
                once = Reading.__anext__

                async def counted(reading: Reading) -> bytes:
                    piece = await once(reading)
                    running.read.append(len(piece))
                    return piece

                monkeypatch.setattr(Reading, "__anext__", counted)
                await scenario(running)

        with asyncio.Runner(loop_factory=request.param) as runner:
            runner.run(whole())

    return run


def test_a_large_file_and_any_range_of_it_do_not_pass_through_the_process(play: Play) -> None:
    async def scenario(site: Site) -> None:
        head, body = await site.ask()
        assert head.startswith(b"http/1.1 200 ")
        assert b"content-length: %d\r\n" % SIZE in head
        assert body == CONTENT
        for start, end in ((0, SIZE), (1, SIZE - 1), (MIB + 7, 3 * MIB + 9), (SIZE - 200_000, SIZE)):
            head, body = await site.ask(f"Range: bytes={start}-{end - 1}", f"If-Range: {BLOB_TAG}")
            assert head.startswith(b"http/1.1 206 ")
            assert b"content-range: bytes %d-%d/%d\r\n" % (start, end - 1, SIZE) in head
            assert body == CONTENT[start:end]
        assert site.read == []

    play(scenario)


def test_heads_conditions_and_small_ranges_are_as_without_copying(play: Play) -> None:
    async def scenario(site: Site) -> None:
        whole, _ = await site.ask()
        head, body = await site.ask(method="HEAD")
        assert body == b""
        ignored = (b"date:", b"x-request-id:")
        assert [line for line in head.splitlines() if not line.startswith(ignored)] == [
            line for line in whole.splitlines() if not line.startswith(ignored)
        ]
        assert (await site.ask("Range: bytes=5-9"))[1] == CONTENT[5:10]
        assert (await site.ask(f"Range: bytes={SIZE}-"))[0].startswith(b"http/1.1 416 ")
        assert (await site.ask("Range: bytes=5-9", 'If-Range: "other"'))[1] == CONTENT
        head, body = await site.ask(f"If-None-Match: {BLOB_TAG}")
        assert head.startswith(b"http/1.1 304 ")
        assert body == b""
        assert site.read == [5]

    play(scenario)


def test_replies_of_one_connection_stay_in_order(play: Play) -> None:
    async def scenario(site: Site) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port)
        part = site.sent("Range: bytes=0-4", close=False)
        writer.write(site.sent(close=False) + part + site.sent(close=False) + part + site.sent())
        for expected in (CONTENT, CONTENT[:5], CONTENT, CONTENT[:5], CONTENT):
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            assert b"content-length: %d\r\n" % len(expected) in head
            assert await reader.readexactly(len(expected)) == expected
        assert await reader.read() == b""
        writer.close()

    play(scenario)


@pytest.mark.parametrize("error", [errno.EINVAL, errno.ENOSYS, errno.EIO, errno.EPIPE])
def test_where_the_system_cannot_copy_the_bytes_are_read(
    play: Play, monkeypatch: pytest.MonkeyPatch, error: int
) -> None:
    copies, once = iter([True, True]), os.sendfile

    def fails_later(out_fd: int, in_fd: int, offset: int, count: int) -> int:
        if next(copies, False):
            return once(out_fd, in_fd, offset, count)
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, "sendfile", fails_later)

    async def scenario(site: Site) -> None:
        head, body = await site.ask()
        assert head.startswith(b"http/1.1 200 ")
        assert body == CONTENT
        assert 0 < sum(site.read) < SIZE

    play(scenario)


@pytest.mark.parametrize("change", ["deleted", "replaced"])
def test_a_file_that_goes_while_it_is_sent_is_sent_to_its_end(play: Play, change: str) -> None:
    async def scenario(site: Site) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=HELD_BYTES)
        writer.write(site.sent())
        await reader.readuntil(b"\r\n\r\n")
        first = await reader.readexactly(1)  # the file is open
        if change == "deleted":
            await site.blobs.delete(KEY)
        else:
            await stored(site.blobs, KEY, bytes(SIZE))
        assert first + await reader.readexactly(SIZE - 1) == CONTENT
        writer.close()
        assert (await site.ask())[1] == b"", "the blob that was described is gone: the reply is broken off"

    play(scenario)


def test_a_file_that_becomes_shorter_is_broken_off(play: Play) -> None:
    async def scenario(site: Site) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=HELD_BYTES)
        writer.write(site.sent(close=False))
        await reader.readuntil(b"\r\n\r\n")
        received = len(await reader.readexactly(1))  # the file is open
        os.truncate(site.folder / KEY, SIZE - MIB)
        try:
            while piece := await reader.read(MIB):
                received += len(piece)
        except ConnectionResetError:
            pass
        assert received < SIZE
        writer.close()
        assert site.blobs.failing

    play(scenario)


def test_clients_that_read_nothing_hold_no_thread_and_are_disconnected(play: Play) -> None:
    async def scenario(site: Site) -> None:
        await site.ask("Range: bytes=0-1")
        before = descriptors()
        clients = [site.stalled() for _ in range(THREADS + 4)]
        await until(lambda: sum(one._writer._copying for one in site.server.state.connections) == len(clients))
        assert (await site.ask())[1] == CONTENT, "others are served meanwhile"
        for _ in range(IDLE_CHECKS + 1):
            assert site.server.state.connections
            site.server.check_progress()
        await until(lambda: not site.server.state.connections)
        for client in clients:
            client.close()
        await until(lambda: descriptors() <= before)

    play(scenario)


def test_a_client_that_reads_slowly_is_served_to_the_end(play: Play) -> None:
    async def scenario(site: Site) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", site.port, limit=HELD_BYTES)
        writer.write(site.sent())
        await reader.readuntil(b"\r\n\r\n")
        received = b""
        for _ in range(IDLE_CHECKS * 2):
            received += await reader.readexactly(MIB)
            site.server.check_progress()
        assert received + await reader.read() == CONTENT
        writer.close()

    play(scenario)


def test_a_client_that_leaves_leaves_nothing_open(play: Play) -> None:
    async def scenario(site: Site) -> None:
        await site.ask("Range: bytes=0-1")
        before = descriptors()
        clients = [site.stalled() for _ in range(5)]
        await until(lambda: sum(one._writer._copying for one in site.server.state.connections) == len(clients))
        for client in clients:
            client.close()
        await until(lambda: not site.server.state.connections)
        await until(lambda: descriptors() <= before)
        assert not site.blobs.failing

    play(scenario)


def test_a_disk_that_hangs_ends_the_reply_and_the_connection(play: Play, monkeypatch: pytest.MonkeyPatch) -> None:
    """The step is still under way when its time is over: its descriptors are closed when it ends, and not before."""

    async def scenario(site: Site) -> None:
        await site.ask("Range: bytes=0-1")
        before = descriptors()
        answers, once = asyncio.Event(), os.sendfile
        loop = asyncio.get_running_loop()

        def hangs(out_fd: int, in_fd: int, offset: int, count: int) -> int:
            asyncio.run_coroutine_threadsafe(answers.wait(), loop).result()
            return once(out_fd, in_fd, offset, count)

        monkeypatch.setattr(os, "sendfile", hangs)
        site.blobs._timeout_s = 0.05
        head, body = await site.ask()
        assert head.startswith(b"http/1.1 200 ")
        assert body == b""
        assert site.blobs.failing
        answers.set()
        await until(lambda: descriptors() <= before)

    play(scenario)
