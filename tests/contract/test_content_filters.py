"""The routes of the parental filter."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest

from tests.fixtures.auth import Parent, register, rows
from tests.fixtures.content import store_contract_items
from tests.fixtures.family import CHILDREN, register_with_child

FILTERS = "/api/v1/content/filters"
UNLIMITED = {
    "minAge": None,
    "maxAge": None,
    "allowedCategories": [],
    "blockedCategories": [],
    "allowedProviders": [],
    "blockedKeywords": [],
    "maxDurationMinutes": None,
    "languages": [],
    "educationalContentOnly": False,
    "hidden": {"total": 0, "byLimit": {}},
}


@pytest.fixture
async def ann(app_client: httpx2.AsyncClient, database_url: str) -> tuple[Parent, str]:
    await store_contract_items(database_url)
    return await register_with_child(app_client, birth_date="2014-01-15")


async def read(client: httpx2.AsyncClient, parent: Parent) -> dict[str, Any]:
    answer = await client.get(FILTERS, headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body.pop("success") is True
    found: dict[str, Any] = body["data"]
    return found


async def change(client: httpx2.AsyncClient, parent: Parent, **body: Any) -> dict[str, Any]:
    answer = await client.put(FILTERS, json=body, headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    changed: dict[str, Any] = answer.json()["data"]
    assert changed == await read(client, parent)
    return changed


async def shown(client: httpx2.AsyncClient, parent: Parent, **query: str) -> list[str]:
    answer = await client.get("/api/v1/content", params=query, headers=parent.bearer)
    page = answer.json()
    assert page["totalItems"] == len(page["items"])
    return [item["id"] for item in page["items"]]


async def test_a_new_family_has_no_limits_and_a_child_those_of_its_profile(
    app_client: httpx2.AsyncClient, ann: tuple[Parent, str]
) -> None:
    parent, child = ann
    found = await read(app_client, parent)
    profile = (await app_client.get(f"{CHILDREN}/{child}", headers=parent.bearer)).json()["data"]
    assert found["family"] == UNLIMITED
    assert found["totalItems"] == 3
    (one,) = found["children"]
    settings = profile["contentSettings"]
    for name in ("maxAgeRating", "blockedCategories", "allowedDomains", "educationalContentOnly"):
        assert one.pop(name) == settings[name]
    assert one == {
        "childId": child,
        "name": "Mia",
        "allowedCategories": [],
        "allowedProviders": [],
        "blockedKeywords": [],
        "maxDurationMinutes": None,
        "languages": [],
        "hidden": {"total": 0, "byLimit": {}},
    }


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        ({"maxAge": 4}, ["content_1"]),
        ({"minAge": 19}, []),
        ({"allowedCategories": ["stories"]}, ["content_2"]),
        ({"blockedCategories": ["Educational"]}, ["content_2"]),
        ({"allowedProviders": ["somebody else"]}, []),
        ({"blockedKeywords": ["math", "island"]}, ["content_1"]),
        ({"maxDurationMinutes": 15}, ["content_1", "content_2"]),
        ({"languages": ["de"]}, []),
        ({"educationalContentOnly": True}, ["content_1", "content_3"]),
    ],
)
async def test_each_limit_of_the_family_hides_items_and_shows_how_many(
    app_client: httpx2.AsyncClient, ann: tuple[Parent, str], limits: dict[str, Any], left: list[str]
) -> None:
    parent, child = ann
    found = await change(app_client, parent, family=limits)
    hidden = 3 - len(left)
    (name,) = limits
    assert found["family"] == {**UNLIMITED, **limits, "hidden": {"total": hidden, "byLimit": {name: hidden}}}
    assert found["children"][0]["hidden"] == found["family"]["hidden"]
    assert await shown(app_client, parent) == left
    assert await shown(app_client, parent, childId=child) == left
    cleared: Any = None if not isinstance(limits[name], bool) else False
    assert (await change(app_client, parent, family={name: cleared}))["family"] == UNLIMITED
    assert len(await shown(app_client, parent)) == 3


@pytest.mark.parametrize(
    ("limits", "left"),
    [
        ({"maxAgeRating": 5}, ["content_1", "content_2"]),
        ({"blockedCategories": ["stories"]}, ["content_1", "content_3"]),
        ({"educationalContentOnly": True}, ["content_1", "content_3"]),
        ({"allowedCategories": ["stories"]}, ["content_2"]),
        ({"allowedProviders": ["x"]}, []),
        ({"blockedKeywords": ["animals"]}, ["content_2", "content_3"]),
        ({"maxDurationMinutes": 10}, ["content_1"]),
        ({"languages": ["fr", "en"]}, ["content_1", "content_2", "content_3"]),
    ],
)
async def test_each_limit_of_a_child_hides_items_from_that_child_only(
    app_client: httpx2.AsyncClient, ann: tuple[Parent, str], limits: dict[str, Any], left: list[str]
) -> None:
    parent, child = ann
    found = await change(app_client, parent, children=[{"childId": child, **limits}])
    hidden = 3 - len(left)
    (one,) = found["children"]
    (name,) = limits
    assert one[name] == limits[name]
    assert one["hidden"] == {"total": hidden, "byLimit": {name: hidden} if hidden else {}}
    assert found["family"] == UNLIMITED
    assert await shown(app_client, parent, childId=child) == left
    assert len(await shown(app_client, parent)) == 3


async def test_what_is_missing_in_a_change_stays(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    parent, child = ann
    await change(app_client, parent, family={"maxAge": 9, "blockedKeywords": [" war ", "WAR", ""], "languages": ["en"]})
    await change(app_client, parent, children=[{"childId": child, "blockedKeywords": ["gun"], "maxAgeRating": 8}])
    found = await change(
        app_client, parent, family={"minAge": 1}, children=[{"childId": child, "languages": ["pt-BR"]}]
    )
    family, (one,) = found["family"], found["children"]
    assert (family["minAge"], family["maxAge"]) == (1, 9)
    assert (family["blockedKeywords"], family["languages"]) == (["war"], ["en"])
    assert (one["blockedKeywords"], one["maxAgeRating"], one["languages"]) == (["gun"], 8, ["pt-BR"])
    assert len(await rows(database_url, "select from content.content_filters")) == 1


async def test_filters_of_others_are_shown_as_one_and_replaced_by_a_change(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    parent, _ = ann
    for limits in ("4, 9, '{stories,art}', '{a}'", "2, 8, '{Art,music}', '{b,A}'", "null, null, '{}', null"):
        await rows(
            database_url,
            "insert into content.content_filters (family_id, name, min_age, max_age, allowed_categories, blocked_keywords)"
            f" select id, 'theirs', {limits} from family.families",
        )
    family = (await read(app_client, parent))["family"]
    assert (family["minAge"], family["maxAge"]) == (4, 8)
    assert [word.lower() for word in family["allowedCategories"]] == ["art"]
    assert sorted(word.lower() for word in family["blockedKeywords"]) == ["a", "b"]
    await change(app_client, parent, family={"minAge": None, "blockedKeywords": []})
    stored = await rows(database_url, "select name, is_active, max_age from content.content_filters order by is_active")
    assert [(row["name"], row["is_active"]) for row in stored] == [("theirs", False)] * 3 + [("WonderNest", True)]
    assert stored[-1]["max_age"] == 8


@pytest.mark.parametrize(
    "body",
    [
        {"family": {"minAge": 9, "maxAge": 8}},
        {"family": {"minAge": -1}},
        {"family": {"maxAge": 101}},
        {"family": {"maxDurationMinutes": 0}},
        {"family": {"languages": ["english please"]}},
        {"family": {"blockedKeywords": ["x" * 101]}},
        {"family": {"blockedCategories": [str(number) for number in range(201)]}},
        {"family": {"blockedKeywords": ["a\u0000"]}},
        {"family": {"minAge": "three"}},
        {"family": []},
        {"children": [{"maxAgeRating": 3}]},
        {"children": [{"childId": "{child}", "maxAgeRating": 101}]},
        {"family": {"maxAge": 5}, "children": [{"childId": "{child}", "languages": ["?"]}]},
    ],
)
async def test_a_filter_that_cannot_be_is_refused_and_changes_nothing(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str], body: dict[str, Any]
) -> None:
    parent, child = ann
    before = await read(app_client, parent)
    sent = {
        **body,
        **(
            {"children": [{**one, "childId": child} if "childId" in one else one for one in body["children"]]}
            if "children" in body
            else {}
        ),
    }
    answer = await app_client.put(FILTERS, json=sent, headers=parent.bearer)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == "VALIDATION_ERROR"
    assert await read(app_client, parent) == before
    assert await rows(database_url, "select from content.content_filters") == []


async def test_another_familys_child_is_unknown_and_nothing_is_changed(
    app_client: httpx2.AsyncClient, ann: tuple[Parent, str]
) -> None:
    parent, child = ann
    stranger, before = await register(app_client), await read(app_client, parent)
    body = {"family": {"maxAge": 3}, "children": [{"childId": child, "maxAgeRating": 18}]}
    answer = await app_client.put(FILTERS, json=body, headers=stranger.bearer)
    assert (answer.status_code, answer.json()["message"]) == (404, "Child not found")
    assert (await read(app_client, stranger))["family"] == UNLIMITED
    assert await read(app_client, parent) == before


async def test_lists_with_nothing_in_common_allow_nothing_until_the_parent_decides(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    parent, _ = ann
    for allowed in ("stories", "educational"):
        await rows(
            database_url,
            "insert into content.content_filters (family_id, name, allowed_categories)"
            f" select id, 'theirs', '{{{allowed}}}' from family.families",
        )
    assert await shown(app_client, parent) == []
    assert (await read(app_client, parent))["family"]["hidden"]["byLimit"]["allowedCategories"] == 3
    answer = await app_client.put(FILTERS, json={"family": {"maxAge": 9}}, headers=parent.bearer)
    assert (answer.status_code, answer.json()["error"]) == (400, "VALIDATION_ERROR")
    await change(app_client, parent, family={"maxAge": 9, "allowedCategories": ["stories"]})
    assert await shown(app_client, parent) == ["content_2"]


async def test_changes_at_the_same_time_leave_one_filter_with_all_of_them(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    parent, _ = ann
    changes: list[dict[str, Any]] = [
        {"minAge": 1},
        {"maxAge": 9},
        {"maxDurationMinutes": 60},
        {"blockedKeywords": ["x"]},
    ]
    answers = await asyncio.gather(
        *(app_client.put(FILTERS, json={"family": one}, headers=parent.bearer) for one in changes)
    )
    assert {answer.status_code for answer in answers} == {200}
    family = (await read(app_client, parent))["family"]
    assert (family["minAge"], family["maxAge"], family["maxDurationMinutes"]) == (1, 9, 60)
    assert family["blockedKeywords"] == ["x"]
    assert len(await rows(database_url, "select from content.content_filters where is_active")) == 1
