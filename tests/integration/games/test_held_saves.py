"""Saves whose rows are locked by another client wait alone: the rest of their batch is served at once."""

from __future__ import annotations

import asyncio
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.games import Player, player
from tests.fixtures.saves import numbers, saves_of, transaction, write
from wondernest.games.rules import Saved
from wondernest.platform.db.batch import MAX_BATCH_ITEMS, MAX_HELD
from wondernest.platform.faults import DependencyUnavailable, Held

KEYS = [f"k{number:02}" for number in range(MAX_BATCH_ITEMS)]
LOCKED = "select from games.simple_game_data where child_id = $1 and data_key = any ($2) for update"
INSERTED = """
    insert into games.simple_game_data (child_id, game_type, data_key, data_value)
    select $1, 'unregistered', unnest($2::text[]), '{"n": 0}'"""


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient, database_url: str) -> Player:
    return await player(app_client)


def some(count: int) -> list[str]:
    """That many keys, spread over the batch."""
    return KEYS[:: len(KEYS) // count][:count]


@pytest.mark.parametrize("statement", [LOCKED, INSERTED], ids=["locked rows", "rows being inserted"])
@pytest.mark.parametrize("count", [1, 3, 10, MAX_BATCH_ITEMS - 1])
async def test_a_batch_serves_all_but_the_held_ones_while_they_are_held(
    mia: Player, database_url: str, count: int, statement: str
) -> None:
    held = some(count)
    async with saves_of(database_url) as (saves, database):
        first = [write(mia, key, 0) for key in (KEYS if statement is LOCKED else [])]
        await asyncio.gather(*map(saves.store, first))
        async with transaction(database_url, statement, UUID(mia.child_id), held):
            asked = {key: asyncio.create_task(saves.store(write(mia, key, 1))) for key in KEYS}
            served = await asyncio.gather(*(asked[key] for key in KEYS if key not in held))
            assert all(saved.done for saved in served)
            refused = [key for key in held if asked[key].done()]
            assert len(refused) == max(0, count - MAX_HELD)
        outcomes = await asyncio.gather(*(asked[key] for key in held), return_exceptions=True)
        for key, outcome in zip(held, outcomes, strict=True):
            assert isinstance(outcome, Held if key in refused else Saved)
            # the version that the other client wrote is kept before it is overwritten
            assert await numbers(database, mia, key) == [0] if key in refused else [0, 1]


async def test_a_locked_instance_delays_only_its_child(
    mia: Player, app_client: httpx2.AsyncClient, database_url: str
) -> None:
    noah = await player(app_client)
    game = "sticker_book"
    async with saves_of(database_url) as (saves, database):
        await asyncio.gather(*(saves.store(write(child, "k", 0, game=game)) for child in (mia, noah)))
        await database.execute("update games.child_game_instances set last_played_at = now() - interval '1 day'")
        held = "select from games.child_game_instances where child_id = $1 for update"
        async with transaction(database_url, held, UUID(mia.child_id)):
            waiting = asyncio.create_task(saves.store(write(mia, "k", 1, game=game)))
            assert (await saves.store(write(noah, "k", 1, game=game))).done
            assert not waiting.done()
        assert (await waiting).done


async def test_a_locked_table_refuses_every_save_within_bounds(mia: Player, database_url: str) -> None:
    async with saves_of(database_url, statement_timeout_s=0.5) as (saves, _):
        async with transaction(database_url, "lock table games.simple_game_data"):
            asked = (saves.store(write(mia, key, 1)) for key in KEYS)
            outcomes = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(outcome, DependencyUnavailable) for outcome in outcomes)
        assert (await saves.store(write(mia, "k", 2))).done
