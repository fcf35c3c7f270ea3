"""The pool bounds every wait, drops broken connections and recovers by itself."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import logging
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest

from tests.faults.outages import frozen
from tests.fixtures.threads import only_here
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.db import connections, pool
from wondernest.platform.db.pool import Database
from wondernest.platform.db.unit import UnitOfWork
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Secret


def database(url: str, **options: Any) -> Database:
    return Database(DatabaseSettings(url=Secret(url), **options), Metrics())


@pytest.fixture
async def small(empty_database: str) -> AsyncIterator[Database]:
    pool = database(empty_database, pool_size=2, acquire_timeout_s=0.3, max_waiting=3)
    yield pool
    await pool.close()


async def test_jsonb_is_bytes_in_both_directions_and_numbers_keep_their_spelling(small: Database) -> None:
    document = b'{"a": 100.0, "b": 4278190080}'
    assert await small.fetchval("select $1::jsonb", document) == document
    rows = await small.fetch("select d from unnest($1::jsonb[]) d", [b"[1.0]", b"null"])
    assert [row["d"] for row in rows] == [b"[1.0]", b"null"]


async def test_documents_are_compressed_with_the_cheapest_method_of_the_server(small: Database) -> None:
    made = "create table documents as select $1::jsonb as document"
    await small.execute(made, json.dumps(["the same again"] * 1000).encode())
    ways = await small.fetchval("select enumvals from pg_settings where name = 'default_toast_compression'")
    stored = await small.fetchval("select pg_column_compression(document) from documents")
    assert stored == ("lz4" if "lz4" in ways else "pglz")


async def test_a_statement_of_any_length_is_planned_once_for_a_connection(small: Database) -> None:
    long = f"select 1 -- {'and more ' * 10_000}"
    async with small.lease() as connection:
        for _ in range(2):
            assert await connection.fetchval(long) == 1
        uses = await connection.fetchval(
            "select generic_plans + custom_plans from pg_prepared_statements where statement = $1", long
        )
    assert uses == 2


async def test_a_full_pool_refuses_a_caller_after_its_wait_and_too_many_callers_at_once(small: Database) -> None:
    async with small.lease(), small.lease():
        waiting = [asyncio.create_task(small.fetchval("select 1")) for _ in range(4)]
        refused = await asyncio.gather(*waiting, return_exceptions=True)
        assert all(isinstance(outcome, DependencyUnavailable) for outcome in refused)
        assert sum("too many" in str(outcome) for outcome in refused) == 1
    assert await small.fetchval("select 1") == 1


async def test_a_waiter_gets_the_next_free_connection(small: Database) -> None:
    async with small.lease():
        async with small.lease():
            waiter = asyncio.create_task(small.fetchval("select 7"))
            await asyncio.sleep(0)
        assert await waiter == 7


async def test_a_terminated_connection_fails_its_caller_and_is_replaced(small: Database) -> None:
    pid = await small.fetchval("select pg_backend_pid()")
    with pytest.raises(DependencyUnavailable):
        await small.fetchval("select pg_terminate_backend(pg_backend_pid())")
    assert await small.fetchval("select pg_backend_pid()") != pid


async def test_a_statement_that_runs_too_long_is_cancelled(empty_database: str) -> None:
    pool = database(empty_database, pool_size=1, statement_timeout_s=0.2)
    with pytest.raises(DependencyUnavailable):
        await pool.fetchval("select pg_sleep(30)")
    assert await pool.fetchval("select 1") == 1
    await pool.close()


async def test_a_cancelled_caller_leaves_no_half_used_connection_behind(small: Database) -> None:
    for _ in range(4):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(0.05):
                await small.fetchval("select pg_sleep(30)")
    assert await small.fetchval("select 1") == 1


async def test_a_caller_that_leaves_while_a_connection_is_made_leaves_none_behind(empty_database: str) -> None:
    asked: list[str] = []
    made = asyncpg.Connection.execute

    async def slowly(connection: asyncpg.Connection[asyncpg.Record], query: str, *arguments: Any) -> str:
        asked.append(query)
        await asyncio.sleep(30)
        return await made(connection, query, *arguments)

    hasty = database(empty_database, connect_timeout_s=0.5)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(asyncpg.Connection, "execute", only_here(slowly, made))
        with pytest.raises(DependencyUnavailable):
            await hasty.fetchval("select 1")
    assert asked == [connections.COMPRESS]
    gc.collect()  # a leaked connection would be reported here
    patient = database(empty_database)
    others = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    async with asyncio.timeout(10):
        while await patient.fetchval(others):
            await asyncio.sleep(0.01)
    await patient.close()


async def test_a_wrong_value_is_the_callers_fault_and_keeps_the_connection(small: Database) -> None:
    pid = await small.fetchval("select pg_backend_pid()")
    with pytest.raises(Exception, match="invalid input syntax"):
        await small.fetchval("select 'x'::text::int")
    assert await small.fetchval("select pg_backend_pid()") == pid


async def test_a_stopped_server_is_reported_at_once_and_found_again_when_it_is_back(
    own_pg_server: EmbeddedPostgres,
) -> None:
    pool = database(own_pg_server.url(), pool_size=3, connect_timeout_s=1.0)
    assert await pool.fetchval("select 1") == 1
    await asyncio.to_thread(own_pg_server.stop)
    for _ in range(5):
        with pytest.raises(DependencyUnavailable):
            await pool.fetchval("select 1")
    await asyncio.to_thread(own_pg_server.start)
    async with asyncio.timeout(10):
        while True:
            with contextlib.suppress(DependencyUnavailable):
                assert await pool.fetchval("select 1") == 1
                break
            await asyncio.sleep(0.05)
    await pool.close()


async def test_a_unit_of_work_is_all_or_nothing_and_runs_its_actions_only_after_the_commit(small: Database) -> None:
    await small.execute("create table kept (n int)")
    done: list[str] = []
    unit = UnitOfWork(small)
    await unit.execute("insert into kept values (1)")
    unit.after_commit(lambda: done.append("dropped"))
    await unit.rollback(ValueError())
    unit = UnitOfWork(small)
    await unit.execute("insert into kept values (2)")
    unit.after_commit(lambda: done.append("ran"))
    assert done == []
    await unit.commit()
    assert done == ["ran"]
    assert [row["n"] for row in await small.fetch("select n from kept")] == [2]


async def test_a_unit_of_work_without_a_statement_opens_nothing(empty_database: str) -> None:
    pool = database("postgresql://nobody@127.0.0.1:1/none")
    unit = UnitOfWork(pool)
    await unit.commit()
    await unit.rollback(ValueError())


async def test_a_failed_commit_is_a_fault_of_the_database(small: Database) -> None:
    await small.execute("create table late (n int primary key deferrable initially deferred)")
    unit = UnitOfWork(small)
    await unit.execute("insert into late values (1), (1)")
    with pytest.raises(Exception, match="duplicate key"):
        await unit.commit()
    assert await small.fetchval("select count(*) from late") == 0


async def test_a_fault_of_some_statements_only_is_logged_once(
    small: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, pool.__name__)
    for _ in range(3):
        with pytest.raises(DependencyUnavailable):
            await small.fetchval("select pg_terminate_backend(pg_backend_pid())")
        assert await small.fetchval("select 1") == 1
    assert caplog.messages == ["database unavailable"]
    monkeypatch.setattr(pool, "RECOVERED_AFTER_S", 0.0)
    for _ in range(3):
        assert await small.fetchval("select 1") == 1
    assert caplog.messages == ["database unavailable", "database available again"]


@pytest.mark.parametrize("nested", [False, True])
async def test_a_unit_on_a_frozen_server_is_rolled_back_without_a_second_wait(
    own_pg_server: EmbeddedPostgres, nested: bool
) -> None:
    pool = database(own_pg_server.url(), statement_timeout_s=0.5)
    unit = UnitOfWork(pool)
    await unit.execute("select 1")
    with contextlib.ExitStack() as ice:

        async def ask_as_it_freezes() -> None:
            async with unit.savepoint() if nested else contextlib.nullcontext():
                ice.enter_context(frozen(own_pg_server))
                await unit.execute("select 2")

        with pytest.raises((TimeoutError, asyncpg.InterfaceError)) as late:
            await ask_as_it_freezes()
        undoing = asyncio.create_task(unit.rollback(late.value))
        for _ in range(20):
            await asyncio.sleep(0)
        assert undoing.done()
        assert isinstance(undoing.exception(), DependencyUnavailable)
    await pool.close()
