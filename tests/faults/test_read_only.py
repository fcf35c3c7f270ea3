"""A standby, or a primary that takes no writes: not ready, nothing half-written, and whole again by itself."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx2
import psycopg
import pytest

from tests.fixtures.application import TEMPLATE, running
from tests.fixtures.auth import sign_up
from tests.fixtures.files import UPLOAD, drawing
from tests.fixtures.games import Player, player
from tests.fixtures.replication import Replicated
from wondernest.app import create_app
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.settings import Settings

MakeSettings = Callable[..., Settings]
PATIENCE_S = 30.0
NOT_READY = {"status": "NOT_READY", "database": "DOWN", "redis": "UP"}
UNAVAILABLE = "SERVICE_UNAVAILABLE"


async def until_ready(client: httpx2.AsyncClient, status: int = 200) -> None:
    """Wait until readiness answers with a status."""

    async def answered() -> bool:
        return (await client.get("/health/ready")).status_code == status

    await until(answered)


async def until(holds: Callable[[], Awaitable[bool]]) -> None:
    """Wait until something holds."""
    async with asyncio.timeout(PATIENCE_S):
        while not await holds():
            await asyncio.sleep(0.05)


async def test_a_standby_is_not_ready_and_serves_once_it_is_promoted(
    replicated: Replicated, make_settings: MakeSettings
) -> None:
    async with running(create_app(make_settings(DATABASE_URL=replicated.primary.tcp_url(TEMPLATE)))) as client:
        mia = await player(client)
        assert (await mia.save({"n": 1})).status_code == 200
    replicated.wait_until_replayed()
    async with running(create_app(make_settings(DATABASE_URL=replicated.standby.tcp_url(TEMPLATE)))) as client:
        on_standby = Player(client, mia.parent, mia.child_id)
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()) == (503, NOT_READY)
        details = (await client.get("/health/detailed")).json()["services"]["database"]
        assert (details["status"], details["message"]) == ("DOWN", "Read-only")
        startup = await client.get("/health/startup")
        assert (startup.status_code, startup.json()) == (200, {"status": "STARTED"})
        refused = await on_standby.save({"n": 2})
        assert (refused.status_code, refused.json()["error"]) == (503, UNAVAILABLE)
        assert int(refused.headers["retry-after"]) > 0
        replicated.primary.kill()
        replicated.standby.promote()
        await until_ready(client)
        await until(lambda: saved(on_standby, {"n": 3}))
        assert (await on_standby.load()).json()["dataValue"] == {"n": 3}
        assert [version["version"] for version in await on_standby.kept()] == [1]


async def saved(child: Player, document: Any) -> bool:
    return (await child.save(document)).status_code == 200


def read_only(server: EmbeddedPostgres, switch: str) -> None:
    """Have a server take no writes (`on`), or take them again (`off`)."""
    with closing(psycopg.connect(server.url(), autocommit=True)) as admin:
        admin.execute("set default_transaction_read_only = off")
        admin.execute(f"alter system set default_transaction_read_only = {switch}".encode())
        admin.execute("select pg_reload_conf()")


async def test_while_the_primary_is_read_only_writes_answer_503_in_their_own_shape_and_reads_go_on(
    fragile_postgres: EmbeddedPostgres, fragile_database: str, make_settings: MakeSettings, tmp_path: Path
) -> None:
    async with running(create_app(make_settings(DATABASE_URL=fragile_database))) as client:
        mia = await player(client)
        assert (await mia.save({"n": 1})).status_code == 200
        read_only(fragile_postgres, "on")
        try:
            await until_ready(client, 503)
            for answer in await writes(mia):
                assert answer.status_code == 503, answer.text
                assert int(answer.headers["retry-after"]) > 0
                error = answer.json()["error"]
                assert UNAVAILABLE in (error, error["code"] if isinstance(error, dict) else ""), answer.text
            assert (await mia.load()).json()["dataValue"] == {"n": 1}
            profile = await mia.ask("GET", "/api/v1/family/profile")
            assert profile.status_code == 200
            assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []
        finally:
            read_only(fragile_postgres, "off")
        await until_ready(client)
        answer = await mia.save({"n": 2})
        assert answer.status_code == 200, answer.text
        assert [version["version"] for version in await mia.kept()] == [1]
        assert (await mia.ask("GET", "/api/v1/files")).json()["data"] == []


async def writes(mia: Player) -> list[httpx2.Response]:
    """Requests that store something, of several rooms."""
    operation = {"op": "put", "gameType": "sticker_book", "dataKey": "k", "dataValue": {"n": 9}}
    event = {"eventType": "game_progress", "childId": mia.child_id, "contentId": "sticker_book", "duration": 7}
    form = {"file": ("cat.png", drawing(), "image/png")}
    return [
        await mia.save({"n": 9}),
        await mia.save({"n": 9}, Idempotency_Key="again"),
        await mia.save({"text": "x" * 400_000}),
        await mia.ask("POST", mia.saves + "/batch", {"operations": [operation]}, Idempotency_Key="batch"),
        await mia.ask("DELETE", mia.saves + "/sticker_book/k"),
        await mia.ask("POST", "/api/v1/analytics/events", event),
        await mia.ask("POST", "/api/v1/family/children", {"name": "Ada", "birthDate": "2019-03-15"}),
        await mia.client.post("/api/v1/auth/parent/register", json=sign_up()),
        await mia.client.post(UPLOAD, files=form, headers=mia.parent.bearer),
    ]


@pytest.mark.parametrize("attributes", ["", "?target_session_attrs=read-write"])
async def test_an_address_that_reaches_only_a_standby_is_not_ready(
    replicated: Replicated, make_settings: MakeSettings, attributes: str
) -> None:
    settings = make_settings(DATABASE_URL=replicated.standby.tcp_url(TEMPLATE) + attributes)
    async with running(create_app(settings)) as client:
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()) == (503, NOT_READY)
