"""Workers that are killed, replaced and stopped in the middle of saves."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import TYPE_CHECKING

import psycopg

from tests.faults.devices import Devices, without_status
from tests.faults.household import begun, register_household, status_of
from tests.faults.outages import locked
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    import socket

    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import StartServer

KILLS = 3


def test_kill_9_during_saves_loses_nothing_acknowledged_and_leaves_nothing_half_written(
    live_server: StartServer, database_url: str, bad_day: BadDay
) -> None:
    server = live_server(WORKERS="2", SAVE_KEPT_VERSIONS="1000")
    household = register_household(server.base_url)
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    killed = 0.0
    with Devices(household) as devices:
        for _ in range(KILLS):
            devices.wait_for_saves(30)
            before = server.workers()
            victim = min(before)
            killed = time.monotonic()
            os.kill(victim, signal.SIGKILL)
            wait_for(lambda gone=victim: len(server.workers() - {gone}) == 2, "a new worker")
        devices.wait_for_saves(30)
    assert without_status(devices.refusals(), None) == [], server.log_text()
    devices.ledger.check(household, database_url)
    found = bad_day.record(
        f"one of two workers killed with -9 during batched saves, {KILLS} times",
        server,
        saw=devices.statuses(),
        slowest_s=devices.slowest_s(),
        recovered_after_s=devices.recovered_after_s(killed),
    )
    assert found.logged["worker ended"] == KILLS


def test_replacing_every_worker_under_load_fails_no_save(
    live_server: StartServer, database_url: str, bad_day: BadDay
) -> None:
    server = live_server(WORKERS="2", SAVE_KEPT_VERSIONS="1000")
    household = register_household(server.base_url)
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    before = server.workers()
    with Devices(household) as devices:
        devices.wait_for_saves(30)
        server.signal(signal.SIGHUP)
        wait_for(lambda: "workers replaced" in server.log_text(), "all workers replaced")
        devices.wait_for_saves(30)
    assert devices.refusals() == [], server.log_text()
    assert not before & server.workers()
    devices.ledger.check(household, database_url)
    found = bad_day.record(
        "every worker replaced under load", server, saw=devices.statuses(), slowest_s=devices.slowest_s()
    )
    assert found.logged == {"replacing workers": 1, "workers replaced": 1}


def test_sigterm_finishes_the_saves_in_flight(live_server: StartServer, database_url: str, bad_day: BadDay) -> None:
    server = live_server(WORKERS="2")
    household = register_household(server.base_url)
    with contextlib.ExitStack() as requests, locked(database_url, "games.simple_game_data") as unlock:
        connections: list[socket.socket] = []
        for number in range(4):
            body = b'{"gameType":"sticker_book","dataKey":"page%d","dataValue":{}}' % number
            headers = (f"Content-Length: {len(body)}", "Expect: 100-continue")
            connection = requests.enter_context(begun(household, *headers))
            assert connection.recv(1024).startswith(b"HTTP/1.1 100 "), "its handler has begun"
            connection.sendall(body)
            connections.append(connection)
        server.signal(signal.SIGTERM)
        wait_for(lambda: not server.healthy(), "no new connections")
        unlock()
        statuses = [status_of(connection) for connection in connections]
        assert statuses == [200] * 4
    assert server.process.wait(30) == 0
    with psycopg.connect(database_url) as connection:
        saved = connection.execute("select data_key from games.simple_game_data order by data_key").fetchall()
    assert saved == [(f"page{number}",) for number in range(4)]
    bad_day.record("SIGTERM during saves", None, saw=statuses)
