"""The use of content packs on the wire, what is kept of it, and what a fault looks like (server contract §2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree as ET

import httpx2
import psycopg
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register, row, rows, value
from tests.fixtures.family import add_child, register_with_child
from tests.fixtures.packs import OWNERSHIP, PACKS, SAFARI, VEHICLES, buy, data_of, stock, store_asset
from wondernest.app import create_app
from wondernest.settings import Settings

Connection = psycopg.Connection[Any]


@pytest.fixture
def database(database_url: str) -> Iterator[Connection]:
    stock(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def parent(database: Connection, app_client: httpx2.AsyncClient) -> Parent:
    registered, _ = await register_with_child(app_client, birth_date="2020-01-15")
    return registered


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    body = answer.json()
    assert (body["success"], body["data"]) == (False, None)
    return answer.status_code, body["error"]


async def use(client: httpx2.AsyncClient, parent: Parent, **body: Any) -> httpx2.Response:
    return await client.post(f"{PACKS}/usage", json=body, headers=parent.bearer)


async def test_a_use_is_stored_and_counted(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection, database_url: str
) -> None:
    child = (await add_child(app_client, parent))["id"]
    asset = store_asset(database, VEHICLES)
    await buy(app_client, parent, VEHICLES, childId=child)
    session = str(uuid4())
    answer = await use(
        app_client, parent, packId=VEHICLES, usedInFeature="ai_story", childId=child, assetId=asset, sessionId=session,
        usageDurationSeconds=12, metadata={"page": 1.0},
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (
        200,
        {"success": True, "data": {"message": "Usage recorded"}, "error": None},
    )
    assert (
        await use(app_client, parent, packId=VEHICLES, usedInFeature="x" * 300, sessionId="session_17")
    ).status_code == 200
    stored = await rows(database_url, "select * from public.content_pack_usage order by used_at, id")
    assert [str(stored[0][name]) for name in ("child_id", "pack_id", "asset_id", "session_id")] == [
        child,
        VEHICLES,
        asset,
        session,
    ]
    assert (stored[0]["usage_duration_seconds"], stored[0]["usage_metadata"]) == (12, '{"page": 1.0}')
    assert (stored[1]["session_id"], stored[1]["used_in_feature"], stored[1]["child_id"]) == (None, "x" * 100, None)
    [pack] = (await data_of(app_client, parent, "/owned"))["packs"]
    owned = OWNERSHIP(pack["userOwnership"])
    assert owned["usageCount"] == 2
    assert owned["lastUsedAt"] is not None


async def test_uses_that_cannot_be_are_refused(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection, database_url: str
) -> None:
    of_another = store_asset(database, SAFARI)
    fields = {"packId": VEHICLES, "usedInFeature": "story"}
    for body, error in (
        ({"usedInFeature": "story"}, "Pack ID is required"),
        ({"packId": VEHICLES}, "Feature is required"),
        ({**fields, "usedInFeature": " "}, "Feature is required"),
        ({**fields, "packId": "x"}, "Invalid pack ID"),
        ({**fields, "packId": SAFARI}, "Pack not owned or not found"),
        ({**fields, "packId": str(uuid4())}, "Pack not owned or not found"),
        ({**fields, "childId": str(uuid4())}, "Child not found"),
        ({**fields, "assetId": "x"}, "Invalid asset ID"),
        ({**fields, "assetId": of_another}, "Asset not found"),
    ):
        assert refusal(await use(app_client, parent, **body)) == (400, f"Failed to record usage: {error}"), body
    unstorable = b'{"packId":"%b","usedInFeature":"s","metadata":{"n":1e200000}}' % VEHICLES.encode()
    answer = await app_client.post(f"{PACKS}/usage", content=unstorable, headers=parent.bearer)
    assert refusal(answer) == (400, "Failed to record usage: Invalid metadata")
    assert await value(database_url, "select count(*) from public.content_pack_usage") == 0
    counted = await row(database_url, "select coalesce(sum(uses), 0) as uses from wondernest.pack_usage_days")
    assert counted["uses"] == 0


async def test_a_use_that_is_sent_again_with_its_key_is_counted_once(
    app_client: httpx2.AsyncClient, parent: Parent, database_url: str
) -> None:
    body = {"packId": VEHICLES, "usedInFeature": "story"}
    for _ in range(3):
        headers = {**parent.bearer, "Idempotency-Key": "one"}
        assert (await app_client.post(f"{PACKS}/usage", json=body, headers=headers)).status_code == 200
    assert await value(database_url, "select count(*) from public.content_pack_usage") == 1


async def test_a_user_reports_so_many_uses_a_day(
    make_settings: Callable[..., Settings], database: Connection, database_url: str
) -> None:
    async with running(create_app(make_settings(PACK_USES_PER_USER_AND_DAY="2"))) as client:
        parent, other = await register(client), await register(client)
        for _ in range(2):
            assert (await use(client, parent, packId=VEHICLES, usedInFeature="story")).status_code == 200
        refused = await use(client, parent, packId=VEHICLES, usedInFeature="story")
        assert refusal(refused) == (413, "Storage quota exceeded")
        assert 0 < int(refused.headers["retry-after"]) <= 86_400
        assert (await use(client, other, packId=VEHICLES, usedInFeature="story")).status_code == 200
        shown = (await client.get("/api/v1/family/usage", headers=parent.bearer)).json()["data"]["user"]
        lines = {line["name"]: (line["used"], line["limit"]) for line in shown}
        assert lines["packUsesToday"] == (2, 2)
        assert lines["packPurchasesToday"] == (0, 100)
        database.execute("update wondernest.pack_usage_days set day = day - 1")
        assert (await use(client, parent, packId=VEHICLES, usedInFeature="story")).status_code == 200
    assert await value(database_url, "select count(*) from public.content_pack_usage") == 4


async def test_a_fault_has_the_prefix_and_the_status_of_its_route_and_says_nothing_of_itself(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    database.execute("alter table public.content_packs rename column search_keywords to gone")
    database.execute("alter table public.content_pack_categories rename column color_hex to gone")
    for path, status, prefix in (
        ("/categories", 500, "Failed to fetch categories"),
        ("/featured", 500, "Failed to fetch featured packs"),
        ("/owned", 400, "Failed to fetch owned packs"),
        ("", 400, "Search failed"),
        (f"/{SAFARI}", 400, "Failed to fetch pack"),
    ):
        answer = await app_client.get(PACKS + path, headers=parent.bearer)
        assert refusal(answer) == (status, f"{prefix}: Internal error"), path
    assert refusal(await buy(app_client, parent, SAFARI)) == (400, "Purchase failed: Internal error")


async def test_addresses_of_files_are_absolute_and_others_are_left_alone(
    make_settings: Callable[..., Settings], database: Connection
) -> None:
    database.execute(
        "update public.content_packs set thumbnail_url = '/files/1/a.png?w=320', banner_image_url = 'https://x.example/b'"
    )
    async with running(create_app(make_settings(PUBLIC_BASE_URL="https://api.example/"))) as client:
        parent = await register(client)
        pack = (await data_of(client, parent, f"/{VEHICLES}"))["pack"]
    assert (pack["thumbnailUrl"], pack["bannerImageUrl"]) == (
        "https://api.example/files/1/a.png?w=320",
        "https://x.example/b",
    )
    assert pack["assets"][0]["fileUrl"].startswith("https://api.example/files/")


async def test_each_category_has_the_icon_that_it_names(app_client: httpx2.AsyncClient, parent: Parent) -> None:
    categories = (await data_of(app_client, parent, "/categories"))["categories"]
    drawn: set[bytes] = set()
    for category in categories:
        answer = await app_client.get(category["iconUrl"])
        assert (answer.status_code, answer.headers["content-type"]) == (200, "image/svg+xml"), category
        assert ET.fromstring(answer.text).tag.endswith("svg")
        drawn.add(answer.content)
    assert len(drawn) == len(categories) == 8
    assert (await app_client.get("/icons/none.svg")).status_code == 404
