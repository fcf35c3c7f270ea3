"""Old events are archived as Parquet before they are removed; another engine reads them back."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, LiteralString
from uuid import UUID, uuid4

import duckdb
import httpx2
import psycopg
import pytest

from tests.fixtures.application import running
from tests.fixtures.family import register_with_child
from tests.fixtures.trail import recorded
from wondernest.analytics import jobs
from wondernest.analytics.archive import ArchivedDay, ArchiveError, EventArchive, archive
from wondernest.analytics.archive.layout import FOLDER, folder_of, manifest_key
from wondernest.analytics.repository import ArchiveRepository, archives
from wondernest.app import background, create_app, event_archive
from wondernest.platform.blobs import LocalBlobs, MemoryBlobs
from wondernest.platform.clock import SystemClock
from wondernest.platform.db.pool import Database
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.jobs import Running
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Settings

OLDEST = date(2024, 3, 1)
MakeSettings = Callable[..., Settings]


class Children:
    """Two children with old events, which were stored on three days."""

    def __init__(self, url: str, child_ids: Sequence[str], user_id: str) -> None:
        self.url = url
        self.ids = [UUID(child_id) for child_id in child_ids]
        self._user_id = user_id

    def rows(self, sql: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def play(self, day: date, each: int = 20) -> None:
        """Events at the first and the last moment of a day, and between them."""
        for child_id in self.ids:
            self.rows(
                """insert into analytics.analytics_events
                          (id, user_id, child_id, event_type, event_category, event_data, session_id, created_at)
                   select gen_random_uuid(), %s, %s, 'game_progress', 'game',
                          jsonb_build_object('contentId', 'memory', 'duration', n, 'eventData', jsonb_build_object('né', '🦄"' || n)),
                          case when n %% 2 = 0 then gen_random_uuid() end,
                          %s::date::timestamp at time zone 'UTC' + (n - 1) * (interval '1 day' - interval '1 microsecond') / (%s - 1)
                     from generate_series(1, %s) n""",
                self._user_id,
                child_id,
                day,
                each,
                each,
            )

    def stored(self, *of: UUID) -> list[tuple[Any, ...]]:
        """The events, as another engine should read them."""
        return self.rows(
            """select id, child_id, event_type, event_category, session_id, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'),
                      event_data from analytics.analytics_events where child_id = any (%s) order by id""",
            list(of or self.ids),
        )


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings(EVENTS_ARCHIVE_REQUIRED="true")


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(settings)) as started:
        yield started


@pytest.fixture
async def children(client: httpx2.AsyncClient, database_url: str) -> Children:
    parent, first = await register_with_child(client)
    _, second = await register_with_child(client)
    made = Children(database_url, [first, second], parent.user_id)
    for after in range(3):
        made.play(OLDEST + timedelta(days=after))
    return made


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "uploads"


def asked(sql: str) -> list[Any]:
    """What DuckDB answers."""
    return duckdb.execute(sql).fetchall()


def read_back(folder: Path) -> list[tuple[Any, ...]]:
    """Every archived event, as DuckDB reads it."""
    found = asked(
        f"""select id, child_id, event_type, event_category, session_id, strftime(created_at at time zone 'UTC', '%Y-%m-%d %H:%M:%S.%f'),
                   event_data::varchar
              from read_parquet('{folder}/{FOLDER}/*/*.parquet', hive_partitioning = true) order by id"""
    )
    return [(*row[:-1], json.loads(row[-1])) for row in found]


async def keep(settings: Settings) -> list[ArchivedDay]:
    days: list[ArchivedDay] = []
    async with event_archive(settings) as made:
        await made.keep(days.append)
    return days


async def forget(settings: Settings, *child_ids: UUID) -> list[ArchivedDay]:
    days: list[ArchivedDay] = []
    async with event_archive(settings, child_ids) as made:
        await made.forget(child_ids, days.append)
    return days


def files(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@asynccontextmanager
async def work(settings: Settings) -> AsyncGenerator[Callable[[str], Any]]:
    made = background(settings)
    handlers = {job.name: job.handler for job in made.jobs}

    async def run(name: str) -> None:
        await handlers[name](Running(1, name, {}, 1, datetime.now(UTC)))

    try:
        yield run
    finally:
        await made.rooms.stop()


async def count_old_days(settings: Settings, children: Children) -> None:
    """Count the days that removal asks for, as if they had waited."""
    async with work(settings) as run:
        await run(jobs.REMOVE_EVENTS)
        children.rows("update wondernest.child_days set asked_at = asked_at - interval '1 hour'")
        await run(jobs.COUNT_DAYS)


async def test_another_engine_reads_back_exactly_what_was_stored(
    children: Children, settings: Settings, folder: Path
) -> None:
    stored = children.stored()
    days = await keep(settings)
    assert [(day.day, day.events) for day in days] == [(OLDEST + timedelta(days=after), 40) for after in range(3)]
    assert read_back(folder) == stored
    [count] = asked(
        f"select count(*) from read_parquet('{folder}/{FOLDER}/*/*.parquet', hive_partitioning = true) where day = '2024-03-02'"
    )
    assert count == (40,)


async def test_no_name_in_the_archive_says_more_than_a_day_and_a_shard(
    children: Children, settings: Settings, folder: Path
) -> None:
    await keep(settings)
    shards = {str(child_id)[-1] for child_id in children.ids}
    assert set(files(folder)) == {
        f"archive/events/day=2024-03-0{day}/{name}"
        for day in (1, 2, 3)
        for name in ("manifest.json", *(f"{shard}.parquet" for shard in shards))
    }


async def test_a_second_run_writes_nothing(children: Children, settings: Settings, folder: Path) -> None:
    await keep(settings)
    written = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    assert await keep(settings) == []
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == written


async def test_events_that_are_young_enough_are_not_archived(
    children: Children, settings: Settings, folder: Path
) -> None:
    young = datetime.now(UTC).date() - timedelta(days=settings.analytics.events_kept_days)
    children.play(young)
    assert young not in [day.day for day in await keep(settings)]
    children.rows(
        "update analytics.analytics_events set created_at = created_at - interval '5 days' where created_at >= %s",
        young,
    )
    assert [day.day for day in await keep(settings)] == [young - timedelta(days=5)]


async def test_a_run_that_is_killed_half_way_is_finished_by_the_next_and_nothing_is_removed_before(
    children: Children, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is killed before the second manifest: the files of that day are there, and count for nothing."""
    stored, put = children.stored(), LocalBlobs.put

    async def killed(blobs: LocalBlobs, key: str, content: AsyncIterator[bytes], max_bytes: int) -> Any:
        if key == manifest_key(OLDEST + timedelta(days=1)):
            raise KeyboardInterrupt
        return await put(blobs, key, content, max_bytes)

    monkeypatch.setattr(LocalBlobs, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        await keep(settings)
    monkeypatch.undo()
    await count_old_days(settings, children)
    async with work(settings) as run:
        await run(jobs.REMOVE_EVENTS)
    assert len(children.stored()) == 80, "the first day is archived, the second one is not"
    children.rows("delete from analytics.analytics_events where child_id = %s", children.ids[1])
    assert [(day.day.day, day.events) for day in await keep(settings)] == [(2, 20), (3, 20)]
    async with work(settings) as run:
        await run(jobs.REMOVE_EVENTS)
    assert children.stored() == []
    second = [row for row in stored if row[1] == children.ids[1] and row[5] < "2024-03-02"]
    assert read_back(folder) == sorted([*(row for row in stored if row[1] == children.ids[0]), *second])


async def test_a_process_that_is_killed_while_it_writes_leaves_no_half_file(
    children: Children, make_settings: MakeSettings, settings: Settings, folder: Path
) -> None:
    stored = children.stored()
    script = """
import os, signal
from wondernest.analytics.archive.parquet import ParquetWriter
end = ParquetWriter.end
count = 0
def killed(writer):
    global count
    count += 1
    if count == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return end(writer)
ParquetWriter.end = killed
from wondernest.cli import main
import sys
sys.argv = ["wondernest", "events", "archive"]
main()
"""
    environment = {
        "DATABASE_URL": children.url,
        "APP_ENV": "test",
        "STORAGE_LOCAL_PATH": str(folder),
        "PATH": "/usr/bin:/bin",
    }
    ended = await asyncio.to_thread(
        subprocess.run, [sys.executable, "-c", script], env=environment, capture_output=True, check=False
    )
    assert ended.returncode == -9, ended.stderr
    done = children.rows("select count(*) from wondernest.event_archives where archived_at is not null")
    assert done[0][0] < 3
    await keep(settings)
    assert read_back(folder) == stored


async def test_events_wait_for_the_archive_only_if_it_is_required(
    children: Children, settings: Settings, make_settings: MakeSettings
) -> None:
    await count_old_days(settings, children)
    async with work(settings) as run:
        await run(jobs.REMOVE_EVENTS)
    assert len(children.stored()) == 120
    await keep(settings)
    await count_old_days(settings, children)
    async with work(settings) as run:
        await run(jobs.REMOVE_EVENTS)
    assert children.stored() == []
    children.play(OLDEST + timedelta(days=10))
    free = make_settings()
    await count_old_days(free, children)
    async with work(free) as run:
        await run(jobs.REMOVE_EVENTS)
    assert children.stored() == []


async def test_a_clock_that_is_years_ahead_archives_and_removes_nothing_young(
    children: Children, make_settings: MakeSettings
) -> None:
    class Ahead:
        def now(self) -> datetime:
            return datetime.now(UTC) + timedelta(days=3650)

    yesterday = (datetime.now(UTC) - timedelta(days=1)).date()
    children.play(yesterday)
    free = make_settings()
    made = background(free, clock=Ahead())
    handlers = {job.name: job.handler for job in made.jobs}
    for name in (jobs.REMOVE_EVENTS, jobs.COUNT_DAYS, jobs.REMOVE_EVENTS):
        await handlers[name](Running(1, name, {}, 1, Ahead().now()))
    await made.rooms.stop()
    assert len(children.rows("select 1 from analytics.analytics_events where created_at >= %s", yesterday)) == 40


async def test_an_erased_child_is_taken_out_of_the_archive_and_the_others_stay(
    children: Children, settings: Settings, folder: Path
) -> None:
    gone, left = children.ids
    children.play(OLDEST + timedelta(days=3))
    expected = children.stored(left)
    await keep(settings)
    children.rows("delete from analytics.analytics_events where child_id = %s", gone)
    assert [day.events for day in await forget(settings, gone)] == [20] * 4
    assert read_back(folder) == expected
    assert gone.bytes not in b"".join(files(folder).values())
    manifest = json.loads(files(folder)[manifest_key(OLDEST)])
    assert manifest["events"] == 20
    for file in manifest["files"]:
        assert (folder / file["key"]).stat().st_size == file["bytes"]
    written = files(folder)
    assert await forget(settings, gone, uuid4()) == []
    assert files(folder) == written
    both = {"operator:event_archive": 1, "operator:archive_erasure": 2}
    assert (await recorded(children.url, gone), await recorded(children.url, left)) == (
        both,
        {"operator:event_archive": 1},
    )


async def test_a_rewrite_that_is_killed_before_its_manifest_is_finished_by_the_next(
    children: Children, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone, left = children.ids
    expected = children.stored(left)
    await keep(settings)
    put = LocalBlobs.put

    async def killed(blobs: LocalBlobs, key: str, content: AsyncIterator[bytes], max_bytes: int) -> Any:
        if key.endswith("manifest.json"):
            raise KeyboardInterrupt
        return await put(blobs, key, content, max_bytes)

    monkeypatch.setattr(LocalBlobs, "put", killed)
    with pytest.raises(KeyboardInterrupt):
        await forget(settings, gone)
    monkeypatch.undo()
    assert len(await forget(settings, gone)) == 3
    assert read_back(folder) == expected
    assert json.loads(files(folder)[manifest_key(OLDEST)])["events"] == 20


async def test_the_archive_of_another_installation_is_not_written_over(
    children: Children, settings: Settings, folder: Path
) -> None:
    await keep(settings)
    before = files(folder)
    children.rows("delete from wondernest.event_archives")
    with pytest.raises(ArchiveError, match=folder_of(OLDEST)):
        await keep(settings)
    assert files(folder) == before


async def test_two_runs_do_not_work_at_the_same_time(children: Children, settings: Settings) -> None:
    with psycopg.connect(children.url) as connection:
        connection.execute(archives._LOCK)  # pyright: ignore[reportPrivateUsage] - what a run holds
        for another in (keep(settings), forget(settings, children.ids[0])):
            with pytest.raises(ArchiveError, match="another run"):
                await another
    assert len(await keep(settings)) == 3


async def test_memory_is_bounded_by_a_group_of_rows(
    children: Children, settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Groups are cut by their rows and by their bytes, and are written one after the other."""
    monkeypatch.setattr(archive, "GROUP_ROWS", 7)
    stored = children.stored()
    await keep(settings)
    assert read_back(folder) == stored
    most = asked(
        f"select max(row_group_num_rows), count(distinct row_group_id) from parquet_metadata('{folder}/{FOLDER}/*/*.parquet')"
    )
    assert most[0][0] <= 7
    assert most[0][1] > 2
    monkeypatch.setattr(archive, "GROUP_BYTES", 1)
    children.play(OLDEST + timedelta(days=5))
    await keep(settings)
    rows = asked(f"select max(row_group_num_rows) from parquet_metadata('{folder}/{FOLDER}/day=2024-03-06/*.parquet')")
    assert rows == [(1,)]


async def test_a_storage_that_is_away_archives_nothing_and_says_so(
    children: Children, make_settings: MakeSettings
) -> None:
    with pytest.raises(DependencyUnavailable):
        await keep(make_settings(STORAGE_LOCAL_PATH="/dev/null/uploads"))
    assert children.rows("select 1 from wondernest.event_archives where archived_at is not null") == []


async def test_nobody_reads_the_archive_through_the_service(
    children: Children, settings: Settings, client: httpx2.AsyncClient, folder: Path
) -> None:
    await keep(settings)
    for key in files(folder):
        assert (await client.get(f"/files/{key}")).status_code == 404
    async with work(settings) as run:
        await run("files.sweep")
    assert children.rows("select 1 from wondernest.blob_removals") == []


async def test_the_archive_is_the_same_on_any_storage(children: Children, settings: Settings) -> None:
    """Also where blobs are no files."""
    clock = SystemClock()
    blobs, database = MemoryBlobs(clock), Database(settings.database, Metrics())
    days: list[ArchivedDay] = []
    await EventArchive(database, ArchiveRepository(), blobs, clock, settings.analytics.events_kept_days).keep(
        days.append
    )
    await database.close()
    assert [day.events for day in days] == [40] * 3
    assert len([blob async for blob in blobs.list(FOLDER)]) == sum(day.files for day in days) + 3


def test_a_day_begins_at_midnight_in_utc() -> None:
    assert archives.start_of(OLDEST) == datetime(2024, 3, 1, tzinfo=UTC)
