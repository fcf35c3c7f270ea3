"""Kept versions are thinned by age, and a family's are trimmed to its budget; the counters stay right."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID, uuid4

import asyncpg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fixtures.saves import transaction
from wondernest.games.jobs import THIN, UpkeepJobs
from wondernest.games.metrics import UpkeepMetrics
from wondernest.games.repository import ThinningRepository, UsageRepository
from wondernest.games.thinning import FOREIGN_KEPT, LEVELS, VERSION_BYTES
from wondernest.platform.db.pool import Database
from wondernest.platform.jobs import Running
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Secret

NOW = datetime(2026, 5, 20, 12, 34, 56, tzinfo=UTC)
NEWEST = 5
JOB = Running(1, THIN, {}, 1, NOW)
DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)


class Version(NamedTuple):
    """A kept version: how long ago it was kept, and whether another device overwrote it."""

    age: timedelta
    foreign: bool = False
    size: int = 10


class FixedClock:
    """Always NOW."""

    def now(self) -> datetime:
        """The time of every run."""
        return NOW


def survivors(versions: Sequence[Version]) -> set[int]:
    """The rule, as a loop over one key's versions from the newest to the oldest; the numbers of those that stay."""
    stay: set[int] = set()
    taken: set[tuple[timedelta, int]] = set()
    newest_first = sorted(range(len(versions)), key=lambda number: (-number,))
    for rank, number in enumerate(newest_first, 1):
        age = versions[number].age
        level = next((level for level in LEVELS if age < level.age), None)
        seconds = (NOW - age - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
        place = None if level is None else (level.width, seconds // (level.width // timedelta(microseconds=1)))
        is_first = place is not None and place not in taken
        if place is not None:
            taken.add(place)
        if rank <= NEWEST or (versions[number].foreign and age < FOREIGN_KEPT) or is_first:
            stay.add(number)
    return stay


class History:
    """A family's kept versions in a database, and the jobs that delete some."""

    def __init__(self, database: Database, most_bytes: int) -> None:
        self.database = database
        self.thinning = ThinningRepository(database, NEWEST)
        metrics = UpkeepMetrics(Metrics())
        self.jobs = UpkeepJobs(UsageRepository(database), self.thinning, most_bytes, metrics, FixedClock())
        self.family_id = uuid4()

    async def child(self, keys: Iterable[Sequence[Version]]) -> UUID:
        """A child with such versions under keys k0, k1, …; a version's number is its place, the oldest first."""
        child_id = uuid4()
        rows = [
            (child_id, f"k{place}", number, version.size, NOW - version.age, version.foreign)
            for place, versions in enumerate(keys)
            for number, version in enumerate(versions)
        ]
        columns: list[list[object]] = [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(6)]
        await self.database.execute(
            "insert into wondernest.save_versions"
            " (child_id, game_type, data_key, version, data_value, size_bytes, saved_at, created_at, kept_at, reason, by_another)"
            " select child, 'sticker_book', key, version, '{}', size, kept, kept, kept, 'overwritten', another"
            " from unnest($1::uuid[], $2::text[], $3::int[], $4::int[], $5::timestamptz[], $6::bool[])"
            " as v (child, key, version, size, kept, another)",
            *columns,
        )
        await self.database.execute(
            "insert into wondernest.child_usage (child_id, family_id, versions, history_bytes) values ($1, $2, $3, $4)",
            child_id,
            self.family_id,
            len(rows),
            sum(row[3] for row in rows),
        )
        return child_id

    async def left(self, child_id: UUID) -> list[set[int]]:
        """The numbers of the versions that are left, by key; the counters must agree with them."""
        rows = await self.database.fetch(
            "select data_key, version, size_bytes from wondernest.save_versions where child_id = $1", child_id
        )
        used = await self.database.fetchrow(
            "select versions, history_bytes from wondernest.child_usage where child_id = $1", child_id
        )
        assert used is not None
        assert tuple(used) == (len(rows), sum(row["size_bytes"] for row in rows))
        found: dict[str, set[int]] = {}
        for row in rows:
            found.setdefault(row["data_key"], set()).add(row["version"])
        return [found[key] for key in sorted(found)]


@asynccontextmanager
async def history_in(url: str, most_bytes: int = 2**40) -> AsyncGenerator[History]:
    """A new family in the database."""
    database = Database(DatabaseSettings(url=Secret(url)), Metrics())
    try:
        yield History(database, most_bytes)
    finally:
        await database.close()


async def thinned(url: str, *keys: Sequence[Version]) -> list[set[int]]:
    async with history_in(url) as history:
        child_id = await history.child(keys)
        await history.jobs.thin(JOB)
        return await history.left(child_id)


def every(step: timedelta, until: timedelta, *, foreign: bool = False) -> list[Version]:
    """Versions in equal steps up to now, the oldest first."""
    return [Version(step * number, foreign) for number in range(until // step, 0, -1)]


ages = st.one_of(
    st.timedeltas(timedelta(), timedelta(hours=2)),
    st.timedeltas(timedelta(), timedelta(days=8)),
    st.timedeltas(timedelta(), timedelta(days=120)),
    st.sampled_from([level.age for level in LEVELS] + [FOREIGN_KEPT, 10 * MINUTE, HOUR]),
)
histories = st.lists(
    st.builds(Version, ages, st.sampled_from([False, False, False, True]), st.integers(0, 5_000)), max_size=40
).map(lambda versions: sorted(versions, key=lambda version: version.age, reverse=True))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(keys=st.lists(histories, min_size=1, max_size=3))
async def test_what_stays_is_what_the_rule_says_and_a_second_run_changes_nothing(
    database_url: str, keys: list[list[Version]]
) -> None:
    async with history_in(database_url) as history:
        child_id = await history.child(keys)
        expected = [stay for versions in keys if (stay := survivors(versions))]
        for _ in range(2):
            await history.jobs.thin(JOB)
            assert await history.left(child_id) == expected


async def test_the_newest_five_stay_however_old_they_are(database_url: str) -> None:
    [left] = await thinned(database_url, every(DAY * 100, DAY * 1000))
    assert left == set(range(5, 10))


async def test_of_a_day_of_autosaves_one_in_ten_minutes_stays(database_url: str) -> None:
    [left] = await thinned(database_url, every(MINUTE, HOUR * 23))
    assert HOUR * 23 // (10 * MINUTE) <= len(left) <= HOUR * 23 // (10 * MINUTE) + 1 + NEWEST


async def test_of_three_months_there_are_some_hundred_at_most(database_url: str) -> None:
    [left] = await thinned(database_url, every(10 * MINUTE, DAY * 120))
    most = NEWEST + sum(level.age // level.width + 2 for level in LEVELS)
    assert 300 < len(left) <= most


async def test_what_another_device_overwrote_stays_for_thirty_days(database_url: str) -> None:
    [left] = await thinned(database_url, every(HOUR, DAY * 40, foreign=True))
    assert len(left) >= DAY * 30 // HOUR - 1
    assert len(left) < DAY * 31 // HOUR + 12


async def test_keys_and_children_are_thinned_each_by_itself(database_url: str) -> None:
    async with history_in(database_url) as history:
        close = [Version(MINUTE * 5 * number) for number in range(12, 0, -1)]
        children = [await history.child([close, close[:4]]) for _ in range(3)]
        await history.jobs.thin(JOB)
        for child_id in children:
            assert await history.left(child_id) == [survivors(close), {0, 1, 2, 3}]


async def test_more_versions_than_one_statement_deletes_are_thinned_in_one_run(database_url: str) -> None:
    crowded = [Version(DAY * 2 + timedelta(seconds=number)) for number in range(2_500, 0, -1)]
    [left] = await thinned(database_url, crowded)
    assert left == survivors(crowded)
    assert len(left) < 10


async def test_a_version_that_another_transaction_has_locked_is_left_to_the_next_run(database_url: str) -> None:
    async with history_in(database_url) as history:
        versions = every(DAY * 100, DAY * 1000)
        child_id = await history.child([versions])
        held = "select from wondernest.save_versions where child_id = $1 and version = 2 for update"
        async with transaction(database_url, held, child_id):
            await asyncio.wait_for(history.jobs.thin(JOB), 10)
            assert await history.left(child_id) == [{2, *range(5, 10)}]
        await history.jobs.thin(JOB)
        assert await history.left(child_id) == [set(range(5, 10))]


async def test_thinning_goes_on_where_the_last_run_stopped(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wondernest.games.jobs.PARTS_PER_RUN", 1)
    monkeypatch.setattr("wondernest.games.repository.thinning.BATCH_CHILDREN", 2)
    async with history_in(database_url) as history:
        children = sorted([await history.child([every(DAY * 100, DAY * 1000)]) for _ in range(5)])
        for run in range(3):
            await history.jobs.thin(JOB)
            lengths = [len((await history.left(child_id))[0]) for child_id in children]
            assert lengths == [NEWEST] * min(2 * (run + 1), 5) + [10] * max(5 - 2 * (run + 1), 0)
        await history.jobs.thin(JOB)
        assert await history.database.fetchval("select count(*) from wondernest.walks") == 0


async def test_a_family_beyond_its_budget_loses_its_oldest_versions_first(database_url: str) -> None:
    each = 1_000
    budget = 12 * (each + VERSION_BYTES)
    async with history_in(database_url, budget) as history:
        versions = [Version(MINUTE * 11 * number, size=each) for number in range(10, 0, -1)]
        older = [version._replace(age=version.age + HOUR * 5) for version in versions]
        first, second = await history.child([older]), await history.child([versions])
        await history.jobs.trim(JOB)
        assert await history.left(first) == [set(range(5, 10))]
        assert await history.left(second) == [set(range(3, 10))]


async def test_the_budget_is_kept_even_if_only_protected_versions_are_left(database_url: str) -> None:
    each = 1_000
    async with history_in(database_url, 3 * (each + VERSION_BYTES)) as history:
        foreign = [Version(HOUR * number, foreign=True, size=each) for number in range(20, 0, -1)]
        child_id = await history.child([foreign])
        await history.jobs.trim(JOB)
        assert await history.left(child_id) == [{17, 18, 19}]


async def test_a_family_within_its_budget_and_another_family_lose_nothing(database_url: str) -> None:
    each = 1_000
    versions = [Version(HOUR * number, size=each) for number in range(10, 0, -1)]
    async with history_in(database_url, 10 * (each + VERSION_BYTES)) as beyond:
        within = History(beyond.database, 10 * (each + VERSION_BYTES))
        await beyond.child([versions, versions])
        child_id = await within.child([versions])
        await beyond.jobs.trim(JOB)
        assert await within.left(child_id) == [set(range(10))]


async def test_counters_that_are_too_high_cost_no_version(database_url: str) -> None:
    async with history_in(database_url, 1_000_000) as history:
        child_id = await history.child([[Version(HOUR, size=100)]])
        await history.database.execute("update wondernest.child_usage set history_bytes = 10000000")
        await history.jobs.trim(JOB)
        assert await history.database.fetchval("select count(*) from wondernest.save_versions") == 1
        assert child_id


async def test_current_saves_are_never_touched(database_url: str) -> None:
    async with history_in(database_url, 1) as history:
        child_id = await history.child([every(DAY * 100, DAY * 1000)])
        await history.database.execute(
            "insert into games.simple_game_data (child_id, game_type, data_key, data_value) values ($1, 'sticker_book', 'k0', '{}')",
            child_id,
        )
        await history.jobs.thin(JOB)
        await history.jobs.trim(JOB)
        assert await history.left(child_id) == []
        assert await history.database.fetchval("select count(*) from games.simple_game_data") == 1


async def test_a_partitioned_history_is_thinned_by_key(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "alter table wondernest.save_versions rename to whole;"
        " create table wondernest.save_versions (like wondernest.whole including defaults, primary key (child_id, game_type,"
        " data_key, version)) partition by hash (child_id);"
        + "".join(
            f"create table wondernest.part_{n} partition of wondernest.save_versions for values with (modulus 4, remainder {n});"
            for n in range(4)
        )
    )
    await connection.close()
    async with history_in(database_url) as history:
        crowded = [Version(DAY * 2 + MINUTE * number) for number in range(60, 0, -1)]
        children = [await history.child([crowded, crowded]) for _ in range(8)]
        await history.jobs.thin(JOB)
        for child_id in children:
            assert await history.left(child_id) == [survivors(crowded)] * 2
