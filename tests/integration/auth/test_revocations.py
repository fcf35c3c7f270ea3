"""Every process refuses what any of them revoked."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx2

from tests.fixtures.application import declared, running
from tests.fixtures.auth import Parent, register, row, rows, value
from wondernest.app import create_app
from wondernest.auth.repository import RevocationRepository
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.db.migrations.runner import migrate
from wondernest.platform.db.pool import Database
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Settings

PATIENCE_S = 20.0
REVOKE_QUIETLY = (
    "insert into wondernest.revoked_tokens (token_hash, user_id, expires_at)"
    " select decode(token_hash, 'hex'), user_id, expires_at from core.user_sessions"
)


async def status(client: httpx2.AsyncClient, parent: Parent) -> int:
    return (await client.get("/api/v1/auth/me", headers=parent.bearer)).status_code


async def refuses(client: httpx2.AsyncClient, parent: Parent) -> None:
    """Returns once the process refuses the parent's token."""
    async with asyncio.timeout(PATIENCE_S):
        while await status(client, parent) != 401:
            await asyncio.sleep(0.02)


async def log_out(client: httpx2.AsyncClient, parent: Parent) -> None:
    assert (await client.post("/api/v1/auth/logout", headers=parent.bearer)).status_code == 200


async def test_a_logout_in_one_process_reaches_the_other(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    async with running(create_app(settings)) as one, running(create_app(settings)) as two:
        parent = await register(one)
        assert await status(two, parent) == 200
        await log_out(one, parent)
        assert await status(one, parent) == 401
        await refuses(two, parent)


async def test_a_process_that_starts_later_knows_what_was_revoked(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings()
    async with running(create_app(settings)) as client:
        parent = await register(client)
        await log_out(client, parent)
    async with running(create_app(settings)) as client:
        assert await status(client, parent) == 401


async def test_a_lost_connection_is_replaced_and_nothing_is_missed(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    settings = make_settings()
    async with running(create_app(settings)) as one, running(create_app(settings)) as two:
        parent = await register(one)
        assert await status(two, parent) == 200
        await rows(
            database_url,
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and pid <> pg_backend_pid()",
        )
        async with asyncio.timeout(PATIENCE_S):
            while (await one.post("/api/v1/auth/logout", headers=parent.bearer)).status_code != 200:
                await asyncio.sleep(0.02)
        await refuses(two, parent)


async def test_a_revocation_without_a_notification_is_read_by_polling(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    async with running(create_app(make_settings())) as client:
        parent = await register(client)
        await rows(database_url, REVOKE_QUIETLY)
        await refuses(client, parent)


async def test_a_cutoff_refuses_every_earlier_token(make_settings: Callable[..., Settings], database_url: str) -> None:
    async with running(create_app(make_settings())) as client:
        parent = await register(client)
        await rows(
            database_url,
            "insert into wondernest.token_cutoffs (user_id, issued_before)"
            " select id, now() + interval '1 minute' from core.users",
        )
        await rows(database_url, "select pg_notify('wondernest_revocations', '')")
        await refuses(client, parent)
        response = await client.post("/api/v1/auth/refresh", json={"refreshToken": parent.refresh})
        assert response.status_code == 401


async def test_the_service_starts_while_the_database_is_down_and_follows_once_it_is_back(
    make_settings: Callable[..., Settings], own_pg_server: EmbeddedPostgres
) -> None:
    url = own_pg_server.url()
    migrate(url, needed=declared().rooms.needed, report=lambda _: None, lock_wait_s=PATIENCE_S)
    settings = make_settings(DATABASE_URL=url)
    async with running(create_app(settings)) as client:
        parent = await register(client)
        await rows(url, REVOKE_QUIETLY)
    own_pg_server.stop()
    async with running(create_app(settings)) as client:
        assert (await client.get("/health")).status_code == 200
        assert await status(client, parent) == 503
        own_pg_server.start()
        async with asyncio.timeout(PATIENCE_S):
            while (answer := await status(client, parent)) == 503:
                await asyncio.sleep(0.02)
        assert answer == 401, "a token is taken before it is known whether it was revoked"


async def test_what_has_expired_is_removed(make_settings: Callable[..., Settings], database_url: str) -> None:
    settings = make_settings()
    async with running(create_app(settings)) as client:
        parent = await register(client)
        kept = await register(client)
        await log_out(client, parent)
    database = Database(settings.database, Metrics())
    later = datetime.now(UTC) + timedelta(hours=2)
    second = timedelta(seconds=1)
    use = "insert into wondernest.used_identity_tokens values ('\\x01', $1), ('\\x02', $2)"
    await rows(database_url, use, later - second, later + second)
    await RevocationRepository.prune(database, later, later - timedelta(days=30))
    assert await rows(database_url, "select from wondernest.revoked_tokens") == []
    assert await value(database_url, "select token_hash from wondernest.used_identity_tokens") == b"\x02"
    assert len(await rows(database_url, "select from core.refresh_tokens")) == 2
    assert (await row(database_url, "select user_id::text from core.user_sessions"))["user_id"] == kept.user_id
    much_later = later + timedelta(days=62)
    await RevocationRepository.prune(database, much_later, much_later - timedelta(days=30))
    for table in ("core.user_sessions", "core.refresh_tokens", "wondernest.email_verifications"):
        assert await rows(database_url, f"select from {table}") == []
    await database.close()
