"""S3 on bad days: away, slow, busy, forbidden, half an object, no bucket. Each is an outage in a bounded time, and heals by itself."""

from __future__ import annotations

import asyncio
import logging
import os
import re
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime, timedelta

import pytest

from tests.fixtures.blobs import KEY, LIMIT, each, outages_of, pieces, stored, whole
from tests.fixtures.object_storage import bucket_at
from tests.fixtures.peers import peer
from wondernest.platform.blobs import Blob, BlobMissing, S3Blobs
from wondernest.platform.blobs.blobs import CHUNK_BYTES
from wondernest.platform.blobs.checks import BlobCheck
from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.outages import Outages
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import BucketAddress

ETAG = '"0123456789abcdef0123456789abcdef"'
MODIFIED = "last-modified: Thu, 01 Jan 2026 00:00:00 GMT"
CONTENT = os.urandom(3 * CHUNK_BYTES)
BLOB = Blob(key=KEY, size=len(CONTENT), etag=ETAG, modified=datetime(2026, 1, 1, tzinfo=UTC))
Handler = Callable[[bytes, asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def server(handle: Handler) -> AsyncGenerator[str]:
    """The address of a server that treats each request like this; a connection carries one request."""

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await handle(await reader.readuntil(b"\r\n\r\n"), reader, writer)
        await writer.drain()

    async with peer(connected) as port:
        yield f"http://127.0.0.1:{port}"


@asynccontextmanager
async def storage(
    address: BucketAddress, timeout_s: float = 5.0, outages: Outages | None = None
) -> AsyncGenerator[S3Blobs]:
    blobs = S3Blobs(address, timeout_s, outages or outages_of())
    try:
        yield blobs
    finally:
        await blobs.close()


def reply(status: int, body: bytes = b"", *fields: str, length: int | None = None) -> bytes:
    head = [f"HTTP/1.1 {status} X", f"content-length: {len(body) if length is None else length}", "connection: close"]
    return "\r\n".join([*head, *fields, "", ""]).encode() + body


def saying(status: int, seen: list[bytes] | None = None) -> Handler:
    async def handle(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if seen is not None:
            seen.append(head)
        length = re.search(rb"(?i)content-length: (\d+)", head)
        await reader.readexactly(int(length[1]) if length else 0)
        writer.write(reply(status))
        await writer.drain()

    return handle


@contextmanager
def outage(reason: str) -> Generator[None]:
    with pytest.raises(DependencyUnavailable) as raised:
        yield
    assert (raised.value.dependency, raised.value.reason) == ("storage", reason)


async def every_operation(blobs: S3Blobs, reason: str) -> None:
    with outage(reason):
        await stored(blobs, KEY, b"x")
    with outage(reason):
        await blobs.stat(KEY)
    with outage(reason):
        await whole(blobs, BLOB)
    with outage(reason):
        await blobs.delete(KEY)
    with outage(reason):
        await anext(blobs.list())
    health = await BlobCheck(blobs).ask()
    assert not health.up
    assert health.message.startswith(f"cannot write: {reason}; check the S3_")


async def test_a_server_that_is_away_is_an_outage() -> None:
    async with storage(bucket_at("http://127.0.0.1:1")) as blobs:
        await every_operation(blobs, "no connection")


@pytest.mark.parametrize("status", [401, 403, 500, 503])
async def test_a_server_that_refuses_is_an_outage(status: int) -> None:
    async with server(saying(status)) as address, storage(bucket_at(address)) as blobs:
        await every_operation(blobs, f"HTTP {status}")


async def test_a_busy_server_is_asked_three_times_and_one_that_forbids_once() -> None:
    for status, times in ((503, 3), (403, 1)):
        seen: list[bytes] = []
        async with server(saying(status, seen)) as address, storage(bucket_at(address)) as blobs:
            with outage(f"HTTP {status}"):
                await stored(blobs, KEY, b"x")
            assert len(seen) == times
            seen.clear()
            with outage(f"HTTP {status}"):
                await blobs.stat(KEY)
            assert len(seen) == times


async def test_an_upload_is_repeated_whole_when_the_server_was_busy() -> None:
    received: list[bytes] = []

    async def handle(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        length = re.search(rb"(?i)content-length: (\d+)", head)
        assert length is not None
        received.append(await reader.readexactly(int(length[1])))
        writer.write(reply(503 if len(received) == 1 else 200, b"", f"etag: {ETAG}"))
        await writer.drain()

    async with server(handle) as address, storage(bucket_at(address)) as blobs:
        blob = await stored(blobs, KEY, CONTENT)
    assert received == [CONTENT, CONTENT]
    assert (blob.size, blob.etag) == (len(CONTENT), ETAG)


async def test_a_silent_server_ends_in_a_time_out() -> None:
    async def handle(_head: bytes, reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async with server(handle) as address, storage(bucket_at(address), timeout_s=0.3) as blobs:
        await every_operation(blobs, "timed out")


async def test_a_missing_bucket_does_not_look_like_missing_blobs(s3_server: str) -> None:
    async with storage(bucket_at(s3_server, "no-such-bucket")) as blobs:
        await every_operation(blobs, "there is no such bucket")


class HalfObjects:
    """Sends half of what is asked for, then breaks off; after `until` requests it sends all."""

    def __init__(self, until: int) -> None:
        self.ranges: list[tuple[int, int]] = []
        self.conditions: list[bytes] = []
        self._until = until

    async def __call__(self, head: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked = re.search(rb"(?i)range: bytes=(\d+)-(\d+)", head)
        condition = re.search(rb"(?i)if-match: (.*)\r\n", head)
        assert asked is not None
        start, end = int(asked[1]), int(asked[2]) + 1
        self.ranges.append((start, end))
        self.conditions.append(condition[1] if condition else b"")
        sent = CONTENT[start : end if len(self.ranges) > self._until else (start + end) // 2]
        fields = (
            f"content-range: bytes {start}-{end - 1}/{len(CONTENT)}",
            f"etag: {ETAG}",
            MODIFIED,
        )
        writer.write(reply(206, sent, *fields, length=end - start))
        await writer.drain()


async def test_a_download_that_breaks_off_is_continued_where_it_stopped() -> None:
    half = HalfObjects(until=2)
    async with server(half) as address, storage(bucket_at(address)) as blobs:
        assert await whole(blobs, BLOB) == CONTENT
    assert set(half.conditions) == {ETAG.encode()}, "parts of two objects must not mix"
    starts = [start for start, _ in half.ranges]
    assert starts == sorted(starts)
    assert len(half.ranges) > 1


async def test_parts_of_two_objects_are_never_mixed_also_when_the_caller_knew_no_etag() -> None:
    """After half of the object it is replaced by another one of the same size."""
    requests = 0

    async def handle(head: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal requests
        requests += 1
        asked = re.search(rb"(?i)range: bytes=(\d+)-(\d+)", head)
        assert asked is not None
        start, end = int(asked[1]), int(asked[2]) + 1
        if b"if-match:" in head.lower():
            writer.write(reply(412))
            return
        sent, etag = (CONTENT[start : end // 2], ETAG) if requests == 1 else (bytes(end - start), '"another"')
        fields = (f"content-range: bytes {start}-{end - 1}/{len(CONTENT)}", f"etag: {etag}", MODIFIED)
        writer.write(reply(206, sent, *fields, length=end - start))

    received = bytearray()

    async def read(blobs: S3Blobs) -> None:
        async for piece in blobs.read(Blob(key=KEY, size=len(CONTENT), modified=BLOB.modified)):
            received.extend(piece)

    async with server(handle) as address, storage(bucket_at(address)) as blobs:
        with pytest.raises(BlobMissing):
            await read(blobs)
    assert CONTENT.startswith(received)
    assert requests > 1


async def test_half_an_object_again_and_again_is_an_outage_and_never_a_shorter_blob() -> None:
    half = HalfObjects(until=1000)
    async with server(half) as address, storage(bucket_at(address)) as blobs:
        with pytest.raises(DependencyUnavailable):
            await whole(blobs, BLOB)
    assert len(half.ranges) < 20


async def test_a_blob_that_was_replaced_during_an_outage_is_missing() -> None:
    async with server(saying(412)) as address, storage(bucket_at(address)) as blobs:
        with pytest.raises(BlobMissing):
            await whole(blobs, BLOB)
        assert not blobs.failing


async def test_a_download_is_taken_no_faster_than_it_is_read() -> None:
    size, sent = 64 * 1024 * 1024, 0

    async def handle(_head: bytes, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        fields = (f"content-range: bytes 0-{size - 1}/{size}", MODIFIED)
        writer.write(reply(206, b"", *fields, length=size))
        while sent < size:
            writer.write(bytes(CHUNK_BYTES))
            await writer.drain()
            sent += CHUNK_BYTES

    async with server(handle) as address, storage(bucket_at(address)) as blobs:
        reading = blobs.read(Blob(key=KEY, size=size, modified=BLOB.modified))
        await anext(reading)
        await asyncio.sleep(0.3)
        assert sent < size // 3
        await reading.aclose()


async def test_content_goes_to_the_server_in_one_request_of_known_size(s3_bucket: BucketAddress) -> None:
    """An upload in parts could leave parts behind, for which somebody pays."""
    heads: list[bytes] = []
    async with server(saying(200, heads)) as address, storage(bucket_at(address)) as blobs:
        await blobs.put(KEY, each(bytes(64 * 1024) for _ in range(96)), LIMIT)
        assert await blobs.unfinished(timedelta()) == ()
    (head,) = heads
    assert head.startswith(b"PUT /pictures/1700000000/")
    assert f"content-length: {6 * 1024 * 1024}".encode() in head.lower()
    assert b"transfer-encoding" not in head.lower()


async def test_an_outage_is_logged_once_counted_each_time_and_heals(
    s3_bucket: BucketAddress, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG, "wondernest")
    metrics = Metrics()
    outages = outages_of(metrics)
    async with storage(bucket_at("http://127.0.0.1:1"), outages=outages) as blobs:
        for _ in range(3):
            with outage("no connection"):
                await blobs.stat(KEY)
    async with storage(s3_bucket, outages=outages) as blobs:
        assert await whole(blobs, await blobs.put(KEY, pieces(b"x"), LIMIT)) == b"x"
    counted = metrics.registry.get_sample_value("wondernest_dependency_failures_total", {"dependency": "storage"})
    assert counted == 3
    assert [record.message for record in caplog.records] == ["dependency unavailable"]


async def test_content_that_only_reached_the_temporary_file_does_not_end_an_outage(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG, "wondernest")
    monkeypatch.setattr("wondernest.platform.outages.RECOVERED_AFTER_S", -1.0)
    async with server(saying(403)) as address, storage(bucket_at(address)) as blobs:
        for _ in range(3):
            with outage("HTTP 403"):
                await stored(blobs, KEY, CONTENT)
            await blobs.presign(KEY, timedelta(minutes=1))
    assert [record.message for record in caplog.records] == ["dependency unavailable"]


async def test_no_key_address_or_secret_is_in_an_error() -> None:
    async with server(saying(503)) as address, storage(bucket_at(address)) as blobs:
        with pytest.raises(DependencyUnavailable) as raised:
            await blobs.stat(KEY)
    assert str(raised.value) == "storage: HTTP 503"
    assert raised.value.__cause__ is None
    assert raised.value.__suppress_context__
