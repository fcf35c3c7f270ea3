"""Streams under faults: uploads that are cut, too slow or too large, and workers replaced while streams are open."""

from __future__ import annotations

import contextlib
import json
import signal
import socket
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fixtures.processes import live_servers, serve_processes, wait_for
from tests.fixtures.stream_worker import ROOT, SERVE
from tests.fixtures.streams import MAX_SMALL_BYTES, MIB

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import LiveServer, StartServer

UPLOAD_BYTES = 100 * MIB
UPLOAD_ROOM_BYTES = MIB
"""How much memory an upload of any size may use."""
DRIBBLE_S = 0.02


@pytest.fixture
def streaming_server(database_url: str, tmp_path: Path) -> Iterator[StartServer]:
    """Starts servers whose workers have streams."""
    with (
        serve_processes(tmp_path, SERVE, PYTHONPATH=str(ROOT)) as start_process,
        live_servers(tmp_path, database_url, start_process) as start,
    ):
        yield start


@pytest.fixture
def server(streaming_server: StartServer) -> LiveServer:
    return streaming_server(BODY_TIMEOUT_S="0.5", MAX_BODY_BYTES=str(2 * UPLOAD_BYTES))


@contextlib.contextmanager
def asked(server: LiveServer, target: str, *headers: str, method: str = "POST") -> Generator[socket.socket]:
    """A connection on which a request's head has been sent."""
    lines = [f"{method} /api/v1/streams/{target} HTTP/1.1", "Host: x", *headers]
    with socket.create_connection(("127.0.0.1", server.port), timeout=60) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        yield connection


def everything_from(connection: socket.socket) -> bytes:
    pieces: list[bytes] = []
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(65536):
            pieces.append(piece)
    return b"".join(pieces)


def status_of(reply: bytes) -> int:
    return int(reply.split(b" ", 2)[1])


def memory(pid: int, name: str) -> int:
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith(name)]
    return int(line.split()[1]) * 1024


def upload(server: LiveServer) -> int:
    """The number of bytes that the route received."""
    with asked(server, "upload", f"Content-Length: {UPLOAD_BYTES}", "Connection: close") as connection:
        for _ in range(UPLOAD_BYTES // MIB):
            connection.sendall(b"x" * MIB)
        return json.loads(everything_from(connection).partition(b"\r\n\r\n")[2])["size"]


def test_an_upload_of_any_size_needs_a_mebibyte(server: LiveServer) -> None:
    (worker,) = server.workers()
    assert upload(server) == UPLOAD_BYTES  # loads what is loaded only once
    Path(f"/proc/{worker}/clear_refs").write_text("5")  # resets the peak
    before = memory(worker, "VmRSS")
    assert upload(server) == UPLOAD_BYTES
    assert memory(worker, "VmHWM") - before <= UPLOAD_ROOM_BYTES


def test_uploads_that_are_cut_too_slow_or_too_large_leave_nothing_behind(server: LiveServer, bad_day: BadDay) -> None:
    saw: list[int | None] = []
    with asked(server, "upload", "Content-Length: 1000") as connection:
        connection.sendall(b"x" * 500)  # then the client leaves
    with asked(server, "upload", "Content-Length: 100000") as connection:
        connection.settimeout(DRIBBLE_S)
        reply = b""
        for _ in range(1000):
            connection.send(b"x")
            with contextlib.suppress(TimeoutError):
                reply = connection.recv(65536)
                break
        saw.append(status_of(reply))
    for framing in (f"Content-Length: {UPLOAD_BYTES}", "Transfer-Encoding: chunked"):
        with asked(server, "small", framing) as connection:
            if "chunked" in framing:
                connection.sendall(b"%x\r\n%b\r\n" % (MAX_SMALL_BYTES + 1, b"x" * (MAX_SMALL_BYTES + 1)))
            saw.append(status_of(everything_from(connection)))
    assert saw == [408, 413, 413]
    found = bad_day.record("uploads cut, too slow (time-out 0.5 s) and too large", server, saw=[None, *saw])
    assert found.statuses["499"] == 1
    assert not found.logged["request failed"]
    assert server.healthy()


def test_an_open_event_stream_does_not_keep_a_worker_from_being_replaced(
    streaming_server: StartServer, bad_day: BadDay
) -> None:
    server = streaming_server(SHUTDOWN_GRACE_S="600")
    (old,) = server.workers()
    with asked(server, "events", "Last-Event-ID: 7", method="GET") as connection:
        received = b""
        while b"id: 10" not in received:
            received += connection.recv(65536)
        server.signal(signal.SIGHUP)
        received += everything_from(connection)
    assert received.endswith(b"0\r\n\r\n")
    wait_for(lambda: server.workers() and old not in server.workers(), "another worker")
    with asked(server, "events", "Last-Event-ID: 10", method="GET") as connection:
        received = connection.recv(65536)
        while b"id: 11" not in received:
            received += connection.recv(65536)
    bad_day.record("SIGHUP with an open event stream, grace 600 s", server, saw=[200, 200])


def test_a_download_is_finished_within_the_grace_period(streaming_server: StartServer) -> None:
    server = streaming_server(SHUTDOWN_GRACE_S="600")
    (old,) = server.workers()
    size = 64 * MIB
    with asked(server, f"download?count={size // 65536}&size=65536&length={size}", method="GET") as connection:
        received = len(connection.recv(100))
        server.signal(signal.SIGHUP)
        wait_for(lambda: server.workers() - {old}, "a new worker")
        received += len(everything_from(connection))
    assert received > size
    wait_for(lambda: old not in server.workers(), "the old worker's end")


def test_an_unread_download_ends_with_the_grace_period(streaming_server: StartServer) -> None:
    server = streaming_server(SHUTDOWN_GRACE_S="0.5")
    (old,) = server.workers()
    with asked(server, "download?count=10000&size=65536", method="GET") as connection:
        assert connection.recv(100)
        server.signal(signal.SIGHUP)
        wait_for(lambda: old not in server.workers(), "the old worker's end")
        assert not everything_from(connection).endswith(b"0\r\n\r\n")
