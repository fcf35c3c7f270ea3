"""Client addresses, rate limits, CORS and compression, each alone."""

from __future__ import annotations

import gzip as gzip_module
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network

import pytest

from wondernest.platform.cache import MemoryCounters
from wondernest.platform.http import compression
from wondernest.platform.http.addresses import client_address
from wondernest.platform.http.cors import CrossOrigin
from wondernest.platform.http.errors import RateLimited
from wondernest.platform.http.rate_limits import RequestLimits

PROXIES = (ip_network("10.0.0.0/8"), ip_network("::1/128"))


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", None, "203.0.113.9"),
        ("203.0.113.9", b"198.51.100.1", "203.0.113.9"),
        ("10.1.1.1", b"198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", b"6.6.6.6, 198.51.100.1", "198.51.100.1"),
        ("10.1.1.1", b"198.51.100.1, 10.2.2.2", "198.51.100.1"),
        ("10.1.1.1", b"nonsense", "10.1.1.1"),
        ("10.1.1.1", b"198.51.100.1, nonsense", "10.1.1.1"),
        ("::1", b"2001:db8::7", "2001:db8::7"),
        ("testclient", b"198.51.100.1", None),
        (None, None, None),
    ],
)
def test_forwarded_addresses_are_accepted_only_from_trusted_proxies(
    peer: str | None, forwarded: bytes | None, address: str | None
) -> None:
    assert client_address(peer, forwarded, PROXIES) == address


class HeldClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


async def test_a_limit_refuses_the_next_request_and_ends_with_its_window() -> None:
    clock = HeldClock()
    limits = RequestLimits(MemoryCounters(clock), {"credentials": 2, "auth": 5}, clock, enabled=True)
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


async def test_a_limit_of_zero_or_a_switched_off_limiter_counts_nothing() -> None:
    clock = HeldClock()
    off = RequestLimits(MemoryCounters(clock), {"credentials": 1}, clock, enabled=False)
    zero = RequestLimits(MemoryCounters(clock), {"credentials": 0}, clock, enabled=True)
    for limits in (off, zero):
        for _ in range(3):
            assert await limits.check(("credentials",), "192.0.2.1") == []


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
