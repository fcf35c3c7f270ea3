"""What every storage promises: local folder, memory and S3 pass the same tests."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
import pytest_asyncio

from tests.fixtures.blobs import KEY, LIMIT, outages_of, pieces, stored, whole
from wondernest.platform.blobs import (
    Blob,
    BlobContent,
    BlobMissing,
    Blobs,
    BlobTooLarge,
    InvalidKey,
    LocalBlobs,
    MemoryBlobs,
    S3Blobs,
)
from wondernest.platform.blobs.blobs import CHUNK_BYTES
from wondernest.platform.blobs.checks import BlobCheck
from wondernest.platform.blobs.joined import JoinedBlobs
from wondernest.platform.clock import SystemClock

TIMEOUT_S = 20.0
KEYS = (
    KEY,
    "uploads/7d0e9f3e-2f4b-4f43-9a43-1d2d3b1f1c11/0b8f4f0e-6f0b-4a38-9df0-0c8f4ab8b7d1",
    "uploads/42/灯泡 ü 🦄.jpeg",
    "uploads/42/what?is#this 100%&=+*;,~'().png",
    "one",
    "a/%2e%2e/b",
)


@pytest_asyncio.fixture(params=["local", "memory", "s3"])
async def blobs(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Blobs]:
    storage: Blobs
    if request.param == "local":
        storage = LocalBlobs(tmp_path / "uploads", TIMEOUT_S, SystemClock(), outages_of())
    elif request.param == "memory":
        storage = MemoryBlobs(SystemClock())
    else:
        storage = S3Blobs(request.getfixturevalue("s3_bucket"), TIMEOUT_S, outages_of())
    yield storage
    await storage.close()


@pytest.mark.parametrize("key", KEYS)
async def test_a_blob_is_found_under_its_key_and_comes_back_as_it_was(blobs: Blobs, key: str) -> None:
    content = key.encode() * 3
    put = await stored(blobs, key, content)
    found = await blobs.stat(key)
    assert found is not None
    assert (found.key, found.size, found.etag) == (key, len(content), put.etag)
    assert found.etag.startswith('"')
    assert found.etag.endswith('"')
    assert abs(found.modified - datetime.now(UTC)) < timedelta(minutes=5)
    assert found.modified.tzinfo is not None
    assert await whole(blobs, found) == content
    assert [blob.key async for blob in blobs.list()] == [key]


@pytest.mark.parametrize("size", [0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES + 7])
async def test_content_of_any_size_in_pieces_of_any_size_is_stored_whole(blobs: Blobs, size: int) -> None:
    chance = random.Random(size)
    content = chance.randbytes(size)

    async def uneven() -> AsyncGenerator[bytes]:
        position = 0
        while position < size:
            length = chance.choice([0, 1, 100, 70_000, CHUNK_BYTES + 5, 2 * CHUNK_BYTES])
            yield content[position : position + length]
            position += length
        yield b""

    blob = await blobs.put(KEY, uneven(), LIMIT)
    assert blob.size == size
    read = [piece async for piece in blobs.read(blob)]
    assert b"".join(read) == content
    assert all(0 < len(piece) <= CHUNK_BYTES for piece in read)


async def test_content_of_single_bytes_is_stored_whole(blobs: Blobs) -> None:
    blob = await blobs.put(KEY, pieces(*(bytes([number % 256]) for number in range(5000))), LIMIT)
    assert await whole(blobs, blob) == bytes(number % 256 for number in range(5000))


async def test_a_range_of_blobs_one_behind_the_other_goes_over_their_ends(blobs: Blobs) -> None:
    content = os.urandom(200)
    parts = list[Blob]()
    for number, (first, last) in enumerate([(0, 70), (70, 70), (70, 130), (130, 200)]):
        part = await stored(blobs, f"parts/{number}", content[first:last])
        parts.append(Blob(key=part.key, size=part.size, modified=part.modified))
    joined = JoinedBlobs(blobs, parts, '"e"')
    assert joined.size == len(content)
    for start, end in [(0, 200), (0, 1), (69, 71), (70, 130), (70, 70), (10, 190), (199, 200)]:
        assert b"".join([piece async for piece in joined.read(start, end)]) == content[start:end]


async def test_any_range_is_read(blobs: Blobs) -> None:
    content = os.urandom(2 * CHUNK_BYTES + 100)
    blob = await stored(blobs, KEY, content)
    for start, end in [
        (0, 1),
        (5, 10),
        (CHUNK_BYTES - 1, CHUNK_BYTES + 1),
        (100, None),
        (blob.size - 1, blob.size),
        (7, blob.size + 100),
        (0, None),
    ]:
        assert await whole(blobs, blob, start, end) == content[start:end]
    for start, end in [(5, 5), (9, 3), (blob.size, None), (blob.size + 10, blob.size + 20)]:
        assert await whole(blobs, blob, start, end) == b""


async def test_an_empty_blob_is_stored_and_read(blobs: Blobs) -> None:
    blob = await blobs.put(KEY, pieces(), 0)
    assert blob.size == 0
    assert await blobs.stat(KEY) is not None
    assert await whole(blobs, blob) == b""
    assert await whole(blobs, blob, 0, 10) == b""


async def test_the_source_of_a_reply_reads_the_blob(blobs: Blobs) -> None:
    blob = await stored(blobs, KEY, b"0123456789")
    source = BlobContent(blobs, blob)
    assert source.size == 10
    assert b"".join([piece async for piece in source.read(2, 5)]) == b"234"


async def test_a_missing_blob_is_a_result_and_not_an_outage(blobs: Blobs) -> None:
    assert await blobs.stat(KEY) is None
    await blobs.delete(KEY)
    gone = Blob(key=KEY, size=3, modified=datetime.now(UTC))
    with pytest.raises(BlobMissing):
        await whole(blobs, gone)
    assert [blob async for blob in blobs.list()] == []
    assert [blob async for blob in blobs.list("uploads/42")] == []
    assert not blobs.failing


async def test_what_is_stored_below_a_key_does_not_make_it_a_blob(blobs: Blobs) -> None:
    blob = await stored(blobs, "uploads/42/picture.png", b"bytes")
    assert await blobs.stat("uploads/42") is None
    assert await blobs.stat("uploads/42/picture.png/more") is None
    await blobs.delete("uploads/42")
    assert await whole(blobs, blob) == b"bytes"


async def test_a_deleted_blob_is_gone_and_may_be_deleted_again(blobs: Blobs) -> None:
    blob = await stored(blobs, KEY, b"bytes")
    await blobs.delete(KEY)
    await blobs.delete(KEY)
    assert await blobs.stat(KEY) is None
    with pytest.raises(BlobMissing):
        await whole(blobs, blob)
    assert [blob async for blob in blobs.list()] == []


async def test_a_blob_that_was_replaced_is_not_read_as_the_old_one(blobs: Blobs) -> None:
    old = await stored(blobs, KEY, b"old bytes")
    new = await stored(blobs, KEY, b"new bytes!")
    assert old.etag != new.etag
    with pytest.raises(BlobMissing):
        await whole(blobs, old)
    assert await whole(blobs, new) == b"new bytes!"


async def test_a_row_that_knows_key_and_size_is_enough_to_read(blobs: Blobs) -> None:
    await stored(blobs, KEY, b"bytes")
    assert await whole(blobs, Blob(key=KEY, size=5, modified=datetime.now(UTC)), 1, 3) == b"yt"


async def test_content_larger_than_allowed_is_refused_and_leaves_nothing(blobs: Blobs) -> None:
    taken = 0

    async def endless() -> AsyncGenerator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield bytes(1000)

    with pytest.raises(BlobTooLarge):
        await blobs.put(KEY, endless(), 2_000_000)
    assert taken == 2001
    assert await blobs.stat(KEY) is None
    await settled(blobs)
    assert (await blobs.put(KEY, pieces(bytes(2_000_000)), 2_000_000)).size == 2_000_000


async def test_a_source_that_breaks_leaves_the_blob_as_it_was(blobs: Blobs) -> None:
    old = await stored(blobs, KEY, b"old bytes")

    async def broken() -> AsyncGenerator[bytes]:
        yield bytes(CHUNK_BYTES * 2)
        raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await blobs.put(KEY, broken(), LIMIT)
    assert await whole(blobs, old) == b"old bytes"
    assert not blobs.failing
    await settled(blobs)


async def test_a_cancelled_put_leaves_nothing(blobs: Blobs) -> None:
    begun = asyncio.Event()

    async def stalled() -> AsyncGenerator[bytes]:
        yield bytes(CHUNK_BYTES * 2)
        begun.set()
        await asyncio.Event().wait()

    put = asyncio.create_task(blobs.put(KEY, stalled(), LIMIT))
    await begun.wait()
    put.cancel()
    with pytest.raises(asyncio.CancelledError):
        await put
    assert await blobs.stat(KEY) is None
    await settled(blobs)


async def test_of_puts_at_the_same_time_one_wins_whole(blobs: Blobs) -> None:
    contents = [bytes([number]) * (CHUNK_BYTES + number) for number in range(8)]
    put = await asyncio.gather(*(blobs.put(KEY, pieces(content), LIMIT) for content in contents))
    found = await blobs.stat(KEY)
    assert found is not None
    assert found.etag in {blob.etag for blob in put}
    assert await whole(blobs, found) in contents
    await settled(blobs)


async def test_puts_and_deletes_in_one_folder_do_not_disturb_each_other(blobs: Blobs) -> None:
    async def come_and_go(name: str) -> bytes:
        read = b""
        for _ in range(10):
            blob = await stored(blobs, f"1700000000/{name}.png", name.encode())
            read = await whole(blobs, blob)
            await blobs.delete(blob.key)
        return read

    assert await asyncio.gather(*(come_and_go(str(number)) for number in range(6))) == [
        str(number).encode() for number in range(6)
    ]
    assert [blob async for blob in blobs.list()] == []


async def test_a_read_that_is_given_up_can_be_closed(blobs: Blobs) -> None:
    blob = await stored(blobs, KEY, bytes(CHUNK_BYTES * 4))
    reading = blobs.read(blob)
    assert await anext(reading)
    await reading.aclose()  # type: ignore[attr-defined]
    assert len(await whole(blobs, blob)) == CHUNK_BYTES * 4


async def test_more_blobs_than_a_page_are_listed_by_folder(blobs: Blobs) -> None:
    keys = {f"1700000000/{number}.png" for number in range(1005)} | {"1700000001/a.png", "17000000/b.png", "c.png"}
    turns = asyncio.Semaphore(8)

    async def store(key: str) -> None:
        async with turns:
            await stored(blobs, key, b"x")

    await asyncio.gather(*(store(key) for key in keys))
    listed = [blob async for blob in blobs.list()]
    assert len(listed) == len(keys)
    assert {blob.key for blob in listed} == keys
    assert {blob.size for blob in listed} == {1}
    assert len([blob async for blob in blobs.list("1700000000")]) == 1005
    assert [blob.key async for blob in blobs.list("17000000")] == ["17000000/b.png"]


@pytest.mark.parametrize(
    "key", [*("", "/etc/passwd", "a/../b", "a//b", "a\\b", "a\0b", f"{KEY}.metadata", "\ud800")], ids=repr
)
async def test_what_is_no_key_reaches_no_storage(blobs: Blobs, key: str) -> None:
    with pytest.raises(InvalidKey):
        await stored(blobs, key, b"x")
    with pytest.raises(InvalidKey):
        await blobs.stat(key)
    with pytest.raises(InvalidKey):
        await blobs.delete(key)
    with pytest.raises(InvalidKey):
        await whole(blobs, Blob(key=key, size=1, modified=datetime.now(UTC)))
    with pytest.raises(InvalidKey):
        await blobs.presign(key, timedelta(minutes=1))


async def test_an_address_that_needs_no_key_exists_where_there_is_such_a_thing(blobs: Blobs) -> None:
    await stored(blobs, "uploads/42/灯泡 ü 🦄.jpeg", b"bytes")
    address = await blobs.presign("uploads/42/灯泡 ü 🦄.jpeg", timedelta(minutes=1))
    if address is None:
        assert not isinstance(blobs, S3Blobs)
        return
    async with httpx2.AsyncClient() as client:
        assert (await client.get(address)).content == b"bytes"


async def test_the_check_of_a_storage_that_works_is_good_and_leaves_nothing(blobs: Blobs) -> None:
    health = await BlobCheck(blobs).ask()
    assert (health.up, health.message) == (True, "Connected")
    assert [blob async for blob in blobs.list()] == []


async def settled(blobs: Blobs) -> None:
    """Wait until nothing is left of puts that failed; it is removed in the background."""
    while await blobs.unfinished(timedelta(days=-1)):
        await asyncio.sleep(0.01)
