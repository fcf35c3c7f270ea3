"""The database's disk is full: saves are refused, reads go on, and saves work again once there is space."""

from __future__ import annotations

import shutil
import time
from typing import TYPE_CHECKING

import pytest

from tests.faults.devices import Devices, without_status
from tests.faults.household import register_household
from tests.faults.outages import files_limited
from tests.fixtures.bad_days import all_faults_ended
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import StartServer
    from wondernest.development.embedded.postgres import EmbeddedPostgres

LOG_SEGMENT_BYTES = 16 * 1024 * 1024
"""The size of a write-ahead log file; a smaller limit would stop PostgreSQL completely."""
FILLING_BYTES = 100_000
"""Random bytes in a document; hexadecimal doubles them on the wire."""


@pytest.mark.skipif(shutil.which("prlimit") is None, reason="limits the files of another process with prlimit (Linux)")
def test_saves_are_refused_while_the_disk_is_full_and_nothing_acknowledged_is_lost(
    live_server: StartServer, fragile_postgres: EmbeddedPostgres, fragile_database: str, bad_day: BadDay
) -> None:
    server = live_server(WORKERS="2", DATABASE_URL=fragile_database, SAVE_KEPT_VERSIONS="1000")
    household = register_household(server.base_url)
    with Devices(household, count=3, filling_bytes=FILLING_BYTES) as devices:
        devices.wait_for_saves(6)
        with files_limited(fragile_postgres, LOG_SEGMENT_BYTES):
            devices.wait_for_refusals(10)
            with household.client() as client:
                assert client.get("/api/v1/family/profile").status_code == 200
                assert client.get(f"{household.saves}/sticker_book/device0").status_code == 200
        room = time.monotonic()
        devices.wait_for_saves(6)
        wait_for(lambda: all_faults_ended(server), "the workers log the end of the fault")
    assert without_status(devices.refusals(), 503) == [], server.log_text()
    devices.ledger.check(household, fragile_database)
    found = bad_day.record(
        "PostgreSQL's disk full",
        server,
        saw=devices.statuses(),
        slowest_s=devices.slowest_s(),
        recovered_after_s=devices.recovered_after_s(room),
    )
    assert found.logged["database unavailable"] > 0
    assert found.failures["database"] > 0
