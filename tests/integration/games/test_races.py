"""Concurrent writes: another backend, or another process of ours, holds the row that we write."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import TypeVar
from uuid import UUID

import asyncpg
import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.games import Player, player
from tests.fixtures.saves import saves_of
from tests.fixtures.usage import counted, is_thinned, kept_versions, true_usage
from wondernest.app import create_app
from wondernest.games.rules import LARGE_DOCUMENT_BYTES
from wondernest.settings import Settings

Answer = TypeVar("Answer")

INSERT = """
    insert into games.simple_game_data (id, child_id, game_type, data_key, data_value)
    values (gen_random_uuid(), $1, 'sticker_book', 'k', '{"theirs": 1}')"""
KOTLIN = f"""{INSERT}
    on conflict (child_id, game_type, data_key)
    do update set id = excluded.id, data_value = excluded.data_value, created_at = excluded.created_at"""
"""Kotlin's upsert: gives the row a new id each time."""
DELETE = "delete from games.simple_game_data where child_id = $1 and data_key = 'k'"
WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
OURS = {"ours": 1}
PARTITION = """
    alter table wondernest.save_versions rename to save_versions_one;
    create table wondernest.save_versions (like wondernest.save_versions_one including defaults)
        partition by hash (child_id);
    alter table wondernest.save_versions add primary key (child_id, game_type, data_key, version);
    create table wondernest.save_versions_0 partition of wondernest.save_versions for values with (modulus 4, remainder 0);
    create table wondernest.save_versions_1 partition of wondernest.save_versions for values with (modulus 4, remainder 1);
    create table wondernest.save_versions_2 partition of wondernest.save_versions for values with (modulus 4, remainder 2);
    create table wondernest.save_versions_3 partition of wondernest.save_versions for values with (modulus 4, remainder 3);"""
"""The history hash-partitioned by child, as docs/scaling.md offers."""


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient) -> Player:
    return await player(app_client)


@asynccontextmanager
async def connected(database_url: str) -> AsyncGenerator[asyncpg.Connection[asyncpg.Record]]:
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        yield connection
    finally:
        await connection.close()


async def until_waiting(database_url: str, count: int = 1) -> None:
    """Wait until that many statements wait for a lock."""
    async with asyncio.timeout(30), connected(database_url) as watcher:
        while await watcher.fetchval(WAITING) < count:
            await asyncio.sleep(0.01)


async def meeting(database_url: str, mia: Player, ours: Awaitable[Answer], *theirs: str) -> Answer:
    """The answer to our request when it arrives during their transaction, and theirs commits first."""
    async with connected(database_url) as other:
        transaction = other.transaction()
        await transaction.start()
        for statement in theirs:
            await other.execute(statement, UUID(mia.child_id))
        asked = asyncio.ensure_future(ours)
        await until_waiting(database_url)
        await transaction.commit()
        return await asked


async def check_history(database_url: str, mia: Player, *, newest: int) -> None:
    """The newest versions are kept, older ones thinned, and usage is true."""
    async with saves_of(database_url) as (_, database):
        child = UUID(mia.child_id)
        versions = await kept_versions(database, child, "k")
        assert len(versions) >= newest
        assert is_thinned(versions, newest)
        assert await counted(database, child) == await true_usage(database, child)


async def documents(mia: Player) -> dict[int, object]:
    """Kept documents by version."""
    versions = [kept["version"] for kept in await mia.kept()]
    answers = [await mia.ask("GET", f"{mia.history}/sticker_book/k/{version}") for version in versions]
    return {version: answer.json()["dataValue"] for version, answer in zip(versions, answers, strict=True)}


async def delete(mia: Player, **headers: str) -> httpx2.Response:
    return await mia.ask("DELETE", f"{mia.saves}/sticker_book/k", **headers)


async def test_what_kotlin_is_writing_is_kept_when_we_overwrite_it(mia: Player, database_url: str) -> None:
    await mia.save({"n": 1})
    assert (await meeting(database_url, mia, mia.save(OURS), KOTLIN)).status_code == 200
    assert (await mia.load()).json()["dataValue"] == OURS
    assert await documents(mia) == {1: {"theirs": 1}}


async def test_a_row_inserted_concurrently_is_kept_before_we_overwrite_it(mia: Player, database_url: str) -> None:
    assert (await meeting(database_url, mia, mia.save(OURS), INSERT)).status_code == 200
    assert (await mia.load()).json()["dataValue"] == OURS
    assert await documents(mia) == {1: {"theirs": 1}}


async def test_create_only_loses_to_a_concurrent_insert(mia: Player, database_url: str) -> None:
    answer = await meeting(database_url, mia, mia.save(OURS, If_None_Match="*"), INSERT)
    assert answer.status_code == 409
    assert (await mia.load()).json()["dataValue"] == {"theirs": 1}


async def test_a_stale_etag_loses_to_a_concurrent_write(mia: Player, database_url: str) -> None:
    etag = (await mia.save({"n": 1})).headers["etag"]
    assert (await meeting(database_url, mia, mia.save(OURS, If_Match=etag), KOTLIN)).status_code == 409
    etag = (await mia.load()).headers["etag"]
    assert (await meeting(database_url, mia, delete(mia, If_Match=etag), KOTLIN)).status_code == 409


@pytest.mark.parametrize("theirs", [(DELETE,), (DELETE, INSERT)], ids=["deleting", "making anew"])
async def test_a_save_is_stored_although_its_row_was_deleted_concurrently(
    mia: Player, database_url: str, theirs: tuple[str, ...]
) -> None:
    await mia.save({"n": 1})
    await mia.save({"n": 2})
    assert (await meeting(database_url, mia, mia.save(OURS), *theirs)).status_code == 200
    assert (await mia.load()).json()["dataValue"] == OURS
    made_anew = {2: {"theirs": 1}} if len(theirs) == 2 else {}
    assert await documents(mia) == {1: {"n": 1}, **made_anew}


async def test_a_delete_removes_the_row_to_which_kotlin_gave_a_new_id_concurrently(
    mia: Player, database_url: str
) -> None:
    await mia.save({"n": 1})
    assert (await meeting(database_url, mia, delete(mia), KOTLIN)).status_code == 200
    assert (await mia.load()).status_code == 404
    assert await documents(mia) == {1: {"theirs": 1}}


async def test_a_delete_removes_the_row_that_was_recreated_concurrently(mia: Player, database_url: str) -> None:
    await mia.save({"n": 1})
    assert (await meeting(database_url, mia, delete(mia), DELETE, INSERT)).status_code == 200
    assert (await mia.load()).status_code == 404


async def test_no_version_is_answered_twice_when_a_delete_and_a_save_are_concurrent(
    mia: Player, make_settings: Callable[..., Settings], database_url: str
) -> None:
    """They are concurrent in the database only in different processes."""
    await mia.save({"n": 1})
    await mia.save({"n": 2})
    body = {"gameKey": "sticker_book", "dataKey": "k", "dataValue": OURS}
    async with running(create_app(make_settings())) as elsewhere, connected(database_url) as other:
        there = Player(elsewhere, mia.parent, mia.child_id)
        transaction = other.transaction()
        await transaction.start()
        await other.execute("select from games.simple_game_data where child_id = $1 for update", UUID(mia.child_id))
        gone = asyncio.ensure_future(delete(mia))
        await until_waiting(database_url)
        stored = asyncio.ensure_future(there.ask("PUT", there.saves, body))
        await until_waiting(database_url, 2)
        await transaction.commit()
        assert {(await gone).status_code, (await stored).status_code} == {200}
        told = (await stored).json()["data"]["dataVersion"]
    assert told == 3
    kept = await documents(mia)
    if (await mia.load()).status_code == 404:
        assert kept == {1: {"n": 1}, 2: {"n": 2}, 3: OURS}
    else:
        assert kept == {1: {"n": 1}, 2: {"n": 2}}


async def test_documents_of_megabytes_never_delay_small_ones(mia: Player, database_url: str) -> None:
    large = {"text": "x" * 300_000}
    for key in ("a", "b", "c"):
        await mia.save({}, key)
    async with connected(database_url) as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("select from games.simple_game_data where child_id = $1 for update", UUID(mia.child_id))
        held_up = [asyncio.ensure_future(mia.save(large, key)) for key in ("a", "b", "c")]
        await until_waiting(database_url, 2)
        assert (await mia.save({}, "small", "unregistered")).status_code == 200
        assert not any(asked.done() for asked in held_up)
        await transaction.commit()
    assert {(await asked).status_code for asked in held_up} == {200}


async def test_a_batch_locks_no_rows_of_another_familys_child(
    mia: Player, app_client: httpx2.AsyncClient, database_url: str
) -> None:
    foreign = await player(app_client)
    await foreign.save({"n": 1})
    intruder = Player(app_client, mia.parent, foreign.child_id)
    async with connected(database_url) as other:
        transaction = other.transaction()
        await transaction.start()
        await other.execute("select from games.simple_game_data where child_id = $1 for update", UUID(foreign.child_id))
        operations = [{"op": "delete", "gameType": "sticker_book", "dataKey": "k"}]
        answer = await intruder.ask("POST", f"{intruder.saves}/batch", {"operations": operations})
        assert answer.json()["results"][0]["status"] == 404
        await transaction.commit()


async def test_a_locked_save_waits_without_the_rest_of_its_batch(mia: Player, database_url: str) -> None:
    async def put(key: str, number: int) -> httpx2.Response:
        form = {"gameType": "sticker_book", "dataKey": key, "dataValue": {"n": number}}
        return await mia.ask("PUT", mia.saves, form)

    keys = ["k", *(f"neighbour {number}" for number in range(8))]
    for key in keys:
        await put(key, 1)
    async with connected(database_url) as other, other.transaction():
        await other.execute("select from games.simple_game_data where data_key = 'k' for update")
        held, *neighbours = [asyncio.create_task(put(key, 2)) for key in keys]
        assert [answer.status_code for answer in await asyncio.gather(*neighbours)] == [200] * 8
        assert not held.done()
    assert (await held).status_code == 200
    assert (await mia.ask("GET", f"{mia.saves}/sticker_book/k")).json()["dataValue"] == {"n": 2}


async def test_a_locked_large_save_keeps_the_time_limit_of_large_ones(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    async with running(create_app(make_settings(DATABASE_STATEMENT_TIMEOUT_S="0.5"))) as client:
        mia = await player(client)
        form = {"gameType": "sticker_book", "dataKey": "k", "dataValue": {"filling": "x" * LARGE_DOCUMENT_BYTES}}
        assert (await mia.ask("PUT", mia.saves, form)).status_code == 200
        async with connected(database_url) as other, other.transaction():
            await other.execute("select from games.simple_game_data where data_key = 'k' for update")
            held = asyncio.create_task(mia.ask("PUT", mia.saves, form))
            await asyncio.sleep(1)
            assert not held.done()
        assert (await held).status_code == 200


@pytest.mark.parametrize("padding", [0, LARGE_DOCUMENT_BYTES], ids=["small", "large"])
async def test_saves_of_two_processes_that_wait_for_one_row_keep_a_thinned_history(
    make_settings: Callable[..., Settings], mia: Player, database_url: str, padding: int
) -> None:
    """Each waits with a snapshot that lacks the version that the one before it kept."""
    settings = make_settings(SAVE_KEPT_VERSIONS="2")
    async with (
        running(create_app(settings)) as here,
        running(create_app(settings)) as there,
        connected(database_url) as other,
    ):
        players = [Player(client, mia.parent, mia.child_id) for client in (here, there)]
        for number in range(4):
            await players[0].save({"n": number})
        for lap in range(3):
            transaction = other.transaction()
            await transaction.start()
            await other.execute("select from games.simple_game_data where child_id = $1 for update", UUID(mia.child_id))
            asked = [
                asyncio.ensure_future(player.save({"lap": lap, "of": place, "padding": "x" * padding}))
                for place, player in enumerate(players)
            ]
            await until_waiting(database_url, 2)
            await transaction.commit()
            assert [answer.status_code for answer in await asyncio.gather(*asked)] == [200, 200]
            await check_history(database_url, mia, newest=2)


async def test_deletes_of_two_processes_that_wait_for_one_row_keep_a_thinned_history(
    make_settings: Callable[..., Settings], mia: Player, database_url: str
) -> None:
    settings = make_settings(SAVE_KEPT_VERSIONS="2")
    async with (
        running(create_app(settings)) as here,
        running(create_app(settings)) as there,
        connected(database_url) as other,
    ):
        saving, deleting = (Player(client, mia.parent, mia.child_id) for client in (here, there))
        for number in range(4):
            await saving.save({"n": number})
        transaction = other.transaction()
        await transaction.start()
        await other.execute("select from games.simple_game_data where child_id = $1 for update", UUID(mia.child_id))
        saved = asyncio.ensure_future(saving.save(OURS))
        await until_waiting(database_url)
        deleted = asyncio.ensure_future(deleting.ask("DELETE", f"{deleting.saves}/sticker_book"))
        await until_waiting(database_url, 2)
        await transaction.commit()
        assert {(await saved).status_code, (await deleted).status_code} == {200}
        await check_history(database_url, mia, newest=2)


async def test_history_is_thinned_by_key_when_the_table_is_partitioned(
    make_settings: Callable[..., Settings], mia: Player, database_url: str
) -> None:
    """Rows of different partitions have equal ctids."""
    async with connected(database_url) as other:
        await other.execute(PARTITION)
    async with running(create_app(make_settings(SAVE_KEPT_VERSIONS="3"))) as client:
        children = [await player(client) for _ in range(8)]
        for number in range(7):
            await asyncio.gather(*(child.save({"n": number}) for child in children))
        for child in children:
            assert [kept["version"] for kept in await child.kept()][:3] == [6, 5, 4]
            await check_history(database_url, child, newest=3)
