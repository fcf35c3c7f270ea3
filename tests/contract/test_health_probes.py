"""Health on the wire (server contract §4), with real dependencies that are stopped."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import psycopg
import pytest
from dirty_equals import IsInt, IsStr

from tests.fixtures.application import running
from tests.fixtures.servers import database_on
from wondernest import __version__
from wondernest.app import create_app
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.development.embedded.valkey import EmbeddedValkey
from wondernest.platform.checks import Check, Health
from wondernest.platform.rooms import Parts, Room
from wondernest.settings import Settings

NOWHERE = "postgresql://nobody@127.0.0.1:1/none"
NO_CACHE = "redis://127.0.0.1:1/0"
INSTANT = IsStr(regex=r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3}|\.\d{6})?Z")

MakeSettings = Callable[..., Settings]


@pytest.fixture(scope="module")
def database_url(pg_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """One database for the whole module: its tests do not disturb each other."""
    with database_on(pg_server, migrated_template) as url:
        yield url


async def asked(settings: Settings, path: str) -> tuple[int, Any]:
    async with running(create_app(settings)) as client:
        answer = await client.get(path)
        return answer.status_code, answer.json()


async def test_health_is_up(app_client: httpx2.AsyncClient) -> None:
    answer = await app_client.get("/health")
    assert (answer.status_code, answer.json()) == (200, {"status": "UP"})


async def test_head_of_health_is_200_and_empty(app_client: httpx2.AsyncClient) -> None:
    answer = await app_client.head("/health")
    assert (answer.status_code, answer.content) == (200, b"")


async def test_health_with_a_trailing_slash_is_unknown(app_client: httpx2.AsyncClient) -> None:
    assert (await app_client.get("/health/")).status_code == 404


@pytest.mark.parametrize(("path", "body"), [("/health", {"status": "UP"}), ("/health/live", {"status": "ALIVE"})])
async def test_health_and_liveness_need_no_dependency(make_settings: MakeSettings, path: str, body: Any) -> None:
    settings = make_settings(DATABASE_URL=NOWHERE, REDIS_ENABLED="true", REDIS_URL=NO_CACHE)
    assert await asked(settings, path) == (200, body)


async def test_details_of_a_service_with_everything_up(make_settings: MakeSettings, flushed_valkey: str) -> None:
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=flushed_valkey)
    status, body = await asked(settings, "/health/detailed")
    connected = {"status": "UP", "message": "Connected", "responseTime": IsInt(ge=0)}
    assert status == 200
    assert body == {
        "status": "UP",
        "timestamp": INSTANT,
        "version": __version__,
        "environment": "test",
        "services": {"database": connected, "redis": connected, "storage": connected},
    }
    assert list(body["services"]) == ["database", "redis", "storage"]


async def test_details_with_a_dependency_down_are_503_in_the_same_shape(make_settings: MakeSettings) -> None:
    own = {"STORAGE_PROVIDER": "s3", "S3_BUCKET": "pictures", "S3_ENDPOINT": "http://127.0.0.1:1"}
    own |= {"S3_ACCESS_KEY": "key", "S3_SECRET_KEY": "secret"}
    own |= {"CLAMD_ADDRESS": "127.0.0.1:1"}
    settings = make_settings(DATABASE_URL=NOWHERE, REDIS_ENABLED="true", REDIS_URL=NO_CACHE, **own)
    status, body = await asked(settings, "/health/detailed")
    failed = {"status": "DOWN", "message": "Connection failed", "responseTime": IsInt(ge=0)}
    assert status == 503
    assert body["status"] == "DOWN"
    storage = {**failed, "message": IsStr(regex="cannot write: (no connection|timed out); check the S3_… .*")}
    scanner = {**failed, "message": "no answer: no connection; check CLAMD_ADDRESS and that clamd runs there"}
    assert body["services"] == {"database": failed, "redis": failed, "storage": storage, "scanner": scanner}


async def test_a_cache_switched_off_is_up_and_disabled(make_settings: MakeSettings) -> None:
    status, body = await asked(make_settings(), "/health/detailed")
    assert status == 200
    assert body["services"]["redis"] == {"status": "UP", "message": "Disabled", "responseTime": 0}


async def test_ready_with_everything_up(make_settings: MakeSettings, flushed_valkey: str) -> None:
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=flushed_valkey)
    assert await asked(settings, "/health/ready") == (200, {"status": "READY"})


async def test_without_database_it_is_not_ready(make_settings: MakeSettings) -> None:
    expected = {"status": "NOT_READY", "database": "DOWN", "redis": "UP"}
    assert await asked(make_settings(DATABASE_URL=NOWHERE), "/health/ready") == (503, expected)


async def test_without_cache_it_is_ready_and_reports_the_cache(make_settings: MakeSettings) -> None:
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=NO_CACHE)
    assert await asked(settings, "/health/ready") == (200, {"status": "READY", "redis": "DOWN"})


async def test_without_a_required_cache_it_is_not_ready(make_settings: MakeSettings) -> None:
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=NO_CACHE, READINESS_REQUIRES_REDIS="true")
    expected = {"status": "NOT_READY", "database": "UP", "redis": "DOWN"}
    assert await asked(settings, "/health/ready") == (503, expected)


async def test_started_once_the_schema_is_in_place(app_client: httpx2.AsyncClient) -> None:
    answer = await app_client.get("/health/startup")
    assert (answer.status_code, answer.json()) == (200, {"status": "STARTED"})


async def test_starting_while_the_database_is_down(make_settings: MakeSettings) -> None:
    assert await asked(make_settings(DATABASE_URL=NOWHERE), "/health/startup") == (503, {"status": "STARTING"})


async def test_a_database_without_our_tables_is_neither_started_nor_ready(
    make_settings: MakeSettings, empty_database: str
) -> None:
    settings = make_settings(DATABASE_URL=empty_database)
    incomplete = {"status": "NOT_READY", "database": "UP", "redis": "UP", "schema": "INCOMPLETE"}
    assert await asked(settings, "/health/startup") == (503, {"status": "STARTING"})
    assert await asked(settings, "/health/ready") == (503, incomplete)


async def test_with_a_table_missing_it_is_not_ready(
    make_settings: MakeSettings, pg_server: EmbeddedPostgres, migrated_template: str
) -> None:
    with database_on(pg_server, migrated_template) as url:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("drop table wondernest.save_versions")
        status, body = await asked(make_settings(DATABASE_URL=url), "/health/ready")
    assert (status, body["schema"]) == (503, "INCOMPLETE")


async def test_a_database_that_comes_back_is_noticed_without_a_restart(
    make_settings: MakeSettings, own_pg_server: EmbeddedPostgres
) -> None:
    url = own_pg_server.url()
    own_pg_server.stop()
    async with running(create_app(make_settings(DATABASE_URL=url))) as client:
        down = (await client.get("/health/detailed")).json()
        assert down["services"]["database"]["status"] == "DOWN"
        own_pg_server.start()
        answer = await client.get("/health/detailed")
        while answer.json()["services"]["database"]["status"] == "DOWN":
            answer = await client.get("/health/detailed")
        assert answer.status_code == 200


async def test_a_cache_that_stops_is_noticed(make_settings: MakeSettings, own_valkey_server: EmbeddedValkey) -> None:
    settings = make_settings(REDIS_ENABLED="true", REDIS_URL=own_valkey_server.url())
    async with running(create_app(settings)) as client:
        assert (await client.get("/health/ready")).json() == {"status": "READY"}
        own_valkey_server.stop()
        answer = await client.get("/health/ready")
        while answer.json() == {"status": "READY"}:
            answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()) == (200, {"status": "READY", "redis": "DOWN"})


def broken(_parts: Parts) -> Room:
    """A room whose check fails in a way that nobody foresaw."""

    async def ask() -> Health:
        raise ZeroDivisionError("the postcards of Ann Lee")

    return Room(name="broken", checks=[Check("postcards", ask)])


@pytest.mark.parametrize("path", ["/health/ready", "/health/detailed"])
async def test_an_unforeseen_fault_of_a_probe_is_500_in_its_own_shape_without_its_text(
    make_settings: MakeSettings, path: str
) -> None:
    async with running(create_app(make_settings(), more=[broken])) as client:
        answer = await client.get(path)
    assert answer.status_code == 500
    component = {"status": "DOWN", "message": "Internal error", "responseTime": None}
    details = {"status": "DOWN", "timestamp": INSTANT, "version": "", "environment": "test"}
    assert answer.json() == (
        {"status": "ERROR", "message": None}
        if path == "/health/ready"
        else {**details, "services": {"application": component}}
    )
