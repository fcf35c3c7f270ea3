"""Uploads and downloads while the bucket or the virus scanner fails."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Literal, TypeAlias

import httpx2
import pytest

from tests.faults.household import PATIENCE_S, Household, register_household
from tests.faults.uploads import PICTURE, UPLOAD, is_outage, noise, path_of, refusal
from tests.fixtures.bad_days import logged
from tests.fixtures.peers import peer
from tests.integration.platform.scan.test_clamd import SIGNATURE, FakeClamd
from wondernest.development.embedded.process import free_port

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.processes import LiveServer, StartServer

Mood: TypeAlias = Literal["well", "busy", "forbidden", "silent", "half"]
STATUSES = {"busy": 503, "forbidden": 403}
NO_KEYS = (
    b"<ListBucketResult><Name>pictures</Name><KeyCount>0</KeyCount><IsTruncated>false</IsTruncated></ListBucketResult>"
)
FIELDS = "last-modified: Thu, 01 Jan 2026 00:00:00 GMT\r\nconnection: close\r\n"


class Bucket:
    """A server of the S3 protocol with one bucket in memory; a connection carries one request."""

    def __init__(self) -> None:
        self.mood: Mood = "well"
        self.objects: dict[str, bytes] = {}

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        length = re.search(r"(?i)content-length: (\d+)", head)
        body = await reader.readexactly(int(length[1]) if length else 0)
        if self.mood == "silent":
            await reader.read()
            return
        method, target, _ = head.split(" ", 2)
        writer.write(self._answer(method, target.partition("?")[0], head, body))
        await writer.drain()

    def _answer(self, method: str, path: str, head: str, body: bytes) -> bytes:
        if self.mood in STATUSES:
            return _reply(STATUSES[self.mood])
        if method == "PUT":
            self.objects[path] = body
            return _reply(200, etag=_etag(body))
        if method == "GET" and path.count("/") == 1:
            return _reply(200, NO_KEYS)
        content = self.objects.get(path)
        if content is None:
            return _reply(404)
        if method == "HEAD":
            return _reply(200, etag=_etag(content), length=len(content))
        asked = re.search(r"(?i)range: bytes=(\d+)-(\d+)", head)
        start, end = (int(asked[1]), int(asked[2]) + 1) if asked else (0, len(content))
        piece = content[start:end]
        sent = piece[: len(piece) // 2] if self.mood == "half" else piece
        shown = f"content-range: bytes {start}-{end - 1}/{len(content)}\r\n"
        return _reply(206, sent, etag=_etag(content), length=len(piece), more=shown)


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content, usedforsecurity=False).hexdigest()}"'


def _reply(status: int, body: bytes = b"", *, etag: str = "", length: int | None = None, more: str = "") -> bytes:
    size = len(body) if length is None else length
    tag = f"etag: {etag}\r\n" if etag else ""
    return f"HTTP/1.1 {status} X\r\ncontent-length: {size}\r\n{tag}{more}{FIELDS}\r\n".encode() + body


@asynccontextmanager
async def visitor(household: Household) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client that acts as the parent, in the loop in which the hand-written server answers."""
    async with httpx2.AsyncClient(base_url=household.base_url, headers=household.bearer, timeout=PATIENCE_S) as client:
        yield client


async def upload(
    client: httpx2.AsyncClient, content: bytes = PICTURE, name: str = "cat.png", kind: str = "image/png"
) -> httpx2.Response:
    """One upload."""
    return await client.post(UPLOAD, files={"file": (name, content, kind)})


async def started(live_server: StartServer, **environ: str) -> tuple[LiveServer, Household]:
    """A server and a household; the loop goes on meanwhile."""
    server = await asyncio.to_thread(live_server, RATE_LIMIT_UPLOAD="0", **environ)
    return server, await asyncio.to_thread(register_household, server.base_url)


async def counted(client: httpx2.AsyncClient, name: str) -> float:
    """A counter of the only worker; `name` with its labels."""
    found = re.search(rf"^wondernest_{re.escape(name)} ([0-9.e+]+)$", (await client.get("/metrics")).text, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize("mood", ["busy", "forbidden", "silent"])
async def test_a_bucket_that_fails_is_an_honest_503_and_heals_by_itself(
    live_server: StartServer, bad_day: BadDay, mood: Mood
) -> None:
    bucket = Bucket()
    async with peer(bucket.handle) as port:
        server, household = await started(
            live_server,
            STORAGE_PROVIDER="s3",
            S3_ENDPOINT=f"http://127.0.0.1:{port}",
            S3_BUCKET="pictures",
            S3_ACCESS_KEY="the-key-of-the-tests",
            S3_SECRET_KEY="the-secret-of-the-tests",
            STORAGE_TIMEOUT_S="1",
        )
        async with visitor(household) as client:
            kept = (await upload(client)).raise_for_status().json()["data"]
            bucket.mood = mood
            answers = [await upload(client), await client.get(path_of(kept["url"]))]
            assert all(is_outage(answer) for answer in answers), [answer.text for answer in answers]
            assert len((await client.get("/api/v1/files")).json()["data"]) == 1
            bucket.mood = "well"
            assert (await upload(client)).status_code == 201
            shown = await client.get(path_of(kept["url"]))
            assert (shown.status_code, len(shown.content)) == (200, kept["fileSize"])
            assert await counted(client, 'dependency_failures_total{dependency="storage"}') >= len(answers)
    saw = [answer.status_code for answer in answers]
    found = await asyncio.to_thread(bad_day.record, f"the bucket is {mood}", server, saw=saw)
    assert not found.logged["request failed"]


async def test_half_an_object_is_never_sent_as_a_whole_one(live_server: StartServer, bad_day: BadDay) -> None:
    bucket = Bucket()
    async with peer(bucket.handle) as port:
        server, household = await started(
            live_server,
            STORAGE_PROVIDER="minio",
            MINIO_ENDPOINT=f"http://127.0.0.1:{port}",
            MINIO_BUCKET="pictures",
            STORAGE_TIMEOUT_S="1",
        )
        async with visitor(household) as client:
            kept = (await upload(client, noise())).raise_for_status().json()["data"]
            bucket.mood = "half"
            with pytest.raises(httpx2.RemoteProtocolError):
                await client.get(path_of(kept["url"]))
            with contextlib.suppress(
                httpx2.RemoteProtocolError
            ):  # the picture may be shown whole where no variant can be made
                small = await client.get(path_of(kept["url"]) + "?w=160")
                assert is_outage(small), small.text
            bucket.mood = "well"
            assert len((await client.get(path_of(kept["url"]))).content) == kept["fileSize"]
            assert (await client.get(path_of(kept["url"]) + "?w=160")).status_code == 200
    found = await asyncio.to_thread(bad_day.record, "the bucket sends half an object", server, saw=[None])
    assert found.logged["reply broken off"] in {1, 2}
    assert not found.logged["request failed"]


@pytest.mark.parametrize(("required", "status"), [("true", 503), ("false", 201)])
async def test_without_its_scanner_the_setting_decides(
    live_server: StartServer, bad_day: BadDay, required: str, status: int
) -> None:
    server, household = await started(
        live_server, CLAMD_ADDRESS=f"127.0.0.1:{free_port()}", SCAN_REQUIRED=required, CLAMD_TIMEOUT_S="1"
    )
    async with visitor(household) as client:
        answer = await upload(client)
        assert answer.status_code == status
        assert status == 201 or is_outage(answer)
        assert len((await client.get("/api/v1/files")).json()["data"]) == (status == 201)
        assert await counted(client, "unscanned_uploads_total") == 1
        assert await counted(client, 'dependency_failures_total{dependency="scanner"}') == 1
        assert await counted(client, 'dependency_up{dependency="scanner"}') == 0
        assert await counted(client, 'dependency_up{dependency="storage"}') == 1
    await asyncio.to_thread(bad_day.record, f"the scanner is away, required: {required}", server, saw=[status])


async def test_an_infected_file_is_refused_counted_and_logged_without_its_name(live_server: StartServer) -> None:
    clamd = FakeClamd()
    async with peer(clamd.handle) as port:
        server, household = await started(live_server, CLAMD_ADDRESS=f"127.0.0.1:{port}", SCAN_REQUIRED="true")
        async with visitor(household) as client:
            infected = await upload(client, b"Dear diary, " + SIGNATURE, "the-diary-of-mia.txt", "text/plain")
            expected = refusal("VALIDATION_ERROR", "File was refused by the virus scanner")
            assert (infected.status_code, infected.json()) == (400, expected)
            assert (await upload(client, b"Dear diary", "the-diary-of-mia.txt", "text/plain")).status_code == 201
            assert len((await client.get("/api/v1/files")).json()["data"]) == 1
            assert await counted(client, 'upload_refusals_total{reason="infected"}') == 1
    assert len(clamd.received) == 2
    assert logged(server)["the virus scanner refused an upload"] == 1
    assert "Tests.Signature-1" in server.log_text()
    assert "diary" not in server.log_text()
