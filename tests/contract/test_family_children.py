"""Children: added, read, changed, archived, selected."""

from __future__ import annotations

import asyncio
import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.auth import Parent, register, row, rows, value
from tests.fixtures.family import CHILDREN, add_child, profile

NOT_FOUND = {"error": "child_not_found", "message": "Child profile not found"}
FOREIGN = {"error": "access_denied", "message": "Child does not belong to your family"}
ALIAS = "/api/v1/children"


def refusal(answer: httpx2.Response) -> tuple[int, dict[str, Any]]:
    body = answer.json()
    assert answer.status_code != 404 or isinstance(body.pop("timestamp"), int)
    return answer.status_code, body


async def change(client: httpx2.AsyncClient, parent: Parent, child_id: str, **fields: Any) -> dict[str, Any]:
    answer = await client.put(f"{CHILDREN}/{child_id}", json=fields, headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    assert answer.json()["success"] is True
    return answer.json()["data"]


async def test_a_new_child_is_answered_in_full_and_read_back_the_same(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    form = {"name": " Mia ", "birthDate": "2020-01-15", "interests": ["Science"], "avatar": ""}
    answer = await app_client.post(CHILDREN, json=form, headers=parent.bearer)
    assert (answer.status_code, answer.json()["success"]) == (201, True)
    child = answer.json()["data"]
    assert list(child) == [
        "id", "familyId", "name", "age", "birthDate", "gender", "avatarUrl", "primaryLanguage", "additionalLanguages",
        "interests", "favoriteCharacters", "contentSettings", "timeRestrictions", "specialNeeds", "developmentNotes",
        "receivesIntervention", "interventionType", "themePreferences", "dataSharingConsent",
        "researchParticipationConsent", "createdAt", "updatedAt", "archivedAt",
    ]  # fmt: skip
    assert (child["name"], child["birthDate"], child["gender"]) == ("Mia", "2020-01-15T00:00:00Z", None)
    assert (child["avatarUrl"], child["interests"], child["archivedAt"]) == ("", ["Science"], None)
    assert type(child["age"]) is int
    assert child["specialNeeds"] == child["additionalLanguages"] == []
    assert child["themePreferences"] == {"primaryColor": "blue", "darkMode": False, "animations": True}
    assert child["contentSettings"]["audioMonitoringEnabled"] is False
    one = await app_client.get(f"{CHILDREN}/{child['id']}", headers=parent.bearer)
    assert one.json() == {"success": True, "data": child}
    for path in (CHILDREN, ALIAS):
        assert (await app_client.get(path, headers=parent.bearer)).json() == {"success": True, "data": [child]}
    assert (await profile(app_client, parent))["children"] == [child]


async def test_a_new_child_is_three_rows_and_leaves_the_columns_kotlin_cannot_read(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent, interests=["Science", "Puzzles"], gender="Girl")
    stored = await row(
        database_url,
        "select c.name, c.nickname, c.gender, c.avatar_url, c.is_active, c.interests, c.favorite_colors,"
        " d.interests as ours, s.max_session_minutes, s.blocked_categories"
        " from family.child_profiles c join family.child_settings s on s.child_id = c.id"
        " join wondernest.child_details d on d.child_id = c.id where c.id = $1",
        UUID(child["id"]),
    )
    assert dict(stored) == {
        "name": "Mia",
        "nickname": None,
        "gender": "Girl",
        "avatar_url": "",
        "is_active": True,
        "interests": None,
        "favorite_colors": None,
        "ours": ["Science", "Puzzles"],
        "max_session_minutes": child["timeRestrictions"]["dailyScreenTimeMinutes"],
        "blocked_categories": child["contentSettings"]["blockedCategories"],
    }


async def test_the_apps_name_for_the_picture_wins(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    assert (await add_child(app_client, parent, avatar="🐻", avatarUrl="x"))["avatarUrl"] == "🐻"
    assert (await add_child(app_client, parent, avatar=None, avatarUrl=" x "))["avatarUrl"] == "x"
    plain = {"name": "Leo", "birthDate": "2019-05-01"}
    answer = await app_client.post(ALIAS, json=plain, headers=parent.bearer)
    assert answer.status_code == 201
    assert (answer.json()["data"]["avatarUrl"], answer.json()["data"]["interests"]) == (None, [])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"name": "  "}, "Child name is required"),
        ({"name": "\u200b\u200f"}, "Child name is required"),
        ({"name": " ", "birthDate": "x"}, "Child name is required"),
        ({"birthDate": "15/01/2020"}, "Invalid birth date format. Use YYYY-MM-DD"),
        ({"birthDate": "2020-02-30"}, "Invalid birth date format. Use YYYY-MM-DD"),
        ({"birthDate": "2999-01-01"}, "Birth date cannot be in the future"),
        ({"birthDate": "1990-01-01"}, "Child must be 18 years old or younger"),
        ({"name": "x" * 101}, "Child name must not exceed 100 characters"),
        ({"gender": "x" * 21}, "Gender must not exceed 20 characters"),
        ({"interests": "Science"}, "Invalid JSON format"),
        ({"name": None}, "Invalid JSON format"),
        ({"birthDate": None}, "Invalid JSON format"),
        ({"name": "a\x00b"}, "Invalid JSON format"),
    ],
)
async def test_a_form_that_breaks_a_rule_is_refused_with_a_message(
    app_client: httpx2.AsyncClient, fields: dict[str, Any], message: str
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    body = {"name": "Mia", "birthDate": "2020-01-15", **fields}
    expected = (400, {"error": "validation_error", "message": message})
    assert refusal(await app_client.post(CHILDREN, json=body, headers=parent.bearer)) == expected
    if None not in fields.values():
        assert refusal(await app_client.put(f"{CHILDREN}/{child['id']}", json=body, headers=parent.bearer)) == expected


async def test_c_02_a_date_of_birth_has_no_default_and_no_age_is_answered_differently(
    app_client: httpx2.AsyncClient,
) -> None:
    parent = await register(app_client)
    missing = await app_client.post(CHILDREN, json={"name": "Mia"}, headers=parent.bearer)
    assert missing.status_code == 400
    assert "13" not in missing.text
    answers = list[dict[str, Any]]()
    for age in (2, 8, 12, 13, 15, 16, 17):
        born = datetime.now(UTC).date() - timedelta(days=round(365.25 * age) + 30)
        form = {"name": "Mia", "birthDate": born.isoformat()}
        answer = await app_client.post(CHILDREN, json=form, headers=parent.bearer)
        assert answer.status_code == 201
        answers.append(answer.json())
    of_a_child = {"id", "age", "birthDate", "createdAt", "updatedAt", "contentSettings", "timeRestrictions"}
    alike = [{key: one["data"][key] for key in one["data"] if key not in of_a_child} for one in answers]
    assert alike == [alike[0]] * len(answers)
    assert len({tuple(one) for one in answers}) == len({tuple(one["data"]) for one in answers}) == 1


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"name":"Mia"}', b"\xff"])
async def test_an_unreadable_form_is_400_whatever_its_content_type(app_client: httpx2.AsyncClient, body: bytes) -> None:
    parent = await register(app_client)
    for content_type in ("application/json", "text/plain"):
        headers = {**parent.bearer, "Content-Type": content_type}
        answer = await app_client.post(CHILDREN, content=body, headers=headers)
        assert refusal(answer) == (400, {"error": "validation_error", "message": "Invalid JSON format"})


async def test_the_same_key_adds_a_child_once(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    headers = {**parent.bearer, "Idempotency-Key": "add-mia"}
    form = {"name": "Mia", "birthDate": "2020-01-15"}
    answers = await asyncio.gather(*(app_client.post(CHILDREN, json=form, headers=headers) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.text for answer in answers}) == 1
    assert len((await profile(app_client, parent))["children"]) == 1


async def test_the_edit_screens_body_changes_the_birth_date_and_keeps_the_picture(
    app_client: httpx2.AsyncClient,
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent, avatar="🐻", gender="Girl")
    body = {"name": "Mia B", "birthDate": "2019-03-01", "gender": "", "interests": ["Art"], "avatar": ""}
    changed = await change(app_client, parent, child["id"], **body)
    assert (changed["name"], changed["birthDate"], changed["gender"]) == ("Mia B", "2019-03-01T00:00:00Z", "Girl")
    assert (changed["avatarUrl"], changed["interests"]) == ("🐻", ["Art"])
    assert changed["updatedAt"] > child["updatedAt"]
    assert changed["createdAt"] == child["createdAt"]
    assert changed["contentSettings"] == child["contentSettings"]
    assert (await profile(app_client, parent))["children"] == [changed]


async def test_what_is_absent_or_null_is_kept(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent, gender="Girl")
    for fields in ({}, dict.fromkeys(("name", "birthDate", "gender", "avatar", "interests", "contentSettings"))):
        changed = await change(app_client, parent, child["id"], **fields)
        assert changed == {**child, "updatedAt": changed["updatedAt"]}


async def test_partial_settings_merge_into_the_stored_ones(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    limits = {"monday": {"startTime": "15:00", "endTime": "17:30", "maxMinutes": 30}}
    await change(app_client, parent, child["id"], contentSettings={"maxAgeRating": 4})
    await change(app_client, parent, child["id"], timeRestrictions={"weekdayLimits": limits})
    changed = await change(app_client, parent, child["id"], timeRestrictions={"dailyScreenTimeMinutes": "45"})
    assert changed["contentSettings"] == {**child["contentSettings"], "maxAgeRating": 4}
    expected = {**child["timeRestrictions"], "weekdayLimits": limits, "dailyScreenTimeMinutes": 45}
    assert changed["timeRestrictions"] == expected
    assert (await profile(app_client, parent))["children"] == [changed]


@pytest.mark.parametrize(
    "fields",
    [
        {"contentSettings": {"maxAgeRating": -1}},
        {"contentSettings": {"maxAgeRating": 2**40}},
        {"timeRestrictions": {"dailyScreenTimeMinutes": 1441}},
        {"timeRestrictions": {"bedtimeStart": "25:00"}},
        {"timeRestrictions": {"weekdayLimits": {"monday": 5}}},
        {"contentSettings": []},
    ],
)
async def test_settings_that_make_no_sense_are_refused(app_client: httpx2.AsyncClient, fields: dict[str, Any]) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    answer = await app_client.put(f"{CHILDREN}/{child['id']}", json=fields, headers=parent.bearer)
    assert refusal(answer) == (400, {"error": "validation_error", "message": "Invalid JSON format"})


async def test_changes_made_at_once_are_all_kept(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    await asyncio.gather(
        change(app_client, parent, child["id"], name="Mia B"),
        change(app_client, parent, child["id"], gender="Girl"),
        change(app_client, parent, child["id"], contentSettings={"maxAgeRating": 4}),
        change(app_client, parent, child["id"], contentSettings={"subtitlesEnabled": True}),
        change(app_client, parent, child["id"], timeRestrictions={"bedtimeEnabled": False}),
    )
    (kept,) = (await profile(app_client, parent))["children"]
    assert (kept["name"], kept["gender"], kept["contentSettings"]["maxAgeRating"]) == ("Mia B", "Girl", 4)
    assert kept["contentSettings"]["subtitlesEnabled"] is True
    assert kept["timeRestrictions"]["bedtimeEnabled"] is False


async def test_a_change_of_the_name_does_not_store_default_settings(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    await rows(database_url, "delete from family.child_settings")
    await change(app_client, parent, child["id"], name="Mia B")
    assert await value(database_url, "select count(*) from family.child_settings") == 0
    changed = await change(app_client, parent, child["id"], contentSettings={"subtitlesEnabled": True})
    assert changed["contentSettings"]["maxAgeRating"] == changed["age"] + 1


async def test_another_familys_child_is_forbidden_and_unchanged(app_client: httpx2.AsyncClient) -> None:
    owner, stranger = await register(app_client), await register(app_client)
    child = await add_child(app_client, owner)
    path = f"{CHILDREN}/{child['id']}"
    for answer in (
        await app_client.get(path, headers=stranger.bearer),
        await app_client.put(path, json={"name": "Taken"}, headers=stranger.bearer),
        await app_client.delete(path, headers=stranger.bearer),
        await app_client.post(f"{path}/select", headers=stranger.bearer),
    ):
        assert refusal(answer) == (403, FOREIGN)
    assert (await profile(app_client, owner))["children"] == [child]


async def test_an_unknown_child_is_missing(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    path = f"{CHILDREN}/{uuid4()}"
    for answer in (
        await app_client.get(path, headers=parent.bearer),
        await app_client.put(path, json={"name": "Mia"}, headers=parent.bearer),
        await app_client.delete(path, headers=parent.bearer),
        await app_client.post(f"{path}/select", headers=parent.bearer),
    ):
        assert refusal(answer) == (404, NOT_FOUND)


async def test_an_id_that_is_no_uuid_is_refused(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    path = f"{CHILDREN}/mia"
    for answer in (
        await app_client.get(path, headers=parent.bearer),
        await app_client.delete(path, headers=parent.bearer),
        await app_client.post(f"{path}/select", headers=parent.bearer),
    ):
        assert refusal(answer) == (400, {"error": "invalid_child_id", "message": "Invalid child ID format"})
    for body in (b'{"name": "Mia"}', b"not json"):
        changed = await app_client.put(path, content=body, headers=parent.bearer)
        assert refusal(changed) == (400, {"error": "validation_error", "message": "Invalid UUID string: mia"})


async def test_an_archived_child_is_gone_but_can_be_archived_again(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    path = f"{CHILDREN}/{child['id']}"
    archived_at = None
    for _ in range(2):
        answer = await app_client.delete(path, headers=parent.bearer)
        assert answer.status_code == 200
        assert answer.json()["message"] == "Child profile archived successfully"
        kept = await row(database_url, "select is_active, archived_at from family.child_profiles")
        assert kept["is_active"] is False
        assert archived_at in (None, kept["archived_at"])
        archived_at = kept["archived_at"]
    assert archived_at is not None
    assert (await profile(app_client, parent))["children"] == []
    assert refusal(await app_client.get(path, headers=parent.bearer)) == (404, NOT_FOUND)
    assert refusal(await app_client.put(path, json={"name": "X"}, headers=parent.bearer)) == (404, NOT_FOUND)
    assert refusal(await app_client.post(f"{path}/select", headers=parent.bearer)) == (404, NOT_FOUND)


async def test_selecting_a_child_opens_a_session_that_is_no_bearer(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    answer = await app_client.post(f"{CHILDREN}/{child['id']}/select", headers=parent.bearer)
    body = answer.json()
    assert (answer.status_code, body["message"], body["activeChild"]) == (200, "Child selected successfully", child)
    token = body["sessionToken"]
    assert token.startswith("child_session_")
    digest = hashlib.sha256(token.encode()).hexdigest()
    session = await row(database_url, "select * from core.user_sessions where token_hash = $1", digest)
    assert json.loads(session["device_info"]) == {"kind": "child", "childId": child["id"]}
    assert session["user_id"] == UUID(parent.user_id)
    assert (session["expires_at"] - session["created_at"]).total_seconds() == 3600
    refused = await app_client.get("/api/v1/family/profile", headers={"Authorization": f"Bearer {token}"})
    assert refused.status_code == 401
