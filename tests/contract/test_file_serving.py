"""How the content of files leaves: ranges, conditions, variants, other backends' files and addresses (server contract §3.1-3.3)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import io
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from PIL import Image

from tests.fixtures.application import TEST_SECRET, running
from tests.fixtures.auth import Parent, register, rows, value
from tests.fixtures.files import address, drawing, key_of, upload_drawing
from wondernest.app import create_app
from wondernest.settings import BucketAddress

HOUR = timedelta(hours=1)
NOT_FOUND = {"success": False, "error": {"code": "FILE_NOT_FOUND", "message": "File not found"}}
MEDIA_RUNS = "wondernest_media_files_total"


@pytest.fixture
async def client(make_settings: Any) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(make_settings(RATE_LIMIT_UPLOAD="0"))) as started:
        yield started


@pytest.fixture
async def ann(client: httpx2.AsyncClient) -> Parent:
    return await register(client)


async def ways(client: httpx2.AsyncClient, parent: Parent, file: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Every address that shows a public file."""
    one = f"/api/v1/files/{file['id']}"
    payload, signature = signed(file["id"], parent.user_id)
    return {
        "key": {"url": address(file["url"])},
        "download": {"url": one + "/download", "headers": parent.bearer},
        "family": {"url": one + "/family", "headers": parent.bearer},
        "public": {"url": one + "/public"},
        "signed": {"url": one + "/signed", "params": {"payload": payload, "signature": signature}},
    }


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def signed(file_id: str, user_id: str, secret: str = TEST_SECRET, **changes: Any) -> tuple[str, str]:
    """An address as the later Rust backend signs it: its times have nanoseconds."""
    expires_at = (datetime.now(UTC) + HOUR).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    grant = {"file_id": file_id, "user_id": user_id, "expires_at": expires_at, "action": "view", **changes}
    payload = encoded(json.dumps(grant).encode())
    return payload, encoded(hmac.digest(secret.encode(), payload.encode(), hashlib.sha256))


@pytest.mark.parametrize("way", ["key", "download", "family", "public", "signed"])
async def test_every_way_has_heads_ranges_and_conditions(client: httpx2.AsyncClient, ann: Parent, way: str) -> None:
    file = await upload_drawing(client, ann, isPublic="true")
    asked = (await ways(client, ann, file))[way]
    headers = asked.pop("headers", {})

    async def ask(method: str = "GET", **more: str) -> httpx2.Response:
        return await client.request(method, **asked, headers={**headers, **more})

    whole = await ask()
    assert whole.status_code == 200, whole.text
    assert "accept" not in whole.headers.get("vary", "").lower().split(", ")
    head = await ask("HEAD")
    assert (head.status_code, head.content) == (200, b"")
    assert (head.headers["content-length"], head.headers["etag"]) == (str(len(whole.content)), whole.headers["etag"])
    part = await ask(Range="bytes=2-5")
    assert (part.status_code, part.content) == (206, whole.content[2:6])
    assert part.headers["content-range"] == f"bytes 2-5/{len(whole.content)}"
    assert (await ask(Range="bytes=999999999-")).status_code == 416
    for condition in (whole.headers["etag"], whole.headers["last-modified"]):
        same = await ask(**{"Range": "bytes=0-0", "If-Range": condition})
        assert (same.status_code, same.content) == (206, whole.content[:1])
    other = await ask(**{"Range": "bytes=0-0", "If-Range": '"another"'})
    assert (other.status_code, other.content) == (200, whole.content)
    assert (await ask(**{"If-None-Match": whole.headers["etag"]})).status_code == 304
    assert (await ask(**{"If-Modified-Since": whole.headers["last-modified"]})).status_code == 304


async def test_a_variant_varies_by_accept_and_has_its_own_tag(client: httpx2.AsyncClient, ann: Parent) -> None:
    file = await upload_drawing(client, ann, drawing(size=(2000, 1000)))
    thumbnail = address(file["thumbnailUrl"])
    original = await client.get(address(file["url"]))
    tags = {original.headers["etag"]}
    for accept in ("image/webp", "image/png"):
        shown = await client.get(thumbnail, headers={"accept": accept})
        assert (shown.status_code, shown.headers["content-type"]) == (200, accept)
        assert "Accept" in shown.headers["vary"].split(", ")
        tags.add(shown.headers["etag"])
        again = await client.get(thumbnail, headers={"accept": accept, "if-none-match": shown.headers["etag"]})
        assert (again.status_code, again.headers["etag"]) == (304, shown.headers["etag"])
        stale = await client.get(thumbnail, headers={"accept": accept, "if-none-match": original.headers["etag"]})
        assert stale.status_code == 200
        part = await client.get(
            thumbnail, headers={"accept": accept, "range": "bytes=0-3", "if-range": shown.headers["etag"]}
        )
        assert (part.status_code, part.content) == (206, shown.content[:4])
        head = await client.head(thumbnail, headers={"accept": accept})
        assert head.headers["content-length"] == str(len(shown.content))
    assert len(tags) == 3


async def test_a_download_is_noted_once_an_hour(client: httpx2.AsyncClient, ann: Parent, database_url: str) -> None:
    file = await upload_drawing(client, ann)

    async def download() -> tuple[datetime, str]:
        answer = await client.get(f"/api/v1/files/{file['id']}/download", headers=ann.bearer)
        assert answer.status_code == 200
        [row] = await rows(database_url, "select accessed_at, xmin::text from core.uploaded_files")
        return row["accessed_at"], row["xmin"]

    first = await download()
    assert first[0] is not None
    assert await download() == first, "the row is not written again"
    await rows(database_url, "update core.uploaded_files set accessed_at = accessed_at - interval '61 minutes'")
    assert (await download())[0] >= first[0]


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"query": {"signature": "x"}}, 400, "Missing payload parameter"),
        ({"query": {"payload": "x"}}, 400, "Missing signature parameter"),
        ({"grant": {"expires_at": "tomorrow"}}, 400, "Invalid signed URL format"),
        ({"grant": {"file_id": str(uuid4())}}, 400, "File ID mismatch"),
        ({"secret": "another secret"}, 401, "Unauthorized"),
        ({"grant": {"expires_at": "2025-09-02T15:49:03.123456789Z"}}, 403, "Signed URL has expired"),
        ({"grant": {"user_id": str(uuid4())}}, 404, "File not found"),
    ],
)
async def test_faults_of_a_signed_address(
    client: httpx2.AsyncClient, ann: Parent, changes: dict[str, Any], status: int, message: str
) -> None:
    file = await upload_drawing(client, ann)
    grant = {"file_id": file["id"], "user_id": ann.user_id, **changes.get("grant", {})}
    payload, signature = signed(**grant, secret=changes.get("secret", TEST_SECRET))
    query = changes.get("query", {"payload": payload, "signature": signature})
    answer = await client.get(f"/api/v1/files/{file['id']}/signed", params=query)
    assert (answer.status_code, answer.json()) == (status, {"error": message, "status": status})


async def test_a_signed_address_ends_with_the_account_that_signed(
    client: httpx2.AsyncClient, ann: Parent, database_url: str
) -> None:
    file = await upload_drawing(client, ann, isPublic="true")
    payload, signature = signed(file["id"], ann.user_id)
    query = {"payload": payload, "signature": signature}
    activity = "update core.users set is_active = $2 where id = $1"
    for active, status in ((True, 200), (False, 404), (None, 200)):
        await rows(database_url, activity, UUID(ann.user_id), active)
        answer = await client.get(f"/api/v1/files/{file['id']}/signed", params=query)
        assert answer.status_code == status, active
    assert (await client.get(f"/api/v1/files/{file['id']}/public")).status_code == 200


async def test_a_signed_address_of_a_file_whose_content_is_gone(
    client: httpx2.AsyncClient, ann: Parent, tmp_path: Path
) -> None:
    file = await upload_drawing(client, ann)
    (tmp_path / "uploads" / key_of(file)).unlink()
    payload, signature = signed(file["id"], ann.user_id)
    query = {"payload": payload, "signature": signature}
    answer = await client.get(f"/api/v1/files/{file['id']}/signed", params=query)
    assert (answer.status_code, answer.json()) == (404, {"error": "File not found", "status": 404})
    answer = await client.get(f"/api/v1/files/{file['id']}/download", headers=ann.bearer)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


async def test_a_family_shows_its_files_to_each_other_and_to_nobody_else(
    client: httpx2.AsyncClient, ann: Parent, database_url: str
) -> None:
    bob, eve = await register(client), await register(client)
    move = "update family.family_members set family_id = (select family_id from family.family_members where user_id = $1) where user_id = $2"
    await rows(database_url, move, ann.user_id, bob.user_id)
    file = await upload_drawing(client, ann)
    path = f"/api/v1/files/{file['id']}/family"
    shown = await client.get(path, headers=bob.bearer)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "private, max-age=3600")
    for method in ("GET", "HEAD"):
        assert (await client.request(method, path, headers=eve.bearer)).status_code == 404
    assert (await client.get(path)).status_code == 401
    assert (await client.get(f"/api/v1/files/{file['id']}/public")).json()["error"]["message"] == (
        "File not found or not public"
    )


INSERT = """
    insert into core.uploaded_files (user_id, file_key, original_name, mime_type, file_size, storage_provider, url, is_public)
    values ($1, $2, 'owl.png', 'image/png', $3, $4, $5, $6) returning id::text"""


@pytest.mark.parametrize(
    ("key", "provider", "url"),
    [
        ("1725000000/{uuid}.png", "local", "http://localhost:8080/files/{key}"),
        ("uploads/{user}/{uuid}", "minio", None),
    ],
    ids=["kotlin", "rust"],
)
async def test_files_of_earlier_backends_are_served(
    client: httpx2.AsyncClient, ann: Parent, database_url: str, tmp_path: Path, key: str, provider: str, url: str | None
) -> None:
    key = key.format(uuid=uuid4(), user=ann.user_id)
    content = drawing(size=(1000, 500))
    blob = tmp_path / "uploads" / key
    blob.parent.mkdir(parents=True)
    blob.write_bytes(content)
    (blob.parent / (blob.name + ".metadata")).write_text(f"userId={ann.user_id}\n")
    stored_url = url.format(key=key) if url else None
    file_id = await value(database_url, INSERT, ann.user_id, key, len(content), provider, stored_url, False)
    for path, headers in (
        (f"/files/{key}", {}),
        (f"/api/v1/files/{file_id}/download", ann.bearer),
        (f"/api/v1/files/{file_id}/family", ann.bearer),
    ):
        shown = await client.get(path, headers=headers)
        assert (shown.status_code, shown.content, shown.headers["content-type"]) == (200, content, "image/png")
    small = await client.get(f"/files/{key}?w=160")
    assert Image.open(io.BytesIO(small.content)).size == (160, 80)
    assert (await client.get(f"/files/{key}.metadata")).status_code == 404
    [listed] = (await client.get("/api/v1/files", headers=ann.bearer)).json()["data"]
    assert listed["url"] == f"http://testserver/files/{key}"


async def test_a_row_whose_key_is_none_has_no_content(
    client: httpx2.AsyncClient, ann: Parent, database_url: str
) -> None:
    file_id = await value(database_url, INSERT, ann.user_id, "../../etc/passwd", 3, "local", None, True)
    for path in ("download", "family", "public", "public?w=160"):
        answer = await client.get(f"/api/v1/files/{file_id}/{path}", headers=ann.bearer)
        assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


async def runs(client: httpx2.AsyncClient) -> float:
    """How many variants were made or refused."""
    lines = (await client.get("/metrics")).text.splitlines()
    return sum(float(line.rsplit(" ", 1)[1]) for line in lines if line.startswith(MEDIA_RUNS) and "variant" in line)


async def test_requests_for_one_variant_share_the_work(client: httpx2.AsyncClient, ann: Parent) -> None:
    file = await upload_drawing(client, ann, drawing(size=(2000, 1000)))
    thumbnail = address(file["thumbnailUrl"])
    answers = await asyncio.gather(*(client.get(thumbnail) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.content for answer in answers}) == 1
    assert await runs(client) == 1


async def test_a_picture_that_cannot_be_made_smaller_is_shown_whole_and_tried_once(
    client: httpx2.AsyncClient, ann: Parent, tmp_path: Path
) -> None:
    file = await upload_drawing(client, ann)
    broken = drawing(size=(2000, 1000))[:60]
    (tmp_path / "uploads" / key_of(file)).write_bytes(broken)
    for _ in range(3):
        shown = await client.get(address(file["thumbnailUrl"]))
        assert (shown.status_code, shown.content) == (200, broken)
    assert await runs(client) == 1


async def test_while_no_picture_can_be_made_smaller_it_is_shown_whole(make_settings: Any, tmp_path: Path) -> None:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    async with running(create_app(make_settings(MEDIA_SCRATCH_PATH=str(scratch)))) as client:
        parent = await register(client)
        file = await upload_drawing(client, parent)
        whole = await client.get(address(file["url"]))
        scratch.rmdir()
        shown = await client.get(address(file["thumbnailUrl"]))
        assert (shown.status_code, shown.content) == (200, whole.content)


@pytest.mark.parametrize("redirects", [True, False])
async def test_a_bucket_can_serve_downloads_itself(
    make_settings: Any, s3_bucket: BucketAddress, redirects: bool
) -> None:
    bucket = {
        "STORAGE_PROVIDER": "s3",
        "S3_ENDPOINT": s3_bucket.endpoint,
        "S3_BUCKET": s3_bucket.name,
        "S3_ACCESS_KEY": str(s3_bucket.access_key),
        "S3_SECRET_KEY": str(s3_bucket.secret_key),
    }
    settings = make_settings(**bucket, FILES_PRESIGNED_REDIRECTS=str(redirects).lower(), RATE_LIMIT_UPLOAD="0")
    async with running(create_app(settings)) as client:
        parent = await register(client)
        file = await upload_drawing(client, parent)
        shown = await client.get(address(file["url"]))
        assert shown.status_code == 200, "addresses in stories never lead elsewhere"
        path = f"/api/v1/files/{file['id']}/download"
        answer = await client.get(path, headers=parent.bearer)
        if redirects:
            assert (answer.status_code, answer.headers["cache-control"]) == (302, "private, no-store")
            async with httpx2.AsyncClient() as elsewhere:
                answer = await elsewhere.get(answer.headers["location"])
        assert (answer.status_code, answer.content) == (200, shown.content)
        assert (await client.head(path, headers=parent.bearer)).status_code == 200
        gone = await client.get(f"/api/v1/files/{uuid4()}/download", headers=parent.bearer)
        assert gone.status_code == 404


async def test_a_local_folder_has_no_addresses_of_its_own(make_settings: Any) -> None:
    async with running(create_app(make_settings(FILES_PRESIGNED_REDIRECTS="true"))) as client:
        parent = await register(client)
        file = await upload_drawing(client, parent)
        answer = await client.get(f"/api/v1/files/{file['id']}/download", headers=parent.bearer)
        assert answer.status_code == 200
