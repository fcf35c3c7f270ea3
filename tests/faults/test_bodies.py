"""Bodies that end early, never end, are far too large, or are nested too deep."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import httpx2
import psycopg
import pytest

from tests.faults.devices import Devices
from tests.faults.household import Household, begun, register_household, status_of
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import LiveServer, StartServer

MIB = 1024 * 1024
HUGE_BYTES = 100 * MIB
ALLOWED_BYTES = 10 * MIB
ROOM_BYTES = 64 * MIB
"""How much a worker's memory may grow: one allowed body and its copies, far below a huge one."""
NEST = 1_000_000
DRIBBLE_S = 0.02


@pytest.fixture
def server(live_server: StartServer) -> LiveServer:
    return live_server(BODY_TIMEOUT_S="0.5", SAVE_KEPT_VERSIONS="1000")


@pytest.fixture
def household(server: LiveServer) -> Household:
    return register_household(server.base_url)


def body(key: str = "page", filling: str = "x") -> bytes:
    return json.dumps({"gameType": "sticker_book", "dataKey": key, "dataValue": {"filling": filling}}).encode()


def stored(url: str, of: Household) -> int:
    with psycopg.connect(url) as connection:
        counting = "select count(*) from games.simple_game_data where child_id = %s"
        row = connection.execute(counting, [of.child_id]).fetchone()
    assert row is not None
    return row[0]


def counted(server: LiveServer, status: int) -> bool:
    lines = httpx2.get(f"{server.base_url}/metrics").text.splitlines()
    return any(f'status="{status}"' in line and line.endswith(" 1.0") for line in lines)


def works(household: Household) -> bool:
    with household.client() as client:
        answer = client.put(household.saves, content=body("after"), headers={"Content-Type": "application/json"})
    return answer.status_code == 200


def test_a_body_cut_off_half_way_stores_nothing_and_is_counted(
    server: LiveServer, household: Household, database_url: str
) -> None:
    whole = body()
    with begun(household, f"Content-Length: {len(whole)}") as connection:
        connection.sendall(whole[: len(whole) // 2])
    wait_for(lambda: counted(server, 499), "the client that left is counted")
    assert stored(database_url, of=household) == 0
    assert works(household)


def test_a_body_sent_too_slowly_is_answered_408(
    server: LiveServer, household: Household, database_url: str, bad_day: BadDay
) -> None:
    first = b""
    neighbours = register_household(server.base_url)
    with Devices(neighbours, count=2) as devices:
        devices.wait_for_saves(4)
        with begun(household, "Content-Length: 1000") as connection:
            connection.settimeout(DRIBBLE_S)
            for _ in range(1000):
                connection.send(b" ")
                with contextlib.suppress(TimeoutError):
                    first = connection.recv(65536)
                    break
        devices.wait_for_saves(4)
    assert first.startswith(b"HTTP/1.1 408 ")
    assert b"connection: close" in first.lower()
    assert stored(database_url, of=household) == 0
    assert works(household)
    assert devices.refusals() == []
    devices.ledger.check(neighbours, database_url)
    bad_day.record(
        "a body dribbled byte by byte, time-out 0.5 s", server, saw=[*devices.statuses(), int(first.split(b" ", 2)[1])]
    )


def test_100_mb_announced_are_refused_before_they_are_sent(server: LiveServer, household: Household) -> None:
    with begun(household, f"Content-Length: {HUGE_BYTES}") as connection:
        assert status_of(connection) == 413
    assert works(household)


def test_100_mb_in_chunks_are_refused_while_they_arrive_and_never_buffered(
    server: LiveServer, household: Household
) -> None:
    (worker,) = server.workers()
    before = peak_bytes(worker)
    sent = 0
    with begun(household, "Transfer-Encoding: chunked") as connection:
        chunk = b"%x\r\n%s\r\n" % (MIB, b" " * MIB)
        with contextlib.suppress(ConnectionResetError, BrokenPipeError):
            while sent < HUGE_BYTES:
                connection.sendall(chunk)
                sent += MIB
        assert status_of(connection) == 413
    assert peak_bytes(worker) - before < ROOM_BYTES
    assert works(household)


def peak_bytes(pid: int) -> int:
    (line,) = [line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


NESTS: dict[str, Callable[[], bytes]] = {
    "lists": lambda: b"[" * NEST,
    "closed lists": lambda: b"[" * NEST + b"]" * NEST,
    "objects": lambda: b'{"a":' * NEST + b"1" + b"}" * NEST,
    "in a document": lambda: body().replace(b'"x"', b"[" * NEST + b"]" * NEST),
    "in a field nobody reads": lambda: body()[:-1] + b',"other":' + b"[" * NEST + b"]" * NEST + b"}",
}


def test_json_nested_a_million_deep_is_a_bad_request(household: Household, database_url: str) -> None:
    with household.client() as client:
        for name, nest in NESTS.items():
            for method, path in (
                ("PUT", household.saves),
                ("POST", household.saves + "/batch"),
                ("POST", "/api/v1/analytics/events"),
                ("POST", "/api/v1/auth/parent/login"),
            ):
                answer = client.request(method, path, content=nest())
                assert answer.status_code in {400, 413}, (name, path, answer.text)
    assert stored(database_url, of=household) == 0
    assert works(household)
