"""The primary is lost under load and its standby is promoted: no acknowledged save is lost, and everything recovers by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import httpx2

from tests.faults.devices import Devices, without_status
from tests.faults.household import Household, log_in, register_household
from tests.fixtures.application import TEMPLATE
from tests.fixtures.bad_days import all_faults_ended
from tests.fixtures.processes import LiveServer, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import StartServer
    from tests.fixtures.replication import Replicated

WORKERS = 2
WHOLE_AGAIN_S = 15.0
"""After the promotion: every device saves, readiness, jobs and ended sessions work. A bound on the pauses between attempts."""
ABANDONED_S = 7.0
"""How long the old primary stays up beside the new one: longer than a statement may take, so that clients send saves again."""


def test_when_the_primary_dies_the_promoted_standby_has_every_acknowledged_save(
    live_server: StartServer, replicated: Replicated, bad_day: BadDay, tmp_path: Path
) -> None:
    def fail_over() -> None:
        replicated.primary.kill()
        replicated.standby.promote()

    failed_over(live_server, replicated, bad_day, tmp_path, "primary killed, standby promoted", fail_over)


def test_when_the_standby_is_promoted_beside_the_primary_no_acknowledged_save_is_lost(
    live_server: StartServer, replicated: Replicated, bad_day: BadDay, tmp_path: Path
) -> None:
    def fail_over() -> None:
        replicated.standby.promote()
        time.sleep(ABANDONED_S)
        replicated.primary.kill()

    failed_over(live_server, replicated, bad_day, tmp_path, "standby promoted, primary killed later", fail_over)


def failed_over(
    live_server: StartServer,
    replicated: Replicated,
    bad_day: BadDay,
    folder: Path,
    name: str,
    fail_over: Callable[[], None],
) -> None:
    """Run a server under load, fail over, and check saves, readiness, jobs and listeners."""
    replicated.wait_until_synchronous()
    server = live_server(
        WORKERS=str(WORKERS),
        JOBS_PROCESSES="1",
        DATABASE_URL=replicated.url(TEMPLATE),
        SAVE_KEPT_VERSIONS="1000",
    )
    household = register_household(server.base_url)
    with Devices(household) as devices:
        devices.wait_for_saves(60)
        fail_over()
        promoted = time.monotonic()
        devices.wait_for_saves(60)
        whole_again(server, household, folder / "outbox")
        took_s = time.monotonic() - promoted
    assert took_s < WHOLE_AGAIN_S, server.log_text()
    refusals = devices.refusals()
    assert without_status(refusals, 503) == [], server.log_text()
    devices.ledger.check(household, replicated.standby.url(TEMPLATE))
    found = bad_day.record(
        name, server, saw=devices.statuses(), slowest_s=devices.slowest_s(), recovered_after_s=took_s
    )
    assert found.logged["database unavailable"] == found.logged["database available again"]
    assert all_faults_ended(server)


def letters(outbox: Path) -> int:
    """How many mails were sent."""
    return len(list(outbox.glob("*.eml")))


def whole_again(server: LiveServer, household: Household, outbox: Path) -> None:
    """Wait until it is ready, mails are sent by the jobs, and ended sessions are refused by every worker."""
    before = letters(outbox)
    with httpx2.Client(base_url=server.base_url, timeout=30) as client:
        wait_for(lambda: client.get("/health/ready").status_code == 200, "ready")
        wait_for(lambda: log_in(client, household.email).status_code == 200, "a sign-in")
        wait_for(
            lambda: client.post("/api/v1/auth/password-reset", json={"email": household.email}).status_code == 200,
            "a reset",
        )
        wait_for(lambda: letters(outbox) > before, "the letter")
        bearer = {"Authorization": f"Bearer {log_in(client, household.email).json()['data']['accessToken']}"}
        assert client.post("/api/v1/auth/logout", headers=bearer).status_code == 200
        for _ in range(2 * WORKERS):
            with httpx2.Client(base_url=server.base_url, timeout=30) as fresh:
                wait_for(
                    lambda fresh=fresh: fresh.get("/api/v1/auth/me", headers=bearer).status_code == 401,
                    "the session ended",
                )
    wait_for(lambda: all_faults_ended(server), "the workers log the end of the fault")
