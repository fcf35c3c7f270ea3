"""Rate limits, CORS and compression, each alone."""

from __future__ import annotations

import gzip as gzip_module
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta

import pytest

from wondernest.platform.cache import MemoryCounters
from wondernest.platform.http import compression
from wondernest.platform.http.cors import CrossOrigin
from wondernest.platform.http.errors import RateLimited
from wondernest.platform.http.rate_limits import RequestLimits
from wondernest.platform.ids import Digests
from wondernest.platform.telemetry.metrics import Metrics


class HeldClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


def limits_of(clock: HeldClock, **at_once: int) -> RequestLimits:
    per_minute = {"credentials": 2, "auth": 5, "off": 0}
    return RequestLimits(MemoryCounters(clock), per_minute, clock, Digests("secret"), Metrics(), at_once=at_once)


async def test_a_limit_refuses_the_next_request_and_ends_with_its_window() -> None:
    clock = HeldClock()
    limits = limits_of(clock)
    first = dict(await limits.check(("credentials", "auth"), "192.0.2.1"))
    await limits.check(("credentials", "auth"), "192.0.2.1")
    assert (first[b"x-ratelimit-limit"], first[b"x-ratelimit-remaining"]) == (b"2", b"1")
    assert int(first[b"x-ratelimit-reset"]) == int(clock.moment.timestamp()) + 60
    with pytest.raises(RateLimited) as refusal:
        await limits.check(("credentials", "auth"), "192.0.2.1")
    assert refusal.value.headers["Retry-After"] == "60"
    await limits.check(("credentials", "auth"), "192.0.2.2")
    clock.moment += timedelta(seconds=61)
    await limits.check(("credentials", "auth"), "192.0.2.1")


async def test_the_addresses_of_one_network_share_a_limit() -> None:
    limits = limits_of(HeldClock())
    await limits.check(("credentials",), "2001:db8:0:1::1")
    await limits.check(("credentials",), "2001:db8:0:1:ffff::2")
    with pytest.raises(RateLimited):
        await limits.check(("credentials",), "2001:db8:0:1:dead:beef::3")
    await limits.check(("credentials",), "2001:db8:0:2::1")
    await limits.check(("credentials",), "::ffff:192.0.2.1")
    await limits.check(("credentials",), "192.0.2.1")
    with pytest.raises(RateLimited):
        await limits.check(("credentials",), "192.0.2.1")


async def test_a_limit_of_zero_counts_nothing() -> None:
    limits = limits_of(HeldClock(), off=1)
    for _ in range(3):
        assert await limits.check(("off",), "192.0.2.1") == []
    with limits.in_progress(("off",), "192.0.2.1"), limits.in_progress(("off",), "192.0.2.1"):
        pass


def test_a_network_has_so_many_requests_in_progress_and_gets_their_places_back() -> None:
    limits = limits_of(HeldClock(), credentials=2)
    for _ in range(2):
        with ExitStack() as running:
            running.enter_context(limits.in_progress(("auth", "credentials"), "2001:db8::1"))
            running.enter_context(limits.in_progress(("auth", "credentials"), "2001:db8::2"))
            with pytest.raises(RateLimited) as refusal, limits.in_progress(("credentials",), "2001:db8::3"):
                pass
            assert refusal.value.headers["Retry-After"] == "1"
            running.enter_context(limits.in_progress(("credentials",), "192.0.2.1"))
            running.enter_context(limits.in_progress(("auth",), "2001:db8::3"))


def test_listed_origins_and_localhost_outside_production_may_read_replies() -> None:
    lenient = CrossOrigin(["https://wondernest.app"], allow_localhost=True)
    strict = CrossOrigin(["https://wondernest.app"], allow_localhost=False)
    assert strict.allows(b"https://wondernest.app")
    assert not strict.allows(b"http://localhost:41234")
    assert lenient.allows(b"http://localhost:41234")
    assert lenient.allows(b"https://127.0.0.1")
    assert not lenient.allows(b"http://localhost.evil.example")
    assert not lenient.allows(b"http://localhost:1@evil.example")


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (None, False),
        (b"gzip", True),
        (b"br, gzip;q=0.5", True),
        (b"gzip;q=0", False),
        (b"*", True),
        (b"identity", False),
        (b"GZIP", True),
    ],
)
def test_gzip_is_used_only_where_the_client_accepts_it(accept: bytes | None, wanted: bool) -> None:
    assert compression.accepts_gzip(accept) is wanted


async def test_small_or_binary_replies_are_not_compressed_and_large_ones_decompress_unchanged() -> None:
    assert not compression.worth_compressing(499, "application/json")
    assert compression.worth_compressing(500, "text/plain; charset=utf-8")
    assert not compression.worth_compressing(5000, "image/png")
    for size in (600, 300_000):
        content = bytes(range(256)) * (size // 256 + 1)
        assert gzip_module.decompress(await compression.gzip_off_loop(content)) == content
