"""The room's jobs: what is removed, what is spared, and that each of them can be repeated."""

from __future__ import annotations

import os
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import psycopg
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register, rows
from tests.fixtures.family import add_child
from tests.fixtures.files import drawing
from tests.security.households import PICTURE, succeed
from wondernest.app import Background, background, create_app
from wondernest.files.jobs import REMOVE_BLOBS, REMOVE_UNUSED, SWEEP
from wondernest.files.repository import FileRepository
from wondernest.platform.db.pool import Executor
from wondernest.platform.jobs import Running
from wondernest.platform.media.inspector import Inspector
from wondernest.settings import Settings

TEXT = b"a heron stands in the reeds"
GRACE_DAYS = 30
REMOVALS = "select file_key from wondernest.blob_removals"


@dataclass
class SteppedClock:
    """The machine's clock, and what a test adds."""

    ahead: timedelta = field(default_factory=timedelta)

    def now(self) -> datetime:
        """The time of the jobs."""
        return datetime.now(UTC) + self.ahead


@dataclass
class Home:
    """A parent, the storage's folder, and the jobs, none of which runs by itself."""

    client: httpx2.AsyncClient
    parent: Parent
    folder: Path
    database_url: str
    work: Background
    clock: SteppedClock

    async def upload(self, content: bytes = TEXT, name: str = "heron.txt", kind: str = "text/plain") -> dict[str, Any]:
        """A stored file, with its key."""
        form = {"file": (name, content, kind)}
        path = "/api/v1/files/upload"
        answer = await succeed(self.client.post(path, files=form, params={"tags": "heron"}, headers=self.parent.bearer))
        file = answer.json()["data"]
        return {**file, "key": file["url"].partition("/files/")[2]}

    async def delete(self, file: dict[str, Any], *, softly: bool = False) -> None:
        """Delete a file as its owner."""
        asked = {"softDelete": str(softly).lower()}
        await succeed(self.client.delete(f"/api/v1/files/{file['id']}", params=asked, headers=self.parent.bearer))

    async def run(self, name: str) -> None:
        """Run a job, twice: a killed process runs it again."""
        (job,) = (job for job in self.work.jobs if job.name == name)
        for attempt in (1, 2):
            await job.handler(Running(1, name, {}, attempt, self.clock.now()))

    def put(self, key: str, content: bytes = TEXT) -> None:
        """A blob without a row."""
        path = self.folder / key
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    @property
    def keys(self) -> set[str]:
        """Everything that is stored."""
        return {str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()}

    async def removals(self) -> set[str]:
        """The keys that are to be removed."""
        return {row["file_key"] for row in await rows(self.database_url, REMOVALS)}

    async def files(self) -> set[str]:
        """The ids of the files that have a row."""
        return {str(row["id"]) for row in await rows(self.database_url, "select id from core.uploaded_files")}

    def found(self, finding: str) -> float:
        """How often the jobs found something."""
        self.work.metrics.flush()
        name = "wondernest_file_sweep_findings_total"
        return self.work.metrics.registry.get_sample_value(name, {"finding": finding}) or 0.0


@pytest.fixture
async def home(make_settings: Callable[..., Settings], database_url: str, tmp_path: Path) -> AsyncIterator[Home]:
    settings = make_settings(RATE_LIMIT_UPLOAD="0", FILES_GRACE_DAYS=str(GRACE_DAYS))
    clock = SteppedClock()
    work = background(settings, clock=clock)
    async with running(create_app(settings)) as client:
        yield Home(client, await register(client), tmp_path / "uploads", database_url, work, clock)
    await work.rooms.stop()


def new_key(extension: str = "txt") -> str:
    return f"1756800000/{uuid4()}.{extension}"


async def doom(home: Home, key: str, age: timedelta = timedelta(seconds=1)) -> None:
    await rows(home.database_url, "insert into wondernest.blob_removals values ($1, now() - $2::interval)", key, age)


async def test_a_blob_is_removed_when_it_is_due_and_not_before(home: Home) -> None:
    due, early = new_key(), new_key()
    for key, age in ((due, timedelta(seconds=1)), (early, -timedelta(hours=1))):
        home.put(key)
        await doom(home, key, age)
    await home.run(REMOVE_BLOBS)
    assert (home.keys, await home.removals()) == ({early}, {early})
    home.clock.ahead = timedelta(hours=2)
    await home.run(REMOVE_BLOBS)
    assert (home.keys, await home.removals()) == (set(), set())


async def test_a_blob_that_a_file_owns_is_spared(home: Home) -> None:
    file = await home.upload()
    await doom(home, file["key"])
    await home.run(REMOVE_BLOBS)
    assert (home.keys, await home.removals()) == ({file["key"]}, set())


async def test_an_invalid_key_of_an_old_row_holds_up_no_other(home: Home) -> None:
    key = new_key()
    home.put(key)
    for doomed in ("../outside", "a//b", "variants/../x/", key):
        await doom(home, doomed)
    await home.run(REMOVE_BLOBS)
    assert (home.keys, await home.removals()) == (set(), set())


async def test_a_blob_that_is_gone_already_counts_as_removed(home: Home) -> None:
    await doom(home, new_key())
    await doom(home, f"variants/{new_key()}/")
    await home.run(REMOVE_BLOBS)
    assert await home.removals() == set()


@pytest.mark.parametrize("content", [TEXT, PICTURE])
async def test_after_a_deletion_for_good_no_byte_of_the_file_is_left(home: Home, content: bytes) -> None:
    kept = await home.upload(b"another text", "kept.txt")
    before = every_row(home.database_url)
    text = content == TEXT
    file = await home.upload(content, *(("heron.txt", "text/plain") if text else ("heron.png", "image/png")))
    stored = (home.folder / file["key"]).read_bytes()
    for width in (160, 320):
        variant = await home.client.get(f"/files/{file['key']}", params={"w": str(width)})
        assert variant.status_code == 200
    assert any(key.startswith(f"variants/{file['key']}/") for key in home.keys) is not text
    await home.delete(file)
    home.clock.ahead = timedelta(hours=1)
    await home.run(REMOVE_BLOBS)
    assert home.keys == {kept["key"]}
    assert not any(stored in path.read_bytes() for path in home.folder.rglob("*") if path.is_file())
    left = every_row(home.database_url) - before
    for trace in (file["id"], file["key"], "heron.txt", "heron.png", stored.hex()):
        assert not [row for row in left if trace in row], trace


def every_row(database_url: str) -> set[str]:
    """Every row of every table, as text, without the queue of jobs and its log, which name no file."""
    tables = "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname !~ '^(pg_|information_)'"
    with psycopg.connect(database_url) as connection:
        names = [name for (name,) in connection.execute(tables).fetchall()]
        return {
            f"{name}: {row}"
            for name in names
            for (row,) in connection.execute(f"select row_to_json(t)::text from {name} t".encode()).fetchall()
        }


async def test_a_file_nobody_shows_is_removed_after_the_grace(home: Home) -> None:
    live, hidden, shown, system = [await home.upload(name=f"{name}.txt") for name in ("a", "b", "c", "d")]
    child = (await add_child(home.client, home.parent))["id"]
    saves = f"/api/v2/games/children/{child}/data"
    save = {"gameType": "story_adventure", "dataKey": "story_draft_1", "dataValue": {"picture": shown["url"]}}
    await succeed(home.client.put(saves, json=save, headers=home.parent.bearer))
    for file in (hidden, shown, system):
        await home.delete(file, softly=True)
    await rows(home.database_url, "update core.uploaded_files set is_system_image = true where id = $1", system["id"])
    home.clock.ahead = timedelta(days=GRACE_DAYS) - timedelta(minutes=1)
    await home.run(REMOVE_UNUSED)
    assert await home.files() == {live["id"], hidden["id"], shown["id"], system["id"]}
    home.clock.ahead = timedelta(days=GRACE_DAYS) + timedelta(minutes=1)
    await home.run(REMOVE_UNUSED)
    assert home.found("unused_file") == 1
    home.clock.ahead += timedelta(hours=1)
    await home.run(REMOVE_BLOBS)
    assert await home.files() == {live["id"], shown["id"], system["id"]}
    assert home.keys == {live["key"], shown["key"], system["key"]}
    await succeed(home.client.get(f"/files/{shown['key']}"))


async def test_a_file_that_kotlin_deleted_is_removed_too(home: Home) -> None:
    """Kotlin's v1 sets `deleted_at` alone."""
    file = await home.upload()
    await rows(home.database_url, "update core.uploaded_files set deleted_at = now() where id = $1", file["id"])
    home.clock.ahead = timedelta(days=GRACE_DAYS + 1)
    await home.run(REMOVE_UNUSED)
    home.clock.ahead += timedelta(hours=1)
    await home.run(REMOVE_BLOBS)
    assert await home.files() == set()


async def test_a_blob_without_a_file_is_reported_and_removed_after_the_grace(home: Home) -> None:
    file = await home.upload()
    lost, old = new_key(), f"uploads/{uuid4()}/cat.png"
    variant = f"variants/{lost}/320.webp"
    for key in (lost, old, variant):
        home.put(key)
    await home.run(SWEEP)
    assert home.keys == {file["key"], lost, old, variant}
    assert home.found("blob_without_row") == 2, "once for a blob and its variants"
    home.clock.ahead = timedelta(days=GRACE_DAYS) - timedelta(minutes=1)
    await home.run(SWEEP)
    await home.run(REMOVE_BLOBS)
    assert home.keys == {file["key"], lost, old, variant}
    home.clock.ahead = timedelta(days=GRACE_DAYS) + timedelta(minutes=1)
    await home.run(REMOVE_BLOBS)
    assert (home.keys, await home.removals()) == ({file["key"]}, set())


async def test_objects_of_others_in_a_shared_storage_are_never_removed(home: Home) -> None:
    others = {"backups/database.dump", "index.html", "1756800000/notes.txt", "uploads/readme.txt", "variants/x/1.webp"}
    others |= {f"photos/{uuid4()}.png", f"uploads/{uuid4()}/sub/cat.png", f"{uuid4()}/{uuid4()}.png"}
    for key in others:
        home.put(key)
    await home.run(SWEEP)
    home.clock.ahead = timedelta(days=2 * GRACE_DAYS)
    await home.run(SWEEP)
    await home.run(REMOVE_BLOBS)
    assert (home.keys, await home.removals(), home.found("blob_without_row")) == (others, set(), 0)


async def test_an_upload_that_is_under_way_is_no_lost_blob(home: Home) -> None:
    key = new_key()
    home.put(key)
    await doom(home, key, -timedelta(hours=1))
    await home.run(SWEEP)
    assert home.found("blob_without_row") == 0
    home.clock.ahead = timedelta(hours=2)
    await home.run(REMOVE_BLOBS)
    assert home.keys == set(), "after an hour, not after the grace"


async def test_a_file_without_content_is_reported_only(home: Home) -> None:
    lost, kept = await home.upload(), await home.upload()
    invalid = await home.upload()
    await rows(home.database_url, "update core.uploaded_files set file_key = '../x' where id = $1", invalid["id"])
    (home.folder / lost["key"]).unlink()
    await home.run(SWEEP)
    assert home.found("row_without_blob") == 4, "two files, two runs"
    assert await home.files() == {lost["id"], kept["id"], invalid["id"]}
    assert not {lost["key"], kept["key"], "../x"} & await home.removals()
    for file in (lost, invalid):
        answer = await home.client.get(f"/api/v1/files/{file['id']}/download", headers=home.parent.bearer)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "FILE_NOT_FOUND")


async def test_what_a_killed_upload_left_unfinished_is_discarded(home: Home) -> None:
    await home.upload()
    drafts = home.folder / ".unfinished"
    drafts.mkdir(exist_ok=True)
    for name, hours in (("old", 7), ("new", 1)):
        (drafts / name).write_bytes(TEXT)
        moment = time.time() - 3600 * hours
        os.utime(drafts / name, (moment, moment))
    await home.run(SWEEP)
    assert {path.name for path in drafts.iterdir()} == {"new"}


async def test_a_blob_that_is_removed_beside_the_sweep_is_not_found_as_lost(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, variant = new_key(), f"variants/{new_key()}/320.webp"
    for key in (lost, variant):
        home.put(key)
    await doom(home, lost)
    await doom(home, variant.rpartition("/")[0] + "/")
    once = FileRepository.unknown

    async def meanwhile(self: FileRepository, executor: Executor, keys: Sequence[str]) -> list[str]:
        await home.run(REMOVE_BLOBS)
        return await once(self, executor, keys)

    monkeypatch.setattr(FileRepository, "unknown", meanwhile)
    await home.run(SWEEP)
    assert (home.keys, await home.removals(), home.found("blob_without_row")) == (set(), set(), 0)


async def test_a_file_that_is_removed_beside_the_sweep_is_not_found_as_lost(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await home.upload()
    once = FileRepository.keys

    async def meanwhile(self: FileRepository, *asked: Any) -> list[tuple[UUID, str]]:
        listed = await once(self, *asked)
        if listed:
            monkeypatch.undo()
            await home.delete(file)
            home.clock.ahead = timedelta(hours=1)
            await home.run(REMOVE_BLOBS)
        return listed

    monkeypatch.setattr(FileRepository, "keys", meanwhile)
    await home.run(SWEEP)
    assert (await home.files(), home.found("row_without_blob")) == (set(), 0)


async def test_a_variant_that_is_made_while_its_file_is_removed_does_not_survive(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await home.upload(drawing(size=(1000, 800)), "cat.png", "image/png")
    once = Inspector.variant

    async def meanwhile(self: Inspector, *asked: Any) -> Any:
        made = await once(self, *asked)
        await home.delete(file)
        home.clock.ahead = timedelta(hours=1)
        await home.run(REMOVE_BLOBS)
        return made

    monkeypatch.setattr(Inspector, "variant", meanwhile)
    answer = await home.client.get(f"/files/{file['key']}", params={"w": "320"})
    assert answer.status_code == 404
    assert (home.keys, await home.removals(), await home.files()) == (set(), set(), set())
