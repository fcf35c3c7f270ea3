"""A session or password that ends during a request stays ended: row locks decide the order."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx2
import pytest

from tests.fixtures.auth import Parent, register, value
from tests.fixtures.identities import Signer, sign_in, with_providers
from wondernest.platform.ids import sha256_hex
from wondernest.settings import Settings

SIGNER = Signer("key-1", elliptic=True)
PATIENCE_S = 10.0
WAITING = (
    "select count(*) from pg_stat_activity"
    " where datname = current_database() and wait_event_type = 'Lock' and application_name like 'wondernest%'"
)


@asynccontextmanager
async def in_flight(database_url: str, *statements: str) -> AsyncGenerator[None]:
    """Uncommitted statements of another request; they commit at the end, once ours waits for them."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        async with connection.transaction():
            for statement in statements:
                await connection.execute(statement)
            yield
            async with asyncio.timeout(PATIENCE_S):
                while not await value(database_url, WAITING):
                    await asyncio.sleep(0.01)
    finally:
        await connection.close()


@pytest.fixture
async def outside_client(make_settings: Callable[..., Settings], tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of an application with identity providers that use the keys of SIGNER."""
    async with with_providers(make_settings, tmp_path, SIGNER) as client:
        yield client


async def refresh(client: httpx2.AsyncClient, parent: Parent) -> httpx2.Response:
    return await client.post("/api/v1/auth/refresh", json={"refreshToken": parent.refresh})


async def test_a_login_with_the_old_password_does_not_outlive_a_reset_in_flight(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    body = {"email": parent.email, "password": parent.password}
    async with in_flight(database_url, "update core.users set password_hash = 'changed'"):
        login = asyncio.create_task(app_client.post("/api/v1/auth/login", json=body))
    assert (await login).status_code == 401


async def test_a_refresh_does_not_outlive_a_reset_in_flight(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    async with in_flight(database_url, "update core.users set password_hash = 'changed'"):
        renewed = asyncio.create_task(refresh(app_client, parent))
    assert (await renewed).status_code == 401


async def test_a_refresh_does_not_outlive_a_logout_in_flight(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    revoke = f"update core.refresh_tokens set revoked_at = now() where token_hash = '{sha256_hex(parent.refresh)}'"
    async with in_flight(database_url, "select from core.users for no key update", revoke):
        renewed = asyncio.create_task(refresh(app_client, parent))
    assert (await renewed).status_code == 401


async def test_a_sign_in_of_an_unproven_identity_does_not_outlive_a_takeover_in_flight(
    outside_client: httpx2.AsyncClient, database_url: str
) -> None:
    """The password hash is empty before and after, so it does not tell the two apart."""

    async def sign_in_with_facebook() -> httpx2.Response:
        return await sign_in(outside_client, SIGNER.token("facebook", email_verified=None), "facebook")

    assert (await sign_in_with_facebook()).status_code == 200
    taken = ("select from core.users for no key update", "delete from wondernest.outside_identities")
    async with in_flight(database_url, *taken):
        again = asyncio.create_task(sign_in_with_facebook())
    assert (await again).status_code == 401
    assert await value(database_url, "select count(*) from core.user_sessions") == 1


async def test_logouts_refreshes_and_logins_at_once_do_not_deadlock(
    app_client: httpx2.AsyncClient,
) -> None:
    parent = await register(app_client)
    body = {"email": parent.email, "password": parent.password}
    logins = [app_client.post("/api/v1/auth/parent/login", json=body) for _ in range(4)]
    refreshes = [refresh(app_client, parent) for _ in range(10)]
    logouts = [app_client.post("/api/v1/auth/logout", headers=parent.bearer) for _ in range(4)]
    responses = await asyncio.gather(*logins, *refreshes, *logouts)
    assert {response.status_code for response in responses} <= {200, 401}
    assert {response.status_code for response in (*responses[:4], *responses[-4:])} == {200}
    assert (await refresh(app_client, parent)).status_code == 401
    assert (await app_client.get("/api/v1/auth/me", headers=parent.bearer)).status_code == 401


async def test_first_logins_of_a_parent_without_a_family_at_once_make_one_family(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    await value(database_url, "with gone as (delete from family.families returning 1) select count(*) from gone")
    body = {"email": parent.email, "password": parent.password}
    responses = await asyncio.gather(*(app_client.post("/api/v1/auth/parent/login", json=body) for _ in range(5)))
    assert {response.status_code for response in responses} == {200}
    assert await value(database_url, "select count(*) from family.families") == 1
    assert await value(database_url, "select count(*) from family.family_members") == 1
