"""The limit of all requests of a user (server contract §5.7): no round trip of its own, one limit over several processes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx2
import redis
from dirty_equals import IsInt

from tests.fixtures.application import running
from tests.fixtures.auth import register
from wondernest.app import create_app
from wondernest.settings import Limits, Settings

PROFILE = "/api/v1/family/profile"
TOO_MANY = {
    "error": "RATE_LIMITED",
    "message": "Too many requests. Please try again later.",
    "timestamp": IsInt,
}
PATIENCE_S = 30.0


async def test_a_user_beyond_the_limit_gets_429_and_nobody_else_does(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings(RATE_LIMIT_API="10"))) as client:
        parent, other = await register(client), await register(client)
        answers = await in_one_minute(client, parent.bearer, 14)
        assert [answer.status_code for answer in answers] == [200] * 10 + [429] * 4
        refused = answers[-1]
        assert refused.json() == TOO_MANY
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert refused.headers["x-ratelimit-limit"] == "10"
        assert "x-ratelimit-limit" not in answers[0].headers
        assert answers[9].headers["x-ratelimit-remaining"] == "0"
        assert (await client.get(PROFILE, headers=other.bearer)).status_code == 200
        assert (await client.get("/health", headers=parent.bearer)).status_code == 200


async def test_the_headers_of_the_limit_are_shown_beyond_its_half_only(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings(RATE_LIMIT_API="10"))) as client:
        answers = await in_one_minute(client, (await register(client)).bearer, 12)
        shown = [
            tuple(answer.headers.get(f"x-ratelimit-{name}") for name in ("limit", "remaining")) for answer in answers
        ]
        assert shown[:5] == [(None, None)] * 5
        assert shown[5:] == [("10", str(max(0, 9 - number))) for number in range(5, 12)]
        ends = {int(answer.headers["x-ratelimit-reset"]) for answer in answers[5:]}
        assert max(ends) - min(ends) <= 1
        assert max(ends) % 60 in {0, 1}, "the end of a minute of the clock"


async def test_the_default_is_1200_a_minute_and_0_switches_it_off(make_settings: Callable[..., Settings]) -> None:
    assert Limits().api_per_minute == 1_200
    for off in ({"RATE_LIMIT_API": "0"}, {"RATE_LIMIT_API": "3", "RATE_LIMIT_ENABLED": "false"}):
        async with running(create_app(make_settings(**off))) as client:
            parent = await register(client)
            assert {answer.status_code for answer in await in_one_minute(client, parent.bearer, 8)} == {200}


async def test_a_usual_request_asks_the_cache_nothing(
    make_settings: Callable[..., Settings], flushed_valkey: str
) -> None:
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=flushed_valkey, RATE_LIMIT_API="1200")
    async with running(create_app(settings)) as client:
        parent = await register(client)
        with redis.from_url(flushed_valkey) as cache:
            before = scripts_run(cache)
            for _ in range(30):
                assert (await client.get(PROFILE, headers=parent.bearer)).status_code == 200
            assert scripts_run(cache) == before
            assert list(cache.scan_iter("*:api:*")) == []


async def test_several_processes_refuse_a_user_after_about_one_limit(
    make_settings: Callable[..., Settings], flushed_valkey: str
) -> None:
    """By observing: the requests go on until both have refused, and what both admitted is counted."""
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=flushed_valkey, RATE_LIMIT_API="200")
    async with running(create_app(settings)) as one, running(create_app(settings)) as two:
        parent = await register(one)
        await next_minute_unless_it_is_young()
        admitted, refused = 0, set[httpx2.AsyncClient]()
        async with asyncio.timeout(PATIENCE_S):
            while len(refused) < 2:
                for client in (one, two):
                    answer = await client.get(PROFILE, headers=parent.bearer)
                    admitted += answer.status_code == 200
                    if answer.status_code == 429:
                        refused.add(client)
                await asyncio.sleep(0.04)  # slower than the sharing, which is once a second
        assert 200 <= admitted < 300, "two limits would be 400"


async def in_one_minute(client: httpx2.AsyncClient, bearer: dict[str, str], requests: int) -> list[httpx2.Response]:
    """The answers to some requests that fall into the same minute of the clock."""
    await next_minute_unless_it_is_young()
    return [await client.get(PROFILE, headers=bearer) for _ in range(requests)]


async def next_minute_unless_it_is_young() -> None:
    """Wait for the next minute in the last third of one."""
    if (second := datetime.now(UTC).second) >= 40:
        await asyncio.sleep(60 - second)


def scripts_run(cache: Any) -> int:
    """How many scripts the cache has run: every count is one."""
    return int(cache.info("commandstats").get("cmdstat_evalsha", {}).get("calls", 0))
