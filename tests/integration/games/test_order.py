"""Writes of one key are stored in order of arrival, whatever their size, also when callers leave."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from uuid import UUID

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures.games import Player, player
from tests.fixtures.saves import numbers, saves_of, transaction, write
from wondernest.games.repository import SaveRepository
from wondernest.games.rules import LARGE_DOCUMENT_BYTES, Deletion
from wondernest.platform.db.pool import Database
from wondernest.platform.db.unit import UnitOfWork

LARGE = LARGE_DOCUMENT_BYTES
HELD = "select from games.simple_game_data where child_id = $1 and data_key = 'k' for update"


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient, database_url: str) -> Player:
    return await player(app_client)


def deletion(mia: Player, key: str | None = "k") -> Deletion:
    return Deletion(UUID(mia.parent.user_id), UUID(mia.child_id), "unregistered", key)


@pytest.mark.parametrize("sizes", [(LARGE, 0), (0, LARGE), (LARGE, 0, LARGE, 0, 0, LARGE)])
async def test_a_small_save_and_a_large_one_do_not_overtake_each_other(
    mia: Player, database_url: str, sizes: tuple[int, ...]
) -> None:
    async with saves_of(database_url) as (saves, database):
        writes = [write(mia, "k", number, size=size) for number, size in enumerate(sizes)]
        await asyncio.gather(*map(saves.store, writes))
        assert await numbers(database, mia, "k") == list(range(len(sizes)))


async def test_a_save_that_waits_for_a_lock_is_not_overtaken_by_the_next(mia: Player, database_url: str) -> None:
    async with saves_of(database_url) as (saves, database):
        await saves.store(write(mia, "k", 0))
        async with transaction(database_url, HELD, UUID(mia.child_id)):
            held = asyncio.create_task(saves.store(write(mia, "k", 1)))
            behind = asyncio.create_task(saves.store(write(mia, "k", 2)))
            assert (await saves.store(write(mia, "another", 1))).done
            assert not held.done()
        await asyncio.gather(held, behind)
        assert await numbers(database, mia, "k") == [0, 1, 2]


async def test_a_save_whose_caller_left_while_it_ran_still_comes_before_the_next(
    mia: Player, database_url: str
) -> None:
    async with saves_of(database_url) as (saves, database):
        await saves.store(write(mia, "k", 0))
        async with transaction(database_url, HELD, UUID(mia.child_id)):
            left = asyncio.create_task(saves.store(write(mia, "k", 1)))
            await until_waiting(database)
            left.cancel()
            behind = asyncio.create_task(saves.store(write(mia, "k", 2)))
            await asyncio.wait([left])
            assert (await saves.store(write(mia, "another", 1))).done
            assert not behind.done()
        await behind
        assert await numbers(database, mia, "k") == [0, 1, 2]


async def test_a_delete_takes_what_was_saved_before_it_and_nothing_after(mia: Player, database_url: str) -> None:
    async with saves_of(database_url) as (saves, database):
        await saves.store(write(mia, "k", 0))
        async with transaction(database_url, HELD, UUID(mia.child_id)):
            asked = [
                asyncio.create_task(saves.store(write(mia, "k", 1))),
                asyncio.create_task(saves.delete(deletion(mia))),
                asyncio.create_task(saves.store(write(mia, "k", 2))),
            ]
            await until_waiting(database)
        outcomes = await asyncio.gather(*asked)
        assert [outcome.done for outcome in outcomes] == [True, True, True]
        assert await numbers(database, mia, "k") == [0, 1, 2]
        assert (await saves.delete(deletion(mia, None))).count == 1


async def test_a_delete_whose_caller_left_does_not_take_a_later_save(mia: Player, database_url: str) -> None:
    async with saves_of(database_url) as (saves, database):
        await saves.store(write(mia, "k", 0))
        async with transaction(database_url, HELD, UUID(mia.child_id)):
            left = asyncio.create_task(saves.delete(deletion(mia)))
            await until_waiting(database)
            left.cancel()
            behind = asyncio.create_task(saves.store(write(mia, "k", 1)))
            await asyncio.wait([left])
        assert (await behind).done
        assert await database.fetchval("select count(*) from games.simple_game_data where data_key = 'k'") == 1


@pytest.mark.parametrize("committed", [True, False])
async def test_saves_wait_for_the_unit_of_work_that_came_before_them(
    mia: Player, app_client: httpx2.AsyncClient, database_url: str, committed: bool
) -> None:
    noah = await player(app_client)
    async with saves_of(database_url) as (saves, database):
        unit = UnitOfWork(database)
        await saves.store(write(mia, "k", 0), unit)
        await saves.store(write(mia, "k", 1), unit)
        behind = asyncio.create_task(saves.store(write(mia, "k", 2, size=LARGE)))
        assert (await saves.store(write(noah, "k", 1))).done
        assert not behind.done()
        await (unit.commit() if committed else unit.rollback(RuntimeError()))
        assert (await behind).done
        assert await numbers(database, mia, "k") == ([0, 1, 2] if committed else [2])


async def until_waiting(database: Database) -> None:
    """Wait until a statement waits for a lock."""
    waiting = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"
    async with asyncio.timeout(30):
        while not await database.fetchval(waiting):
            await asyncio.sleep(0.01)


@dataclass(frozen=True)
class Act:
    """One action of a device: how many loop iterations after the one before, and when it gives up."""

    size: int | None
    """None for a delete."""
    pause: int
    patience: int | None


ACTS = st.lists(
    st.builds(
        Act,
        size=st.sampled_from([0, 0, LARGE, None]),
        pause=st.sampled_from([0, 0, 1, 5, 20]),
        patience=st.none() | st.integers(0, 60),
    ),
    min_size=2,
    max_size=12,
)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(acts=ACTS)
def test_the_kept_versions_are_in_the_order_of_arrival(
    settled: tuple[str, Player], keys: list[str], acts: list[Act]
) -> None:
    url, mia = settled
    keys.append(f"k{len(keys)}")
    acknowledged, found = asyncio.run(live(url, mia, keys[-1], acts))
    assert found == sorted(found)
    assert acknowledged <= set(found)


@pytest.fixture
def keys() -> list[str]:
    return []


@pytest.fixture
async def settled(mia: Player, database_url: str) -> tuple[str, Player]:
    return database_url, mia


async def live(url: str, mia: Player, key: str, acts: list[Act]) -> tuple[set[int], list[int]]:
    """The numbers of the acknowledged saves, and those stored, in order."""
    async with saves_of(url) as (saves, database):
        asked: list[asyncio.Task[int | None]] = []
        for number, act in enumerate(acts):
            for _ in range(act.pause):
                await asyncio.sleep(0)
            asked.append(asyncio.create_task(do(saves, mia, key, number, act)))
        told = await asyncio.gather(*asked)
        await saves.store(write(mia, key, len(acts)))  # behind those whose callers have left
        return {number for number in told if number is not None}, await numbers(database, mia, key)


async def do(saves: SaveRepository, mia: Player, key: str, number: int, act: Act) -> int | None:
    if act.size is None:
        asked = asyncio.create_task(saves.delete(deletion(mia, key)))
    else:
        asked = asyncio.create_task(saves.store(write(mia, key, number, size=act.size)))
    for _ in range(act.patience or 0):
        await asyncio.sleep(0)
    if act.patience is not None:
        asked.cancel()
    await asyncio.wait([asked])
    return None if asked.cancelled() or act.size is None else number
