"""Through a real PgBouncer everything is served, whatever its mode."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.fixtures.application import jobs_running, running
from tests.fixtures.auth import mails_to
from tests.fixtures.games import Player, player
from tests.fixtures.poolers import CONNECT_QUERY, pgbouncer, require, through
from wondernest.app import create_app
from wondernest.commands.doctor import doctor
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.db.connections import session_parameters
from wondernest.platform.db.pool import Database
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Pooler, Settings, SettingsError

POOLERS = [Pooler.SESSION, Pooler.TRANSACTION, Pooler.TRANSACTION_PREPARED]
AT_ONCE = 40
each_pooler = pytest.mark.parametrize("pooler", POOLERS, ids=lambda pooler: pooler.value)
MakeSettings = Callable[..., Settings]


@pytest.fixture
def pooled(
    pooler: Pooler, pg_server: EmbeddedPostgres, server_folder: Path, database_url: str, make_settings: MakeSettings
) -> Iterator[Settings]:
    """Settings that reach the test's database through a PgBouncer in the mode."""
    require(pooler)
    mode, size = ("session", 30) if pooler is Pooler.SESSION else ("transaction", 3)
    with pgbouncer(pg_server.tcp_url(), server_folder, mode, size=size) as port:
        yield make_settings(
            DATABASE_URL=through(database_url, port), DATABASE_POOLER=pooler.value, DATABASE_DIRECT_URL=database_url
        )


@each_pooler
async def test_everything_is_served_through_pgbouncer(pooled: Settings, tmp_path: Path) -> None:
    async with jobs_running(pooled), running(create_app(pooled)) as client:
        mia = await player(client)
        await saved_together(mia)
        assert (await client.get("/health/ready")).status_code == 200
        await reported(mia)
        await ended(mia)
        letter = await client.post("/api/v1/auth/password-reset", json={"email": mia.parent.email})
        assert letter.status_code == 200
        assert await mails_to(tmp_path / "outbox", mia.parent.email)


async def saved_together(mia: Player) -> None:
    """Saves of many keys at once, over older ones too, in batches and alone, with their history."""
    for turn in range(3):
        answers = await asyncio.gather(*(mia.save({"n": turn, "key": key}, f"k{key}") for key in range(AT_ONCE)))
        assert {answer.status_code for answer in answers} == {200}
    for key in range(0, AT_ONCE, 10):
        loaded = await mia.load(f"k{key}")
        assert loaded.json()["dataValue"] == {"n": 2, "key": key}
        assert [version["version"] for version in await mia.kept(f"k{key}")] == [2, 1]
    assert len((await mia.ask("GET", mia.saves)).json()["gameData"]) == AT_ONCE
    large = {"text": "x" * 1_500_000}
    assert (await mia.save(large, "large")).status_code == 200
    assert json.loads((await mia.load("large")).content)["dataValue"] == large


async def reported(mia: Player) -> None:
    """Events, one of them twice."""
    body = {"eventType": "game_progress", "childId": mia.child_id, "contentId": "sticker_book", "duration": 7}
    events = [{**body, "eventData": {"timestamp": number % 20}} for number in range(21)]
    answers = await asyncio.gather(*(mia.ask("POST", "/api/v1/analytics/events", event) for event in events))
    assert {answer.status_code for answer in answers} == {201}


async def ended(mia: Player) -> None:
    """A logout reaches the listener."""
    bearer = mia.parent.bearer
    assert (await mia.client.get("/api/v1/auth/me", headers=bearer)).status_code == 200
    assert (await mia.client.post("/api/v1/auth/logout", headers=bearer)).status_code == 200
    assert (await mia.client.get("/api/v1/auth/me", headers=bearer)).status_code == 401


@each_pooler
async def test_sessions_of_the_pooler_have_the_parameters_of_ours(pooled: Settings) -> None:
    database = Database(pooled.database, Metrics())
    for name, wanted in session_parameters(pooled.database).items():
        assert await database.fetchval("select setting from pg_settings where name = $1", name) == wanted
    await database.close()


@pytest.mark.parametrize("pooler", [Pooler.SESSION, Pooler.TRANSACTION], ids=lambda pooler: pooler.value)
async def test_a_statement_that_runs_too_long_ends_and_the_next_one_runs(pooled: Settings) -> None:
    settings = DatabaseSettings(
        url=pooled.database.url,
        direct_url=pooled.database.direct_url,
        pooler=pooled.database.pooler,
        pool_size=1,
        statement_timeout_s=0.3,
    )
    database = Database(settings, Metrics())
    with pytest.raises(DependencyUnavailable):
        await database.fetchval("select pg_sleep(30)")
    assert await database.fetchval("select 1") == 1
    await database.close()


def test_a_mode_that_keeps_no_session_needs_the_address_of_postgresql(make_settings: MakeSettings) -> None:
    with pytest.raises(SettingsError, match="DATABASE_DIRECT_URL: DATABASE_POOLER=transaction needs the address"):
        make_settings(DATABASE_POOLER="transaction")
    with pytest.raises(SettingsError, match="DATABASE_DIRECT_URL: not an address"):
        make_settings(DATABASE_POOLER="transaction", DATABASE_DIRECT_URL="mysql://db/wondernest")
    with pytest.raises(SettingsError, match="DATABASE_POOLER"):
        make_settings(DATABASE_POOLER="odyssey")


async def lines_of_doctor(settings: Settings, working: Settings) -> list[str]:
    """What `doctor` prints of the database and the pooler; the rooms are those of settings with which they can be built."""
    lines: list[str] = []
    await asyncio.to_thread(doctor, settings, create_app(working).rooms, lines.append)
    return [line for line in lines if line.startswith(("database ", "pooler "))]


async def test_doctor_finds_a_pooler_that_was_not_declared(
    pg_server: EmbeddedPostgres, server_folder: Path, database_url: str, make_settings: MakeSettings
) -> None:
    require(Pooler.SESSION)
    with pgbouncer(pg_server.tcp_url(), server_folder, "transaction") as port:
        settings = make_settings(DATABASE_URL=through(database_url, port))
        [line] = await lines_of_doctor(settings, make_settings())
        assert "cannot connect: unsupported startup parameter" in line
        assert "set DATABASE_POOLER to how it pools" in line


async def test_doctor_says_what_a_pooler_lacks(
    pg_server: EmbeddedPostgres, server_folder: Path, database_url: str, make_settings: MakeSettings
) -> None:
    require(Pooler.SESSION)
    own = {"DATABASE_POOLER": "transaction", "DATABASE_DIRECT_URL": database_url}
    with pgbouncer(pg_server.tcp_url(), server_folder, "transaction", connect_query="set jit = off") as port:
        lines = await lines_of_doctor(make_settings(DATABASE_URL=through(database_url, port), **own), make_settings())
        assert lines[1:] == [
            (
                "pooler    its sessions are slow or unbounded: connect_query should have"
                " `set plan_cache_mode = 'force_generic_plan'; set statement_timeout = '5000'`"
            )
        ]
    with pgbouncer(pg_server.tcp_url(), server_folder, "transaction", connect_query=CONNECT_QUERY) as port:
        lines = await lines_of_doctor(make_settings(DATABASE_URL=through(database_url, port), **own), make_settings())
        assert [line[:14] for line in lines] == ["database  good"]
    [good, none] = await lines_of_doctor(make_settings(DATABASE_POOLER="session"), make_settings())
    assert (good[:14], none) == ("database  good", "pooler    none is at DATABASE_URL, but DATABASE_POOLER=session")
