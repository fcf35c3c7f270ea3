"""A room that is added by its folder and one line appears everywhere that rooms are read."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import asyncpg
import httpx2
import psycopg
import pytest

from tests.fixtures.application import running
from tests.integration.platform.rooms.postcards.room import build
from tests.security.households import (
    bad_authorizations,
    call,
    contents,
    looking_into,
    register_parent,
    register_parent_with_data,
)
from wondernest.access.people import CHILD
from wondernest.app import background, create_app
from wondernest.commands.doctor import doctor
from wondernest.platform.db.migrations.files import MigrationFile, migration_files
from wondernest.platform.db.migrations.runner import migrate
from wondernest.platform.erasing import RowEraser
from wondernest.platform.http.application import Application
from wondernest.platform.http.openapi import render
from wondernest.platform.http.router import Route
from wondernest.platform.jobs.runner import JobRunner
from wondernest.platform.personal_data import Subjects
from wondernest.privacy.catalogue import catalogue
from wondernest.settings import Settings

MIGRATION = MigrationFile("9001", Path(__file__).with_name("postcards") / "9001_postcards.sql")
PATIENCE_S = 30.0
STAMPED = "select count(*) from wondernest.postcards where stamped_at is not null"


@pytest.fixture
def settings(make_settings: Callable[..., Settings], database_url: str) -> Settings:
    files = (*migration_files(), MIGRATION)
    assert migrate(database_url, needed=(), report=lambda _: None, lock_wait_s=10, files=files).up_to_date
    return make_settings()


@pytest.fixture
def product(settings: Settings) -> Application:
    """The application with the new room: the one line."""
    return create_app(settings, more=(build,))


@pytest.fixture
async def client(product: Application) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(product) as started:
        yield started


@pytest.fixture
def route(product: Application) -> Route:
    [found] = [route for route in product.router.routes if route.template == "/api/v1/postcards/{childId}"]
    return found


def test_it_is_in_the_openapi_document(product: Application) -> None:
    document = render(product.rooms.endpoints, "yaml", "3.1").decode()
    assert "/api/v1/postcards/{childId}:" in document
    assert "operationId: postPostcardsByChildIdV1" in document


async def test_the_authorisation_test_can_call_it_as_every_caller(
    client: httpx2.AsyncClient, product: Application, route: Route, database_url: str
) -> None:
    parent, stranger = await register_parent_with_data(client), await register_parent_with_data(client)
    async with looking_into(database_url) as inside:
        before = await contents(inside, product.rooms, parent)
        for value in bad_authorizations(parent).values():
            headers = {"Authorization": value} if value else {}
            assert (await call(client, route, parent.values, headers)).status_code == 401
        assert (await call(client, route, parent.values, stranger.bearer)).status_code == 404
        assert await contents(inside, product.rooms, parent) == before
        assert (await call(client, route, parent.values, parent.bearer)).status_code == 201
        assert await contents(inside, product.rooms, parent) != before


async def test_its_path_is_typed(client: httpx2.AsyncClient) -> None:
    parent = await register_parent(client)
    answer = await client.post("/api/v1/postcards/nobody", json={"text": "Hi"}, headers=parent.bearer)
    assert (answer.status_code, answer.json()["error"]) == (400, "INVALID_ID")


async def test_its_metric_is_shown(client: httpx2.AsyncClient, route: Route) -> None:
    parent = await register_parent(client)
    assert "wondernest_postcards_total 0.0\n" in (await client.get("/metrics")).text
    await call(client, route, parent.values, parent.bearer)
    assert "wondernest_postcards_total 1.0\n" in (await client.get("/metrics")).text


async def test_its_job_is_done_by_the_jobs_process(
    client: httpx2.AsyncClient, settings: Settings, route: Route, database_url: str
) -> None:
    parent = await register_parent(client)
    await call(client, route, parent.values, parent.bearer)
    work = background(settings, more=(build,))
    assert "postcards.stamp" in {job.name for job in work.jobs}
    runner = JobRunner(settings, work.jobs, work.schedules, work.metrics, work.instruments)
    runs = asyncio.create_task(runner.run())
    async with asyncio.timeout(PATIENCE_S):
        while await asyncio.to_thread(stamped, database_url) == 0:
            await asyncio.sleep(0.02)
    runner.stop()
    await runs
    await work.rooms.stop()


def test_doctor_lists_it_and_checks_what_it_needs(settings: Settings, product: Application, database_url: str) -> None:
    said: list[str] = []
    assert doctor(settings, product.rooms, said.append)
    assert "room      postcards: 1 routes, 1 tables, 1 jobs, 1 metrics, 1 kinds of personal data" in said
    with psycopg.connect(database_url) as connection:
        connection.execute("drop table wondernest.postcards")
    said.clear()
    assert not doctor(settings, product.rooms, said.append)
    assert any(line.startswith("schema    missing: wondernest.postcards.") for line in said)


async def test_readiness_needs_its_table(client: httpx2.AsyncClient, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("drop table wondernest.postcards")
    assert (await client.get("/health/ready")).json()["schema"] == "INCOMPLETE"


async def test_its_personal_data_is_in_the_privacy_catalogue_and_can_be_exported_and_erased(
    client: httpx2.AsyncClient, product: Application, route: Route, database_url: str
) -> None:
    [entry] = [entry for entry in catalogue(product.rooms) if entry.room == "postcards"]
    assert (entry.table, entry.people, entry.columns) == ("wondernest.postcards", (CHILD,), ("child_id", "text"))
    parent = await register_parent(client)
    await call(client, route, parent.values, parent.bearer)
    [holding] = next(room for room in product.rooms.all if room.name == "postcards").personal_data
    people = {CHILD: [UUID(parent.child_id)]}
    connection = await asyncpg.connect(database_url)
    try:
        [postcard] = await holding.export(connection, people)
        assert json.loads(postcard)["text"] == "Hi"
        counts = await RowEraser([holding]).erase(connection, Subjects(people), nobody)
        assert counts == {"wondernest.postcards": 1}
        assert await holding.export(connection, people) == []
    finally:
        await connection.close()


async def nobody(kind: str) -> UUID:
    raise AssertionError(kind)


def stamped(database_url: str) -> int:
    with psycopg.connect(database_url) as connection:
        row = connection.execute(STAMPED).fetchone()
    assert row is not None
    return row[0]
