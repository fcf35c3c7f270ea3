"""GET /family/profile, and how every family route finds the caller's family."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.auth import Parent, register, rows, value
from tests.fixtures.family import CHILDREN, add_child, minted, profile

PROFILE = "/api/v1/family/profile"
NO_FAMILY = {"error": "auth_error", "message": "No family context in token"}


async def family_of(client: httpx2.AsyncClient, parent: Parent) -> str:
    return (await profile(client, parent))["family"]["id"]


async def test_the_profile_has_family_members_and_children(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client, name="Ann Lee")
    first, second = await add_child(app_client, parent), await add_child(app_client, parent, name="Leo")
    shown = await profile(app_client, parent)
    family = shown["family"]
    assert family["name"] == "Ann's Family"
    assert family["createdBy"] == parent.user_id
    assert (family["timezone"], family["language"]) == ("UTC", "en")
    assert family["familySettings"] == {
        "maxScreenTimeMinutes": 60,
        "bedtimeEnabled": True,
        "educationalContentOnly": False,
    }
    (member,) = shown["members"]
    assert member.pop("id")
    assert member.pop("joinedAt") == family["createdAt"]
    assert member == {
        "familyId": family["id"],
        "userId": parent.user_id,
        "role": "parent",
        "permissions": {},
        "leftAt": None,
        "firstName": "Ann",
        "lastName": "Lee",
        "email": parent.email,
        "name": "Ann Lee",
    }
    assert shown["children"] == [first, second]


async def test_a_token_of_another_server_without_a_family_finds_it_by_membership(
    app_client: httpx2.AsyncClient,
) -> None:
    parent = await register(app_client)
    answer = await app_client.get(PROFILE, headers=minted(parent.user_id))
    assert answer.status_code == 200
    assert answer.json()["data"]["members"][0]["userId"] == parent.user_id


async def test_a_family_claim_that_is_no_uuid_is_refused(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    headers = minted(parent.user_id, familyId="our-family")
    expected = {"error": "invalid_family_id", "message": "Invalid UUID string: our-family"}
    child = {"name": "Mia", "birthDate": "2020-01-15"}
    for answer in (
        await app_client.get(PROFILE, headers=headers),
        await app_client.get(CHILDREN, headers=headers),
        await app_client.post(CHILDREN, json=child, headers=headers),
        await app_client.put("/api/v1/family/settings", json={}, headers=headers),
    ):
        assert (answer.status_code, answer.json()) == (400, expected)


async def test_a_user_without_a_family_is_refused(app_client: httpx2.AsyncClient) -> None:
    headers = minted(str(uuid4()))
    child = {"name": "Mia", "birthDate": "2020-01-15"}
    for answer in (
        await app_client.get(PROFILE, headers=headers),
        await app_client.get(CHILDREN, headers=headers),
        await app_client.get("/api/v1/children", headers=headers),
        await app_client.post(CHILDREN, json=child, headers=headers),
        await app_client.put("/api/v1/family/settings", json={}, headers=headers),
    ):
        assert (answer.status_code, answer.json()) == (400, NO_FAMILY)


async def test_a_claim_of_a_family_the_user_left_counts_as_missing(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    ann, bob = await register(app_client), await register(app_client)
    bobs = await family_of(app_client, bob)
    await add_child(app_client, bob)
    hinted = minted(ann.user_id, familyId=bobs)
    assert (await app_client.get(PROFILE, headers=hinted)).json()["data"]["family"]["id"] != bobs
    await rows(database_url, "delete from family.family_members where user_id = $1", UUID(ann.user_id))
    answer = await app_client.get(PROFILE, headers=hinted)
    assert (answer.status_code, answer.json()) == (400, NO_FAMILY)


async def test_with_two_families_the_claim_decides_or_else_the_earlier_membership(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    ann, bob = await register(app_client), await register(app_client)
    anns, bobs = await family_of(app_client, ann), await family_of(app_client, bob)
    join = "insert into family.family_members (family_id, user_id, role) values ($1, $2, 'guardian')"
    await rows(database_url, join, UUID(bobs), UUID(ann.user_id))
    for claims, expected in (({}, anns), ({"familyId": anns}, anns), ({"familyId": bobs}, bobs)):
        shown = (await app_client.get(PROFILE, headers=minted(ann.user_id, **claims))).json()["data"]
        assert shown["family"]["id"] == expected
    assert [member["userId"] for member in shown["members"]] == [bob.user_id, ann.user_id]
    created = await app_client.post(
        CHILDREN, json={"name": "Mia", "birthDate": "2020-01-15"}, headers=minted(ann.user_id, familyId=bobs)
    )
    assert created.json()["data"]["familyId"] == bobs


async def test_many_parents_at_once_each_get_their_own_family(app_client: httpx2.AsyncClient) -> None:
    parents = [await register(app_client) for _ in range(5)]
    children = {parent.user_id: (await add_child(app_client, parent))["id"] for parent in parents}
    answers = await asyncio.gather(*(app_client.get(PROFILE, headers=parent.bearer) for parent in parents * 20))
    for parent, answer in zip(parents * 20, answers, strict=True):
        (child,) = answer.json()["data"]["children"]
        assert child["id"] == children[parent.user_id]


async def test_rows_with_nulls_are_read(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    child_id = UUID((await add_child(app_client, parent))["id"])
    for statement in (
        "update family.families set created_at = null, updated_at = null",
        "update family.family_members set role = null, joined_at = null",
        "update core.users set first_name = null, last_name = null",
        "update family.child_profiles set is_active = null, created_at = null, updated_at = null, avatar_url = null",
        "update family.child_settings set content_preferences = null, time_restrictions = null",
        "update family.child_settings set blocked_categories = null, max_session_minutes = null",
        "insert into family.family_settings (family_id, privacy_settings) select id, null from family.families",
    ):
        await rows(database_url, statement)
    await rows(database_url, "delete from wondernest.child_details where child_id = $1", child_id)
    shown = await profile(app_client, parent)
    (child,), (member,) = shown["children"], shown["members"]
    assert (child["interests"], child["gender"], child["avatarUrl"]) == ([], None, None)
    assert (child["createdAt"], shown["family"]["updatedAt"]) == ("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z")
    assert child["timeRestrictions"]["dailyScreenTimeMinutes"] == 60
    assert (member["role"], member["firstName"], member["name"]) == ("member", None, "")


@pytest.mark.parametrize("document", ["null", "[]", '"text"', '{"maxAgeRating": "x", "bedtimeStart": 7}', "[[1]]"])
async def test_odd_settings_of_other_backends_never_break_the_profile(
    app_client: httpx2.AsyncClient, database_url: str, document: str
) -> None:
    parent = await register(app_client)
    eight_years_ago = datetime.now(UTC).date().replace(year=datetime.now(UTC).year - 8, day=1)
    child = await add_child(app_client, parent, birthDate=eight_years_ago.isoformat())
    statement = (
        "update family.child_settings set content_preferences = $1::text::jsonb, time_restrictions = $1::text::jsonb"
    )
    await rows(database_url, statement, document)
    odd = "insert into family.family_settings (family_id, privacy_settings) select id, $1::text::jsonb from family.families"
    await rows(database_url, odd, document)
    shown = await profile(app_client, parent)
    assert shown["children"][0]["contentSettings"]["maxAgeRating"] == child["age"] + 1
    assert shown["children"][0]["timeRestrictions"]["dailyScreenTimeMinutes"] == 60
    assert shown["family"]["familySettings"]["maxScreenTimeMinutes"] == 60
    saved = await app_client.put(
        "/api/v1/family/settings", json={"maxScreenTimeMinutes": 45, "tint": 1}, headers=parent.bearer
    )
    assert saved.status_code == 200
    changes = {"contentSettings": {"subtitlesEnabled": True}}
    assert (await app_client.put(f"{CHILDREN}/{child['id']}", json=changes, headers=parent.bearer)).status_code == 200
    shown = await profile(app_client, parent)
    assert shown["family"]["familySettings"]["maxScreenTimeMinutes"] == 45
    assert shown["children"][0]["contentSettings"]["subtitlesEnabled"]


async def test_a_child_of_another_server_is_shown_with_defaults(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    family_id = UUID(await family_of(app_client, parent))
    insert = (
        "insert into family.child_profiles (family_id, name, birth_date, interests)"
        " values ($1, 'Kit', $2, array['Art', null]) returning id"
    )
    born = datetime.now(UTC).date().replace(year=datetime.now(UTC).year - 8, day=1)
    child_id = await value(database_url, insert, family_id, born)
    (child,) = (await profile(app_client, parent))["children"]
    assert (child["id"], child["age"], child["interests"]) == (str(child_id), 8, ["Art"])
    assert child["contentSettings"]["maxAgeRating"] == 9
    assert (child["timeRestrictions"]["bedtimeStart"], child["timeRestrictions"]["bedtimeEnd"]) == ("20:00", "07:30")


async def test_families_points_to_the_profile(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    answer = await app_client.get("/api/v1/families", headers=parent.bearer)
    assert (answer.status_code, answer.json()) == (200, {"message": "Use /family/profile instead"})
    assert (await app_client.post("/api/v1/families", json={}, headers=parent.bearer)).status_code == 405
