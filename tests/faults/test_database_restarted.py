"""PostgreSQL is killed under load: requests fail fast, recover by themselves, and nothing acknowledged is lost."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.faults.devices import Devices, without_status
from tests.faults.household import log_in, register_household
from tests.fixtures.bad_days import all_faults_ended
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import StartServer
    from wondernest.development.embedded.postgres import EmbeddedPostgres

WORKERS = 2
FAST_S = 10.0
"""Generous: a refused connection fails at once."""


@pytest.mark.parametrize("crash", [signal.SIGQUIT, signal.SIGKILL], ids=["immediate", "killed"])
def test_saves_fail_fast_while_it_is_down_and_recover_by_themselves(
    live_server: StartServer,
    fragile_postgres: EmbeddedPostgres,
    fragile_database: str,
    crash: signal.Signals,
    bad_day: BadDay,
) -> None:
    server = live_server(WORKERS=str(WORKERS), DATABASE_URL=fragile_database, SAVE_KEPT_VERSIONS="1000")
    household = register_household(server.base_url)
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
        running = time.monotonic()
        devices.wait_for_saves(60)
        wait_for(lambda: all_faults_ended(server), "the workers log the end of the fault")
    refusals = devices.refusals()
    assert without_status(refusals, 503) == [], server.log_text()
    assert all(int(answer.retry_after or 0) > 0 for answer in refusals)
    assert devices.slowest_s() < FAST_S
    devices.ledger.check(household, fragile_database)
    found = bad_day.record(
        f"PostgreSQL killed under load ({crash.name}) and started again",
        server,
        saw=devices.statuses(),
        slowest_s=devices.slowest_s(),
        recovered_after_s=devices.recovered_after_s(running),
    )
    assert found.logged["database unavailable"] == found.logged["database available again"] == WORKERS
    assert found.failures["database"] > 0
    assert found.statuses["503"] >= len(refusals)
