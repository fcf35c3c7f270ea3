"""The wire of the content library (server contract §1): values that are computed, failures, and which route a path is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.fixtures.auth import Parent, rows
from tests.fixtures.content import store_contract_items, store_items
from tests.fixtures.family import add_child, register_with_child

LIBRARY = "/api/v1/content"


@pytest.fixture
async def ann(app_client: httpx2.AsyncClient, database_url: str) -> tuple[Parent, str]:
    await store_contract_items(database_url)
    return await register_with_child(app_client, birth_date="2014-01-15")


async def got(client: httpx2.AsyncClient, parent: Parent, path: str, **query: str) -> httpx2.Response:
    return await client.get(LIBRARY + path, params=query, headers=parent.bearer)


@pytest.mark.parametrize(("seconds", "minutes"), [(0, 0), (1, 1), (60, 1), (61, 2), (599, 10), (600, 10), (601, 11)])
async def test_a_duration_is_in_whole_minutes_and_a_begun_minute_counts(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str], seconds: int, minutes: int
) -> None:
    await store_items(database_url, {"provider_id": "one", "duration_seconds": seconds})
    assert (await got(app_client, ann[0], "/one")).json()["duration"] == minutes


@pytest.mark.parametrize(
    ("category", "metadata", "educational", "difficulty"),
    [
        ("educational", {}, True, "easy"),
        ("science", {}, True, "easy"),
        ("stories", {}, False, "easy"),
        ("music", {}, False, "easy"),
        ("art", {}, False, "easy"),
        ("stories", {"isEducational": True, "difficulty": "hard"}, True, "hard"),
        ("science", {"isEducational": False, "difficulty": "medium"}, False, "medium"),
    ],
)
async def test_what_is_educational_and_how_hard_it_is_is_in_the_metadata_or_follows_from_the_category(
    app_client: httpx2.AsyncClient,
    database_url: str,
    ann: tuple[Parent, str],
    category: str,
    metadata: dict[str, Any],
    educational: bool,
    difficulty: str,
) -> None:
    await store_items(database_url, {"provider_id": "one", "category": category, "metadata": metadata})
    item = (await got(app_client, ann[0], "/one")).json()
    assert (item["isEducational"], item["difficulty"]) == (educational, difficulty)


@pytest.mark.parametrize(("limit", "pages"), [("1", 3), ("2", 2), ("3", 1), ("100", 1)])
async def test_the_number_of_pages_is_that_of_all_items_that_fit(
    app_client: httpx2.AsyncClient, ann: tuple[Parent, str], limit: str, pages: int
) -> None:
    first = (await got(app_client, ann[0], "", limit=limit)).json()
    past = (await got(app_client, ann[0], "", limit=limit, page="9")).json()
    assert (first["totalPages"], first["totalItems"]) == (past["totalPages"], past["totalItems"]) == (pages, 3)
    assert (past["items"], past["currentPage"]) == ([], 9)
    nothing = (await got(app_client, ann[0], "", category="art", limit=limit)).json()
    assert (nothing["items"], nothing["totalItems"], nothing["totalPages"]) == ([], 0, 0)


@pytest.mark.parametrize("interest", ["art", "Art & Craft", "CRAFT"])
async def test_an_interest_in_a_category_is_found_however_many_items_come_before(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str], interest: str
) -> None:
    start = datetime(2020, 1, 1, tzinfo=UTC)
    before = [{"provider_id": f"plain_{day}", "created_at": start + timedelta(days=day)} for day in range(8)]
    last = {"provider_id": "painting", "category": "art", "created_at": start + timedelta(days=900)}
    await store_items(database_url, *before, last)
    child = (await add_child(app_client, ann[0], birthDate="2018-01-15", interests=[interest]))["id"]
    found = (await got(app_client, ann[0], f"/recommendations/{child}")).json()
    assert [item["id"] for item in found["recommendations"]][:2] == ["painting", "plain_0"]
    assert f"because of the interest in {interest}" in found["reason"]


async def test_an_item_takes_its_name_from_no_route(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    names = ("library", "engagement", "filters")
    await store_items(database_url, *({"provider_id": name} for name in names))
    for name in names:
        assert (await got(app_client, ann[0], f"/{name}")).json().get("id") != name, name


async def test_what_is_unknown_to_a_report_is_named_in_a_body_for_both_backends_clients(
    app_client: httpx2.AsyncClient, ann: tuple[Parent, str]
) -> None:
    for content, child, message in (("content_9", ann[1], "Content not found"), ("content_1", "x", "Child not found")):
        report = {"contentId": content, "childId": child, "engagementType": "view"}
        answer = await app_client.post(f"{LIBRARY}/engagement", json=report, headers=ann[0].bearer)
        body = answer.json()
        assert body.pop("timestamp") > 0
        assert (answer.status_code, body) == (404, {"error": "NOT_FOUND", "message": message})


async def test_a_server_error_has_the_routes_own_text(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    parent, child = ann
    await rows(database_url, "alter table content.content_items rename column thumbnail_url to gone")
    await rows(database_url, "alter table content.content_engagement rename column ended_at to gone")
    for path, text in (
        ("", "Failed to retrieve content"),
        ("/content_1", "Failed to retrieve content"),
        (f"/recommendations/{child}", "Failed to generate recommendations"),
    ):
        answer = await got(app_client, parent, path)
        assert (answer.status_code, answer.json()) == (500, {"message": text}), path
    report = {"contentId": "content_1", "childId": child, "engagementType": "view", "duration": 5}
    answer = await app_client.post(f"{LIBRARY}/engagement", json=report, headers=parent.bearer)
    assert (answer.status_code, answer.json()) == (500, {"message": "Failed to track engagement"})
    assert (await app_client.get("/api/v1/categories", headers=parent.bearer)).status_code == 200, "they are no rows"
