"""The main use case on real workers: a parent registers, adds a child, and one device reads what another one saved."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import httpx2
import jwt
import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.fixtures.processes import StartServer

PASSWORD = "Sunflower7"
KEY = "sticker_project_1756828143123_456:ü"
DOCUMENT = (
    '{"id": "1756828143123_456", "name": "Zoë 🦄 独角兽 \\u202bقوس قزح\\u202c e\\u0301 \\\\ \\"q\\" \\n\\t</script>",'
    ' "position": {"x": 100.0, "y": 648.6790161132812}, "zero": 0.0, "color": 4278190080, "flag": true, "nothing": null,'
    ' "points": [{"x": 1.0, "y": 2}, {"x": 3, "y": 4.0}], "text": "{\\"n\\":100.0}", "日本": {}}'
)
"""Numbers, scripts and escapes that a careless JSON library would change."""


@pytest.fixture
def device(live_server: StartServer) -> Iterator[httpx2.Client]:
    """A device; each request opens a new connection, so that either of two workers may answer."""
    with httpx2.Client(base_url=live_server(WORKERS="2").base_url, headers={"Connection": "close"}) as client:
        yield client


def literally(text: str) -> Any:
    """Parsed JSON that keeps the spelling of numbers."""
    return json.loads(text, parse_float=lambda n: f"float {n}", parse_int=lambda n: f"int {n}")


def signed_up(device: httpx2.Client, name: str) -> tuple[dict[str, Any], dict[str, str]]:
    form = {"email": f"{name}.Smoke@Example.com", "password": PASSWORD, "name": f"{name} Smoke", "phoneNumber": ""}
    answer = device.post("/api/v1/auth/parent/register", json=form)
    assert answer.status_code == 201, answer.text
    data = answer.json()["data"]
    return data, {"Authorization": f"Bearer {data['accessToken']}"}


def test_one_device_reads_what_another_one_saved(device: httpx2.Client) -> None:
    registered, bearer = signed_up(device, "Ann")
    claims = jwt.decode(registered["accessToken"], options={"verify_signature": False})
    assert claims["userId"] == claims["sub"] == registered["userId"]
    assert registered["children"] == []
    form = {"name": "Mia", "birthDate": "2019-03-15", "gender": "Female", "avatar": "🐻", "interests": ["Música"]}
    added = device.post("/api/v1/family/children", json=form, headers=bearer)
    assert added.status_code == 201
    child = added.json()["data"]
    saves = f"/api/v2/games/children/{child['id']}/data"

    for document in ('{"first": 1}', DOCUMENT):
        body = f'{{"gameType": "sticker_book", "dataKey": "{KEY}", "dataValue": {document}}}'.encode()
        stored = device.put(saves, content=body, headers=bearer)
        assert stored.status_code == 200
        assert stored.json()["message"] == "Game data saved successfully"

    again = device.post("/api/v1/auth/parent/login", json={"email": "ann.smoke@example.com", "password": PASSWORD})
    assert again.status_code == 200
    assert again.json()["data"]["children"] == [child["id"]]
    other_device = {"Authorization": f"Bearer {again.json()['data']['accessToken']}"}
    got = device.get(f"{saves}/sticker_book/{quote(KEY, safe='')}", headers=other_device)
    assert literally(got.text)["dataValue"] == literally(DOCUMENT)
    listed = device.get(f"{saves}?gameType=sticker_book", headers=other_device)
    assert [literally(json.dumps(item["dataKey"])) for item in listed.json()["gameData"]] == [KEY]
    assert literally(listed.text)["gameData"][0]["dataValue"] == literally(DOCUMENT)

    event = {"eventType": "game_progress", "childId": child["id"], "contentId": "memory_match", "sessionId": None}
    assert device.post("/api/v1/analytics/events", json=event, headers=bearer).status_code == 201
    family = device.get("/api/v1/family/profile", headers=other_device).json()["data"]
    assert family["family"]["name"] == "Ann's Family"
    assert [(kid["id"], kid["name"], kid["interests"]) for kid in family["children"]] == [
        (child["id"], "Mia", ["Música"])
    ]


def test_a_device_of_another_family_cannot_read_it(device: httpx2.Client) -> None:
    _, bearer = signed_up(device, "Ann")
    form = {"name": "Mia", "birthDate": "2019-03-15"}
    child_id = device.post("/api/v1/family/children", json=form, headers=bearer).json()["data"]["id"]
    saves = f"/api/v2/games/children/{child_id}/data"
    save = {"gameType": "sticker_book", "dataKey": "page", "dataValue": {"n": 1}}
    assert device.put(saves, json=save, headers=bearer).status_code == 200
    refresh, stranger = signed_up(device, "Bob")
    assert device.put(saves, json={**save, "dataValue": {}}, headers=stranger).status_code == 404
    assert device.get(f"{saves}/sticker_book/page", headers=stranger).status_code == 404
    assert device.get(saves, headers=stranger).json() == {"success": True, "gameData": []}
    event = {"eventType": "game_progress", "childId": child_id}
    assert device.post("/api/v1/analytics/events", json=event, headers=stranger).status_code == 404
    for token in ("", "Bearer a.b.c", f"Bearer {refresh['refreshToken']}"):
        assert device.get(saves, headers={"Authorization": token} if token else {}).status_code == 401
    assert device.get(f"{saves}/sticker_book/page", headers=bearer).json()["dataValue"] == {"n": 1}
