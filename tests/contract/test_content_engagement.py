"""Engagement and recommendations (server contract §1)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register, rows, value
from tests.fixtures.content import store_contract_items, store_items
from tests.fixtures.family import CHILDREN, add_child, register_with_child
from wondernest.app import create_app
from wondernest.platform.clock import latest_day

ENGAGEMENT = "/api/v1/content/engagement"
RECOMMENDATIONS = "/api/v1/content/recommendations"
STORED = "select * from content.content_engagement order by created_at, id"
EVENTS = "select child_id, user_id, event_type, event_category, event_data from analytics.analytics_events order by created_at"


@pytest.fixture
async def ann(app_client: httpx2.AsyncClient, database_url: str) -> tuple[Parent, str]:
    await store_contract_items(database_url)
    return await register_with_child(app_client, birth_date="2014-01-15")


async def engage(
    client: httpx2.AsyncClient, parent: Parent, child: str, *, key: str | None = None, **changes: Any
) -> httpx2.Response:
    body = {"contentId": "content_1", "childId": child, "engagementType": "view", "duration": 90, **changes}
    headers = parent.bearer if key is None else {**parent.bearer, "Idempotency-Key": key}
    return await client.post(ENGAGEMENT, json=body, headers=headers)


async def test_what_a_child_did_is_stored(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    parent, child = ann
    for kind in ("view", "complete"):
        answer = await engage(app_client, parent, child, engagementType=kind)
        assert (answer.status_code, answer.json()) == (201, {"message": "Content engagement tracked"})
    stored = {row["completion_percentage"]: row for row in await rows(database_url, STORED)}
    assert set(stored) == {None, Decimal(100)}
    for row in stored.values():
        assert (str(row["child_id"]), row["duration_seconds"]) == (child, 90)
        assert row["ended_at"] - row["started_at"] == timedelta(seconds=90)
    assert await rows(database_url, EVENTS) == []


@pytest.mark.parametrize("kind", ["like", "share", "LIKE "])
async def test_likes_and_shares_are_events_too(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str], kind: str
) -> None:
    parent, child = ann
    for _ in range(2):
        assert (await engage(app_client, parent, child, engagementType=kind)).status_code == 201
    (event,) = await rows(database_url, EVENTS)
    assert (str(event["child_id"]), str(event["user_id"])) == (child, parent.user_id)
    assert (event["event_type"], event["event_category"]) == (f"content_{kind.lower().strip()}", "content")
    (stored,) = await rows(database_url, STORED)
    assert str(stored["content_id"]) in event["event_data"]


@pytest.mark.parametrize("body", [None, b"", b"{}", b'{"unknown": 1}', b'{"metadata": null}'])
async def test_a_body_without_anything_is_accepted_and_stores_nothing(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str], body: bytes | None
) -> None:
    answer = await app_client.post(ENGAGEMENT, content=body, headers=ann[0].bearer)
    assert answer.status_code == 201, answer.text
    assert await rows(database_url, STORED) == []


@pytest.mark.parametrize(
    ("changes", "status", "message"),
    [
        ({"contentId": "content_9"}, 404, "Content not found"),
        ({"contentId": None}, 404, "Content not found"),
        ({"childId": "child_1"}, 404, "Child not found"),
        ({"childId": None}, 404, "Child not found"),
        ({"childId": "00000000-0000-4000-8000-000000000000", "contentId": "content_9"}, 404, "Child not found"),
        ({"duration": "long"}, 400, None),
    ],
)
async def test_a_refused_report_stores_nothing(
    app_client: httpx2.AsyncClient,
    database_url: str,
    ann: tuple[Parent, str],
    changes: dict[str, Any],
    status: int,
    message: str | None,
) -> None:
    answer = await engage(app_client, *ann, **changes)
    assert answer.status_code == status, answer.text
    assert message is None or answer.json()["message"] == message
    assert await rows(database_url, STORED) == []


async def test_another_familys_child_is_unknown(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    _, foreign = await register_with_child(app_client)
    answer = await engage(app_client, ann[0], foreign, engagementType="like")
    assert (answer.status_code, answer.json()["message"]) == (404, "Child not found")
    assert await rows(database_url, STORED) == []
    assert await rows(database_url, EVENTS) == []


@pytest.mark.parametrize("duration", [-5, 0, 12.7, 1e12, 10**15])
async def test_any_duration_is_stored_within_a_day(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str], duration: float
) -> None:
    assert (await engage(app_client, *ann, duration=duration)).status_code == 201
    stored = await value(database_url, "select duration_seconds from content.content_engagement")
    assert stored == min(max(int(duration), 0), 86_400)


@pytest.mark.parametrize(
    "identity", [{}, {"eventId": "e-1"}, {"metadata": {"eventId": "e-1"}}, {"metadata": {"clientEventId": "e-1"}}]
)
async def test_a_repeated_delivery_counts_once(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str], identity: dict[str, Any]
) -> None:
    answers = await asyncio.gather(*(engage(app_client, *ann, **identity) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert (await engage(app_client, *ann, **identity)).status_code == 201
    assert len(await rows(database_url, STORED)) == 1
    assert (await engage(app_client, *ann, duration=91, eventId="e-2")).status_code == 201
    assert len(await rows(database_url, STORED)) == 2


async def test_a_request_with_the_same_idempotency_key_is_answered_as_the_first(
    app_client: httpx2.AsyncClient, database_url: str, ann: tuple[Parent, str]
) -> None:
    first, again = [await engage(app_client, *ann, key="k-1") for _ in range(2)]
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert len(await rows(database_url, STORED)) == 1
    other = await engage(app_client, *ann, key="k-1", duration=5)
    assert other.status_code == 409


async def test_no_more_than_the_quota_of_a_day_is_stored(
    make_settings: Any, database_url: str, app_client: httpx2.AsyncClient
) -> None:
    await store_contract_items(database_url)
    settings = make_settings(ENGAGEMENTS_PER_CHILD_AND_DAY="3")
    async with running(create_app(settings)) as client:
        parent, child = await register_with_child(client)
        other = (await add_child(client, parent))["id"]
        answers = [await engage(client, parent, child, eventId=str(number)) for number in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert int(answers[-1].headers["retry-after"]) > 0
        assert (await engage(client, parent, child, eventId="0")).status_code == 201
        assert (await engage(client, parent, other, eventId="0")).status_code == 201
        usage = (await client.get("/api/v1/family/usage", headers=parent.bearer)).json()
        used = {
            (one["childId"], line["name"]): (line["used"], line["limit"])
            for one in usage["data"]["children"]
            for line in one["usage"]
        }
        assert used[child, "engagementsToday"] == (3, 3)
        assert used[other, "engagementsToday"] == (1, 3)


async def recommended(client: httpx2.AsyncClient, parent: Parent, child: str) -> dict[str, Any]:
    answer = await client.get(f"{RECOMMENDATIONS}/{child}", headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def years_ago(years: int) -> str:
    today = datetime.now(UTC).date()
    return today.replace(year=today.year - years, day=min(today.day, 28)).isoformat()


async def family_with_library(
    client: httpx2.AsyncClient, database_url: str, interests: list[str]
) -> tuple[Parent, str]:
    start = datetime(2024, 1, 1, tzinfo=UTC)
    names = ["plain", "dinosaurs", "art", "too_old", "too_young", "described", "more", "other"]
    changes: dict[str, dict[str, Any]] = {
        "dinosaurs": {"tags": ["Dinosaur", "bones"]},
        "art": {"category": "art"},
        "too_old": {"age_min": 10, "tags": ["dinosaurs"]},
        "too_young": {"age_max": 7, "tags": ["dinosaurs"]},
        "described": {"description": "With dinosaurs."},
    }
    await store_items(
        database_url,
        *(
            {"provider_id": name, "created_at": start + timedelta(days=place), **changes.get(name, {})}
            for place, name in enumerate(names)
        ),
    )
    parent = await register(client)
    child = await add_child(client, parent, birthDate=years_ago(9), interests=interests)
    return parent, child["id"]


async def test_recommendations_are_for_the_age_about_the_interests_and_new_ones_first(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent, child = await family_with_library(app_client, database_url, ["Dinosaurs", "Art & Craft"])
    found = await recommended(app_client, parent, child)
    assert set(found) == {"childId", "recommendations", "reason", "generatedAt"}
    assert found["childId"] == child
    assert [item["id"] for item in found["recommendations"]] == ["dinosaurs", "art", "plain", "described", "more"]
    assert found["reason"].startswith("Chosen for age 9, because of the interest in ")
    assert {"Dinosaurs", "Art & Craft"} <= set(
        found["reason"].partition("interest in ")[2].replace(",", " and").split(" and ")
    )
    assert isinstance(found["generatedAt"], int)
    await engage(app_client, parent, child, contentId="dinosaurs", engagementType="complete")
    await engage(app_client, parent, child, contentId="plain")
    found = await recommended(app_client, parent, child)
    assert [item["id"] for item in found["recommendations"]] == ["art", "dinosaurs", "described", "more", "other"]
    assert found["reason"].endswith("new ones first")


async def test_a_child_without_interests_gets_what_fits_its_age_and_a_reason_that_says_so(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent, child = await family_with_library(app_client, database_url, [])
    found = await recommended(app_client, parent, child)
    assert [item["id"] for item in found["recommendations"]] == ["plain", "dinosaurs", "art", "described", "more"]
    assert found["reason"] == "Chosen for age 9, not opened before"


async def test_a_child_has_the_age_of_its_profile_also_on_its_birthday(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    today = latest_day(datetime.now(UTC))
    born = today.replace(year=today.year - 4)  # a leap year is four years from another
    child = await add_child(app_client, parent, birthDate=born.isoformat(), interests=[])
    found = await recommended(app_client, parent, child["id"])
    assert found["reason"] == f"Nothing in the library fits age {child['age']} and the family's filter yet"


async def test_nothing_is_recommended_that_the_child_may_not_be_shown(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent, child = await family_with_library(app_client, database_url, ["dinosaurs"])
    settings = {"maxAgeRating": 2, "blockedCategories": [], "educationalContentOnly": False}
    await app_client.put(
        f"{CHILDREN}/{child}", json={"name": "Mia", "contentSettings": settings}, headers=parent.bearer
    )
    found = await recommended(app_client, parent, child)
    assert found["recommendations"] == []
    assert found["reason"] == "Nothing in the library fits age 9 and the family's filter yet"
    assert (await engage(app_client, parent, child, contentId="plain")).status_code == 404
