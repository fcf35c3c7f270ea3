"""Limits on logins and credential posts (auth contract §1.9, server contract §5.7)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import count

import httpx2
import pytest
from dirty_equals import IsInt

from tests.fixtures.application import declared, running
from tests.fixtures.auth import Parent, log_in, register, rows
from wondernest.app import create_app
from wondernest.development.embedded.valkey import EmbeddedValkey
from wondernest.settings import Settings

GUESSES = count(1000)
LOGIN = "/api/v1/auth/parent/login"
TOO_MANY = {
    "error": "RATE_LIMITED",
    "message": "Too many requests. Please try again later.",
    "timestamp": IsInt,
}


async def attempt(client: httpx2.AsyncClient, parent: Parent, password: str = "", address: str = "") -> httpx2.Response:
    """A login; without a password with a wrong one that was not tried before."""
    headers = {"X-Forwarded-For": address} if address else {}
    form = {"email": parent.email, "password": password or f"Wrong{next(GUESSES)}"}
    return await client.post(LOGIN, json=form, headers=headers)


class SteppedClock:
    """A clock that the test moves; it begins a minute."""

    def __init__(self) -> None:
        self.time = datetime.now(UTC).replace(second=0, microsecond=0)

    def now(self) -> datetime:
        return self.time


async def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(app_client: httpx2.AsyncClient) -> None:
    parent, other = await register(app_client), await register(app_client)
    for _ in range(5):
        assert (await attempt(app_client, parent)).status_code == 401
    response = await attempt(app_client, parent, parent.password)
    assert (response.status_code, response.json()) == (429, TOO_MANY)
    assert 0 < int(response.headers["retry-after"]) <= 60
    await log_in(app_client, other)


async def test_unknown_addresses_are_limited_like_known_ones(own_client: httpx2.AsyncClient) -> None:
    nobody = Parent("nobody@example.com", "", "", "", "")
    statuses = [(await attempt(own_client, nobody)).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]


async def test_a_burst_of_wrong_passwords_is_checked_five_times_at_most(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    responses = await asyncio.gather(*(attempt(app_client, parent) for _ in range(12)))
    assert Counter(response.status_code for response in responses) == {401: 5, 429: 7}


async def test_a_success_clears_the_failures_of_its_address(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    for _ in range(2):
        for _ in range(4):
            assert (await attempt(app_client, parent)).status_code == 401
        await log_in(app_client, parent)


async def test_the_same_wrong_password_counts_once_however_often_it_comes(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    for _ in range(3):
        burst = await asyncio.gather(*(attempt(app_client, parent, "Typo-4711") for _ in range(6)))
        assert {response.status_code for response in burst} == {401}
    await log_in(app_client, parent)
    for number in range(5):
        for _ in range(3):
            assert (await attempt(app_client, parent, f"Wrong-{number}")).status_code == 401
    assert (await attempt(app_client, parent, "Wrong-6")).status_code == 429
    assert (await attempt(app_client, parent, "Wrong-1")).status_code == 429, "known, but refused while others are"
    assert (await attempt(app_client, parent, parent.password)).status_code == 429


async def test_a_password_that_was_refused_unchecked_is_not_free_when_the_minute_ends(
    make_settings: Callable[..., Settings],
) -> None:
    clock = SteppedClock()
    async with running(create_app(make_settings(), clock=clock)) as client:
        parent = await register(client)
        guesses = [f"Wrong-{number}" for number in range(12)]
        assert [(await attempt(client, parent, guess)).status_code for guess in guesses] == [401] * 5 + [429] * 7
        clock.time += timedelta(seconds=61)
        assert [(await attempt(client, parent, guess)).status_code for guess in guesses[5:]] == [401] * 5 + [429] * 2


async def test_the_addresses_of_one_ipv6_network_share_their_wrong_passwords(
    make_settings: Callable[..., Settings],
) -> None:
    async with running(create_app(make_settings(TRUSTED_PROXIES="127.0.0.1"))) as client:
        parent = await register(client)
        statuses = [(await attempt(client, parent, address=f"2001:db8:0:1::{n}")).status_code for n in range(1, 8)]
        assert statuses == [401] * 5 + [429] * 2
        assert (await attempt(client, parent, address="2001:db8:0:2::1")).status_code == 401
        assert (await attempt(client, parent, parent.password, "[2001:db8:0:1::f]:4711")).status_code == 429
        assert (await attempt(client, parent, address="::ffff:192.0.2.1")).status_code == 401
        statuses = [(await attempt(client, parent, address="192.0.2.1:80")).status_code for _ in range(5)]
        assert statuses == [401] * 4 + [429]


async def test_fifty_wrong_passwords_from_elsewhere_do_not_keep_the_owner_out(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    """From the home network at once, also from another address of it; from a new one at the next minute."""
    clock = SteppedClock()
    settings = make_settings(TRUSTED_PROXIES="127.0.0.1", RATE_LIMIT_FAILED_LOGINS="1")
    async with running(create_app(settings, clock=clock)) as client:
        parent = await register(client)
        assert (await attempt(client, parent, parent.password, "2001:db8:0:1::1")).status_code == 200
        guesses = [(await attempt(client, parent, address=f"198.51.100.{n}")).status_code for n in range(1, 13)]
        assert guesses == [401] * 9 + [429] * 3, "the owner's own password is the tenth"
        assert (await attempt(client, parent, parent.password, "2001:db8:0:1::2")).status_code == 200
        stored = await rows(database_url, "select host(ip_address) as address from core.refresh_tokens")
        assert {row["address"] for row in stored} == {"127.0.0.1", "2001:db8:0:1::1", "2001:db8:0:1::2"}
        new = await attempt(client, parent, parent.password, "198.51.100.99")
        assert (new.status_code, new.json()) == (429, TOO_MANY)
        wait_s = int(new.headers["retry-after"])
        assert 0 < wait_s <= 60
        clock.time += timedelta(seconds=wait_s)
        for n in range(101, 113):  # the guessing goes on in the new minute
            await attempt(client, parent, address=f"198.51.100.{n}")
        assert (await attempt(client, parent, parent.password, "198.51.100.99")).status_code == 200


async def test_while_an_account_is_attacked_a_new_network_has_one_attempt_a_minute(
    make_settings: Callable[..., Settings],
) -> None:
    clock = SteppedClock()
    settings = make_settings(TRUSTED_PROXIES="127.0.0.1", RATE_LIMIT_FAILED_LOGINS="3")
    async with running(create_app(settings, clock=clock)) as client:
        parent = await register(client)
        checked: list[int] = []
        for minute in range(4):
            for n in range(1, 11):
                for _ in range(3):
                    await attempt(client, parent, address=f"198.51.{minute}.{n}")
            statuses = [(await attempt(client, parent, address="192.0.2.7")).status_code for _ in range(3)]
            checked.append(statuses.count(401))
            clock.time += timedelta(seconds=60)
        assert checked == [0, 1, 1, 1]


async def test_counting_goes_on_in_memory_when_the_shared_store_is_down(
    make_settings: Callable[..., Settings], own_valkey_server: EmbeddedValkey
) -> None:
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=own_valkey_server.url())
    async with running(create_app(settings)) as client:
        parent = await register(client)
        assert (await attempt(client, parent)).status_code == 401
        own_valkey_server.stop()
        statuses = [(await attempt(client, parent)).status_code for _ in range(5)]
        assert statuses == [401] * 4 + [429]


async def test_workers_count_together_through_the_shared_store(
    make_settings: Callable[..., Settings], flushed_valkey: str
) -> None:
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=flushed_valkey)
    async with running(create_app(settings)) as one, running(create_app(settings)) as two:
        parent = await register(one)
        statuses = [(await attempt(client, parent)).status_code for client in (one, two) * 3]
        assert statuses == [401] * 5 + [429]


def test_every_route_that_hashes_or_checks_a_secret_is_in_the_group_whose_networks_share_the_queue() -> None:
    """So that no network fills the queue of passwords."""
    hashing = ("login", "register", "signup", "verify-pin", "setup-pin", "password-reset/confirm")
    endpoints = [endpoint for endpoint in declared().rooms.endpoints if endpoint.path.startswith("/auth/")]
    found = [endpoint for endpoint in endpoints if endpoint.path.endswith(hashing)]
    assert len(found) == 8
    assert {endpoint.path for endpoint in found if "credentials" not in endpoint.limits} == set()


@pytest.mark.parametrize(
    ("variable", "path"),
    [
        ("RATE_LIMIT_CREDENTIALS", "/auth/parent/login"),
        ("RATE_LIMIT_CREDENTIALS", "/auth/password-reset"),
        ("RATE_LIMIT_AUTH", "/auth/refresh"),
    ],
)
async def test_credential_posts_and_all_posts_have_buckets_that_both_mounts_share(
    make_settings: Callable[..., Settings], variable: str, path: str
) -> None:
    async with running(create_app(make_settings(**{variable: "4"}))) as client:
        for remaining, mount in ((3, "v1"), (2, "v2"), (1, "v1"), (0, "v2")):
            response = await client.post(f"/api/{mount}{path}", json={"email": "ann@example.com", "password": "x"})
            assert response.status_code != 429
            if response.is_success:
                assert response.headers["x-ratelimit-limit"] == "4"
                assert response.headers["x-ratelimit-remaining"] == str(remaining)
        response = await client.post(f"/api/v1{path}", json={})
        assert (response.status_code, response.json()) == (429, TOO_MANY)
        assert "retry-after" in response.headers


async def test_switched_off_limits_count_nothing(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings(RATE_LIMIT_ENABLED="false"))) as client:
        parent = await register(client)
        statuses = {(await attempt(client, parent)).status_code for _ in range(8)}
        assert statuses == {401}


async def test_one_network_cannot_fill_the_queue_of_passwords(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(
        TRUSTED_PROXIES="127.0.0.1",
        BCRYPT_THREADS="1",
        BCRYPT_QUEUE="7",
        BCRYPT_COST="8",
        RATE_LIMIT_FAILED_LOGINS="0",
        RATE_LIMIT_CREDENTIALS="1000",
    )
    async with running(create_app(settings)) as client:
        parent = await register(client)
        spray = [attempt(client, parent, address=f"2001:db8::{n:x}") for n in range(1, 31)]
        *sprayed, owner = await asyncio.gather(*spray, attempt(client, parent, parent.password, "192.0.2.1"))
        counts = Counter(response.status_code for response in sprayed)
        assert set(counts) == {401, 429}
        assert {response.headers["retry-after"] for response in sprayed if response.status_code == 429} == {"1"}
        assert owner.status_code == 200


async def test_the_limit_of_verify_pin_is_answered_in_its_own_shape(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings(RATE_LIMIT_CREDENTIALS="1"))) as client:
        await client.post("/api/v1/auth/parent/verify-pin", json={"pin": "9999"})
        response = await client.post("/api/v1/auth/parent/verify-pin", json={"pin": "1234"})
        assert (response.status_code, response.json()) == (
            429,
            {
                "verified": False,
                "message": "Too many attempts. Please try again later.",
                "sessionToken": None,
                "error": "RATE_LIMITED",
                "timestamp": IsInt,
            },
        )
        assert int(response.headers["retry-after"]) > 0
        assert response.headers["x-ratelimit-remaining"] == "0"


async def test_more_logins_than_the_pool_takes_get_503_with_retry_after(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(BCRYPT_THREADS="1", BCRYPT_QUEUE="1", BCRYPT_COST="8", RATE_LIMIT_FAILED_LOGINS="0")
    async with running(create_app(settings)) as client:
        parent = await register(client)
        responses = await asyncio.gather(*(attempt(client, parent) for _ in range(20)))
        counts = Counter(response.status_code for response in responses)
        assert set(counts) == {401, 503}
        refused = next(response for response in responses if response.status_code == 503)
        assert refused.json() == {
            "error": "SERVICE_UNAVAILABLE",
            "message": "Service temporarily unavailable",
            "timestamp": IsInt,
        }
        assert int(refused.headers["retry-after"]) > 0
        assert (await client.get("/health")).status_code == 200
