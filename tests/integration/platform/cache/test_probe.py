"""The probe of the cache does what limits do: a server that refuses it is down, is logged once, and is used again by itself."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest
import redis

from tests.fixtures.application import declared, running
from wondernest.app import create_app
from wondernest.commands.doctor import doctor
from wondernest.development.embedded.valkey import EmbeddedValkey
from wondernest.platform.cache import Once, ValkeyCounters
from wondernest.platform.cache.valkey import PAUSE_S
from wondernest.platform.clock import SystemClock
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Settings

BEGUN, ENDED = "cache unavailable, counting in memory", "cache available again"
Commands = tuple[tuple[str, ...], tuple[str, ...]]
REFUSING: dict[str, Commands] = {
    "a replica": (("REPLICAOF", "127.0.0.1", "1"), ("REPLICAOF", "NO", "ONE")),
    "full": (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0")),
    "without scripts": (("ACL", "SETUSER", "default", "-@scripting"), ("ACL", "SETUSER", "default", "+@scripting")),
    "without deletion": (("ACL", "SETUSER", "default", "-del"), ("ACL", "SETUSER", "default", "+del")),
    "without these keys": (
        ("ACL", "SETUSER", "default", "resetkeys", "~other:*"),
        ("ACL", "SETUSER", "default", "allkeys"),
    ),
}
"""What makes a server refuse, and what undoes it."""
each_refusal = pytest.mark.parametrize("refusal", REFUSING)


def order(server: EmbeddedValkey, words: tuple[str, ...]) -> None:
    """Have the server run a command."""
    with redis.from_url(server.url()) as client:
        client.execute_command(*words)


@pytest.fixture
async def counters(own_valkey_server: EmbeddedValkey) -> AsyncIterator[ValkeyCounters]:
    counting = ValkeyCounters(own_valkey_server.url(), 0.5, SystemClock(timedelta()), Metrics())
    yield counting
    await counting.close()


@each_refusal
async def test_a_server_that_refuses_what_limits_do_is_down_and_logged_once(
    own_valkey_server: EmbeddedValkey,
    counters: ValkeyCounters,
    refusal: str,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("wondernest.platform.cache.valkey.PAUSE_S", 0.0)
    caplog.set_level(logging.INFO, "wondernest")
    breaks, mends = REFUSING[refusal]
    assert await counters.probe()
    order(own_valkey_server, breaks)
    for number in range(1, 4):
        assert not await counters.probe()
        assert await counters.increment("key", 600, Once(str(number), 5)) == (number, 600)
        assert (await counters.peek("key"))[0] == number
        await counters.add_all({"key": 1}, 60)
    await counters.clear("key")
    assert not await counters.probe()
    assert [record.message for record in caplog.records] == [BEGUN]
    order(own_valkey_server, mends)
    assert await counters.probe()
    assert [record.message for record in caplog.records] == [BEGUN, ENDED]


async def test_work_that_is_served_again_ends_its_own_outage_without_a_probe(
    own_valkey_server: EmbeddedValkey, counters: ValkeyCounters, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, "wondernest")
    breaks, mends = REFUSING["full"]
    order(own_valkey_server, breaks)
    await counters.increment("key", 600)
    order(own_valkey_server, mends)
    await asyncio.sleep(PAUSE_S)
    await counters.peek("key")
    assert [record.message for record in caplog.records] == [BEGUN]
    await counters.increment("key", 600)
    assert [record.message for record in caplog.records] == [BEGUN, ENDED]


@each_refusal
async def test_readiness_shows_a_server_that_refuses_and_its_return(
    own_valkey_server: EmbeddedValkey, make_settings: Callable[..., Settings], refusal: str
) -> None:
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=own_valkey_server.url())
    breaks, mends = REFUSING[refusal]
    order(own_valkey_server, breaks)
    async with running(create_app(settings)) as client:
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()) == (200, {"status": "READY", "redis": "DOWN"})
        assert "wondernest_redis_up 0" in (await client.get("/metrics")).text
        order(own_valkey_server, mends)
        async with asyncio.timeout(20):
            while (await client.get("/health/ready")).json() != {"status": "READY"}:
                await asyncio.sleep(0.05)
        assert "wondernest_redis_up 1" in (await client.get("/metrics")).text


@each_refusal
def test_the_doctor_says_that_a_server_refuses(
    own_valkey_server: EmbeddedValkey, make_settings: Callable[..., Settings], refusal: str
) -> None:
    order(own_valkey_server, REFUSING[refusal][0])
    lines: list[str] = []
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=own_valkey_server.url())
    doctor(settings, declared().rooms, lines.append)
    [line] = [line for line in lines if line.startswith("cache ")]
    assert line.startswith("cache     cannot count: ")
    assert line.endswith("Check REDIS_URL; until then each process counts for itself.")
