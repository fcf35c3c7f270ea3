"""An erasure that is killed at any statement, or that a device writes beside, ends with nothing left."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.fixtures.auth import register, rows, value
from tests.fixtures.family import add_child
from tests.fixtures.files import run_job
from tests.fixtures.privacy import GRACE, PRIVACY, SETTLE, House, erase, run, save, whole
from wondernest.app import background
from wondernest.platform.db.pool import Database
from wondernest.platform.personal_data import ON_ERASURE


class Killed(BaseException):
    """The process ends here."""


class Fragile:
    """A database that the process does not survive: after so many changes, it ends."""

    def __init__(self, database: Database, changes: int) -> None:
        self._database = database
        self._left = changes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)

    async def execute(self, statement: str, *args: object) -> str:
        if self._left == 0:
            raise Killed
        self._left -= 1
        return await self._database.execute(statement, *args)


async def test_an_erasure_that_is_killed_again_and_again_ends_with_nothing_left(house: House) -> None:
    parent, people = await whole(house)
    _, others = await whole(house)
    await erase(house.client, parent.bearer, "account")
    house.clock.shift += GRACE
    [job] = [job for job in house.work.jobs if job.name == ON_ERASURE]
    bound: Any = job.handler
    erasing = bound.__self__
    database = erasing._database
    kills = 0
    for changes in (0, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144):
        erasing._database = Fragile(database, changes)
        try:
            await house.run_due()
        except Killed:
            kills += 1
    erasing._database = database
    assert kills > 8
    await house.run_due()
    house.clock.shift += SETTLE
    await house.run_due()
    assert house.traces(parent.name, people.user, people.family, people.child, people.mark) == {}
    assert await value(house.url, "select state from wondernest.erasures") == "done"
    assert house.traces(others.child)


async def test_a_device_that_keeps_saving_leaves_nothing_behind(house: House) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    await save(house.client, parent.bearer, child, "first")
    stopped = asyncio.Event()

    async def device() -> int:
        """It ignores every refusal, and writes what an earlier backend would write, without asking."""
        turns = 0
        while not stopped.is_set():
            await save(house.client, parent.bearer, child, f"save-{turns}")
            await run(
                house.url,
                "insert into games.simple_game_data (child_id, game_type, data_key, data_value)"
                " select id, 'sticker_book', $2, '{}' from family.child_profiles where id = $1::text::uuid",
                child,
                f"beside-{turns}",
            )
            turns += 1
        return turns

    playing = asyncio.create_task(device())
    await erase(house.client, parent.bearer, f"children/{child}")
    await run(house.url, "update wondernest.erasures set due_at = now() - interval '1 minute'")
    for _ in range(3):
        await house.run_due()
        await run(house.url, "update wondernest.erasures set settle_at = now() - interval '1 minute'")
    stopped.set()
    assert await playing > 0
    await house.run_due()
    assert await value(house.url, "select state from wondernest.erasures") == "done"
    assert house.traces(child) == {}


async def test_an_erasure_waits_while_the_storage_is_away_and_holds_up_no_other(house: House) -> None:
    parent, people = await whole(house)
    plain = await register(house.client)
    child = (await add_child(house.client, plain))["id"]
    await erase(house.client, parent.bearer, "account")
    await erase(house.client, plain.bearer, f"children/{child}")
    house.clock.shift += GRACE
    await run_job(house.work, "files.sweep")  # the storage of the jobs is in use, so it is not made anew
    away = house.uploads.with_name("unmounted")
    house.uploads.rename(away)
    try:
        with pytest.raises(Exception, match="storage"):
            await house.run_due()
        states = {
            row["kind"]: row["state"] for row in await rows(house.url, "select kind, state from wondernest.erasures")
        }
        assert states["account"] == "erasing"
        assert await value(house.url, "select count(*) from core.uploaded_files where user_id = $1", people.user) > 0
    finally:
        away.rename(house.uploads)
    await house.run_due()
    house.clock.shift += SETTLE
    await house.run_due()
    assert house.traces(parent.name, people.user, people.child, child) == {}
    assert {row["state"] for row in await rows(house.url, "select state from wondernest.erasures")} == {"done"}


async def test_two_jobs_processes_erase_side_by_side(house: House, make_settings: Any) -> None:
    parent, people = await whole(house)
    await erase(house.client, parent.bearer, "account")
    house.clock.shift += GRACE
    other = background(make_settings(), clock=house.clock)
    try:
        for _ in range(2):
            results = await asyncio.gather(house.run_due(), run_job(other, ON_ERASURE), return_exceptions=True)
            assert not [one for one in results if isinstance(one, AssertionError)]
            house.clock.shift += SETTLE
        await house.run_due()
        house.clock.shift += SETTLE
        await house.run_due()
    finally:
        await other.rooms.stop()
    assert house.traces(parent.name, people.user, people.family, people.child, people.mark) == {}


async def test_a_child_that_was_archived_is_erased_after_its_time_unless_it_is_restored(house: House) -> None:
    parent = await register(house.client)
    gone, kept = (await add_child(house.client, parent))["id"], (await add_child(house.client, parent))["id"]
    for child in (gone, kept):
        await save(house.client, parent.bearer, child, "mine")
        assert (await house.client.delete(f"/api/v1/family/children/{child}", headers=parent.bearer)).is_success
    await run_job(house.work, "privacy.note_archived")
    assert await value(house.url, "select count(*) from wondernest.erasures") == 0
    house.clock.shift = GRACE * 3 + GRACE / 2  # 24.5 days: the letter is due, the erasure is not
    await run_job(house.work, "privacy.note_archived")
    assert await value(house.url, "select count(*) from wondernest.erasures where state = 'waiting'") == 2
    letters = await value(
        house.url, "select count(*) from wondernest.jobs where entrypoint = 'privacy.announce_erasure'"
    )
    assert letters == 2
    house.clock.shift = GRACE * 0
    answer = await house.client.post(f"{PRIVACY}/children/{kept}/restore", headers=parent.bearer)
    assert answer.json()["data"] == {"restored": True}
    house.clock.shift = GRACE * 5
    await house.run_due()
    house.clock.shift += SETTLE
    await house.run_due()
    assert house.traces(gone) == {}
    assert await value(house.url, "select count(*) from games.simple_game_data") == 1
