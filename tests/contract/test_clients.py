"""The shipped clients as they send, read and break: the app and the site, a whole way through each (clients contract)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any

import httpx2
import jwt
import pytest

from tests.fixtures.application import jobs_running, running
from tests.fixtures.auth import PASSWORD
from tests.fixtures.files import drawing
from wondernest.app import create_app
from wondernest.settings import Settings

APP = {"user-agent": "Dart/3.9 (dart:io)", "accept-encoding": "gzip", "content-type": "application/json"}
"""What the app sends with every request, also with those that have no body."""
SITE = {"content-type": "application/json", "origin": "http://localhost:3001"}
STALE = {"authorization": "Bearer stale.token.of-another-life"}
SITE_CHILD = "50cb1b31-bd85-4604-8cd1-efc1a73c9359"
PROJECT = (
    '{"id":"17_4","name":"Masterpiece","canvasSize":{"width":800.0,"height":600.0},'
    '"stickers":[{"position":{"x":100.0,"y":0.0},"rotation":0.0,"scale":1.0,"color":4278190080,"zIndex":3}],'
    '"viewport":{"zoom":1.0,"center":{"x":-1.5,"y":2.0}},"lastModified":"2026-05-01T10:00:00.123456"}'
)


@pytest.fixture
async def client(make_settings: Callable[..., Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    settings = make_settings(SITE_CHILD_IDS=SITE_CHILD)
    async with jobs_running(settings), running(create_app(settings)) as started:
        yield started


def form(**fields: Any) -> dict[str, Any]:
    """The app's sign-up form."""
    whole = {"email": "ann.lee@example.com", "password": PASSWORD, "name": "Ann Lee", "phoneNumber": ""}
    return {**whole, "countryCode": "US", **fields}


async def signed_up(client: httpx2.AsyncClient, **fields: Any) -> dict[str, Any]:
    answer = await client.post("/api/v1/auth/parent/register", json=form(**fields), headers=APP | STALE)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


def literally(text: str) -> Any:
    """Parsed JSON in which 1.0 and 1 differ, as they do in Dart."""
    return json.loads(text, parse_float=lambda number: f"double {number}", parse_int=lambda number: f"int {number}")


async def test_the_app_from_sign_up_to_a_saved_project(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/health", headers=APP | STALE)).json()["status"] == "UP"
    data = await signed_up(client)
    assert data["requiresPinSetup"] is True
    app = APP | {"authorization": f"Bearer {data['accessToken']}"}
    child = {"name": "Zoë", "birthDate": "2019-03-15", "gender": "Female", "avatar": ""}
    added = await client.post("/api/v1/family/children", json=child, headers=app)
    assert added.status_code == 201
    await a_family_that_the_app_can_read(client, app)
    consent = {
        "childId": "child_1756828143123",
        "consentType": "full",
        "permissions": {"dataCollection": True, "educationalData": True, "analytics": True, "audioMonitoring": False}
        | {"thirdPartySharing": False, "marketing": False},
        "verificationMethod": "credit_card",
        "verificationData": {"parentSignature": "Ann Lee"},
    }
    assert (await client.post("/api/v1/coppa/consent", json=consent, headers=app)).status_code == 201
    await a_sticker_book(client, app, added.json()["data"]["id"])
    event = {"eventType": "game_progress", "childId": "", "contentId": "memory_match", "duration": 7, "eventData": {}}
    assert (await client.post("/api/v1/analytics/events", json=event, headers=app)).status_code == 400


async def a_family_that_the_app_can_read(client: httpx2.AsyncClient, app: dict[str, str]) -> None:
    """One wrongly typed field, and the app shows an empty family."""
    answer = await client.get("/api/v1/family/profile", headers=app)
    assert answer.status_code == 200
    [child] = answer.json()["data"]["children"]
    assert {name: type(child[name]) for name in ("id", "name", "age", "interests")} == {
        "id": str,
        "name": str,
        "age": int,
        "interests": list,
    }
    assert all(isinstance(interest, str) for interest in child["interests"])
    assert child["avatarUrl"] is None or isinstance(child["avatarUrl"], str)
    datetime.fromisoformat(child["createdAt"])


async def a_sticker_book(client: httpx2.AsyncClient, app: dict[str, str], child_id: str) -> None:
    """A project is saved with `gameKey`, listed, loaded to the letter, deleted; to delete it again is 404."""
    saves, key = f"/api/v2/games/children/{child_id}/data", "sticker_project_17_4"
    body = f'{{"gameKey":"sticker_book","dataKey":"{key}","dataValue":{PROJECT}}}'
    stored = await client.put(saves, content=body.encode(), headers=app)
    assert (stored.status_code, stored.json()["dataKey"]) == (200, key)
    listed = await client.get(saves, params={"gameKey": "sticker_book"}, headers=app)
    assert listed.status_code == 200
    [shown] = literally(listed.text)["gameData"]
    assert shown["dataValue"] == literally(PROJECT)
    one = f"{saves}/sticker_book/{key}"
    assert literally((await client.get(one, headers=app)).text)["dataValue"] == literally(PROJECT)
    assert (await client.delete(one, headers=app)).status_code == 200
    assert (await client.delete(one, headers=app)).status_code == 404


async def test_calls_of_the_app_that_renew_at_the_same_time_all_stay_signed_in(client: httpx2.AsyncClient) -> None:
    data = await signed_up(client)
    for _ in range(3):
        answer = await client.post(
            "/api/v1/auth/session/refresh", json={"refreshToken": data["refreshToken"]}, headers=APP
        )
        renewed = answer.json()["data"]
        assert renewed["accessToken"]
        assert renewed["refreshToken"]
        app = APP | {"authorization": f"Bearer {renewed['accessToken']}"}
        assert (await client.get("/api/v1/family/profile", headers=app)).status_code == 200


async def test_a_message_of_a_refusal_is_where_the_app_reads_it(client: httpx2.AsyncClient) -> None:
    weak = await client.post("/api/v1/auth/parent/register", json=form(password="short"), headers=APP)
    assert weak.status_code == 400
    assert "Password must be" in weak.json()["message"]
    await signed_up(client)
    twice = await client.post("/api/v1/auth/parent/register", json=form(), headers=APP)
    assert (twice.status_code, twice.json()["message"]) == (400, "User with this email already exists")
    login = {"email": form()["email"], "password": "Wrong-Day-7"}
    wrong = await client.post("/api/v1/auth/parent/login", json=login, headers=APP | STALE)
    assert wrong.status_code == 401
    assert wrong.json()["message"]


async def test_repeated_logins_of_the_app_with_one_typo_end_with_429_and_a_message(
    make_settings: Callable[..., Settings],
) -> None:
    async with running(create_app(make_settings(RATE_LIMIT_CREDENTIALS="6"))) as client:
        await signed_up(client)
        login = {"email": form()["email"], "password": "Wrong-Day-7"}
        answers = [await client.post("/api/v1/auth/parent/login", json=login, headers=APP) for _ in range(8)]
    assert [answer.status_code for answer in answers[:5]] == [401] * 5
    assert answers[-1].status_code == 429
    assert answers[-1].json()["message"] == "Too many requests. Please try again later."


async def test_the_site_from_login_to_a_story_with_a_picture(client: httpx2.AsyncClient) -> None:
    app = APP | {"authorization": f"Bearer {(await signed_up(client))['accessToken']}"}
    child = {"name": "Mia", "birthDate": "2019-03-15"}
    assert (await client.post("/api/v1/family/children", json=child, headers=app)).status_code == 201
    login = {"email": form()["email"], "password": PASSWORD}
    answer = await client.post("/api/v1/auth/parent/login", json=login, headers=SITE)
    assert answer.status_code == 200
    assert answer.headers["access-control-allow-origin"] == SITE["origin"]
    data = answer.json()["data"]
    assert data["requiresPinSetup"] is False, "the site would take it for a second factor"
    claims = jwt.decode(data["accessToken"], options={"verify_signature": False})
    assert claims["iat"] < claims["exp"], "the page sets its timer by these"
    site = SITE | {"authorization": f"Bearer {data['accessToken']}"}
    picture = await an_uploaded_picture(client, site)
    await a_draft(client, site, picture["url"])
    usage = (await client.get(f"/api/v1/files/{picture['id']}/usage", headers=site)).json()
    assert usage["isUsed"] is True
    assert [story["title"] for story in usage["stories"]] == ["The Owl"]
    assert (await client.delete(f"/api/v1/files/{picture['id']}?softDelete=true", headers=site)).status_code == 200
    await renewed_and_left(client, data["refreshToken"], site)


async def an_uploaded_picture(client: httpx2.AsyncClient, site: dict[str, str]) -> dict[str, Any]:
    """An upload without tags; its address shows it in an `<img>`, which has no token."""
    bare = {name: text for name, text in site.items() if name != "content-type"}
    files = {"file": ("owl.png", drawing(), "image/png")}
    answer = await client.post("/api/v1/files/upload?category=content&isPublic=true", files=files, headers=bare)
    assert answer.status_code == 201, answer.text
    file: dict[str, Any] = answer.json()["data"]
    assert file["url"].startswith("http://")
    assert file["mimeType"] == "image/png"
    assert (file["tags"], file["tagCount"], file["isSystemImage"]) == ([], 0, False)
    shown = await client.get(file["url"].removeprefix("http://testserver"))
    assert (shown.status_code, shown.headers["content-type"]) == (200, "image/png")
    listed = (await client.get("/api/v1/files", headers=site)).json()["data"]
    assert [(one["id"], one["mimeType"]) for one in listed] == [(file["id"], "image/png")]
    return file


async def a_draft(client: httpx2.AsyncClient, site: dict[str, str], picture: str) -> None:
    """A story of the hard-wired child: the answer needs a top-level `dataKey`, or the editor opens a random story."""
    document = json.dumps({"title": "The Owl", "content": {"pages": [{"background": picture}]}})
    body = {"gameType": "story-adventure", "dataKey": "draft-1", "dataValue": {"data": document}}
    saves = f"/api/v2/games/children/{SITE_CHILD}/data"
    stored = await client.put(saves, json=body, headers=site)
    assert (stored.status_code, stored.json()["dataKey"]) == (200, "draft-1")
    listed = (await client.get(saves, params={"gameType": "story-adventure"}, headers=site)).json()["gameData"]
    assert [save["dataKey"] for save in listed] == ["draft-1"]
    one = await client.get(f"{saves}/story-adventure/draft-1", headers=site)
    assert one.json()["dataValue"] == body["dataValue"]


async def renewed_and_left(client: httpx2.AsyncClient, refresh_token: str, site: dict[str, str]) -> None:
    """The site reads new tokens at the top level, and logs out with an empty body of JSON."""
    answer = await client.post("/api/v1/auth/parent/refresh", json={"refreshToken": refresh_token}, headers=SITE)
    assert answer.status_code == 200
    body = answer.json()
    assert body["accessToken"] == body["data"]["accessToken"]
    assert body["refreshToken"] == body["data"]["refreshToken"]
    assert (await client.post("/api/v1/auth/parent/logout", content=b"", headers=site)).status_code == 200
    assert (await client.get("/api/v1/auth/me", headers=site)).status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/api/v1/admin/auth/login"),
        ("POST", "/api/v2/ai/story/generate"),
        ("GET", "/api/v1/marketplace/api/v1/marketplace/browse"),
    ],
)
async def test_what_no_backend_serves_is_404_in_json(client: httpx2.AsyncClient, method: str, path: str) -> None:
    answer = await client.request(method, path, headers=SITE)
    assert (answer.status_code, answer.json()["error"]) == (404, "NOT_FOUND")
