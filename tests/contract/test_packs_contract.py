"""What the app asks of packs, route by route as it asks, read as it reads; and what no other test names (server contract §2)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register
from tests.fixtures.family import add_child, register_with_child
from tests.fixtures.packs import (
    ASSET,
    CASTLE,
    CATEGORY,
    OWNERSHIP,
    PACK,
    PACKS,
    PAGE,
    PURCHASE,
    SAFARI,
    VEHICLES,
    buy,
    data_of,
    proof_of,
    stock,
)
from wondernest.app import create_app

Connection = psycopg.Connection[Any]
APP = {"user-agent": "Dart/3.5 (dart:io)", "accept-encoding": "gzip", "content-type": "application/json"}
"""The app's headers: the type of content also where there is none (clients §2.1)."""
BARE = "query&category&packType&ageMin&ageMax&priceMin&priceMax&isFree"
"""dio writes what is not set as a bare key."""
ICONS = ("animals", "fantasy", "transport", "space", "daily", "sports", "education", "seasonal")


@pytest.fixture
def database(database_url: str) -> Iterator[Connection]:
    stock(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def family(database: Connection, app_client: httpx2.AsyncClient) -> tuple[Parent, str]:
    return await register_with_child(app_client, birth_date="2020-01-15")


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    body = answer.json()
    assert (body["success"], body["data"]) == (False, None)
    return answer.status_code, body["error"]


async def test_the_app_walks_all_nine_routes_and_reads_every_answer(
    app_client: httpx2.AsyncClient, family: tuple[Parent, str]
) -> None:
    parent, child = family
    headers = {**APP, **parent.bearer}

    async def ask(method: str, path: str, body: Any = None, **more: str) -> Any:
        answer = await app_client.request(method, PACKS + path, json=body, headers={**headers, **more})
        assert answer.status_code == 200, answer.text
        assert answer.headers["content-type"].startswith("application/json")
        read = answer.json()
        assert (read["success"], read["error"]) == (True, None)
        return read["data"]

    categories = [CATEGORY(one) for one in (await ask("GET", "/categories"))["categories"]]
    assert [one["iconUrl"] for one in categories] == [f"/icons/{name}.svg" for name in ICONS]
    assert [one["displayOrder"] for one in categories] == list(range(1, 9))
    featured = [PACK(pack) for pack in (await ask("GET", "/featured?limit=10"))["packs"]]
    assert {str(pack["id"]) for pack in featured} == {SAFARI, CASTLE}
    everything = f"?{BARE}&sortBy=popularity&sortOrder=desc&page=0&size=20"
    page = PAGE(await ask("GET", everything))
    assert {str(pack["id"]) for pack in page["packs"]} == {SAFARI, CASTLE, VEHICLES}
    chosen = "?query=farm&category=Animals+%26+Nature&packType&ageMin&ageMax&priceMin&priceMax&isFree=false"
    goals = "&educationalGoals=Counting&educationalGoals=Colours&sortBy=price&sortOrder=asc&page=0&size=20"
    assert PAGE(await ask("GET", chosen + goals))["packs"] == []
    chosen = chosen.replace("farm", "lion")
    assert [str(pack["id"]) for pack in PAGE(await ask("GET", chosen + goals))["packs"]] == [SAFARI]
    assert (await ask("GET", f"/owned?childId={child}"))["packs"] == []
    assert (await ask("GET", "/owned?childId"))["packs"] == []

    order = {"packId": SAFARI, "childId": child, "paymentMethod": None}
    bought = PURCHASE(await ask("POST", "/purchase", order, **await proof_of(app_client, parent)))
    assert bought["success"]
    for body in (
        {"status": "downloading", "progress": 40, "childId": child},
        {"status": "completed", "progress": 100, "childId": child},
    ):
        assert await ask("PATCH", f"/{SAFARI}/download", body) == {"message": "Download status updated"}
    pack = PACK((await ask("GET", f"/{SAFARI}?childId={child}"))["pack"])
    assert (pack["userOwnership"]["downloadStatus"], len(pack["assets"])) == ("completed", 2)
    assets = [ASSET(asset) for asset in (await ask("GET", f"/{SAFARI}/assets?childId={child}"))["assets"]]
    assert {asset["packId"] for asset in assets} == {pack["id"]}
    use = {
        "packId": SAFARI, "usedInFeature": "ai_story", "childId": child, "assetId": str(assets[0]["id"]),
        "sessionId": "session-1756828143123", "usageDurationSeconds": None, "metadata": None,
    }  # fmt: skip
    assert await ask("POST", "/usage", use) == {"message": "Usage recorded"}
    owned = [PACK(pack) for pack in (await ask("GET", f"/owned?childId={child}"))["packs"]]
    assert [(str(pack["id"]), pack["userOwnership"]["usageCount"]) for pack in owned] == [(SAFARI, 1)]


async def test_lists_show_what_the_caller_owns_of_each_pack(
    app_client: httpx2.AsyncClient, family: tuple[Parent, str]
) -> None:
    parent, _ = family
    other = await register(app_client)
    await buy(app_client, parent, SAFARI)
    for path in ("/featured", ""):
        shown = {pack["id"]: pack["userOwnership"] for pack in (await data_of(app_client, parent, path))["packs"]}
        assert OWNERSHIP(shown[SAFARI])["userId"] is not None
        assert shown[CASTLE] is None
        of_other = (await data_of(app_client, other, path))["packs"]
        assert [pack["userOwnership"] for pack in of_other] == [None] * len(of_other), "nobody sees what others own"


async def test_a_download_is_that_of_the_child_who_is_named_else_that_for_all_children(
    app_client: httpx2.AsyncClient, family: tuple[Parent, str]
) -> None:
    parent, first = family
    second = (await add_child(app_client, parent))["id"]
    await buy(app_client, parent, VEHICLES, childId=first)

    async def report(child: str | None, status: str) -> int:
        body = {"status": status, "childId": child}
        return (await app_client.patch(f"{PACKS}/{VEHICLES}/download", json=body, headers=parent.bearer)).status_code

    async def state(child: str) -> str:
        pack = (await data_of(app_client, parent, f"/{VEHICLES}", childId=child))["pack"]
        return pack["userOwnership"]["downloadStatus"]

    assert await report(second, "completed") == 404, "only the first child owns it"
    await buy(app_client, parent, VEHICLES)
    assert await report(second, "downloading") == 200
    assert (await state(first), await state(second)) == ("pending", "downloading")
    assert await report(first, "failed") == 200
    assert (await state(first), await state(second)) == ("failed", "downloading")
    assert await report(None, "completed") == 200
    assert (await state(first), await state(second)) == ("failed", "completed")


async def test_moments_are_stored_in_utc_whatever_the_databases_time_zone_is(
    database: Connection, make_settings: Any
) -> None:
    name = database.info.dbname
    database.execute(f"alter database \"{name}\" set timezone = 'Pacific/Kiritimati'".encode())
    async with running(create_app(make_settings())) as client:
        parent = await register(client)
        owned = OWNERSHIP((await buy(client, parent, VEHICLES)).json()["data"]["ownership"])
        await client.patch(f"{PACKS}/{VEHICLES}/download", json={"status": "completed"}, headers=parent.bearer)
        await client.post(f"{PACKS}/usage", json={"packId": VEHICLES, "usedInFeature": "x"}, headers=parent.bearer)
        await client.put(f"{PACKS}/{VEHICLES}/review", json={"rating": 5}, headers=parent.bearer)
        await client.put(f"{PACKS}/{VEHICLES}/review", json={"rating": 4}, headers=parent.bearer)
        pack = PACK((await data_of(client, parent, f"/{VEHICLES}"))["pack"])
    now, minute = datetime.now(UTC), timedelta(minutes=1)
    after = pack["userOwnership"]
    moments = [owned["acquiredAt"], after["downloadedAt"], after["lastUsedAt"], pack["updatedAt"]]
    moments += [pack["userReview"]["createdAt"], pack["userReview"]["updatedAt"]]
    assert all(abs(now - moment) < minute for moment in moments), moments
    stored = database.execute("select acquired_at from public.user_pack_ownership").fetchone()
    assert stored is not None
    assert abs(now.replace(tzinfo=None) - stored[0]) < minute


@pytest.mark.parametrize(
    ("method", "path", "body", "expected"),
    [
        ("GET", f"/{VEHICLES}/assets", None, (400, "Failed to fetch assets: Internal error")),
        (
            "PATCH",
            f"/{VEHICLES}/download",
            {"status": "completed"},
            (400, "Failed to update download status: Internal error"),
        ),
        (
            "POST",
            "/usage",
            {"packId": VEHICLES, "usedInFeature": "x"},
            (400, "Failed to record usage: Internal error"),
        ),
        ("PUT", f"/{VEHICLES}/review", {"rating": 5}, (400, "Failed to review pack: Internal error")),
        ("DELETE", f"/{VEHICLES}/review", None, (400, "Failed to review pack: Internal error")),
    ],
)
async def test_a_fault_of_a_route_has_its_prefix(
    app_client: httpx2.AsyncClient,
    family: tuple[Parent, str],
    database: Connection,
    method: str,
    path: str,
    body: Any,
    expected: tuple[int, str],
) -> None:
    for table, column in (
        ("content_pack_assets", "file_url"),
        ("user_pack_ownership", "download_status"),
        ("content_pack_usage", "usage_metadata"),
        ("content_pack_reviews", "user_id"),
    ):
        database.execute(f"alter table public.{table} rename column {column} to gone".encode())
    answer = await app_client.request(method, PACKS + path, json=body, headers=family[0].bearer)
    assert refusal(answer) == expected


async def test_a_field_that_is_empty_counts_as_absent_in_every_query(
    app_client: httpx2.AsyncClient, family: tuple[Parent, str]
) -> None:
    parent, _ = family
    for path in ("/featured?limit&childId", "/owned?childId=", f"/{VEHICLES}?childId", f"/{VEHICLES}/assets?childId="):
        answer = await app_client.get(PACKS + path, headers={**APP, **parent.bearer})
        assert answer.status_code == 200, path


async def test_an_ownership_may_be_that_of_any_way_of_getting_a_pack(
    app_client: httpx2.AsyncClient, family: tuple[Parent, str], database: Connection
) -> None:
    parent, _ = family
    for kind in ("gift", "promo"):
        database.execute("delete from public.user_pack_ownership")
        database.execute(
            "insert into public.user_pack_ownership (id, user_id, pack_id, acquisition_type) values (%s, %s, %s, %s)",
            [uuid4(), parent.user_id, CASTLE, kind],
        )
        [pack] = [PACK(pack) for pack in (await data_of(app_client, parent, "/owned"))["packs"]]
        assert pack["userOwnership"]["acquisitionType"] == kind
        assert len((await data_of(app_client, parent, f"/{CASTLE}/assets"))["assets"]) == 2
