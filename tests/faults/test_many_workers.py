"""Two servers of two workers each on one database and one cache: what one process knows, all know within a moment."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx2
import pytest

from tests.faults.household import PASSWORD, PATIENCE_S, Household, log_in, settle
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from tests.fixtures.processes import StartServer

WORKERS_EACH = 2
MOMENT_S = 10.0
"""Generous: an announcement takes milliseconds, a missed one is made good within five seconds."""
PROFILE = "/api/v1/family/profile"


@pytest.fixture
def workers(live_server: StartServer, flushed_valkey: str) -> Iterator[list[httpx2.Client]]:
    """A kept connection to each worker of both servers."""
    shared = {
        "WORKERS": str(WORKERS_EACH),
        "REDIS_ENABLED": "true",
        "REDIS_URL": flushed_valkey,
        "RATE_LIMIT_CREDENTIALS": "20",
        "RATE_LIMIT_FAILED_LOGINS": "5",
        "PIN_MAX_ATTEMPTS": "5",
    }
    found = [client for _ in range(2) for client in connections_to_each_worker(live_server(**shared).base_url)]
    yield found
    for client in found:
        client.close()


def connections_to_each_worker(base_url: str) -> list[httpx2.Client]:
    """Connect until every worker was met: the ids that it gives to requests begin with its own mark."""
    met: dict[str, httpx2.Client] = {}

    def meet() -> bool:
        client = httpx2.Client(base_url=base_url, timeout=PATIENCE_S)
        mark = client.get("/health").headers["x-request-id"].partition("-")[0]
        if mark in met:
            client.close()
        else:
            met[mark] = client
        return len(met) == WORKERS_EACH

    wait_for(meet, f"a connection to each worker of {base_url}")
    return list(met.values())


def base_url(client: httpx2.Client) -> str:
    return str(client.base_url).rstrip("/")


def test_a_revoked_token_is_refused_by_every_worker_within_a_moment(workers: list[httpx2.Client]) -> None:
    household = settle(base_url(workers[0]))
    for worker in workers:
        assert worker.get(PROFILE, headers=household.bearer).status_code == 200
    assert workers[0].post("/api/v1/auth/logout", headers=household.bearer).status_code == 200
    for worker in workers:
        wait_for(
            lambda worker=worker: worker.get(PROFILE, headers=household.bearer).status_code == 401, "refused", MOMENT_S
        )
    again = log_in(workers[-1], household.email).json()["data"]["accessToken"]
    for worker in workers:
        assert worker.get(PROFILE, headers={"Authorization": f"Bearer {again}"}).status_code == 200


def test_credential_requests_are_counted_across_all_workers(workers: list[httpx2.Client]) -> None:
    form = {"email": "bad", "password": PASSWORD}
    statuses = [
        workers[number % len(workers)].post("/api/v1/auth/parent/register", json=form).status_code
        for number in range(30)
    ]
    assert statuses == [400] * 20 + [429] * 10


def test_a_password_guesser_is_stopped_by_every_worker(workers: list[httpx2.Client]) -> None:
    household = settle(base_url(workers[0]))
    statuses = [log_in(workers[number % 4], household.email, "Wrong-Day-7").status_code for number in range(8)]
    assert statuses == [401] * 5 + [429] * 3


def test_a_pin_guesser_is_locked_out_by_every_worker_even_with_the_right_pin(workers: list[httpx2.Client]) -> None:
    household = settle(base_url(workers[0]))
    pin = {"pin": "2580"}
    assert workers[0].post("/api/v1/auth/parent/setup-pin", json=pin, headers=household.bearer).status_code == 200
    guesses = [guess(workers[number % 4], household, f"987{number}") for number in range(5)]
    assert guesses[0].status_code == 401
    assert {answer.status_code for answer in guesses} <= {401, 429}
    for worker in workers:
        locked = worker.post("/api/v1/auth/parent/verify-pin", json=pin, headers=household.bearer)
        assert locked.status_code == 429, locked.text
        assert int(locked.headers["retry-after"]) > 0


def guess(worker: httpx2.Client, household: Household, pin: str) -> httpx2.Response:
    return worker.post("/api/v1/auth/parent/verify-pin", json={"pin": pin}, headers=household.bearer)
