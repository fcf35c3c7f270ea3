"""Decisions about files that no other test covers: failures, addresses, limits of lists, published works, types (server contract §3)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register, rows
from tests.fixtures.family import add_child, minted
from tests.fixtures.files import UPLOAD, address, drawing, key_of, upload_drawing
from wondernest.app import create_app
from wondernest.settings import Settings

MakeSettings = Callable[..., Settings]
ONE = "/api/v1/files/{id}"
FAILURES = {
    "UPLOAD_FAILED": ("POST", UPLOAD, "Failed to upload file"),
    "LIST_FAILED": ("GET", "/api/v1/files", "Failed to list files"),
    "GET_FAILED": ("GET", ONE, "Failed to get file"),
    "DOWNLOAD_FAILED": ("GET", ONE + "/download", "Failed to download file"),
    "USAGE_CHECK_FAILED": ("GET", ONE + "/usage", "Failed to check file usage"),
    "DELETE_FAILED": ("DELETE", ONE, "Failed to delete file"),
    "UPDATE_FAILED": ("PUT", ONE, "Failed to update file"),
}
TEMPLATE = (
    "insert into games.story_templates (title, age_group, difficulty, content) values ('T', '3-5', 'emerging', $1)"
)
LISTING = """
    with template as (
        insert into games.story_templates (title, age_group, difficulty) values ('T', '3-5', 'emerging') returning id)
    insert into games.marketplace_listings (template_id, seller_id, price, featured_image_url)
    select id, gen_random_uuid(), 0, $1 from template"""
STORY = "insert into content.stories (title, content, created_by) select 'T', $1, id from core.users"
REFERENCE = """
    insert into content.file_references (file_id, reference_type, reference_id)
    select id, 'pack', gen_random_uuid() from core.uploaded_files where $1::text <> ''"""


@pytest.fixture
async def client(make_settings: MakeSettings) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(make_settings(RATE_LIMIT_UPLOAD="0"))) as started:
        yield started


@pytest.fixture
async def ann(client: httpx2.AsyncClient) -> Parent:
    return await register(client)


def picture(kind: str = "image/png", name: str = "cat.png", content: bytes | None = None) -> dict[str, Any]:
    """A form with one file."""
    return {"file": (name, drawing() if content is None else content, kind)}


@pytest.mark.parametrize("code", FAILURES)
async def test_an_internal_failure_has_the_code_of_its_route(
    client: httpx2.AsyncClient, ann: Parent, database_url: str, code: str
) -> None:
    file = await upload_drawing(client, ann)
    method, path, message = FAILURES[code]
    body: dict[str, Any] = {"UPLOAD_FAILED": {"files": picture()}, "UPDATE_FAILED": {"json": {}}}.get(code, {})
    await rows(database_url, "alter table core.uploaded_files rename to files_away")
    answer = await client.request(method, path.format(**file), headers=ann.bearer, **body)
    await rows(database_url, "alter table core.files_away rename to uploaded_files")
    expected = {"success": False, "error": {"code": code, "message": message}}
    assert (answer.status_code, answer.json()) == (500, expected)


@pytest.mark.parametrize(
    ("environ", "headers", "origin"),
    [
        ({}, {}, "http://testserver"),
        ({}, {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}, "http://testserver"),
        (
            {"TRUSTED_PROXIES": "127.0.0.1"},
            {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "app.example"},
            "https://app.example",
        ),
        ({"PUBLIC_BASE_URL": "https://files.example/"}, {}, "https://files.example"),
        (
            {"PUBLIC_BASE_URL": "https://files.example", "TRUSTED_PROXIES": "127.0.0.1"},
            {"X-Forwarded-Host": "app.example"},
            "https://files.example",
        ),
    ],
)
async def test_an_address_begins_where_clients_reach_the_service(
    make_settings: MakeSettings, environ: dict[str, str], headers: dict[str, str], origin: str
) -> None:
    async with running(create_app(make_settings(**environ))) as client:
        parent = await register(client)
        answer = await client.post(UPLOAD, files=picture(), headers={**parent.bearer, **headers})
        listed = await client.get("/api/v1/files", headers={**parent.bearer, **headers})
    assert answer.json()["data"]["url"].startswith(f"{origin}/files/")
    assert listed.json()["data"][0]["thumbnailUrl"] == answer.json()["data"]["url"] + "?w=320"


async def test_bad_limits_of_a_list_are_clamped_or_ignored(client: httpx2.AsyncClient, ann: Parent) -> None:
    newest = [(await upload_drawing(client, ann))["id"] for _ in range(3)][::-1]
    for query, expected in (
        ({"limit": "0"}, newest[:1]),
        ({"limit": "-5"}, newest[:1]),
        ({"limit": "100000"}, newest),
        ({"limit": "ten", "offset": "ten"}, newest),
        ({"offset": "-1"}, newest),
        ({"offset": "2"}, newest[2:]),
        ({"offset": "99999999999999999999"}, newest),
        ({"category": "nonsense"}, newest),
        ({"category": "ARTWORK"}, []),
    ):
        answer = await client.get("/api/v1/files", params=query, headers=ann.bearer)
        assert [file["id"] for file in answer.json()["data"]] == expected, query


@pytest.mark.parametrize("published", [TEMPLATE, LISTING, STORY, REFERENCE])
async def test_a_file_of_a_published_work_is_never_deleted_for_good(
    client: httpx2.AsyncClient, ann: Parent, database_url: str, published: str
) -> None:
    file = await upload_drawing(client, ann)
    shown = f'{{"pages": [{{"background": "{file["url"]}"}}]}}'
    await rows(database_url, published, shown)
    assert (await client.delete(ONE.format(**file), headers=ann.bearer)).status_code == 200
    assert (await client.get(address(file["url"]))).status_code == 200
    assert not await rows(database_url, "select from wondernest.blob_removals")


async def test_only_an_administrator_uploads_system_images(client: httpx2.AsyncClient, ann: Parent) -> None:
    for role, allowed in (("PARENT", False), ("ADMIN", True), ("admin", True), ("ADMINISTRATOR", False)):
        bearer = minted(ann.user_id, role=role)
        answer = await client.post(UPLOAD, files=picture(), params={"isSystemImage": "true"}, headers=bearer)
        assert (answer.status_code, answer.json()["data"]["isSystemImage"]) == (201, allowed), role


@pytest.mark.parametrize(
    ("form", "stored", "shown"),
    [
        (picture("image/jpg; q=1", "cat.JPG", drawing(kind="JPEG")), "image/jpeg", "inline"),
        (picture("IMAGE/PNG"), "image/png", "inline"),
        (picture("text/plain; charset=utf-8", "notes.txt", "Ölige Möwen".encode()), "text/plain", "attachment"),
    ],
)
async def test_a_type_is_stored_in_its_usual_form(
    client: httpx2.AsyncClient, ann: Parent, form: dict[str, Any], stored: str, shown: str
) -> None:
    answer = await client.post(UPLOAD, files=form, params={"category": "holiday"}, headers=ann.bearer)
    assert (answer.status_code, answer.json()["data"]["mimeType"]) == (201, stored)
    assert answer.json()["data"]["category"] == "content"
    content = await client.get(address(answer.json()["data"]["url"]))
    assert content.headers["content-type"].partition(";")[0] == stored
    assert content.headers["content-disposition"].startswith(shown + ";")


async def test_a_child_of_another_family_is_no_child(client: httpx2.AsyncClient, ann: Parent) -> None:
    theirs = (await add_child(client, await register(client)))["id"]
    answer = await client.post(UPLOAD, files=picture(), params={"childId": theirs}, headers=ann.bearer)
    expected = {"success": False, "error": {"code": "VALIDATION_ERROR", "message": "Invalid child ID"}}
    assert (answer.status_code, answer.json()) == (400, expected)


async def test_a_softly_deleted_file_has_only_its_address(
    client: httpx2.AsyncClient, ann: Parent, database_url: str
) -> None:
    file = await upload_drawing(client, ann, isPublic="true")
    asked = {"softDelete": "true"}
    assert (await client.delete(ONE.format(**file), params=asked, headers=ann.bearer)).status_code == 200
    for path in ("", "/download", "/usage", "/family", "/public"):
        answer = await client.get(ONE.format(**file) + path, headers=ann.bearer)
        assert (answer.status_code, answer.json()["error"]["code"]) == (404, "FILE_NOT_FOUND"), path
    assert (await client.delete(ONE.format(**file), headers=ann.bearer)).status_code == 404
    content = await client.get(address(file["url"]))
    assert (content.status_code, content.headers["cache-control"]) == (200, "public, max-age=3600")
    [row] = await rows(
        database_url, "select is_deleted, deleted_at from core.uploaded_files where id = $1", UUID(file["id"])
    )
    assert row["is_deleted"]
    assert row["deleted_at"] is not None


async def test_what_kotlin_wrote_beside_a_file_is_never_served(
    client: httpx2.AsyncClient, ann: Parent, tmp_path: Any, database_url: str
) -> None:
    file = await upload_drawing(client, ann)
    sidecar = key_of(file) + ".metadata"
    (tmp_path / "uploads" / sidecar).write_text(f"userId={ann.user_id}\n")
    await rows(database_url, "update core.uploaded_files set file_key = $1", sidecar)
    assert (await client.get(f"/files/{sidecar}")).status_code == 404
    assert (await client.get(ONE.format(**file) + "/download", headers=ann.bearer)).status_code == 404
