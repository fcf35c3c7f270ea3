"""PostgreSQL frozen, locked or full: waits are bounded, the answer is 503 with Retry-After, and it passes by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx2

from tests.faults.devices import Devices, unlike
from tests.faults.household import log_in, save, settle
from tests.faults.outages import all_connections_taken, frozen, locked
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from tests.fixtures.processes import LiveServer, StartServer
    from wondernest.embedded.postgres import EmbeddedPostgres

SHORT = {
    "DATABASE_STATEMENT_TIMEOUT_S": "0.5",
    "DATABASE_ACQUIRE_TIMEOUT_S": "0.3",
    "DATABASE_CONNECT_TIMEOUT_S": "0.3",
}
BOUND_S = 5.0
"""Far above the time-outs, far below how long the server stays frozen for those who would wait it out."""


def answers_its_health(server: LiveServer) -> None:
    with httpx2.Client(base_url=server.base_url, timeout=BOUND_S) as client:
        assert client.get("/health").json() == {"status": "UP"}
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 503
        assert client.get("/metrics").status_code == 200


def test_a_frozen_database_costs_each_request_its_time_out_and_no_more(
    live_server: StartServer, fragile_postgres: EmbeddedPostgres, fragile_database: str
) -> None:
    server = live_server(WORKERS="2", DATABASE_URL=fragile_database, SAVE_KEPT_VERSIONS="1000", **SHORT)
    household = settle(server.base_url)
    with Devices(household) as devices:
        devices.wait_for_saves(30)
        with frozen(fragile_postgres):
            devices.wait_for_refusals(30)
            answers_its_health(server)
            with household.client() as client:
                answers = [
                    log_in(client, household.email),
                    client.get("/api/v1/family/profile"),
                    client.get(household.saves),
                    client.get(f"{household.saves}/sticker_book/device0"),
                    client.post("/api/v1/auth/session/refresh", json={"refreshToken": household.refresh}),
                ]
            for answer in answers:
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["retry-after"]) > 0
                assert answer.elapsed.total_seconds() < BOUND_S
        devices.wait_for_saves(30)
    assert unlike(devices.refusals(), 503) == [], server.words()
    assert devices.slowest_s() < BOUND_S
    devices.ledger.check(household, fragile_database)


def test_a_locked_table_fails_what_needs_it_and_nothing_else(live_server: StartServer, database_url: str) -> None:
    server = live_server(WORKERS="2", SAVE_KEPT_VERSIONS="1000", **SHORT)
    household = settle(server.base_url)
    with Devices(household) as devices:
        devices.wait_for_saves(30)
        with locked(database_url, "games.simple_game_data"), household.client() as client:
            devices.wait_for_refusals(30)
            assert client.get("/health").status_code == 200
            assert log_in(client, household.email).status_code == 200
            assert client.get("/api/v1/family/profile").status_code == 200
            assert client.get("/api/v1/auth/me").status_code == 200
        devices.wait_for_saves(30)
    assert unlike(devices.refusals(), 503) == [], server.words()
    assert devices.slowest_s() < BOUND_S
    devices.ledger.check(household, database_url)


def test_connections_taken_by_somebody_else_are_missed_with_a_503_until_they_come_back(
    live_server: StartServer, fragile_postgres: EmbeddedPostgres, fragile_database: str
) -> None:
    household = settle(live_server(DATABASE_URL=fragile_database).base_url)
    with all_connections_taken(fragile_database):
        server = live_server(WORKERS="2", DATABASE_URL=fragile_database)
        answers_its_health(server)
        with httpx2.Client(base_url=server.base_url, headers=household.bearer) as client:
            refused = save(client, household, "page", {"n": 1})
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
    with httpx2.Client(base_url=server.base_url, headers=household.bearer) as client:
        wait_for(lambda: client.get("/health/ready").status_code == 200, "ready")
        wait_for(lambda: save(client, household, "page", {"n": 2}).status_code == 200, "a save")
