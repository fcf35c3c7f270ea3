"""PostgreSQL frozen, locked or full: waits are bounded, the answer is 503 with Retry-After, and it recovers by itself."""

from __future__ import annotations

import dataclasses
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx2

from tests.faults.devices import Devices, without_status
from tests.faults.household import log_in, register_household
from tests.faults.outages import all_connections_taken, frozen, locked
from tests.fixtures.bad_days import all_faults_ended
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.faults.household import Household
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import LiveServer, StartServer
    from wondernest.development.embedded.postgres import EmbeddedPostgres

WORKERS = 2
FROZEN_S = 20.0
TIMEOUTS_S = 9.0
"""The longest wait of a request with default settings: for a pooled connection, for a new one, and for its statement."""
SHORT = {
    "DATABASE_STATEMENT_TIMEOUT_S": "0.5",
    "DATABASE_ACQUIRE_TIMEOUT_S": "0.3",
    "DATABASE_CONNECT_TIMEOUT_S": "0.3",
}
BOUND_S = 10.0
"""Far above the short time-outs of this test, with room for a busy machine."""


def answers_its_health(server: LiveServer) -> None:
    with httpx2.Client(base_url=server.base_url, timeout=BOUND_S) as client:
        assert client.get("/health").json() == {"status": "UP"}
        assert client.get("/health/live").status_code == 200
        assert client.get("/health/ready").status_code == 503
        assert client.get("/metrics").status_code == 200


def test_with_a_frozen_database_each_request_fails_within_its_time_outs(
    live_server: StartServer, fragile_postgres: EmbeddedPostgres, fragile_database: str, bad_day: BadDay
) -> None:
    server = live_server(WORKERS=str(WORKERS), DATABASE_URL=fragile_database, SAVE_KEPT_VERSIONS="1000")
    household = register_household(server.base_url)
    with Devices(household) as devices:
        devices.wait_for_saves(30)
        with frozen(fragile_postgres):
            froze = time.monotonic()
            refused = asked_at_once(household)
            answers_its_health(server)
            devices.wait_for_refusals(6)
            answers_its_health(server)
            time.sleep(max(0.0, froze + FROZEN_S - time.monotonic()))
        thawed = time.monotonic()
        devices.wait_for_saves(30)
        wait_for(lambda: all_faults_ended(server), "the workers log the end of the fault")
    for answer in refused:
        assert answer.status_code == 503, answer.text
        assert int(answer.headers["retry-after"]) > 0
        assert answer.elapsed.total_seconds() < TIMEOUTS_S + BOUND_S
    assert without_status(devices.refusals(), 503) == [], server.log_text()
    assert devices.slowest_s() < TIMEOUTS_S + BOUND_S
    devices.ledger.check(household, fragile_database)
    found = bad_day.record(
        f"PostgreSQL frozen for {FROZEN_S:.0f} s under load",
        server,
        saw=devices.statuses(),
        slowest_s=devices.slowest_s(),
        recovered_after_s=devices.recovered_after_s(thawed),
    )
    assert found.logged["database unavailable"] == WORKERS
    assert found.failures["database"] > 0


def asked_at_once(household: Household) -> list[httpx2.Response]:
    """Requests that need the database, each on its own connection."""
    with household.client() as client, ThreadPoolExecutor() as people:
        requests: list[Callable[[], httpx2.Response]] = [
            lambda: log_in(client, household.email),
            lambda: client.get("/api/v1/family/profile"),
            lambda: client.get(household.saves),
            lambda: client.get(f"{household.saves}/sticker_book/device0"),
            lambda: client.post("/api/v1/auth/session/refresh", json={"refreshToken": household.refresh}),
        ]
        return list(people.map(lambda request: request(), requests))


def test_a_locked_table_fails_what_needs_it_and_nothing_else(
    live_server: StartServer, database_url: str, bad_day: BadDay
) -> None:
    server = live_server(WORKERS=str(WORKERS), SAVE_KEPT_VERSIONS="1000", **SHORT)
    household = register_household(server.base_url)
    with Devices(household) as devices:
        devices.wait_for_saves(30)
        with locked(database_url, "games.simple_game_data"), household.client() as client:
            devices.wait_for_refusals(30)
            assert client.get("/health").status_code == 200
            assert log_in(client, household.email).status_code == 200
            assert client.get("/api/v1/family/profile").status_code == 200
            assert client.get("/api/v1/auth/me").status_code == 200
        unlocked = time.monotonic()
        devices.wait_for_saves(30)
        wait_for(lambda: all_faults_ended(server), "the workers log the end of the fault")
    assert without_status(devices.refusals(), 503) == [], server.log_text()
    assert devices.slowest_s() < BOUND_S
    devices.ledger.check(household, database_url)
    found = bad_day.record(
        "a table locked by somebody, statements stopped after 0.5 s",
        server,
        saw=devices.statuses(),
        slowest_s=devices.slowest_s(),
        recovered_after_s=devices.recovered_after_s(unlocked),
    )
    assert found.failures["database"] > 0


def test_when_other_clients_hold_all_connections_the_answer_is_503_until_they_are_free(
    live_server: StartServer, fragile_postgres: EmbeddedPostgres, fragile_database: str, bad_day: BadDay
) -> None:
    options = {"WORKERS": str(WORKERS), "DATABASE_URL": fragile_database, "SAVE_KEPT_VERSIONS": "1000"}
    server = live_server(**options)
    household = register_household(server.base_url)
    others = register_household(server.base_url)
    with Devices(household, count=3) as devices:
        devices.wait_for_saves(15)
        with all_connections_taken(fragile_database):
            later = live_server(**options)
            answers_its_health(later)
            refused = Devices(dataclasses.replace(others, base_url=later.base_url), count=3)
            with refused:
                refused.wait_for_refusals(30)
        given_back = time.monotonic()
        with httpx2.Client(base_url=later.base_url) as client:
            wait_for(lambda: client.get("/health/ready").status_code == 200, "ready")
        with Devices(dataclasses.replace(others, base_url=later.base_url), count=3) as served:
            served.wait_for_saves(15)
            wait_for(lambda: all_faults_ended(server), "the workers log the end of the fault")
        devices.wait_for_saves(15)
    assert without_status(devices.refusals(), 503) == without_status(served.refusals(), 503) == [], server.log_text()
    assert set(refused.statuses()) == {503}
    assert all(int(answer.retry_after or 0) > 0 for answer in refused.answers)
    devices.ledger.check(household, fragile_database)
    served.ledger.check(others, fragile_database)
    found = bad_day.record(
        "every connection of PostgreSQL taken by somebody else: a server with some, and one without",
        later,
        saw=[*devices.statuses(), *refused.statuses(), *served.statuses()],
        slowest_s=max(devices.slowest_s(), refused.slowest_s()),
        recovered_after_s=max(answer.ended for answer in served.answers[:3]) - given_back,
    )
    assert found.logged["database unavailable"] >= WORKERS
    assert found.failures["database"] > 0
