"""Valkey killed, frozen, emptied or flapping: every route answers correctly, logins and PINs stay limited, and it is used again after."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

import httpx2
import pytest
import redis

from tests.faults.devices import Devices
from tests.faults.household import PATIENCE_S, Household, log_in, register_household, save
from tests.faults.outages import frozen
from tests.fixtures.auth import PASSWORD
from tests.fixtures.bad_days import all_faults_ended
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import LiveServer, StartServer
    from wondernest.development.embedded.valkey import EmbeddedValkey

WORKERS = 2
FAILED_LOGINS = 5
PIN_ATTEMPTS = 5
BOUND_S = 10.0
FLAP_S = 0.3
ANY_WORKER = {"Connection": "close"}
"""Each request opens a new connection, so that any worker may get it."""


@contextmanager
def killed(server: EmbeddedValkey) -> Generator[None]:
    server.kill()
    try:
        yield
    finally:
        server.start()


@contextmanager
def emptied(server: EmbeddedValkey) -> Generator[None]:
    with redis.from_url(server.url()) as client:
        client.flushall()
    yield


@contextmanager
def flapping(server: EmbeddedValkey) -> Generator[None]:
    """Killed and started again all the time, so that what a process found a moment ago no longer holds."""
    done = threading.Event()

    def flap() -> None:
        while not done.is_set():
            server.kill()
            done.wait(FLAP_S)
            server.start()
            done.wait(FLAP_S)

    flapper = threading.Thread(target=flap)
    flapper.start()
    try:
        yield
    finally:
        done.set()
        flapper.join()


@pytest.mark.parametrize("gone", [killed, frozen, emptied, flapping])
def test_every_route_works_without_the_cache_and_limits_hold(
    live_server: StartServer,
    own_valkey_server: EmbeddedValkey,
    database_url: str,
    bad_day: BadDay,
    gone: Callable[[EmbeddedValkey], AbstractContextManager[None]],
) -> None:
    server = live_server(
        WORKERS=str(WORKERS),
        REDIS_ENABLED="true",
        REDIS_URL=own_valkey_server.url(),
        RATE_LIMIT_FAILED_LOGINS=str(FAILED_LOGINS),
        PIN_MAX_ATTEMPTS=str(PIN_ATTEMPTS),
        RATE_LIMIT_CREDENTIALS="100000",
        SAVE_KEPT_VERSIONS="1000",
    )
    household = register_household(server.base_url)
    use_the_service(server, household)
    with Devices(household, count=2) as devices:
        devices.wait_for_saves(10)
        with gone(own_valkey_server):
            use_the_service(server, household)
            guess_passwords(server, register_household(server.base_url))
            guess_pins(household)
            devices.wait_for_saves(10)
        started = time.monotonic()
        wait_for(
            lambda: send_limited_request(server) and all_faults_ended(server), "the workers log the end of the fault"
        )
        recovered_after_s = time.monotonic() - started
        use_the_service(server, household)
        wait_for(lambda: counts_together(server), "one count for all workers again")
    assert devices.refusals() == [], server.log_text()
    devices.ledger.check(household, database_url)
    found = bad_day.record(
        f"Valkey {gone.__name__}",
        server,
        saw=devices.statuses(),
        slowest_s=devices.slowest_s(),
        recovered_after_s=None if gone is emptied else recovered_after_s,
    )
    assert (found.logged["cache unavailable, counting in memory"] > 0) is (gone is not emptied)
    assert (found.failures["cache"] > 0) is (gone is not emptied)
    assert "wondernest_redis_up 1" in metrics(server)


def send_limited_request(server: LiveServer) -> bool:
    """Send a request that is counted for a limit; its worker notices then that the cache is back."""
    form = {"email": "bad", "password": PASSWORD}
    with httpx2.Client(base_url=server.base_url, timeout=PATIENCE_S, headers=ANY_WORKER, verify=False) as client:
        return client.post("/api/v1/auth/parent/register", json=form).status_code == 400


def counts_together(server: LiveServer) -> bool:
    """Whether a new account allows as many wrong passwords over all workers as one process does."""
    return guess_passwords(server, register_household(server.base_url)) == FAILED_LOGINS


def use_the_service(server: LiveServer, household: Household) -> None:
    """One request of each kind."""
    with household.client() as client:
        steps = [
            client.get("/health"),
            client.get("/health/ready"),
            client.get("/api/v1/family/profile"),
            save(client, household, "walk", {"n": 1}),
            client.get(f"{household.saves}/sticker_book/walk"),
            client.post("/api/v1/auth/session/refresh", json={"refreshToken": household.refresh}),
            client.get("/metrics"),
        ]
    assert [step.status_code for step in steps] == [200] * len(steps), [step.text[:100] for step in steps]
    assert max(step.elapsed.total_seconds() for step in steps) < BOUND_S
    register_household(server.base_url)


def guess_passwords(server: LiveServer, household: Household) -> int:
    """How many wrong passwords were checked before further attempts were refused."""
    tried = 0
    with httpx2.Client(base_url=server.base_url, timeout=BOUND_S, headers=ANY_WORKER) as client:
        while (answer := log_in(client, household.email, f"Wrong-Day-{tried}")).status_code == 401:
            tried += 1
            assert tried <= WORKERS * FAILED_LOGINS, "more than one limit for each worker"
        assert answer.status_code == 429, answer.text
        assert int(answer.headers["retry-after"]) > 0
    return tried


def guess_pins(household: Household) -> None:
    with httpx2.Client(base_url=household.base_url, headers=household.bearer | ANY_WORKER, timeout=BOUND_S) as client:
        for _ in range(WORKERS * PIN_ATTEMPTS + 1):
            answer = client.post("/api/v1/auth/parent/verify-pin", json={"pin": "9871"})
            if answer.status_code == 429:
                return
            assert answer.status_code == 401, answer.text
    pytest.fail("PINs can be guessed for ever")


def metrics(server: LiveServer) -> str:
    return httpx2.get(f"{server.base_url}/metrics").text
