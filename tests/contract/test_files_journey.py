"""Files as the two clients use them, on real workers: the site's file page and story editor, and the app's upload dialog."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from PIL import Image

from tests.fixtures.auth import sign_up

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.processes import StartServer

SITE = "http://localhost:3001"
NAME = "灯泡 ü 🦄.jpeg"


@pytest.fixture
def client(live_server: StartServer) -> Iterator[httpx2.Client]:
    """Each request opens a new connection, so that either of two workers may answer."""
    server = live_server(WORKERS="2", CORS_ALLOWED_ORIGINS=SITE)
    with httpx2.Client(base_url=server.base_url, headers={"Connection": "close"}) as opened:
        yield opened


def parent(client: httpx2.Client) -> dict[str, str]:
    """The token of a new parent, as a header."""
    answer = client.post("/api/v1/auth/parent/register", json=sign_up())
    assert answer.status_code == 201, answer.text
    return {"Authorization": f"Bearer {answer.json()['data']['accessToken']}"}


def saves_of_a_child(client: httpx2.Client, bearer: dict[str, str]) -> str:
    """The path of the saves of a new child."""
    answer = client.post("/api/v1/family/children", json={"name": "Mia", "birthDate": "2019-03-15"}, headers=bearer)
    assert answer.status_code == 201, answer.text
    return f"/api/v2/games/children/{answer.json()['data']['id']}/data"


def photo(colour: str = "orange") -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (1200, 900), colour).save(content, "JPEG", comment=b"where we live")
    return content.getvalue()


def from_site(content: bytes, name: str = NAME, kind: str = "image/jpeg") -> dict[str, Any]:
    """A browser's form: names as they are, in UTF-8."""
    return form("----WebKitFormBoundaryq4TzA9", "Content-Disposition", "Content-Type", content, name, kind)


def from_app(content: bytes, name: str, kind: str = "image/jpeg") -> dict[str, Any]:
    """The app's form: header names in lower case, and a boundary that begins with hyphens."""
    return form("--dio-boundary-3218957121", "content-disposition", "content-type", content, name, kind)


def form(boundary: str, disposition: str, content_type: str, content: bytes, name: str, kind: str) -> dict[str, Any]:
    head = f'--{boundary}\r\n{disposition}: form-data; name="file"; filename="{name}"\r\n{content_type}: {kind}\r\n\r\n'
    return {
        "content": head.encode() + content + f"\r\n--{boundary}--\r\n".encode(),
        "headers": {"Content-Type": f"multipart/form-data; boundary={boundary}"},
    }


def sent(client: httpx2.Client, bearer: dict[str, str], body: dict[str, Any], **query: str) -> httpx2.Response:
    headers = {**body["headers"], **bearer}
    return client.post("/api/v1/files/upload", params=query, content=body["content"], headers=headers)


def story(title: str, *pages: dict[str, Any]) -> str:
    """A story as the site stores it: JSON in a text."""
    return json.dumps({"title": title, "thumbnail": None, "content": {"version": "1.0", "pages": pages}, "version": 1})


def page_of(number: int, background: str | None, *popups: str, behind_text: str | None = None) -> dict[str, Any]:
    style = {"background": {"type": "image", "image": {"url": behind_text}}} if behind_text else {}
    return {
        "pageNumber": number,
        "background": background,
        "popupImages": [{"id": str(place), "imageUrl": url} for place, url in enumerate(popups)],
        "textBlocks": [{"id": "t", "text": "Once upon a time", "style": style}],
    }


def is_shown(client: httpx2.Client, url: str) -> bool:
    """Whether a page of the site shows the picture: `<img>` sends no token, and a canvas reads it from another origin."""
    answer = client.get(url, headers={"Origin": SITE, "Accept": "image/avif,image/webp,*/*"})
    if answer.status_code == 404:
        return False
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.headers["cross-origin-resource-policy"] == "cross-origin"
    Image.open(io.BytesIO(answer.content)).load()
    return True


def test_the_site_s_story_editor_keeps_the_pictures_of_its_stories(client: httpx2.Client) -> None:
    bearer = parent(client)
    saves = saves_of_a_child(client, bearer)
    json_bearer = {**bearer, "Content-Type": "application/json"}  # the site sends it with every request
    urls: dict[str, str] = {}
    ids: dict[str, str] = {}
    for name in (NAME, "boat.jpg", "tree.jpg", "unused.jpg"):
        answer = sent(client, bearer, from_site(photo(), name), category="content", isPublic="false")
        assert answer.status_code == 201, answer.text
        data = answer.json()["data"]
        assert (data["originalName"], data["mimeType"], data["tags"]) == (name, "image/jpeg", [])
        assert data["url"].startswith(str(client.base_url)), "absolute, as the story keeps it"
        urls[name], ids[name] = data["url"], data["id"]

    for query in ({"category": "content"}, {"limit": "100", "offset": "0"}):
        listed = client.get("/api/v1/files", params=query, headers=json_bearer).json()
        assert listed["success"] is True
        assert [file["originalName"].lower() for file in listed["data"]] == [name.lower() for name in reversed(urls)]
        assert all(file["mimeType"].startswith("image/") and file["fileSize"] > 0 for file in listed["data"])
        assert all(is_shown(client, file["thumbnailUrl"]) for file in listed["data"])

    pages = (
        page_of(1, urls[NAME]),
        page_of(2, None, urls["boat.jpg"], urls[NAME]),
        page_of(3, urls["boat.jpg"], behind_text=urls["tree.jpg"]),
    )
    draft = story("The Lamp 💡", *pages)
    body = {"gameType": "story_adventure", "dataKey": "story_draft_1a2b3c4d", "dataValue": {"data": draft}}
    assert client.put(saves, json=body, headers=bearer).status_code == 200

    used = {NAME: 2, "boat.jpg": 2, "tree.jpg": 1, "unused.jpg": 0}
    for name, page_count in used.items():
        usage = client.get(f"/api/v1/files/{ids[name]}/usage", headers=json_bearer)
        stories = [{"id": "1a2b3c4d", "title": "The Lamp 💡", "pageCount": page_count}] if page_count else []
        assert usage.json() == {"isUsed": bool(page_count), "stories": stories}
        softly = "true" if usage.json()["isUsed"] else "false"
        deleted = client.delete(f"/api/v1/files/{ids[name]}", params={"softDelete": softly}, headers=json_bearer)
        assert (deleted.status_code, deleted.json()["success"]) == (200, True)

    assert client.get("/api/v1/files", headers=json_bearer).json() == {"success": True, "data": []}
    again = client.get(f"{saves}/story_adventure/story_draft_1a2b3c4d", headers=json_bearer).json()
    assert again["dataValue"]["data"] == draft
    assert {name for name, url in urls.items() if is_shown(client, url)} == used.keys() - {"unused.jpg"}


def test_the_site_shows_why_an_upload_was_refused(client: httpx2.Client) -> None:
    bearer = parent(client)
    svg = b'<svg xmlns="http://www.w3.org/2000/svg"/>'
    for body, message in (
        (from_site(svg, "drawing.svg", "image/svg+xml"), "File type 'image/svg+xml' is not allowed"),
        (from_site(svg, "drawing.png", "image/png"), "File content does not match declared content type"),
        (from_site(bytes(11_000_000)), "File size exceeds maximum allowed size of 10MB"),
    ):
        answer = sent(client, bearer, body, category="content")
        assert (answer.status_code, answer.json()["error"]["message"]) == (400, message)
    answer = client.delete("/api/v1/files/undefined", headers=bearer)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "INVALID_FILE_ID")


def test_the_app_s_upload_dialog_uploads_lists_downloads_and_deletes(client: httpx2.Client) -> None:
    bearer = parent(client)
    query = {"category": "artwork", "tags": "drawing,cat", "isPublic": "false", "isSystemImage": "false"}
    answer = sent(client, bearer, from_app(photo(), "scaled_1000.jpg"), **query)
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    types = {
        "id": str,
        "originalName": str,
        "mimeType": str,
        "fileSize": int,
        "category": str,
        "url": str,
        "uploadedAt": str,
        "metadata": dict,
        "tags": list,
        "tagCount": int,
        "isSystemImage": bool,
    }
    assert {name: type(data[name]) for name in types} == types
    assert (data["category"], data["tags"], data["tagCount"]) == ("artwork", ["cat", "drawing"], 2)

    headers = {**bearer, "Content-Type": "application/json", "Accept-Encoding": "gzip"}
    one = f"/api/v1/files/{data['id']}"
    assert client.get(one, headers=headers).json()["data"]["url"] == data["url"]
    listed = client.get("/api/v1/files/user/me?category&childId&limit=20&offset=0", headers=headers)
    assert listed.json()["data"] == [data]

    got = client.get(f"{one}/download", headers=headers)
    assert got.status_code == 200
    assert int(got.headers["content-length"]) == len(got.content) == data["fileSize"], "the app shows progress"
    assert "content-encoding" not in got.headers
    assert b"where we live" not in got.content
    assert Image.open(io.BytesIO(got.content)).size == (1200, 900)

    stranger = parent(client)
    for method, path in (("GET", one), ("GET", f"{one}/download"), ("GET", f"{one}/usage"), ("DELETE", one)):
        assert client.request(method, path, headers=stranger).status_code == 404
    assert client.delete(one, headers=headers).status_code == 200
    assert client.get(f"{one}/download", headers=headers).status_code == 404
