"""The guard is part of the statements that write saves: for a user who is no guardian they write nothing."""

from __future__ import annotations

from uuid import UUID

import httpx2
import pytest

from tests.fixtures.games import Player, player
from tests.fixtures.saves import numbers, saves_of, write
from wondernest.files.references import NOTE, SaveWatcher
from wondernest.games.errors import ChildNotFound
from wondernest.games.rules import Deletion
from wondernest.games.service import Notices, ProjectSaves
from wondernest.platform.db.pool import Database
from wondernest.platform.db.unit import UnitOfWork
from wondernest.platform.jobs import QueuedJobs
from wondernest.platform.large_work import LargeWork

KEY = ("unregistered", "k")
ARCHIVE = "update family.child_profiles set archived_at = now(), is_active = false where id = $1"


def notices(database: Database) -> Notices:
    return Notices(SaveWatcher(QueuedJobs().sender(NOTE)), database)


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient, database_url: str) -> Player:
    return await player(app_client)


async def test_a_project_of_a_foreign_child_is_neither_stored_nor_removed(
    mia: Player, app_client: httpx2.AsyncClient, database_url: str
) -> None:
    stranger = UUID((await player(app_client)).parent.user_id)
    child_id = UUID(mia.child_id)
    async with saves_of(database_url) as (saves, database):
        projects = ProjectSaves(saves, LargeWork(), notices(database))
        unit = UnitOfWork(database)
        with pytest.raises(ChildNotFound):
            await projects.store(unit, stranger, child_id, KEY, b'{"n": 1}')
        await unit.commit()
        assert await numbers(database, mia, "k") == []
        await saves.store(write(mia, "k", 2))
        unit = UnitOfWork(database)
        await projects.remove(unit, stranger, child_id, KEY)
        await unit.commit()
        assert await numbers(database, mia, "k") == [2]


async def test_an_archived_child_is_reached_by_events_and_by_nothing_else(mia: Player, database_url: str) -> None:
    guardian, child_id = UUID(mia.parent.user_id), UUID(mia.child_id)
    async with saves_of(database_url) as (saves, database):
        await saves.store(write(mia, "k", 1))
        await database.execute(ARCHIVE, child_id)
        assert not (await saves.store(write(mia, "k", 2))).owned
        assert not (await saves.delete(Deletion(guardian, child_id, *KEY))).owned
        unit = UnitOfWork(database)
        await ProjectSaves(saves, LargeWork(), notices(database)).store(unit, guardian, child_id, KEY, b'{"n": 3}')
        await unit.commit()
        assert await numbers(database, mia, "k") == [1, 3]
        unit = UnitOfWork(database)
        await ProjectSaves(saves, LargeWork(), notices(database)).remove(unit, guardian, child_id, KEY)
        await unit.commit()
        assert await database.fetchval("select count(*) from games.simple_game_data") == 0
