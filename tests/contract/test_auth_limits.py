"""Limits on logins and credential posts (auth contract §1.9, server contract §5.7)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable

import httpx2
import pytest
from dirty_equals import IsInt

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, log_in, register
from wondernest.app import create_app
from wondernest.development.embedded.valkey import EmbeddedValkey
from wondernest.settings import Settings

LOGIN = "/api/v1/auth/parent/login"
TOO_MANY = {
    "error": "RATE_LIMITED",
    "message": "Too many requests. Please try again later.",
    "timestamp": IsInt,
}


async def attempt(
    client: httpx2.AsyncClient, parent: Parent, password: str = "Wrong1234", address: str = ""
) -> httpx2.Response:
    headers = {"X-Forwarded-For": address} if address else {}
    return await client.post(LOGIN, json={"email": parent.email, "password": password}, headers=headers)


async def test_after_five_wrong_passwords_even_the_right_one_has_to_wait(app_client: httpx2.AsyncClient) -> None:
    parent, other = await register(app_client), await register(app_client)
    for _ in range(5):
        assert (await attempt(app_client, parent)).status_code == 401
    response = await attempt(app_client, parent, parent.password)
    assert (response.status_code, response.json()) == (429, TOO_MANY)
    assert 0 < int(response.headers["retry-after"]) <= 60
    await log_in(app_client, other)


async def test_unknown_addresses_are_limited_like_known_ones(app_client: httpx2.AsyncClient) -> None:
    nobody = Parent("nobody@example.com", "", "", "", "")
    statuses = [(await attempt(app_client, nobody)).status_code for _ in range(6)]
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


async def test_guessing_from_many_addresses_is_limited_and_does_not_lock_the_owner_out(
    make_settings: Callable[..., Settings],
) -> None:
    settings = make_settings(TRUSTED_PROXIES="127.0.0.1", RATE_LIMIT_FAILED_LOGINS="1")
    async with running(create_app(settings)) as client:
        parent = await register(client)
        assert (await attempt(client, parent, parent.password, "192.0.2.1")).status_code == 200
        guesses = [(await attempt(client, parent, address=f"198.51.100.{n}")).status_code for n in range(1, 12)]
        assert guesses == [401] * 9 + [429] * 2
        assert (await attempt(client, parent, parent.password, "198.51.100.99")).status_code == 429
        assert (await attempt(client, parent, parent.password, "192.0.2.1")).status_code == 200


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
