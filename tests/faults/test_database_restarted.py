"""PostgreSQL ends hard under load: requests fail fast, recover by themselves, and nothing acknowledged is lost."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.faults.devices import Devices, unlike
from tests.faults.household import log_in, settle

if TYPE_CHECKING:
    from tests.fixtures.processes import StartServer
    from wondernest.embedded.postgres import EmbeddedPostgres

FAST_S = 5.0
"""Generous: a refused connection is known at once."""


@pytest.mark.parametrize("crash", [signal.SIGQUIT, signal.SIGKILL], ids=["immediate", "killed"])
def test_saves_fail_fast_while_it_is_down_and_recover_by_themselves(
    live_server: StartServer, fragile_postgres: EmbeddedPostgres, fragile_database: str, crash: signal.Signals
) -> None:
    server = live_server(WORKERS="2", DATABASE_URL=fragile_database, SAVE_KEPT_VERSIONS="1000")
    household = settle(server.base_url)
    with Devices(household) as devices:
        devices.wait_for_saves(60)
        os.kill(fragile_postgres.pid, crash)
        devices.wait_for_refusals(100)
        with httpx2.Client(base_url=server.base_url, timeout=FAST_S) as client:
            assert client.get("/health").status_code == 200
            assert client.get("/health/ready").status_code == 503
            refused = log_in(client, household.email)
            assert refused.status_code == 503
            assert int(refused.headers["retry-after"]) > 0
            assert refused.json()["error"] == "SERVICE_UNAVAILABLE"
        fragile_postgres.kill()
        fragile_postgres.start()
        devices.wait_for_saves(60)
    refusals = devices.refusals()
    assert unlike(refusals, 503) == [], server.words()
    assert all(int(answer.retry_after or 0) > 0 for answer in refusals)
    assert devices.slowest_s() < FAST_S
    devices.ledger.check(household, fragile_database)
    words = server.words()
    assert "database unavailable" in words
    assert "database available again" in words
    assert 'wondernest_dependency_failures_total{dependency="database"} 0' not in metrics(server.base_url)


def metrics(base_url: str) -> str:
    return httpx2.get(f"{base_url}/metrics").text
