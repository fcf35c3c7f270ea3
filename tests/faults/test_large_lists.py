"""Large lists of saves: read slowly, not to the end, or while the database fails."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
import zlib
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.faults.household import Household, register_household
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import LiveServer, StartServer

MIB = 1024 * 1024
SAVES = 25
DOCUMENT_BYTES = 6 * MIB
ROOM_BYTES = 64 * MIB
"""How much a worker's memory may grow: two documents and their copies, far below the 150 MB of the list."""
READ_AT_ONCE = 65536


@pytest.fixture
def server(live_server: StartServer) -> LiveServer:
    return live_server()


@pytest.fixture
def household(server: LiveServer, database_url: str) -> Household:
    """A child with 150 MB of saves, inserted by SQL, which is faster than by requests."""
    found = register_household(server.base_url)
    statement = """
        insert into games.simple_game_data (child_id, game_type, data_key, data_value, created_at, updated_at)
        values (%s, 'sticker_book', %s, %s, now(), now() - %s * interval '1 second')"""
    with psycopg.connect(database_url) as connection:
        connection.execute("drop index games.idx_simple_game_data_content")  # it would index megabytes of values
        for number in range(SAVES):
            drawing = [f"{number}:{place:04}" + "x" * 1000 for place in range(DOCUMENT_BYTES // 1000)]
            connection.execute(statement, [found.child_id, f"k{number}", Jsonb({"drawing": drawing}), number])
    return found


def peak_bytes(pid: int) -> int:
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


@contextlib.contextmanager
def asked(household: Household, *headers: str, room: int | None = None) -> Generator[socket.socket]:
    """A connection on which the list was requested; `room`: the size of the client's receive buffer."""
    port = int(household.base_url.rpartition(":")[2])
    lines = [
        f"GET {household.saves} HTTP/1.1",
        "Host: x",
        f"Authorization: {household.bearer['Authorization']}",
        *headers,
    ]
    with socket.socket() as connection:
        connection.settimeout(60)
        if room is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, room)
        connection.connect(("127.0.0.1", port))
        connection.sendall("\r\n".join([*lines, "Connection: close", "", ""]).encode())
        yield connection


def pieces(connection: socket.socket) -> Generator[bytes]:
    """The reply in pieces as it arrives, until the connection ends, cleanly or not."""
    with contextlib.suppress(ConnectionResetError):
        while piece := connection.recv(READ_AT_ONCE):
            yield piece


def keys_of(content: bytes) -> list[str]:
    document = json.loads(content)
    assert document["success"] is True
    return [item["dataKey"] for item in document["gameData"]]


def unchunked(body: bytes) -> bytes:
    content, place = bytearray(), 0
    while True:
        end = body.index(b"\r\n", place)
        size = int(body[place:end], 16)
        content += body[end + 2 : end + 2 + size]
        place = end + 4 + size
        if not size:
            return bytes(content)


@pytest.mark.parametrize("encoding", ["identity", "gzip"])
def test_a_large_list_needs_memory_for_two_documents_and_arrives_whole(
    server: LiveServer, household: Household, encoding: str
) -> None:
    (worker,) = server.workers()
    before = peak_bytes(worker)
    with asked(household, f"Accept-Encoding: {encoding}") as connection:
        head, _, body = b"".join(pieces(connection)).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 ")
    assert (b"content-encoding: gzip" in head) == (encoding == "gzip")
    content = unchunked(body)
    assert keys_of(gzip.decompress(content) if encoding == "gzip" else content) == [f"k{n}" for n in range(SAVES)]
    assert peak_bytes(worker) - before < ROOM_BYTES


def test_readers_that_stop_use_bounded_memory_and_no_database_connection(
    server: LiveServer, household: Household, database_url: str, bad_day: BadDay
) -> None:
    (worker,) = server.workers()
    before = peak_bytes(worker)
    with contextlib.ExitStack() as stack:
        readers = [stack.enter_context(asked(household, room=READ_AT_ONCE)) for _ in range(10)]
        for reader in readers:
            assert reader.recv(100).startswith(b"HTTP/1.1 200 ")
        wait_for(lambda: busy(database_url) == 0, "no statement that waits for a reader")
        with household.client() as client:
            assert client.get(f"{household.saves}?dataKey=none").status_code == 200
        assert peak_bytes(worker) - before < 10 * 2 * DOCUMENT_BYTES + ROOM_BYTES
    bad_day.record("ten readers of a list of 150 MB that stop", server, saw=[200])


def busy(url: str) -> int:
    """The number of the service's connections in a statement or a transaction."""
    counting = "select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' and pid <> pg_backend_pid()"
    with psycopg.connect(url) as connection:
        row = connection.execute(counting).fetchone()
    assert row is not None
    return row[0]


def test_a_slow_reader_gets_each_save_as_it_is_when_it_is_read(
    server: LiveServer, household: Household, database_url: str, bad_day: BadDay
) -> None:
    with asked(household, room=READ_AT_ONCE) as connection:
        arrived = connection.recv(100)
        with psycopg.connect(database_url) as other:
            other.execute("delete from games.simple_game_data where data_key in ('k12', 'k24')")
            other.execute("""update games.simple_game_data set data_value = '{"new": 1.0}' where data_key = 'k20'""")
        body = (arrived + b"".join(pieces(connection))).partition(b"\r\n\r\n")[2]
    content = unchunked(body)
    assert keys_of(content) == [f"k{n}" for n in range(SAVES) if n not in {12, 24}]
    assert content.count(b'"dataValue":{"new": 1.0}') == 1
    bad_day.record("a slow reader of a list of 150 MB that changes while it is read", server, saw=[200])


def test_a_database_that_fails_half_way_breaks_the_connection(
    server: LiveServer, household: Household, database_url: str, bad_day: BadDay
) -> None:
    with asked(household, "Accept-Encoding: gzip", room=READ_AT_ONCE) as connection:
        arrived = connection.recv(100)
        with psycopg.connect(database_url) as other:
            other.execute("alter table games.simple_game_data rename to simple_game_data_away")
        body = (arrived + b"".join(pieces(connection))).partition(b"\r\n\r\n")[2]
    assert not body.endswith(b"0\r\n\r\n")
    unpacked = zlib.decompressobj(31)
    with contextlib.suppress(ValueError):
        unpacked.decompress(unchunked(body))
    assert not unpacked.eof
    with psycopg.connect(database_url) as other:
        other.execute("alter table games.simple_game_data_away rename to simple_game_data")
    found = bad_day.record("a database that fails in the middle of a list of 150 MB", server, saw=[200, None])
    assert found.logged["reply broken off"] == 1
    with household.client() as client:
        assert client.get(f"{household.saves}?dataKey=none").status_code == 200
