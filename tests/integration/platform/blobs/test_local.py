"""The local folder: private files, whole or not there, also when a process is killed; faults of the disk."""

from __future__ import annotations

import asyncio
import os
import signal
import stat
import subprocess
import sys
import threading
import tracemalloc
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from tests.fixtures.blobs import KEY, LIMIT, each, outages_of, pieces, stored, whole
from wondernest.platform.blobs import BlobMissing, LocalBlobs
from wondernest.platform.blobs.blobs import CHUNK_BYTES
from wondernest.platform.blobs.checks import BlobCheck
from wondernest.platform.clock import SystemClock
from wondernest.platform.faults import DependencyUnavailable

MIB = 1024 * 1024
NOW = timedelta(days=-1)
"""Older than a moment in the future: everything."""
KILLED = """
import asyncio, sys
from pathlib import Path
from tests.fixtures.blobs import KEY, LIMIT, outages_of
from wondernest.platform.blobs import LocalBlobs
from wondernest.platform.clock import SystemClock

async def content():
    yield bytes(3 * 1024 * 1024)
    print("written", flush=True)
    await asyncio.Event().wait()

blobs = LocalBlobs(Path(sys.argv[1]), 20, SystemClock(), outages_of())
asyncio.run(blobs.put(KEY, content(), LIMIT))
"""
FULL = """
import asyncio, resource, sys
from pathlib import Path
from tests.fixtures.blobs import KEY, LIMIT, outages_of, pieces
from wondernest.platform.blobs import LocalBlobs
from wondernest.platform.clock import SystemClock
from wondernest.platform.faults import DependencyUnavailable

async def main():
    blobs = LocalBlobs(Path(sys.argv[1]), 20, SystemClock(), outages_of())
    await blobs.put("a/small.png", pieces(b"small"), LIMIT)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * 1024, 1024 * 1024))
    try:
        await blobs.put(KEY, pieces(bytes(3 * 1024 * 1024)), LIMIT)
    except DependencyUnavailable as fault:
        print(fault.dependency, fault.reason)
    await blobs.put("a/another.png", pieces(b"small"), LIMIT)
    await blobs.close()

asyncio.run(main())
"""


@pytest_asyncio.fixture
async def blobs(tmp_path: Path) -> AsyncIterator[LocalBlobs]:
    storage = LocalBlobs(tmp_path / "uploads", 20, SystemClock(), outages_of())
    yield storage
    await storage.close()


async def test_files_and_folders_are_private(blobs: LocalBlobs, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        await stored(blobs, "uploads/42/picture.png", b"bytes")
    finally:
        os.umask(old)
    paths = [tmp_path / "uploads", *(tmp_path / "uploads").rglob("*")]
    assert len(paths) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_dir()} == {0o700}
    assert {stat.S_IMODE(path.stat().st_mode) for path in paths if path.is_file()} == {0o600}


async def test_a_kill_in_the_middle_of_a_put_leaves_nothing_under_the_key(blobs: LocalBlobs, tmp_path: Path) -> None:
    old = await stored(blobs, "a/old.png", b"old")
    child = subprocess.Popen(  # noqa: ASYNC220 - it starts in a moment, and nothing else runs in this loop
        [sys.executable, "-c", KILLED, str(tmp_path / "uploads")], stdout=subprocess.PIPE, cwd=Path(__file__).parents[4]
    )
    assert child.stdout is not None
    with child.stdout:
        assert await asyncio.to_thread(child.stdout.readline) == b"written\n"
        child.send_signal(signal.SIGKILL)
        child.wait()
    assert await blobs.stat(KEY) is None
    assert [blob async for blob in blobs.list()] == [old]
    assert await blobs.unfinished(timedelta(hours=1)) == []
    (left,) = await blobs.unfinished(NOW)
    assert left.size == 3 * MIB
    await blobs.discard(left)
    await blobs.discard(left)
    assert await blobs.unfinished(NOW) == []
    assert [path.name for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == ["old.png"]


def test_a_full_disk_is_an_outage_for_what_does_not_fit_and_leaves_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "uploads"
    done = subprocess.run(
        [sys.executable, "-c", FULL, str(folder)], capture_output=True, check=True, cwd=Path(__file__).parents[4]
    )
    assert done.stdout == b"storage File too large (EFBIG)\n"
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == ["another.png", "small.png"]


async def test_the_folder_is_created_at_the_first_use_and_missed_afterwards(blobs: LocalBlobs, tmp_path: Path) -> None:
    assert await blobs.stat(KEY) is None
    (tmp_path / "uploads").rename(tmp_path / "unmounted")
    for fails in (
        blobs.stat(KEY),
        blobs.delete(KEY),
        stored(blobs, KEY, b"x"),
        blobs.unfinished(NOW),
        anext(blobs.list()),
    ):
        with pytest.raises(DependencyUnavailable, match="ENOENT"):
            await fails
    assert not (tmp_path / "uploads").exists()
    assert blobs.failing
    (tmp_path / "unmounted").rename(tmp_path / "uploads")
    assert await whole(blobs, await stored(blobs, KEY, b"x")) == b"x"


async def test_a_storage_that_cannot_be_written_is_an_outage_and_heals(blobs: LocalBlobs, tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads" / ".unfinished").write_bytes(b"")
    with pytest.raises(DependencyUnavailable):
        await stored(blobs, KEY, b"x")
    health = await BlobCheck(blobs).ask()
    assert not health.up
    assert health.message.startswith("cannot write: ")
    assert "STORAGE_LOCAL_PATH" in health.message
    assert "\n" not in health.message
    assert str(tmp_path) not in health.message
    (tmp_path / "uploads" / ".unfinished").unlink()
    assert (await BlobCheck(blobs).ask()).up


async def test_a_folder_that_cannot_be_made_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    blobs = LocalBlobs(tmp_path / "file" / "uploads", 20, SystemClock(), outages_of())
    with pytest.raises(DependencyUnavailable, match="ENOTDIR"):
        await blobs.stat(KEY)
    await blobs.close()


async def test_a_hanging_disk_ends_in_a_time_out(tmp_path: Path) -> None:
    """A named pipe stands for a file whose disk does not answer: opening it waits for a writer."""
    blobs = LocalBlobs(tmp_path, 0.2, SystemClock(), outages_of())
    os.mkfifo(tmp_path / "pipe.png")
    blob = await stored(blobs, KEY, b"x")
    with pytest.raises(DependencyUnavailable, match="timed out"):
        await whole(blobs, type(blob)(key="pipe.png", size=1, modified=blob.modified))
    assert await whole(blobs, blob) == b"x", "other files are still served"
    await asyncio.to_thread(lambda: os.close(os.open(tmp_path / "pipe.png", os.O_WRONLY)))
    await blobs.close()


async def test_half_a_file_is_an_outage_and_not_the_end_of_a_blob(blobs: LocalBlobs, tmp_path: Path) -> None:
    blob = await stored(blobs, KEY, bytes(CHUNK_BYTES * 3))
    reading = blobs.read(blob)
    await anext(reading)
    os.truncate(tmp_path / "uploads" / KEY, CHUNK_BYTES + 1)
    assert len(await anext(reading)) == 1
    with pytest.raises(DependencyUnavailable, match="shorter"):
        await anext(reading)


async def test_a_blob_deleted_behind_our_back_is_missing(blobs: LocalBlobs, tmp_path: Path) -> None:
    blob = await stored(blobs, KEY, b"bytes")
    (tmp_path / "uploads" / KEY).unlink()
    with pytest.raises(BlobMissing):
        await whole(blobs, blob)
    assert not blobs.failing


async def test_a_file_that_is_deleted_while_it_is_read_is_read_to_its_end(blobs: LocalBlobs) -> None:
    blob = await stored(blobs, KEY, bytes(CHUNK_BYTES * 3))
    reading = blobs.read(blob)
    first = await anext(reading)
    await blobs.delete(KEY)
    assert len(first + b"".join([piece async for piece in reading])) == CHUNK_BYTES * 3


async def test_files_of_an_earlier_backend_are_read_and_deleted_with_what_was_beside_them(
    blobs: LocalBlobs, tmp_path: Path
) -> None:
    folder = tmp_path / "uploads" / "1700000000"
    folder.mkdir(parents=True)
    (folder / "a.png").write_bytes(b"old picture")
    (folder / "a.png.metadata").write_text("userId=7d0e9f3e-2f4b-4f43-9a43-1d2d3b1f1c11\n")
    (listed,) = [blob async for blob in blobs.list()]
    assert (listed.key, await whole(blobs, listed)) == ("1700000000/a.png", b"old picture")
    await blobs.delete("1700000000/a.png")
    assert not folder.exists()
    assert (tmp_path / "uploads").exists()


async def test_a_folder_that_cannot_be_read_is_not_an_empty_one(
    blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that is not complete must raise: what it does not name may be deleted as an orphan's row."""
    await stored(blobs, KEY, b"x")
    scan = os.scandir

    def refusing(path: str) -> object:
        if str(path).endswith("1700000000"):
            raise PermissionError(13, "Permission denied")
        return scan(path)

    monkeypatch.setattr(os, "scandir", refusing)
    with pytest.raises(DependencyUnavailable, match="EACCES"):
        _ = [blob async for blob in blobs.list()]


async def test_ten_mebibytes_cost_less_than_one_of_memory(blobs: LocalBlobs) -> None:
    piece = os.urandom(64 * 1024)
    await stored(blobs, "a/warm.png", b"up")
    tracemalloc.start()
    try:
        blob = await blobs.put(KEY, each(piece for _ in range(160)), LIMIT)
        size = 0
        async for part in blobs.read(blob):
            size += len(part)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert size == 10 * MIB
    assert peak < MIB


async def test_content_is_taken_no_faster_than_it_is_written(
    blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    go, taken, write = threading.Event(), 0, os.write

    def slow(file: int, data: bytes) -> int:
        go.wait(60)
        return write(file, data)

    async def content() -> AsyncIterator[bytes]:
        nonlocal taken
        for _ in range(100):
            taken += 1
            yield bytes(CHUNK_BYTES)

    await stored(blobs, "a/warm.png", b"up")
    monkeypatch.setattr(os, "write", slow)
    put = asyncio.create_task(blobs.put(KEY, content(), LIMIT))
    while not taken:
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.1)
    assert taken == 1
    go.set()
    assert (await put).size == 100 * CHUNK_BYTES


async def test_a_put_is_on_the_disk_when_it_returns(blobs: LocalBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    sync = os.fsync

    def noted(file: int) -> None:
        synced.append(str(file))
        sync(file)

    monkeypatch.setattr(os, "fsync", noted)
    blob = await blobs.put("a/b/c.png", pieces(b"x"), LIMIT)
    assert len(synced) == 4, "the file, and the folders a/b, a and uploads"
    assert blob.modified <= datetime.now(UTC) + timedelta(seconds=1)
