"""The parent's PIN on the wire (auth contract §1.7, §2 verify-pin and setup-pin)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx2
import pytest
import redis
from dirty_equals import IsInt, IsStr

from tests.fixtures.application import jobs_running, running
from tests.fixtures.auth import Parent, log_in, mails_to, register, row, value
from wondernest.app import create_app
from wondernest.auth.repository import PinLockRepository
from wondernest.platform.db.pool import Database
from wondernest.platform.ids import sha256_hex
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Settings

VERIFY = "/api/v1/auth/parent/verify-pin"
SETUP = "/api/v1/auth/parent/setup-pin"
PIN = "275319"
PATIENCE_S = 30.0
UNREADABLE = {"verified": False, "message": "Invalid PIN format. Must be 4 digits.", "sessionToken": None}
WRONG = {
    "verified": False,
    "message": "Invalid PIN",
    "sessionToken": None,
    "error": "UNAUTHORIZED",
    "timestamp": IsInt,
}
LOCKED = {
    "verified": False,
    "message": "Too many attempts. Please try again later.",
    "sessionToken": None,
    "error": "RATE_LIMITED",
    "timestamp": IsInt,
}


async def verified(client: httpx2.AsyncClient, pin: Any, parent: Parent | None = None) -> httpx2.Response:
    return await client.post(VERIFY, json={"pin": pin}, headers=parent.bearer if parent else {})


async def set_up(client: httpx2.AsyncClient, parent: Parent, **body: Any) -> httpx2.Response:
    return await client.post(SETUP, json=body, headers=parent.bearer)


async def with_pin(client: httpx2.AsyncClient) -> Parent:
    parent = await register(client)
    assert (await set_up(client, parent, pin=PIN)).status_code == 200
    return parent


async def test_the_default_pin_opens_parent_mode_in_development(app_client: httpx2.AsyncClient) -> None:
    response = await verified(app_client, "1234")
    assert response.status_code == 200
    assert response.json() == {
        "message": "PIN verified successfully",
        "sessionToken": IsStr(regex=r"parent_mode_\d{13}_[A-Za-z0-9_-]{43}"),
        "verified": True,
    }


async def test_in_production_there_is_no_default_pin(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(APP_ENV="production", RATE_LIMIT_ENABLED="false")
    async with running(create_app(settings)) as client:
        parent = await register(client)
        assert (await verified(client, "1234", parent)).status_code == 401
        response = await client.post(
            "/api/v1/auth/parent/login", json={"email": parent.email, "password": parent.password}
        )
        assert response.json()["data"]["hasPin"] is False
        assert (await set_up(client, parent, pin=PIN)).status_code == 200
        response = await client.post(
            "/api/v1/auth/parent/login", json={"email": parent.email, "password": parent.password}
        )
        assert response.json()["data"]["hasPin"] is True


async def test_what_is_not_four_or_six_digits_is_400(app_client: httpx2.AsyncClient) -> None:
    for pin in ("", "123", "12345", "1234567", "12a4", "١٢٣٤", " 1234", "-123"):
        response = await verified(app_client, pin)
        assert (response.status_code, response.json()) == (400, UNREADABLE), pin


async def test_a_wrong_pin_is_401_with_the_fields_of_both_shapes(app_client: httpx2.AsyncClient) -> None:
    response = await verified(app_client, "9999")
    assert (response.status_code, response.json()) == (401, WRONG)


async def test_a_parents_own_pin_replaces_the_default_one(app_client: httpx2.AsyncClient) -> None:
    parent = await with_pin(app_client)
    assert (await verified(app_client, PIN, parent)).status_code == 200
    assert (await verified(app_client, "1234", parent)).status_code == 401


async def test_an_invalid_bearer_counts_as_absent(app_client: httpx2.AsyncClient) -> None:
    response = await app_client.post(VERIFY, json={"pin": "1234"}, headers={"Authorization": "Bearer no.such.token"})
    assert response.status_code == 200


async def test_the_parent_mode_session_is_kept_as_a_hash_and_is_no_bearer(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await with_pin(app_client)
    token = (await verified(app_client, PIN, parent)).json()["sessionToken"]
    kept = await row(database_url, "select * from core.user_sessions where token_hash = $1", sha256_hex(token))
    assert str(kept["user_id"]) == parent.user_id
    assert (kept["expires_at"] - kept["created_at"]).total_seconds() == 900
    response = await app_client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 401


async def test_five_wrong_pins_lock_this_parent_also_for_the_right_one(
    app_client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    parent, other = await with_pin(app_client), await with_pin(app_client)
    for _ in range(5):
        assert (await verified(app_client, "9999", parent)).status_code == 401
    response = await verified(app_client, PIN, parent)
    assert (response.status_code, response.json()) == (429, LOCKED)
    assert 0 < int(response.headers["retry-after"]) <= 900
    assert (await verified(app_client, PIN, other)).status_code == 200
    mails = await mails_to(tmp_path / "outbox", parent.email, 3)
    assert sum(mail.startswith("Parent mode is locked") for mail in mails) == 1


async def test_five_wrong_pins_without_a_bearer_lock_the_address(app_client: httpx2.AsyncClient) -> None:
    for _ in range(5):
        assert (await verified(app_client, "9999")).status_code == 401
    assert (await verified(app_client, "1234")).status_code == 429


async def test_a_burst_of_wrong_pins_is_checked_five_times_at_most(app_client: httpx2.AsyncClient) -> None:
    parent = await with_pin(app_client)
    responses = await asyncio.gather(*(verified(app_client, "9999", parent) for _ in range(30)))
    assert Counter(response.status_code for response in responses) == {401: 5, 429: 25}


async def test_a_right_pin_clears_the_failures(app_client: httpx2.AsyncClient) -> None:
    parent = await with_pin(app_client)
    for _ in range(2):
        for _ in range(4):
            assert (await verified(app_client, "9999", parent)).status_code == 401
        assert (await verified(app_client, PIN, parent)).status_code == 200


class SteppedClock:
    """A clock that the test moves."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC)

    def now(self) -> datetime:
        return self.time


MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
LOCKS = (15 * MINUTE, HOUR, 4 * HOUR, 16 * HOUR, DAY, DAY)


async def guesses_until_locked(client: httpx2.AsyncClient, parent: Parent | None) -> tuple[int, timedelta]:
    """How many wrong PINs were checked, and how long the lock is."""
    checked = 0
    while (answer := await verified(client, "9999", parent)).status_code == 401:
        checked += 1
    assert (answer.status_code, answer.json()) == (429, LOCKED)
    return checked, timedelta(seconds=int(answer.headers["retry-after"]))


@pytest.mark.parametrize("signed_in", [True, False])
async def test_each_lock_of_a_pin_is_longer_up_to_a_day(
    make_settings: Callable[..., Settings], signed_in: bool
) -> None:
    clock = SteppedClock()
    async with running(create_app(make_settings(JWT_EXPIRES_IN="864000000"), clock=clock)) as client:
        parent = await with_pin(client) if signed_in else None
        for lock in LOCKS:
            assert await guesses_until_locked(client, parent) == (5, lock)
            clock.time += lock - timedelta(seconds=1)
            assert (await verified(client, PIN if signed_in else "1234", parent)).status_code == 429
            clock.time += timedelta(seconds=1)


async def test_ten_days_of_guessing_are_some_seventy_guesses(make_settings: Callable[..., Settings]) -> None:
    """At five a day half of all PINs of four digits take three years, and the parent gets a letter each day."""
    clock = SteppedClock()
    async with running(create_app(make_settings(JWT_EXPIRES_IN="8640000000"), clock=clock)) as client:
        parent = await with_pin(client)
        end, guesses = clock.time + 10 * DAY, 0
        while clock.time < end:
            checked, lock = await guesses_until_locked(client, parent)
            guesses += checked
            clock.time += lock
        assert guesses == 70


async def test_waiting_between_guesses_gives_no_more_of_them(make_settings: Callable[..., Settings]) -> None:
    clock = SteppedClock()
    async with running(create_app(make_settings(JWT_EXPIRES_IN="8640000000"), clock=clock)) as client:
        parent = await with_pin(client)
        for _ in range(4):
            assert (await verified(client, "9999", parent)).status_code == 401
        clock.time += 6 * DAY
        assert await guesses_until_locked(client, parent) == (1, LOCKS[0])
        clock.time += 8 * DAY
        assert await guesses_until_locked(client, parent) == (5, LOCKS[0]), (
            "after a week without attempts all is forgotten"
        )


async def test_a_right_pin_or_a_sign_in_ends_lock_and_escalation(make_settings: Callable[..., Settings]) -> None:
    clock = SteppedClock()
    async with running(create_app(make_settings(), clock=clock)) as client:
        parent = await with_pin(client)
        assert await guesses_until_locked(client, parent) == (5, LOCKS[0])
        await log_in(client, parent)
        assert (await verified(client, PIN, parent)).status_code == 200
        assert await guesses_until_locked(client, parent) == (5, LOCKS[0])
        clock.time += LOCKS[0]
        for _ in range(4):
            assert (await verified(client, "9999", parent)).status_code == 401
        assert (await verified(client, PIN, parent)).status_code == 200, "the fifth is right"
        assert await guesses_until_locked(client, parent) == (5, LOCKS[0])


async def test_a_refused_sign_in_ends_no_lock(app_client: httpx2.AsyncClient) -> None:
    parent = await with_pin(app_client)
    await guesses_until_locked(app_client, parent)
    form = {"email": parent.email, "password": "Wrong-Day-7"}
    assert (await app_client.post("/api/v1/auth/parent/login", json=form)).status_code == 401
    assert (await verified(app_client, PIN, parent)).status_code == 429


async def test_a_lock_survives_a_lost_cache_and_a_new_process(
    make_settings: Callable[..., Settings], flushed_valkey: str
) -> None:
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=flushed_valkey)
    async with running(create_app(settings)) as client:
        parent = await with_pin(client)
        assert (await guesses_until_locked(client, parent))[0] == 5
    with redis.from_url(flushed_valkey) as cache:
        cache.flushall()
    async with running(create_app(settings)) as client:
        assert (await verified(client, PIN, parent)).status_code == 429


async def test_each_lock_is_one_letter_that_says_how_long_it_lasts(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    clock, settings = SteppedClock(), make_settings()
    async with jobs_running(settings), running(create_app(settings, clock=clock)) as client:
        parent = await with_pin(client)
        for length in ("15 minutes", "1 hour"):
            await asyncio.gather(*(verified(client, "9999", parent) for _ in range(12)))
            clock.time += LOCKS[0]
            await until_mailed(tmp_path, parent, f"locked for {length}.")
        letters = [
            mail for mail in await mails_to(tmp_path / "outbox", parent.email, 3) if "Parent mode is locked" in mail
        ]
        assert len(letters) == 2


async def test_wrong_pins_of_long_ago_are_removed(make_settings: Callable[..., Settings], database_url: str) -> None:
    async with running(create_app(make_settings())) as client:
        for _ in range(2):
            await verified(client, "9999", await with_pin(client))
    locks = PinLockRepository(database := Database(make_settings().database, Metrics()))
    newest = await value(database_url, "select max(updated_at) from wondernest.pin_locks")
    await locks.prune(newest)
    await database.close()
    assert await value(database_url, "select count(*) from wondernest.pin_locks") == 1


async def until_mailed(folder: Path, parent: Parent, text: str) -> None:
    async with asyncio.timeout(PATIENCE_S):
        while not any(text in mail for mail in await mails_to(folder / "outbox", parent.email, 1)):
            await asyncio.sleep(0.05)


async def test_setting_up_a_pin_answers_what_the_app_reads_and_stores_a_hash(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    response = await set_up(app_client, parent, pin=PIN)
    assert response.status_code == 200
    assert response.json() == {"message": "PIN setup successfully", "success": True}
    assert (await value(database_url, "select pin_hash from core.users")).startswith("$2b$04$")
    assert (await log_in(app_client, parent)).user_id == parent.user_id


async def test_a_pin_that_was_set_or_replaced_is_mailed_and_a_refused_one_is_not(
    app_client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    parent = await register(app_client)
    for body in ({"pin": "1234"}, {"pin": PIN}, {"pin": "8264"}, {"pin": "8264", "currentPin": PIN}):
        await set_up(app_client, parent, **body)
    told = [mail for mail in await mails_to(tmp_path / "outbox", parent.email, 3) if "parent PIN was set" in mail]
    assert len(told) == 2
    assert PIN not in "".join(told)


async def test_a_pin_of_another_form_is_400(app_client: httpx2.AsyncClient) -> None:
    parent, refused = await register(app_client), {"message": "Invalid PIN format. Must be 4 or 6 digits."}
    for pin in ("", "12345", "abcd", "1234567"):
        response = await set_up(app_client, parent, pin=pin)
        assert (response.status_code, response.json()) == (400, refused), pin


async def test_a_simple_pin_is_400(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    for pin in ("0000", "1234", "4321", "123456", "987654", "777777"):
        response = await set_up(app_client, parent, pin=pin)
        assert (response.status_code, response.json()) == (400, {"message": "PIN is too simple"}), pin


async def test_a_pin_is_replaced_only_with_the_current_one(app_client: httpx2.AsyncClient) -> None:
    parent = await with_pin(app_client)
    for body in ({"pin": "8264"}, {"pin": "8264", "currentPin": "9999"}):
        response = await set_up(app_client, parent, **body)
        assert (response.status_code, response.json()) == (409, {"message": "PIN already set"})
    assert (await set_up(app_client, parent, pin="8264", currentPin=PIN)).status_code == 200
    assert (await verified(app_client, "8264", parent)).status_code == 200


async def test_wrong_current_pins_lock_too(app_client: httpx2.AsyncClient) -> None:
    parent = await with_pin(app_client)
    for _ in range(5):
        assert (await set_up(app_client, parent, pin="8264", currentPin="9999")).status_code == 409
    response = await set_up(app_client, parent, pin="8264", currentPin=PIN)
    assert response.status_code == 429
    assert response.json() == {
        "error": "RATE_LIMITED",
        "message": "Too many requests. Please try again later.",
        "timestamp": IsInt,
    }
    assert (await verified(app_client, PIN, parent)).status_code == 429


async def test_of_two_first_pins_set_at_once_one_wins(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    responses = await asyncio.gather(*(set_up(app_client, parent, pin=pin) for pin in ("8264", "5937")))
    assert sorted(response.status_code for response in responses) == [200, 409]
