"""The counters of a child's saves are made right after writes that did not count: of the earlier backends, or from before the upgrade."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from tests.fixtures.application import running
from tests.fixtures.family import CHILDREN, add_child
from tests.fixtures.games import Player, player
from tests.fixtures.saves import transaction
from wondernest.games.jobs import RECONCILE, UpkeepJobs
from wondernest.games.metrics import UpkeepMetrics
from wondernest.games.repository import ThinningRepository, UsageRepository
from wondernest.games.repository.usage import RECOUNT_AFTER
from wondernest.platform.clock import SystemClock
from wondernest.platform.db.pool import Database
from wondernest.platform.http.application import Application
from wondernest.platform.jobs import Running
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Secret

JOB = Running(1, RECONCILE, {}, 1, datetime.now(UTC))
THEIRS = (
    "insert into games.simple_game_data (child_id, game_type, data_key, data_value) values ($1, 'sticker_book', $2, $3)"
    " on conflict (child_id, game_type, data_key) do update set data_value = excluded.data_value, id = excluded.id"
)
TRUTH = (
    "select (select count(*) from games.simple_game_data where child_id = $1) as saves,"
    " (select coalesce(sum(octet_length(data_value::text)), 0) from games.simple_game_data where child_id = $1) as save_bytes,"
    " (select count(*) from wondernest.save_versions where child_id = $1) as versions,"
    " (select coalesce(sum(size_bytes), 0) from wondernest.save_versions where child_id = $1) as history_bytes"
)
COUNTED = "select saves, save_bytes, versions, history_bytes from wondernest.child_usage where child_id = $1"
A_DAY_LATER = "update wondernest.child_usage set recounted_at = recounted_at - $1::interval"


class Home(NamedTuple):
    """A child, the database, and the job."""

    mia: Player
    database: Database
    jobs: UpkeepJobs
    metrics: Metrics

    @property
    def child_id(self) -> UUID:
        """The child."""
        return UUID(self.mia.child_id)

    async def theirs(self, key: str, document: str, child_id: UUID | None = None) -> None:
        """A save as Kotlin stores it."""
        await self.database.execute(THEIRS, child_id or self.child_id, key, document.encode())

    async def reconcile(self) -> None:
        await self.jobs.reconcile(JOB)

    async def assert_right(self, child_id: UUID | None = None) -> None:
        """The counters are what the rows say."""
        truth = await self.database.fetchrow(TRUTH, child_id or self.child_id)
        counted = await self.database.fetchrow(COUNTED, child_id or self.child_id)
        assert truth is not None
        assert counted is not None
        assert tuple(counted) == tuple(truth)

    def corrections(self, reason: str) -> float:
        """How many corrections were counted."""
        self.metrics.flush()
        return self.metrics.registry.get_sample_value("wondernest_usage_corrections_total", {"reason": reason}) or 0.0


@pytest.fixture
async def home(application: Application, database_url: str) -> AsyncIterator[Home]:
    """No jobs process runs, so that a correction is ours."""
    database, metrics = Database(DatabaseSettings(url=Secret(database_url)), Metrics()), Metrics()
    usage, thinning = UsageRepository(database), ThinningRepository(database, 5)
    jobs = UpkeepJobs(usage, thinning, 2**40, UpkeepMetrics(metrics), SystemClock())
    async with running(application) as client:
        yield Home(await player(client), database, jobs, metrics)
    await database.close()


async def test_saves_that_were_never_counted_are_counted(home: Home) -> None:
    for number in range(3):
        await home.theirs(f"k{number}", '{"number": "é"}')
    await home.reconcile()
    await home.assert_right()
    assert (home.corrections("uncounted"), home.corrections("wrong")) == (1, 0)


async def test_rows_that_another_backend_added_or_deleted_are_corrected_at_once(home: Home) -> None:
    for number in range(3):
        await home.theirs(f"k{number}", "{}")
    await home.reconcile()
    await home.theirs("more", '{"a": 1}')
    await home.reconcile()
    await home.assert_right()
    await home.database.execute("delete from games.simple_game_data where data_key <> 'more'")
    await home.reconcile()
    await home.assert_right()
    assert home.corrections("wrong") == 2


async def test_a_size_that_another_backend_changed_is_corrected_a_day_later(home: Home) -> None:
    await home.theirs("k", "{}")
    await home.reconcile()
    await home.theirs("k", '{"much": "longer"}')
    await home.database.execute(A_DAY_LATER, RECOUNT_AFTER)
    await home.reconcile()
    await home.assert_right()
    assert home.corrections("wrong") == 1


async def test_a_child_whose_counters_are_right_is_not_written(home: Home) -> None:
    await home.theirs("k", "{}")
    await home.reconcile()
    before = await home.database.fetchval("select xmin::text from wondernest.child_usage")
    for _ in range(3):
        await home.reconcile()
    assert await home.database.fetchval("select xmin::text from wondernest.child_usage") == before
    assert home.corrections("wrong") == 0


async def test_a_child_without_saves_gets_no_counters(home: Home) -> None:
    await add_child(home.mia.client, home.mia.parent)
    await home.reconcile()
    assert await home.database.fetchval("select count(*) from wondernest.child_usage") == 0


async def test_our_own_saves_are_right_after_a_reconciliation_too(home: Home) -> None:
    for number in range(4):
        assert (await home.mia.save({"n": number}, "k")).status_code == 200
    await home.mia.ask("DELETE", f"{home.mia.saves}/sticker_book/k")
    assert (await home.mia.save({"n": "again"}, "other")).status_code == 200
    await home.reconcile()
    await home.assert_right()


async def test_a_save_that_commits_during_a_recount_is_counted_once(home: Home, database_url: str) -> None:
    await home.theirs("k", "{}")
    await home.reconcile()
    await home.theirs("uncounted", '{"a": 1}')
    meanwhile = (
        "with saved as (insert into games.simple_game_data (child_id, game_type, data_key, data_value)"
        " values ($1, 'sticker_book', 'meanwhile', '{\"b\": 22}') returning octet_length(data_value::text) as size)"
        " update wondernest.child_usage set saves = saves + 1, save_bytes = save_bytes + (select size from saved)"
        " where child_id = $1"
    )
    async with transaction(database_url, meanwhile, home.child_id):
        recount = asyncio.create_task(UsageRepository(home.database).recount(home.child_id))
        while not await home.database.fetchval("select count(*) from pg_locks where not granted"):
            await asyncio.sleep(0.01)
    await recount
    await home.assert_right()


async def test_archived_children_are_counted_and_the_family_is_the_childs_own(home: Home) -> None:
    sibling = UUID((await add_child(home.mia.client, home.mia.parent))["id"])
    await home.theirs("k", "{}", sibling)
    await home.mia.ask("DELETE", f"{CHILDREN}/{sibling}")
    await home.reconcile()
    await home.assert_right(sibling)
    await home.database.execute("update wondernest.child_usage set family_id = gen_random_uuid()")
    await home.reconcile()
    same = "select u.family_id = c.family_id from wondernest.child_usage u join family.child_profiles c on c.id = u.child_id"
    assert await home.database.fetchval(same) is True


async def test_a_run_goes_on_where_the_last_one_stopped(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wondernest.games.jobs.PARTS_PER_RUN", 1)
    monkeypatch.setattr("wondernest.games.repository.usage.BATCH_CHILDREN", 2)
    children = [home.child_id] + [UUID((await add_child(home.mia.client, home.mia.parent))["id"]) for _ in range(4)]
    for child_id in children:
        await home.theirs("k", "{}", child_id)
    counts: list[Any] = []
    for _ in range(3):
        await home.reconcile()
        counts.append(await home.database.fetchval("select count(*) from wondernest.child_usage"))
    assert counts == [2, 4, 5]
    for child_id in children:
        await home.assert_right(child_id)
