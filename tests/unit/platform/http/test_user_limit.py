"""The limit of requests per user in one process, and several processes that share their counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from wondernest.platform.cache import MemoryCounters
from wondernest.platform.http import user_limit
from wondernest.platform.http.errors import RateLimited
from wondernest.platform.http.user_limit import UserLimit
from wondernest.platform.telemetry.metrics import Metrics

LIMIT = 64


class HeldClock:
    def __init__(self) -> None:
        self.moment = datetime(2026, 1, 1, 12, 0, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.moment


class SharedStore(MemoryCounters):
    """What the cache does for several processes, in memory: sums by key. It can be unreachable, and can lose its data."""

    def __init__(self, clock: HeldClock) -> None:
        super().__init__(clock)
        self.sums: dict[str, int] = {}
        self.away = False
        self.calls = 0

    async def add_all(self, amounts: Mapping[str, int], window_s: int) -> Sequence[int]:
        self.calls += 1
        if self.away:
            return ()
        for key, amount in amounts.items():
            self.sums[key] = self.sums.get(key, 0) + amount
        return [self.sums[key] for key in amounts]


def admitted(limit: UserLimit, user: UUID, requests: int) -> int:
    """How many of some requests are admitted."""
    passed = 0
    for _ in range(requests):
        try:
            limit.count(user)
        except RateLimited:
            continue
        passed += 1
    return passed


def test_a_user_has_one_limit_a_minute_and_others_have_their_own() -> None:
    clock = HeldClock()
    limit, user = UserLimit(MemoryCounters(clock), LIMIT, clock, Metrics()), uuid4()
    assert admitted(limit, user, LIMIT + 10) == LIMIT
    with pytest.raises(RateLimited) as refusal:
        limit.count(user)
    assert refusal.value.headers["Retry-After"] == "50"
    assert refusal.value.headers["x-ratelimit-remaining"] == "0"
    assert admitted(limit, uuid4(), 1) == 1
    clock.moment += timedelta(seconds=50)
    assert admitted(limit, user, LIMIT + 10) == LIMIT


def test_headers_are_shown_to_those_who_near_the_limit_only() -> None:
    clock = HeldClock()
    limit, user = UserLimit(MemoryCounters(clock), LIMIT, clock, Metrics()), uuid4()
    shown = [dict(limit.count(user)) for _ in range(LIMIT)]
    assert shown[: LIMIT // 2] == [{}] * (LIMIT // 2)
    assert [int(headers[b"x-ratelimit-remaining"]) for headers in shown[LIMIT // 2 :]] == [*reversed(range(LIMIT // 2))]
    assert {headers[b"x-ratelimit-limit"] for headers in shown[LIMIT // 2 :]} == {b"64"}
    assert {int(headers[b"x-ratelimit-reset"]) for headers in shown[LIMIT // 2 :]} == {
        int(clock.moment.timestamp()) + 50
    }


async def test_several_processes_admit_about_one_limit_together() -> None:
    clock = HeldClock()
    store, user = SharedStore(clock), uuid4()
    processes = [UserLimit(store, LIMIT, clock, Metrics()) for _ in range(4)]
    passed = 0
    for _ in range(20):
        for process in processes:
            passed += admitted(process, user, 2)
        for process in processes:
            await process.share()
    assert LIMIT <= passed <= LIMIT + 2 * 2 * len(processes)


async def test_users_who_do_little_are_never_shared() -> None:
    clock = HeldClock()
    store = SharedStore(clock)
    limit = UserLimit(store, 32 * LIMIT, clock, Metrics())
    for _ in range(500):
        admitted(limit, uuid4(), LIMIT)
    await limit.share()
    assert store.calls == 0


async def test_without_the_shared_store_and_after_its_loss_each_process_keeps_its_own_limit() -> None:
    clock = HeldClock()
    store, user = SharedStore(clock), uuid4()
    limit = UserLimit(store, LIMIT, clock, Metrics())
    store.away = True
    assert admitted(limit, user, LIMIT // 2) == LIMIT // 2
    await limit.share()
    store.away = False
    await limit.share()
    assert list(store.sums.values()) == [LIMIT // 2]
    store.sums.clear()
    assert admitted(limit, user, 10) == 10
    await limit.share()
    assert admitted(limit, user, LIMIT) == LIMIT - LIMIT // 2 - 10


async def test_what_others_did_is_not_forgotten_when_the_shared_store_loses_it() -> None:
    clock = HeldClock()
    store, user = SharedStore(clock), uuid4()
    one, two = (UserLimit(store, LIMIT, clock, Metrics()) for _ in range(2))
    admitted(one, user, 30)
    await one.share()
    admitted(two, user, 10)
    await two.share()
    store.sums.clear()
    admitted(two, user, 4)
    await two.share()
    assert admitted(two, user, LIMIT) == LIMIT - 30 - 10 - 4


def test_the_number_of_remembered_users_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(user_limit, "MAX_USERS", 100)
    clock = HeldClock()
    limit, busy = UserLimit(MemoryCounters(clock), LIMIT, clock, Metrics()), uuid4()
    admitted(limit, busy, LIMIT)
    for number in range(1_000):
        limit.count(uuid4())
        if number % 50 == 0:
            assert admitted(limit, busy, 1) == 0, "who goes on is remembered"
    assert len(limit._uses) + len(limit._earlier) <= 200
    assert len(limit._busy) <= 100
