"""Two servers, six workers, one database, one cache: revocations reach every process, and limits count over all of them."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

import httpx2

from tests.faults.household import Household, log_in, register_household_through
from tests.fixtures.auth import PASSWORD, code_in, mails_to
from tests.fixtures.crew import CREDENTIALS_LIMIT, FAILED_LOGINS, PIN_ATTEMPTS
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.crew import Crew

MOMENT_S = 10.0
"""Generous: a notification takes milliseconds, and a missed one is read within five seconds."""
PROFILE = "/api/v1/family/profile"
NEW_PASSWORD = "Moonlight8"


def refuse(workers: list[httpx2.Client], bearer: dict[str, str]) -> None:
    """Returns when every worker refuses a token; fails after MOMENT_S."""
    for worker in workers:
        wait_for(lambda worker=worker: worker.get(PROFILE, headers=bearer).status_code == 401, "refused", MOMENT_S)


def test_a_revoked_token_is_refused_by_every_worker_within_a_moment(workers: list[httpx2.Client]) -> None:
    household = register_household_through(workers[0])
    for worker in workers:
        assert worker.get(PROFILE, headers=household.bearer).status_code == 200
    assert workers[0].post("/api/v1/auth/logout", headers=household.bearer).status_code == 200
    refuse(workers, household.bearer)
    again = log_in(workers[-1], household.email).json()["data"]["accessToken"]
    for worker in workers:
        assert worker.get(PROFILE, headers={"Authorization": f"Bearer {again}"}).status_code == 200


async def test_a_password_reset_at_one_server_ends_every_session_at_both(
    workers: list[httpx2.Client], crew: Crew
) -> None:
    household = register_household_through(workers[0])
    other = log_in(workers[-1], household.email).json()["data"]
    bearers = [household.bearer, {"Authorization": f"Bearer {other['accessToken']}"}]
    for worker in workers:
        assert [worker.get(PROFILE, headers=bearer).status_code for bearer in bearers] == [200, 200]
    before = len(await mails_to(crew.outbox, household.email))
    assert workers[0].post("/api/v1/auth/password-reset", json={"email": household.email}).status_code == 200
    code = code_in((await mails_to(crew.outbox, household.email, before + 1))[-1])
    form = {"token": code, "newPassword": NEW_PASSWORD}
    assert workers[-1].post("/api/v1/auth/password-reset/confirm", json=form).status_code == 200
    for bearer in bearers:
        refuse(workers, bearer)
    for worker, token in zip(workers, cycle([household.refresh, other["refreshToken"]]), strict=False):
        assert worker.post("/api/v1/auth/session/refresh", json={"refreshToken": token}).status_code == 401
    assert log_in(workers[1], household.email).status_code == 401
    again = log_in(workers[2], household.email, NEW_PASSWORD).json()["data"]["accessToken"]
    for worker in workers:
        assert worker.get(PROFILE, headers={"Authorization": f"Bearer {again}"}).status_code == 200


def test_credential_requests_are_counted_across_all_workers(workers: list[httpx2.Client]) -> None:
    form = {"email": "bad", "password": PASSWORD}
    statuses = [
        worker.post("/api/v1/auth/parent/register", json=form).status_code
        for worker, _ in zip(cycle(workers), range(CREDENTIALS_LIMIT + 10), strict=False)
    ]
    assert statuses == [400] * CREDENTIALS_LIMIT + [429] * 10


def test_password_guesses_are_limited_across_all_workers(workers: list[httpx2.Client]) -> None:
    household = register_household_through(workers[0])
    tried = enumerate([*workers, *workers])
    statuses = [log_in(worker, household.email, f"Wrong-Day-{number}").status_code for number, worker in tried]
    assert statuses == [401] * FAILED_LOGINS + [429] * (2 * len(workers) - FAILED_LOGINS)


def test_one_wrong_password_counts_once_whichever_worker_gets_it(workers: list[httpx2.Client]) -> None:
    household = register_household_through(workers[0])
    statuses = {log_in(worker, household.email, "Wrong-Day-7").status_code for worker in [*workers, *workers]}
    assert statuses == {401}
    assert log_in(workers[-1], household.email).status_code == 200


def test_a_login_at_one_worker_clears_the_failures_at_all(workers: list[httpx2.Client]) -> None:
    household = register_household_through(workers[0])
    for _ in range(2):
        for number, worker in enumerate(workers[:4]):
            assert log_in(worker, household.email, f"Wrong-Day-{number}").status_code == 401
        assert log_in(workers[-1], household.email).status_code == 200


def test_after_wrong_pins_every_worker_refuses_even_the_right_one(
    workers: list[httpx2.Client], bad_day: BadDay
) -> None:
    household = register_household_through(workers[0])
    pin = {"pin": "2580"}
    assert workers[0].post("/api/v1/auth/parent/setup-pin", json=pin, headers=household.bearer).status_code == 200
    guesses = [guess(worker, household, f"987{number}") for number, worker in enumerate(workers[:PIN_ATTEMPTS])]
    assert guesses[0].status_code == 401
    assert {answer.status_code for answer in guesses} <= {401, 429}
    locked = [worker.post("/api/v1/auth/parent/verify-pin", json=pin, headers=household.bearer) for worker in workers]
    assert [answer.status_code for answer in locked] == [429] * len(workers), locked[0].text
    assert all(int(answer.headers["retry-after"]) > 0 for answer in locked)
    bad_day.record("a PIN guesser at six workers", None, saw=[answer.status_code for answer in (*guesses, *locked)])


def guess(worker: httpx2.Client, household: Household, pin: str) -> httpx2.Response:
    return worker.post("/api/v1/auth/parent/verify-pin", json={"pin": pin}, headers=household.bearer)
