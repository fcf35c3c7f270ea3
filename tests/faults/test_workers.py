"""Workers that are killed, replaced and stopped in the middle of saves."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

import httpx2

from tests.faults.devices import Devices, unlike
from tests.faults.household import save, settle
from tests.faults.outages import locked, waiting_for_a_lock
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from tests.fixtures.processes import StartServer

KILLS = 3


def test_kill_9_amid_saves_loses_nothing_acknowledged_and_leaves_nothing_half_written(
    live_server: StartServer, database_url: str
) -> None:
    server = live_server(WORKERS="2", SAVE_KEPT_VERSIONS="1000")
    household = settle(server.base_url)
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    with Devices(household) as devices:
        for _ in range(KILLS):
            devices.wait_for_saves(30)
            before = server.workers()
            victim = min(before)
            os.kill(victim, signal.SIGKILL)
            wait_for(lambda gone=victim: len(server.workers() - {gone}) == 2, "a worker in its place")
        devices.wait_for_saves(30)
    assert unlike(devices.refusals(), None) == [], server.words()
    devices.ledger.check(household, database_url)


def test_replacing_every_worker_under_load_fails_no_save(live_server: StartServer, database_url: str) -> None:
    server = live_server(WORKERS="2", SAVE_KEPT_VERSIONS="1000")
    household = settle(server.base_url)
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    before = server.workers()
    with Devices(household) as devices:
        devices.wait_for_saves(30)
        server.signal(signal.SIGHUP)
        wait_for(lambda: "workers replaced" in server.words(), "all workers replaced")
        devices.wait_for_saves(30)
    assert devices.refusals() == [], server.words()
    assert not before & server.workers()
    devices.ledger.check(household, database_url)


def test_sigterm_finishes_the_saves_in_flight(live_server: StartServer, database_url: str) -> None:
    server = live_server(WORKERS="2")
    household = settle(server.base_url)
    answers: list[httpx2.Response] = []

    def send(number: int) -> None:
        with household.client() as client:
            answers.append(save(client, household, f"page{number}", {"n": number}))

    senders = [threading.Thread(target=send, args=(number,)) for number in range(4)]
    with locked(database_url, "games.simple_game_data"):
        for sender in senders:
            sender.start()
        wait_for(lambda: waiting_for_a_lock(database_url) > 0, "saves that wait for the table")
        server.signal(signal.SIGTERM)
        wait_for(lambda: not server.healthy(), "no new connections")
    for sender in senders:
        sender.join()
    assert [answer.status_code for answer in answers] == [200] * 4
    assert server.process.wait(30) == 0
