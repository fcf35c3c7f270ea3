"""Many at once: a login storm, the same registration ten times, a refresh storm, a thousand silent connections."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING

import httpx2

from tests.faults.devices import Devices
from tests.faults.household import PATIENCE_S, register_household, save
from tests.fixtures.auth import PASSWORD, rows, value
from tests.fixtures.processes import wait_for

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tests.faults.household import Household
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import LiveServer, StartServer

CLIENTS = 200
TWINS = 10
REFRESHES = 50
SILENT = 1_000
SLOW_READERS = 20
SLOW_SECONDS = 5
LARGE_CHARS = 4_000_000
OTHERS_AT_LEAST = 4
"""Answers of other routes, one after another, during the storm: hundreds on an idle machine, one or two if they had to wait
behind the queue of passwords."""


def unlimited_client(server: LiveServer) -> httpx2.AsyncClient:
    """A client without a limit on connections."""
    return httpx2.AsyncClient(base_url=server.base_url, timeout=PATIENCE_S, limits=httpx2.Limits(max_connections=None))


async def test_of_200_logins_at_once_some_succeed_the_others_get_retry_after_and_other_requests_are_served(
    live_server: StartServer, database_url: str, bad_day: BadDay
) -> None:
    server = live_server(WORKERS="2", BCRYPT_COST="10", RATE_LIMIT_FAILED_LOGINS="1000", SAVE_KEPT_VERSIONS="1000")
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    household = register_household(server.base_url)
    form = {"email": household.email, "password": PASSWORD}
    async with (
        unlimited_client(server) as storm,
        unlimited_client(server) as others,
        devices_saving(household) as devices,
    ):
        logins = [asyncio.create_task(storm.post("/api/v1/auth/parent/login", json=form)) for _ in range(CLIENTS)]
        seen: list[httpx2.Response] = []
        while not all(login.done() for login in logins):
            seen.append(await others.get("/api/v1/family/profile", headers=household.bearer))
            seen.append(await others.get("/health"))
        answers = [login.result() for login in logins]
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) <= {200, 429, 503}
    assert statuses[200] > 0
    refused = [answer for answer in answers if answer.status_code != 200]
    assert refused, "the queue of passwords is bounded"
    assert all(int(answer.headers["retry-after"]) > 0 for answer in refused)
    assert {answer.status_code for answer in seen} == {200}
    assert len(seen) >= OTHERS_AT_LEAST
    assert_nothing_lost(devices, household, database_url)
    bad_day.record(
        f"{CLIENTS} logins at once (their own answers)",
        server,
        saw=(answer.status_code for answer in answers),
        slowest_s=max(answer.elapsed.total_seconds() for answer in answers),
    )
    bad_day.record(
        f"{CLIENTS} logins at once (other requests during them)",
        None,
        saw=[*devices.statuses(), *(answer.status_code for answer in seen)],
        slowest_s=max(devices.slowest_s(), *(answer.elapsed.total_seconds() for answer in seen)),
    )


async def test_the_same_registration_ten_times_at_once_makes_one_parent_and_nine_clean_refusals(
    live_server: StartServer, database_url: str
) -> None:
    server = live_server(WORKERS="2")
    wait_for(lambda: len(server.workers()) == 2, "two workers")
    form = {"email": "twin@example.com", "password": PASSWORD, "name": "Ann Lee"}
    clients = [unlimited_client(server) for _ in range(TWINS)]
    answers = await asyncio.gather(*(client.post("/api/v1/auth/parent/register", json=form) for client in clients))
    await asyncio.gather(*(client.aclose() for client in clients))
    assert Counter(answer.status_code for answer in answers) == {201: 1, 400: TWINS - 1}
    refusals = {answer.json()["message"] for answer in answers if answer.status_code == 400}
    assert len(refusals) == 1
    assert "already exists" in refusals.pop()
    assert await value(database_url, "select count(*) from core.users where email = 'twin@example.com'") == 1
    assert await value(database_url, "select count(*) from family.families") == 1
    assert await value(database_url, "select count(*) from family.family_members") == 1


async def test_fifty_refreshes_with_one_token_all_succeed(
    live_server: StartServer, database_url: str, bad_day: BadDay
) -> None:
    server = live_server(WORKERS="2", SAVE_KEPT_VERSIONS="1000")
    household = register_household(server.base_url)
    async with unlimited_client(server) as client, devices_saving(household) as devices:
        form = {"refreshToken": household.refresh}
        answers = await asyncio.gather(
            *(client.post("/api/v1/auth/session/refresh", json=form) for _ in range(REFRESHES))
        )
        assert {answer.status_code for answer in answers} == {200}
        tokens = {answer.json()["data"]["accessToken"] for answer in answers}
        assert len(tokens) == REFRESHES
        bearer = {"Authorization": f"Bearer {tokens.pop()}"}
        assert (await client.get("/api/v1/family/profile", headers=bearer)).status_code == 200
    sessions = await rows(database_url, "select token_hash from core.user_sessions")
    assert len(sessions) == 1 + REFRESHES
    assert_nothing_lost(devices, household, database_url)
    bad_day.record(
        f"{REFRESHES} refreshes with one token at once",
        server,
        saw=(answer.status_code for answer in answers),
        slowest_s=max(answer.elapsed.total_seconds() for answer in answers),
    )


async def test_a_thousand_silent_connections_do_not_stop_other_requests(
    live_server: StartServer, database_url: str, bad_day: BadDay
) -> None:
    server = live_server(WORKERS="2", SAVE_KEPT_VERSIONS="1000")
    household = register_household(server.base_url)
    async with contextlib.AsyncExitStack() as silent:
        for _ in range(SILENT):
            _, writer = await asyncio.open_connection("127.0.0.1", server.port)
            silent.callback(writer.close)
        async with devices_saving(household) as devices, unlimited_client(server) as client:
            for _ in range(20):
                assert (await client.get("/api/v1/family/profile", headers=household.bearer)).status_code == 200
            await asyncio.to_thread(devices.wait_for_saves, 30)
    assert_nothing_lost(devices, household, database_url)
    bad_day.record(f"{SILENT} silent connections", server, saw=devices.statuses(), slowest_s=devices.slowest_s())


async def test_clients_that_read_a_byte_a_second_do_not_slow_other_requests(
    live_server: StartServer, database_url: str, bad_day: BadDay
) -> None:
    server = live_server(WORKERS="2", SAVE_KEPT_VERSIONS="1000")
    household = register_household(server.base_url)
    with household.client() as client:
        assert save(client, household, "large", {"filling": "x" * LARGE_CHARS}).status_code == 200
    head = f"GET {household.saves}/sticker_book/large HTTP/1.1\r\nHost: x\r\nAuthorization: {household.bearer['Authorization']}"
    async with contextlib.AsyncExitStack() as slow:
        readers: list[asyncio.StreamReader] = []
        for _ in range(SLOW_READERS):
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port, limit=1)
            slow.callback(writer.close)
            writer.write(head.encode() + b"\r\n\r\n")
            readers.append(reader)
        assert await asyncio.gather(*(reader.readexactly(12) for reader in readers)) == [b"HTTP/1.1 200"] * SLOW_READERS
        async with devices_saving(household) as devices, unlimited_client(server) as client:
            for _ in range(SLOW_SECONDS):
                assert (await client.get("/api/v1/family/profile", headers=household.bearer)).status_code == 200
                await asyncio.gather(*(reader.readexactly(1) for reader in readers))
                await asyncio.sleep(1)
    assert_nothing_lost(devices, household, database_url)
    bad_day.record(
        f"{SLOW_READERS} clients read an answer of {LARGE_CHARS // 1_000_000} MB a byte a second",
        server,
        saw=devices.statuses(),
        slowest_s=devices.slowest_s(),
    )


@contextlib.asynccontextmanager
async def devices_saving(household: Household) -> AsyncGenerator[Devices]:
    """Two devices that save during the block."""
    devices = Devices(household, count=2)
    devices.start()
    try:
        await asyncio.to_thread(devices.wait_for_saves, 4)
        yield devices
        await asyncio.to_thread(devices.wait_for_saves, 4)
    finally:
        await asyncio.to_thread(devices.stop)


def assert_nothing_lost(devices: Devices, household: Household, database_url: str) -> None:
    """No save was refused, and no acknowledged save is lost."""
    assert devices.refusals() == []
    devices.ledger.check(household, database_url)
