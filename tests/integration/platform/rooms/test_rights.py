"""The rights that the rooms declare are enough for every route, and missing ones are reported by name."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.fixtures.application import declared, jobs_running, running
from tests.fixtures.packs import stock
from tests.security.households import Parent, call, register_parent_with_data
from wondernest.app import background, create_app
from wondernest.commands.doctor import doctor
from wondernest.platform.caller import CallerKind
from wondernest.platform.clock import monotonic
from wondernest.platform.http.application import Application
from wondernest.platform.jobs import Running
from wondernest.platform.rooms import Rooms
from wondernest.settings import Settings

SEQUENCES = """
    select owned.objid::regclass::text from pg_depend owned join pg_class number on number.oid = owned.objid
     where owned.refobjid = %s::regclass and number.relkind = 'S' and owned.deptype in ('a', 'i')"""
SCHEMAS = "select nspname from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema'"
PATIENCE_S = 30.0
_numbers = itertools.count(1)


def grant(connection: psycopg.Connection, role: sql.Identifier, rooms: Rooms) -> None:
    for (schema,) in connection.execute(SCHEMAS).fetchall():
        connection.execute(sql.SQL("grant usage on schema {} to {}").format(sql.Identifier(schema), role))
    for table, right in (*rooms.rights, *rooms.erasure_rights):
        words = sql.SQL("grant {} on {} to {}")
        connection.execute(words.format(sql.SQL(right), sql.Identifier(*table.split(".")), role))
        if right == "insert":
            for (sequence,) in connection.execute(SEQUENCES, [table]).fetchall():
                words = sql.SQL("grant usage on sequence {} to {}")
                connection.execute(words.format(sql.SQL(sequence), role))


@pytest.fixture
def restricted(
    make_settings: Callable[..., Settings], database_url: str, application: Application
) -> Iterator[tuple[Settings, sql.Identifier]]:
    """Settings for a role with exactly the rights that the rooms declare, and the name of the role."""
    stock(database_url)
    name = f"just_enough_{next(_numbers)}"
    role = sql.Identifier(name)
    with psycopg.connect(database_url, autocommit=True) as owner:
        owner.execute(sql.SQL("create role {} login").format(role))
        grant(owner, role, application.rooms)
        yield make_settings(DATABASE_URL=database_url.replace("postgres@", f"{name}@")), role
        owner.execute(sql.SQL("drop owned by {} cascade").format(role))
        owner.execute(sql.SQL("drop role {}").format(role))


async def test_a_role_with_just_the_declared_rights_serves_every_route(
    restricted: tuple[Settings, sql.Identifier],
) -> None:
    application = create_app(restricted[0])
    async with running(application) as client:
        assert (await client.get("/health/ready")).json() == {"status": "READY"}
        first = await register_parent_with_data(client)
        faults: dict[str, str] = {}
        for route in application.router.routes:
            if route.endpoint.body is not None and route.endpoint.caller is not CallerKind.USER:
                continue
            reads = route.endpoint.method == "GET"
            parent: Parent = first if reads else await register_parent_with_data(client, route)
            answer = await call(client, route, parent.values, parent.bearer)
            if answer.status_code >= 500:
                faults[f"{route.endpoint.method} {route.template}"] = answer.text
        assert faults == {}


class LaterClock:
    """Months ahead: everything that a job removes is due."""

    def now(self) -> datetime:
        """The time of the jobs."""
        return datetime.now(UTC) + timedelta(days=200)


async def test_a_role_with_just_the_declared_rights_runs_every_job(
    restricted: tuple[Settings, sql.Identifier], database_url: str
) -> None:
    settings, _ = restricted
    application = create_app(settings)
    async with running(application) as client:
        parent = await register_parent_with_data(client)
        file = f"/api/v1/files/{parent.values['fileId']}"
        assert (await client.delete(file, params={"softDelete": "true"}, headers=parent.bearer)).is_success
    work = background(settings, clock=LaterClock())
    handlers = {job.name: job.handler for job in work.jobs}
    names = {schedule.job for schedule in work.schedules}
    faults: dict[str, str] = {}
    for name in sorted(names):
        try:
            await handlers[name](Running(1, name, {}, 1, datetime.now(UTC)))
        except Exception as error:
            faults[name] = repr(error)
    await work.rooms.stop()
    assert faults == {}
    async with jobs_running(settings):
        with psycopg.connect(database_url, autocommit=True) as owner:
            deadline = monotonic() + PATIENCE_S
            while left := owner.execute("select entrypoint, status::text, attempts from wondernest.jobs").fetchall():
                assert monotonic() < deadline, left
                assert not [job for job in left if job[1] == "failed" or job[2] > 0], left
                await asyncio.sleep(0.05)
            done = {name for (name,) in owner.execute("select distinct entrypoint from wondernest.job_log").fetchall()}
    assert "auth.verify_email" in done


async def test_a_right_that_is_missing_keeps_traffic_away_and_is_named(
    restricted: tuple[Settings, sql.Identifier], database_url: str, tmp_path: Path
) -> None:
    settings, role = restricted
    with psycopg.connect(database_url) as owner:
        owner.execute(sql.SQL("revoke insert on games.simple_game_data from {}").format(role))
    async with running(create_app(settings)) as client:
        answer = await client.get("/health/ready")
        assert (answer.status_code, answer.json()["schema"]) == (503, "INCOMPLETE")


def test_doctor_names_the_right_that_is_missing(restricted: tuple[Settings, sql.Identifier], database_url: str) -> None:
    settings, role = restricted
    with psycopg.connect(database_url) as owner:
        owner.execute(sql.SQL("revoke insert on games.simple_game_data from {}").format(role))
    said: list[str] = []
    assert not doctor(settings, declared().rooms, said.append)
    assert any("our role may not: insert on games.simple_game_data." in line for line in said)
