"""Uploads, reads, usage and deletion of files on the wire (server contract §3)."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import msgspec
import pytest
from dirty_equals import IsStr, IsUUID
from PIL import Image

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register, rows
from tests.fixtures.family import add_child
from wondernest.app import create_app

UPLOAD = "/api/v1/files/upload"
ONCE = {"idempotency-key": "once"}
INSPECTED = "wondernest_media_files_total{"


def picture(colour: str = "red", size: tuple[int, int] = (640, 480), kind: str = "PNG", **options: Any) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, kind, **options)
    return content.getvalue()


async def upload(
    client: httpx2.AsyncClient,
    parent: Parent,
    content: bytes | None = None,
    name: str = "cat.png",
    kind: str = "image/png",
    headers: dict[str, str] | None = None,
    **options: str,
) -> httpx2.Response:
    form = {"file": (name, picture() if content is None else content, kind)}
    return await client.post(UPLOAD, files=form, params=options, headers={**parent.bearer, **(headers or {})})


async def uploaded(client: httpx2.AsyncClient, parent: Parent, **options: Any) -> dict[str, Any]:
    answer = await upload(client, parent, **options)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def path_of(url: str) -> str:
    return url.removeprefix("http://testserver")


@pytest.fixture
async def client(make_settings: Any, tmp_path: Path) -> Any:
    settings = make_settings(STORAGE_LOCAL_PATH=str(tmp_path / "uploads"), RATE_LIMIT_UPLOAD="0")
    async with running(create_app(settings)) as started:
        yield started


def refusal(code: str, message: str) -> dict[str, Any]:
    return {"success": False, "error": {"code": code, "message": message}}


async def test_an_upload_is_answered_with_all_that_clients_read(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    answer = await upload(client, parent, category="ARTWORK", tags="Cat, dog", isPublic="false")
    assert answer.status_code == 201
    assert answer.json() == {
        "success": True,
        "data": {
            "id": IsUUID(4),
            "originalName": "cat.png",
            "mimeType": "image/png",
            "fileSize": answer.json()["data"]["fileSize"],
            "category": "artwork",
            "url": IsStr(regex=r"http://testserver/files/\d{10}/[0-9a-f-]{36}\.png"),
            "uploadedAt": IsStr(regex=r".*Z"),
            "metadata": {},
            "tags": ["cat", "dog"],
            "tagCount": 2,
            "isSystemImage": False,
            "isPublic": False,
            "thumbnailUrl": answer.json()["data"]["url"] + "?w=320",
        },
    }
    assert answer.json()["data"]["fileSize"] > 0


async def test_the_address_shows_the_file_without_a_token_for_ever(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    data = await uploaded(client, parent)
    answer = await client.get(path_of(data["url"]))
    assert answer.status_code == 200
    assert Image.open(io.BytesIO(answer.content)).size == (640, 480)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-disposition"].startswith('inline; filename="cat.png"')
    assert answer.headers["cache-control"] == "private, max-age=3600"
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert answer.headers["x-content-type-options"] == "nosniff"
    again = await client.get(path_of(data["url"]), headers={"if-none-match": answer.headers["etag"]})
    assert again.status_code == 304
    part = await client.get(path_of(data["url"]), headers={"range": "bytes=0-7"})
    assert (part.status_code, part.content) == (206, answer.content[:8])
    head = await client.head(path_of(data["url"]))
    assert (head.status_code, head.headers["content-length"], head.content) == (200, str(len(answer.content)), b"")


async def test_under_v2_a_file_needs_two_tags_and_the_reply_is_200(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    form = {"file": ("cat.png", picture(), "image/png")}
    for tags in ("", "cat"):
        answer = await client.post("/api/v2/files/upload", files=form, data={"tags": tags}, headers=parent.bearer)
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, "At least 2 tags are required")
    options = {"tags": "cat, black", "category": "content"}
    answer = await client.post("/api/v2/files/upload", files=form, data=options, headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    data = answer.json()["data"]
    assert (answer.json()["success"], data["tags"], data["category"]) == (True, ["black", "cat"], "content")
    assert (await client.get(path_of(data["url"]))).status_code == 200


@pytest.mark.parametrize(
    ("form", "message"),
    [
        (
            {"name": "cat.png", "kind": "application/x-msdownload"},
            "File type 'application/x-msdownload' is not allowed",
        ),
        ({"name": "cat.jpg"}, "File extension does not match content type"),
        ({"content": b"<svg/>"}, "File content does not match declared content type"),
        ({"content": b""}, "File content does not match declared content type"),
        (
            {"content": b"\x89PNG\r\n\x1a\n" + b"\0" * 10 * 1024 * 1024},
            "File size exceeds maximum allowed size of 10MB",
        ),
        ({"childId": "no-uuid"}, "Invalid UUID string: no-uuid"),
        ({"childId": str(uuid4())}, "Invalid child ID"),
        ({"tags": "x" * 51}, f"Tag '{'x' * 51}' exceeds 50 characters"),
        ({"tags": "<b>"}, "Tag '<b>' contains invalid characters"),
    ],
)
async def test_what_is_not_accepted_is_named_and_nothing_is_left(
    client: httpx2.AsyncClient, tmp_path: Path, database_url: str, form: dict[str, Any], message: str
) -> None:
    parent = await register(client)
    answer = await upload(client, parent, **form)
    assert (answer.status_code, answer.json()) == (400, refusal("VALIDATION_ERROR", message))
    assert await rows(database_url, "select id from core.uploaded_files") == []
    assert [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()] == []


@pytest.mark.parametrize("body", [{"json": {}}, {"data": {"file": "text"}}, {"content": b""}])
async def test_without_a_file_there_is_no_upload(client: httpx2.AsyncClient, body: dict[str, Any]) -> None:
    parent = await register(client)
    answer = await client.post(UPLOAD, headers=parent.bearer, **body)
    assert (answer.status_code, answer.json()) == (400, refusal("NO_FILE", "No file provided in the request"))


async def test_options_may_be_fields_of_the_form_and_the_query_wins(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    form = {"file": ("a.png", picture(), "image/png")}
    fields = {"category": "document", "tags": "form"}
    answer = await client.post(UPLOAD, files=form, data=fields, params={"tags": "query"}, headers=parent.bearer)
    assert (answer.json()["data"]["category"], answer.json()["data"]["tags"]) == ("document", ["query"])


async def inspections(client: httpx2.AsyncClient) -> float:
    """How many files were inspected."""
    lines = (await client.get("/metrics")).text.splitlines()
    return sum(float(line.rpartition(" ")[2]) for line in lines if line.startswith(INSPECTED))


def blobs_in(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_repeated_upload_is_neither_inspected_nor_stored_again(
    client: httpx2.AsyncClient, database_url: str, tmp_path: Path
) -> None:
    parent = await register(client)
    first, second = [await upload(client, parent, headers=ONCE) for _ in range(2)]
    assert (second.status_code, second.json()) == (201, first.json())
    assert second.headers["idempotent-replayed"] == "true"
    other = await upload(client, parent, content=picture("blue"), headers=ONCE)
    assert other.status_code == 409
    assert len(await rows(database_url, "select id from core.uploaded_files")) == 1
    assert await inspections(client) == 1
    assert len(blobs_in(tmp_path / "uploads")) == 1
    assert not await rows(database_url, "select from wondernest.blob_removals")


async def test_twins_at_the_same_time_are_one_upload(
    client: httpx2.AsyncClient, database_url: str, tmp_path: Path
) -> None:
    parent = await register(client)
    answers = await asyncio.gather(*(upload(client, parent, headers=ONCE) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert await inspections(client) == 1
    assert len(blobs_in(tmp_path / "uploads")) == 1
    assert len(await rows(database_url, "select id from core.uploaded_files")) == 1


async def test_twins_in_two_workers_are_one_file_and_the_other_blob_is_removed(
    client: httpx2.AsyncClient, make_settings: Any, database_url: str
) -> None:
    parent = await register(client)
    async with running(create_app(make_settings(RATE_LIMIT_UPLOAD="0"))) as second:
        answers = await asyncio.gather(*(upload(worker, parent, headers=ONCE) for worker in (client, second) * 2))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    [file] = await rows(database_url, "select file_key from core.uploaded_files")
    removed = {row["file_key"] for row in await rows(database_url, "select file_key from wondernest.blob_removals")}
    assert file["file_key"] not in removed
    assert len(removed) <= 1


async def test_a_key_of_a_refused_upload_is_free_for_another_file(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    assert (await upload(client, parent, content=b"no picture", headers=ONCE)).status_code == 400
    assert (await upload(client, parent, headers=ONCE)).status_code == 201


@pytest.mark.parametrize("key", ["", "x" * 201, "a\tb"])
async def test_a_key_that_cannot_be_kept_is_refused_before_the_file_is_inspected(
    client: httpx2.AsyncClient, key: str
) -> None:
    answer = await upload(client, await register(client), headers={"idempotency-key": key})
    expected = refusal("VALIDATION_ERROR", "Idempotency-Key must have 1 to 200 printable characters")
    assert (answer.status_code, answer.json()) == (400, expected)
    assert await inspections(client) == 0


async def test_lists_hold_own_files_and_filter_them(client: httpx2.AsyncClient) -> None:
    ann, bob = await register(client), await register(client)
    child = (await add_child(client, ann))["id"]
    first = await uploaded(client, ann, category="artwork")
    second = await uploaded(client, ann, childId=child)
    for path in ("/api/v1/files", "/api/v1/files/user/me", "/api/v2/files"):
        answer = await client.get(path, headers=ann.bearer)
        assert [file["id"] for file in answer.json()["data"]] == [second["id"], first["id"]]
        answer = await client.get(path, params={"category": "artwork"}, headers=ann.bearer)
        assert [file["id"] for file in answer.json()["data"]] == [first["id"]]
        answer = await client.get(path, params={"childId": child}, headers=ann.bearer)
        assert [file["id"] for file in answer.json()["data"]] == [second["id"]]
        answer = await client.get(path, params={"limit": "1", "offset": "1"}, headers=ann.bearer)
        assert [file["id"] for file in answer.json()["data"]] == [first["id"]]
        assert (await client.get(path, headers=bob.bearer)).json()["data"] == []
    answer = await client.get("/api/v1/files", params={"childId": "x"}, headers=ann.bearer)
    assert (answer.status_code, answer.json()) == (400, refusal("VALIDATION_ERROR", "Invalid child ID"))


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""), ("GET", "/download"), ("GET", "/usage"), ("GET", "/family"), ("DELETE", ""), ("PUT", ""),
        ("PATCH", "/visibility"),
    ],
)  # fmt: skip
async def test_a_strangers_file_looks_like_none(client: httpx2.AsyncClient, method: str, path: str) -> None:
    ann, bob = await register(client), await register(client)
    file = await uploaded(client, ann)
    body: dict[str, Any] = (
        {"json": {"isPublic": True}} if method == "PATCH" else {"json": {}} if method == "PUT" else {}
    )
    for name in (file["id"], str(uuid4())):
        answer = await client.request(method, f"/api/v1/files/{name}{path}", headers=bob.bearer, **body)
        assert (answer.status_code, answer.json()) == (404, refusal("FILE_NOT_FOUND", "File not found"))
    answer = await client.request(method, f"/api/v1/files/undefined{path}", headers=ann.bearer, **body)
    assert (answer.status_code, answer.json()) == (400, refusal("INVALID_FILE_ID", "Invalid file ID format"))


async def test_a_file_is_downloaded_under_its_own_name(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    file = await uploaded(client, parent, name="灯泡 ü 🦄.png")
    answer = await client.get(f"/api/v1/files/{file['id']}/download", headers=parent.bearer)
    assert answer.status_code == 200
    assert answer.headers["content-length"] == str(file["fileSize"])
    assert answer.headers["content-disposition"].startswith("attachment; ")
    assert "filename*=UTF-8''%E7%81%AF%E6%B3%A1%20%C3%BC%20%F0%9F%A6%84.png" in answer.headers["content-disposition"]
    assert "content-encoding" not in answer.headers


async def test_a_file_becomes_public_and_private_again(client: httpx2.AsyncClient) -> None:
    ann, bob = await register(client), await register(client)
    file = await uploaded(client, ann)
    one = f"/api/v1/files/{file['id']}"
    assert (await client.get(one + "/public")).status_code == 404
    answer = await client.patch(one + "/visibility", json={"isPublic": True}, headers=ann.bearer)
    assert (answer.status_code, answer.json()["isPublic"]) == (200, True)
    shown = await client.get(one + "/public")
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "public, max-age=3600")
    assert (await client.get(one, headers=bob.bearer)).status_code == 200
    await client.patch(one + "/visibility", json={"isPublic": False}, headers=ann.bearer)
    assert (await client.get(one + "/public")).status_code == 404


async def test_name_category_and_tags_change(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    file = await uploaded(client, parent, tags="old,kept")
    body = {"original_name": "../owl.png", "category": "artwork", "tags": "kept,new"}
    answer = await client.put(f"/api/v1/files/{file['id']}", json=body, headers=parent.bearer)
    assert answer.status_code == 200
    again = (await client.get(f"/api/v1/files/{file['id']}", headers=parent.bearer)).json()["data"]
    assert (again["originalName"], again["category"], again["tags"]) == ("owl.png", "artwork", ["kept", "new"])


def story(url: str, title: str = "The Owl") -> dict[str, Any]:
    pages = [{"background": url}, {"background": None}, {"popupImages": [{"imageUrl": url}]}]
    text = msgspec.json.encode({"title": title, "content": {"pages": pages}}).decode()
    return {"version": 1, "data": text}


async def save(client: httpx2.AsyncClient, parent: Parent, child: str, key: str, document: object) -> None:
    body = {"gameType": "story_adventure", "dataKey": key, "dataValue": document}
    answer = await client.put(f"/api/v2/games/children/{child}/data", json=body, headers=parent.bearer)
    assert answer.status_code == 200, answer.text


async def test_usage_is_found_in_real_stories(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    child = (await add_child(client, parent))["id"]
    file = await uploaded(client, parent)
    one = f"/api/v1/files/{file['id']}"
    assert (await client.get(one + "/usage", headers=parent.bearer)).json() == {"isUsed": False, "stories": []}
    for key in ("story_draft_7", "story_published_7"):
        await save(client, parent, child, key, story(file["url"]))
    shown = {"id": "7", "title": "The Owl", "pageCount": 2}
    assert (await client.get(one + "/usage", headers=parent.bearer)).json() == {"isUsed": True, "stories": [shown]}
    v2 = await client.get(f"/api/v2/files/{file['id']}/usage", headers=parent.bearer)
    assert v2.json() == {"success": True, "data": {"fileId": file["id"], "usageCount": 1, "usedInStories": [shown]}}


async def test_a_file_that_a_story_shows_is_deleted_softly_and_stays_loadable(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    child = (await add_child(client, parent))["id"]
    file = await uploaded(client, parent)
    await save(client, parent, child, "story_draft_7", story(file["url"]))
    answer = await client.delete(f"/api/v1/files/{file['id']}", headers=parent.bearer)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "message": "File deleted successfully"})
    assert (await client.get(path_of(file["url"]))).status_code == 200
    assert (await client.get(f"/api/v1/files/{file['id']}", headers=parent.bearer)).status_code == 404
    assert (await client.get("/api/v1/files", headers=parent.bearer)).json()["data"] == []


async def test_a_file_of_a_version_that_can_be_restored_is_kept(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    child = (await add_child(client, parent))["id"]
    file = await uploaded(client, parent)
    for document in (story(file["url"]), story("none")):
        await save(client, parent, child, "story_draft_7", document)
    await client.delete(f"/api/v1/files/{file['id']}", headers=parent.bearer)
    assert (await client.get(path_of(file["url"]))).status_code == 200


@pytest.mark.parametrize("softly", [True, False])
async def test_an_unused_file_is_deleted_as_asked(client: httpx2.AsyncClient, database_url: str, softly: bool) -> None:
    parent = await register(client)
    file = await uploaded(client, parent, tags="cat,dog")
    asked = {"softDelete": "true"} if softly else {}
    answer = await client.delete(f"/api/v1/files/{file['id']}", params=asked, headers=parent.bearer)
    assert answer.status_code == 200
    assert (await client.get(path_of(file["url"]))).status_code == (200 if softly else 404)
    doomed = {row["file_key"] for row in await rows(database_url, "select file_key from wondernest.blob_removals")}
    assert doomed == (set() if softly else {path_of(file["url"]).removeprefix("/files/")})


async def test_system_files_are_protected(client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(client)
    file = await uploaded(client, parent, isSystemImage="true")
    assert file["isSystemImage"] is False, "only administrators upload system files"
    await rows(database_url, "update core.uploaded_files set is_system_image = true")
    answer = await client.delete(f"/api/v1/files/{file['id']}", headers=parent.bearer)
    assert (answer.status_code, answer.json()) == (403, refusal("FILE_PROTECTED", "System files cannot be deleted"))


async def test_a_smaller_picture_is_made_once(client: httpx2.AsyncClient, tmp_path: Path) -> None:
    parent = await register(client)
    file = await uploaded(client, parent, content=picture(size=(2000, 1000)))
    address = path_of(file["thumbnailUrl"])
    webp = await client.get(address, headers={"accept": "image/webp,*/*"})
    assert (webp.status_code, webp.headers["content-type"]) == (200, "image/webp")
    assert Image.open(io.BytesIO(webp.content)).size == (320, 160)
    assert "Accept" in webp.headers["vary"]
    plain = await client.get(address)
    assert (plain.headers["content-type"], Image.open(io.BytesIO(plain.content)).size) == ("image/png", (320, 160))
    assert len(list((tmp_path / "uploads" / "variants").rglob("320.*"))) == 2
    assert (await client.get(address)).content == plain.content
    whole = await client.get(path_of(file["url"]), params={"w": "999"})
    assert Image.open(io.BytesIO(whole.content)).size == (2000, 1000)


@pytest.mark.parametrize("key", ["x", "../x", "a/..%2fb", "1756800000/none.png", "variants/1/160.webp", "a/b.metadata"])
async def test_another_key_shows_nothing(client: httpx2.AsyncClient, key: str) -> None:
    answer = await client.get(f"/files/{key}")
    assert (answer.status_code, answer.json()["error"]) == (404, "NOT_FOUND")


async def test_a_family_has_so_much_room(make_settings: Any, tmp_path: Path) -> None:
    settings = make_settings(STORAGE_LOCAL_PATH=str(tmp_path / "u"), FILES_PER_FAMILY="2", RATE_LIMIT_UPLOAD="0")
    async with running(create_app(settings)) as client:
        parent = await register(client)
        for _ in range(2):
            await uploaded(client, parent)
        answer = await upload(client, parent)
        assert (answer.status_code, answer.json()) == (413, refusal("QUOTA_EXCEEDED", "Storage quota exceeded"))
        usage = (await client.get("/api/v1/family/usage", headers=parent.bearer)).json()
        assert "files" in str(usage)


async def test_a_softly_deleted_file_still_takes_room(make_settings: Any) -> None:
    async with running(create_app(make_settings(FILES_PER_FAMILY="1", RATE_LIMIT_UPLOAD="0"))) as client:
        parent = await register(client)
        file = await uploaded(client, parent)
        path = f"/api/v1/files/{file['id']}"
        assert (await client.delete(path, params={"softDelete": "true"}, headers=parent.bearer)).status_code == 200
        assert (await upload(client, parent)).status_code == 413
        usage = (await client.get("/api/v1/family/usage", headers=parent.bearer)).json()
        lines = {line["name"]: line["used"] for line in usage["data"]["family"]}
        assert (lines["files"], lines["fileBytes"]) == (1, file["fileSize"])


async def test_uploads_of_a_user_are_limited(make_settings: Any, tmp_path: Path) -> None:
    settings = make_settings(STORAGE_LOCAL_PATH=str(tmp_path / "u"), RATE_LIMIT_UPLOAD="1")
    async with running(create_app(settings)) as client:
        parent = await register(client)
        await uploaded(client, parent)
        answer = await upload(client, parent)
        assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMITED")
        assert int(answer.headers["retry-after"]) > 0
