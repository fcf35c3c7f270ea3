"""Content packs on the wire: the app's model is the contract (server contract §2)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.fixtures.auth import Parent, register, value
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
    names,
    stock,
    store_asset,
    store_pack,
)

Connection = psycopg.Connection[Any]


@pytest.fixture
def database(database_url: str) -> Iterator[Connection]:
    stock(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def parent(database: Connection, app_client: httpx2.AsyncClient) -> Parent:
    """A parent with a child of six: the packs of the contract are for that age."""
    registered, _ = await register_with_child(app_client, birth_date="2020-01-15")
    return registered


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    body = answer.json()
    assert (body["success"], body["data"]) == (False, None)
    return answer.status_code, body["error"]


async def use(client: httpx2.AsyncClient, parent: Parent, **body: Any) -> httpx2.Response:
    return await client.post(f"{PACKS}/usage", json=body, headers=parent.bearer)


async def download(client: httpx2.AsyncClient, parent: Parent, pack_id: str, **body: Any) -> httpx2.Response:
    return await client.patch(f"{PACKS}/{pack_id}/download", json=body, headers=parent.bearer)


# Categories -------------------------------------------------------------------------------------------------------------


async def test_the_eight_categories_are_those_of_the_app_in_their_order(
    app_client: httpx2.AsyncClient, parent: Parent
) -> None:
    categories = [CATEGORY(category) for category in (await data_of(app_client, parent, "/categories"))["categories"]]
    assert [
        (category["name"], category["colorHex"], category["ageMin"], category["ageMax"]) for category in categories
    ] == [
        ("Animals & Nature", "#4CAF50", 3, 12),
        ("Fantasy & Magic", "#9C27B0", 4, 12),
        ("Transportation", "#2196F3", 3, 10),
        ("Space & Science", "#FF9800", 5, 12),
        ("Everyday Life", "#795548", 3, 12),
        ("Sports & Activities", "#F44336", 4, 12),
        ("Educational", "#673AB7", 3, 12),
        ("Seasonal", "#FF5722", 3, 12),
    ]


async def test_a_category_that_is_not_active_is_not_shown_and_a_colour_that_is_none_is_null(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    database.execute("update public.content_pack_categories set is_active = false where name = 'Seasonal'")
    database.execute("update public.content_pack_categories set color_hex = 'red' where name = 'Educational'")
    categories = [CATEGORY(category) for category in (await data_of(app_client, parent, "/categories"))["categories"]]
    assert [category["name"] for category in categories][-1] == "Educational"
    assert categories[-1]["colorHex"] is None


# Search -----------------------------------------------------------------------------------------------------------------


async def test_the_search_of_the_app_sends_bare_keys_for_what_is_not_set(
    app_client: httpx2.AsyncClient, parent: Parent
) -> None:
    sent = (
        "?query&category&packType&ageMin&ageMax&priceMin&priceMax&isFree&educationalGoals&sortBy=popularity"
        "&sortOrder=desc&page=0&size=20"
    )
    answer = await app_client.get(PACKS + sent, headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    page = PAGE(answer.json()["data"])
    assert set(names(page["packs"])) == {"Safari Animals", "Magical Castle", "Happy Vehicles"}
    assert (page["total"], page["page"], page["size"], page["hasNext"]) == (3, 0, 20, False)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"query": "lion"}, {SAFARI}),
        ({"query": "LIONS giraffe"}, {SAFARI}),
        ({"query": "sav"}, {SAFARI}),
        ({"query": "towers' & !:*|("}, {CASTLE}),
        ({"query": "…"}, set()),
        ({"query": "🦄"}, set()),
        ({"query": " "}, {SAFARI, CASTLE, VEHICLES}),
        ({"query": "the"}, set()),
        ({"query": "for your stories"}, {SAFARI}),
        ({"query": "unicorn"}, set()),
        ({"category": "animals & nature"}, {SAFARI}),
        ({"category": "Nothing"}, set()),
        ({"packType": "characterBundle"}, {SAFARI}),
        ({"packType": "character_bundle"}, {SAFARI}),
        ({"packType": "STICKER_PACK"}, {VEHICLES}),
        ({"packType": "plush"}, set()),
        ({"ageMin": "9"}, {CASTLE}),
        ({"ageMax": "2"}, {VEHICLES}),
        ({"ageMin": "7", "ageMax": "9"}, {SAFARI, CASTLE}),
        ({"ageMin": "old", "priceMin": "1e9", "isFree": "perhaps"}, {SAFARI, CASTLE, VEHICLES}),
        ({"ageMin": "99999999999999999999"}, {SAFARI, CASTLE, VEHICLES}),
        ({"priceMin": "300"}, {CASTLE}),
        ({"priceMax": "299"}, {SAFARI, VEHICLES}),
        ({"isFree": "true"}, {VEHICLES}),
        ({"isFree": "false"}, {SAFARI, CASTLE}),
        ({"educationalGoals": ["counting", "Singing"]}, {SAFARI}),
        ({"educationalGoals": "Singing"}, set()),
    ],
    ids=lambda given: ascii(given) if isinstance(given, dict) else "",
)
async def test_each_filter_limits_the_search(
    app_client: httpx2.AsyncClient, parent: Parent, query: dict[str, Any], found: set[str]
) -> None:
    page = PAGE(await data_of(app_client, parent, **query))
    assert {str(pack["id"]) for pack in page["packs"]} == found
    assert page["total"] == len(found)


async def test_a_category_is_found_by_its_id_too(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    [pack] = (await data_of(app_client, parent, query="Castle"))["packs"]
    page = PAGE(await data_of(app_client, parent, category=pack["categoryId"].upper()))
    assert names(page["packs"]) == ["Magical Castle"]


async def test_pages_count_from_zero_and_are_clamped(app_client: httpx2.AsyncClient, parent: Parent) -> None:
    seen: list[str] = []
    for number in range(3):
        page = PAGE(await data_of(app_client, parent, sortBy="price", sortOrder="asc", page=number, size=1))
        assert (page["total"], page["page"], page["size"], page["hasNext"]) == (3, number, 1, number < 2)
        seen += names(page["packs"])
    assert seen == ["Happy Vehicles", "Safari Animals", "Magical Castle"]
    for query, shown in (
        ({"page": "-1"}, (0, 20)),
        ({"size": "0"}, (0, 1)),
        ({"size": "9999"}, (0, 100)),
        ({"page": "x", "size": "y"}, (0, 20)),
        ({"page": "99999999999999"}, (1_000_000, 20)),
    ):
        page = PAGE(await data_of(app_client, parent, **query))
        assert (page["page"], page["size"], page["total"]) == (*shown, 3), query
    assert PAGE(await data_of(app_client, parent, page=5))["packs"] == []


async def test_packs_are_sorted_as_asked_and_by_popularity_otherwise(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    database.execute(
        "update public.content_packs set popularity_score = 0.9, rating_average = 1 where id = %s", [VEHICLES]
    )
    database.execute(
        "update public.content_packs set popularity_score = 0.5, rating_average = 5 where id = %s", [SAFARI]
    )
    database.execute("update public.content_packs set published_at = '2025-01-01' where id = %s", [SAFARI])

    async def first_and_last(**query: str) -> tuple[str, str]:
        packs = (await data_of(app_client, parent, **query))["packs"]
        return packs[0]["name"], packs[-1]["name"]

    assert await first_and_last() == ("Happy Vehicles", "Magical Castle")
    assert await first_and_last(sortBy="colour") == ("Happy Vehicles", "Magical Castle")
    assert await first_and_last(sortOrder="asc") == ("Magical Castle", "Happy Vehicles")
    assert await first_and_last(sortBy="price") == ("Magical Castle", "Happy Vehicles")
    assert await first_and_last(sortBy="rating") == ("Safari Animals", "Magical Castle")
    assert (await first_and_last(sortBy="newest", sortOrder="asc"))[0] == "Safari Animals"


async def test_only_published_packs_are_in_the_store(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    draft = store_pack(database, name="Draft", status="draft", is_featured=True)
    later = store_pack(database, name="Later", published_at="2999-01-01", is_featured=True)
    assert PAGE(await data_of(app_client, parent))["total"] == 3
    assert not {"Draft", "Later"} & set(names((await data_of(app_client, parent, "/featured"))["packs"]))
    for pack_id in (draft, later):
        assert refusal(await app_client.get(f"{PACKS}/{pack_id}", headers=parent.bearer)) == (404, "Pack not found")
        assert (await app_client.get(f"{PACKS}/{pack_id}/assets", headers=parent.bearer)).status_code == 403
        assert refusal(await buy(app_client, parent, pack_id)) == (400, "Pack not found")


# Featured, one pack, assets ------------------------------------------------------------------------------------------------


async def test_featured_packs_are_featured_the_most_popular_first(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    database.execute("update public.content_packs set popularity_score = 0.9 where id = %s", [CASTLE])
    packs = [PACK(pack) for pack in (await data_of(app_client, parent, "/featured"))["packs"]]
    assert names(packs) == ["Magical Castle", "Safari Animals"]
    assert all(pack["assets"] == [] for pack in packs)
    for limit, count in (("1", 1), ("0", 1), ("-5", 1), ("many", 2), ("1000", 2), ("", 2)):
        assert len((await data_of(app_client, parent, "/featured", limit=limit))["packs"]) == count, limit


async def test_a_pack_is_shown_as_the_app_reads_it(app_client: httpx2.AsyncClient, parent: Parent) -> None:
    pack = PACK((await data_of(app_client, parent, f"/{SAFARI}"))["pack"])
    assert (pack["packType"], pack["priceCents"], pack["isFree"], pack["isFeatured"]) == (
        "characterBundle",
        299,
        False,
        True,
    )
    assert (pack["ageMin"], pack["ageMax"], pack["performanceTier"], pack["status"]) == (3, 8, "standard", "published")
    assert pack["colorPalette"] == {"primary": "#8B4513", "secondary": "#FFD700"}
    assert pack["supportedPlatforms"] == ["ios", "android", "web"]
    assert pack["category"]["name"] == "Animals & Nature"
    assert (pack["userOwnership"], pack["assets"]) == (None, [])
    assert (pack["totalAssets"], pack["fileSizeBytes"]) == (2, 2000), "those of the real assets"


async def test_rows_that_are_as_empty_as_the_table_allows_are_readable(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    nothing = dict.fromkeys(
        (
            *(
                "price_cents",
                "is_free",
                "is_featured",
                "is_premium",
                "age_min",
                "age_max",
                "total_assets",
                "file_size_bytes",
            ),
            *(
                "supported_platforms",
                "performance_tier",
                "created_at",
                "updated_at",
                "popularity_score",
                "download_count",
            ),
            *("rating_average", "rating_count"),
        )
    )
    pack_id = store_pack(database, name="Bare", **nothing)
    store_asset(
        database,
        pack_id,
        **dict.fromkeys(
            ("file_size_bytes", "transparency_support", "display_order", "is_active", "created_at", "updated_at")
        ),
    )
    pack = PACK((await data_of(app_client, parent, f"/{pack_id}"))["pack"])
    assert (pack["priceCents"], pack["isFree"], pack["ageMin"], pack["ageMax"]) == (0, True, 3, 12)
    assert (pack["totalAssets"], len(pack["assets"])) == (1, 1)


async def test_what_the_app_cannot_read_of_palettes_loops_and_configurations_is_left_out(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    pack_id = store_pack(database, color_palette={"primary": "brown", "secondary": "#ffffff", "n": 1, "accent": "any"})
    store_asset(
        database,
        pack_id,
        color_palette={"primary": None},
        loop_points={"start": 0, "end": 12.0, "half": 0.5, "name": "x"},
        interaction_config={"tap": {"sound": 1.0}},
        duration_seconds="2.50",
        asset_type="texture_3d",
        tags=["a", None, "b"],
    )
    store_asset(database, pack_id, color_palette=None, interaction_config=None, asset_type="model_3d", display_order=1)
    database.execute("update public.content_packs set mood_tags = array['calm', null] where id = %s", [pack_id])
    answer = await app_client.get(f"{PACKS}/{pack_id}", headers=parent.bearer)
    pack = PACK(answer.json()["data"]["pack"])
    first, second = pack["assets"]
    assert pack["colorPalette"] == {"secondary": "#ffffff", "accent": "any"}
    assert (first["colorPalette"], first["loopPoints"], first["durationSeconds"]) == ({}, {"start": 0, "end": 12}, 2.5)
    assert (first["assetType"], second["assetType"]) == ("texture3D", "model3D")
    assert (first["tags"], pack["moodTags"]) == (["a", "b"], ["calm"])
    assert '"interactionConfig":{"tap": {"sound": 1.0}}' in answer.text


@pytest.mark.parametrize("kind", ["character_bundle", "educational_theme", "sprite_sheet"])
async def test_types_are_written_in_camel_case(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection, kind: str
) -> None:
    pack_id = store_pack(database, pack_type=kind)
    first, *others = kind.split("_")
    shown = (await data_of(app_client, parent, f"/{pack_id}"))["pack"]["packType"]
    assert shown == first + "".join(word.title() for word in others)
    assert [pack["id"] for pack in (await data_of(app_client, parent, packType=shown))["packs"]].count(pack_id) == 1


async def test_assets_are_shown_of_free_and_of_owned_packs_only(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    store_asset(database, VEHICLES, name="Hidden", is_active=False)
    store_asset(database, VEHICLES, name="First", display_order=-1)
    assets = [ASSET(asset) for asset in (await data_of(app_client, parent, f"/{VEHICLES}/assets"))["assets"]]
    assert names(assets) == ["First", "Part 1", "Part 2"]
    assert assets[0]["fileUrl"].startswith("http://testserver/files/")
    assert names((await data_of(app_client, parent, f"/{VEHICLES}"))["pack"]["assets"]) == ["First", "Part 1", "Part 2"]
    for pack_id in (SAFARI, str(uuid4())):
        answer = await app_client.get(f"{PACKS}/{pack_id}/assets", headers=parent.bearer)
        assert refusal(answer) == (403, "Pack not owned or not found")
    assert (await buy(app_client, parent, SAFARI)).status_code == 200
    assert len((await data_of(app_client, parent, f"/{SAFARI}/assets"))["assets"]) == 2
    assert len((await data_of(app_client, parent, f"/{SAFARI}"))["pack"]["assets"]) == 2


async def test_bad_ids_are_refused_in_the_words_of_each_route(app_client: httpx2.AsyncClient, parent: Parent) -> None:
    bearer = parent.bearer
    assert refusal(await app_client.get(f"{PACKS}/x", headers=bearer)) == (400, "Failed to fetch pack: Invalid pack ID")
    assert refusal(await app_client.get(f"{PACKS}/x/assets", headers=bearer)) == (
        400,
        "Failed to fetch assets: Invalid pack ID",
    )
    assert refusal(await download(app_client, parent, "x", status="pending")) == (
        400,
        "Failed to update download status: Invalid pack ID",
    )
    assert refusal(await app_client.get(f"{PACKS}/{uuid4()}", headers=bearer)) == (404, "Pack not found")
    for path, prefix in (
        ("/owned", "Failed to fetch owned packs"),
        ("/featured", "Failed to fetch featured packs"),
        ("", "Search failed"),
        (f"/{SAFARI}", "Failed to fetch pack"),
        (f"/{SAFARI}/assets", "Failed to fetch assets"),
    ):
        for child, reason in (("x", "Invalid child ID"), (str(uuid4()), "Child not found")):
            answer = await app_client.get(PACKS + path, params={"childId": child}, headers=bearer)
            assert refusal(answer) == (400, f"{prefix}: {reason}"), path


async def test_lists_that_the_client_has_are_not_sent_again(app_client: httpx2.AsyncClient, parent: Parent) -> None:
    for path in ("", "/categories", "/featured", "/owned", f"/{SAFARI}", f"/{VEHICLES}/assets"):
        first = await app_client.get(PACKS + path, headers=parent.bearer)
        etag = first.headers["etag"]
        again = await app_client.get(PACKS + path, headers={**parent.bearer, "If-None-Match": f"W/{etag}"})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", etag), path
    held = (await app_client.get(PACKS, headers=parent.bearer)).headers["etag"]
    await buy(app_client, parent, VEHICLES)
    assert (await app_client.get(PACKS, headers={**parent.bearer, "If-None-Match": held})).status_code == 200


# Owned ---------------------------------------------------------------------------------------------------------------------


async def test_owned_packs_are_the_callers_rows_and_with_a_child_those_for_it_and_for_all(
    app_client: httpx2.AsyncClient, parent: Parent
) -> None:
    first = (await add_child(app_client, parent, name="Leo"))["id"]
    second = (await add_child(app_client, parent, name="Ada"))["id"]
    assert (await data_of(app_client, parent, "/owned"))["packs"] == []
    await buy(app_client, parent, VEHICLES, childId=first)
    await buy(app_client, parent, SAFARI)
    assert names((await data_of(app_client, parent, "/owned"))["packs"]) == ["Safari Animals", "Happy Vehicles"]
    for child, shown in ((first, {"Safari Animals", "Happy Vehicles"}), (second, {"Safari Animals"})):
        packs = [PACK(pack) for pack in (await data_of(app_client, parent, "/owned", childId=child))["packs"]]
        assert set(names(packs)) == shown
        assert all(pack["userOwnership"] is not None for pack in packs)
    stranger = await register(app_client)
    assert (await data_of(app_client, stranger, "/owned"))["packs"] == []
    foreign = await app_client.get(f"{PACKS}/owned", params={"childId": first}, headers=stranger.bearer)
    assert refusal(foreign) == (400, "Failed to fetch owned packs: Child not found")


async def test_a_pack_that_left_the_store_stays_with_its_owners(
    app_client: httpx2.AsyncClient, parent: Parent, database: Connection
) -> None:
    await buy(app_client, parent, SAFARI)
    database.execute("update public.content_packs set status = 'archived' where id = %s", [SAFARI])
    assert "Safari Animals" not in names((await data_of(app_client, parent))["packs"])
    assert names((await data_of(app_client, parent, "/owned"))["packs"]) == ["Safari Animals"]
    assert len((await data_of(app_client, parent, f"/{SAFARI}"))["pack"]["assets"]) == 2


# Purchase --------------------------------------------------------------------------------------------------------------------


async def test_a_free_pack_is_owned_at_once_and_once(
    app_client: httpx2.AsyncClient, parent: Parent, database_url: str
) -> None:
    answers = [await buy(app_client, parent, VEHICLES) for _ in range(3)]
    bought = [PURCHASE(answer.json()["data"]) for answer in answers]
    assert [answer.status_code for answer in answers] == [200] * 3
    first = bought[0]
    assert (first["success"], first["error"]) == (True, None)
    assert first["transactionId"].startswith("txn-")
    owned = first["ownership"]
    assert (owned["acquisitionType"], owned["purchasePriceCents"], owned["childId"]) == ("free", 0, None)
    assert (owned["downloadStatus"], owned["downloadProgress"], owned["usageCount"]) == ("pending", 0, 0)
    assert bought[1] == bought[2] == first
    assert await value(database_url, "select count(*) from public.user_pack_ownership") == 1


async def test_a_pack_that_is_owned_for_all_children_is_not_bought_again_for_one(
    app_client: httpx2.AsyncClient, parent: Parent, database_url: str
) -> None:
    child = (await add_child(app_client, parent))["id"]
    whole = (await buy(app_client, parent, SAFARI)).json()["data"]["ownership"]
    again = await buy(app_client, parent, SAFARI, childId=child)
    assert again.json()["data"]["ownership"] == whole
    assert await value(database_url, "select count(*) from wondernest.pack_purchases") == 1


async def test_a_pack_of_one_child_is_got_again_for_all(app_client: httpx2.AsyncClient, parent: Parent) -> None:
    child = (await add_child(app_client, parent))["id"]
    one = (await buy(app_client, parent, VEHICLES, childId=child)).json()["data"]["ownership"]
    whole = (await buy(app_client, parent, VEHICLES)).json()["data"]["ownership"]
    assert (one["childId"], whole["childId"]) == (child, None)
    assert one["id"] != whole["id"]


async def test_purchases_that_cannot_be_are_refused(app_client: httpx2.AsyncClient, parent: Parent) -> None:
    for body, error in (
        ({}, "Purchase failed: Pack ID is required"),
        ({"packId": ""}, "Purchase failed: Pack ID is required"),
        ({"packId": "x"}, "Purchase failed: Invalid pack ID"),
        ({"packId": str(uuid4())}, "Pack not found"),
        ({"packId": VEHICLES, "childId": "x"}, "Purchase failed: Invalid child ID"),
        ({"packId": VEHICLES, "childId": str(uuid4())}, "Purchase failed: Child not found"),
    ):
        answer = await app_client.post(f"{PACKS}/purchase", json=body, headers=parent.bearer)
        assert refusal(answer) == (400, error), body
    answer = await app_client.post(f"{PACKS}/purchase", content=b"{", headers=parent.bearer)
    assert refusal(answer) == (400, "Purchase failed: Invalid JSON format")
    assert (await data_of(app_client, parent, "/owned"))["packs"] == []


# Download --------------------------------------------------------------------------------------------------------------------


async def test_a_download_is_followed_and_its_first_completion_counted(
    app_client: httpx2.AsyncClient, parent: Parent, database_url: str
) -> None:
    assert refusal(await download(app_client, parent, VEHICLES, status="downloading")) == (
        404,
        "Pack ownership not found",
    )
    await buy(app_client, parent, VEHICLES)

    async def state() -> tuple[str, int, bool, int]:
        pack = (await data_of(app_client, parent, f"/{VEHICLES}"))["pack"]
        owned = OWNERSHIP(pack["userOwnership"])
        downloaded = owned["downloadedAt"] is not None
        return owned["downloadStatus"], owned["downloadProgress"], downloaded, pack["downloadCount"]

    for body, after in (
        ({"status": "downloading", "progress": 40}, ("downloading", 40, False, 0)),
        ({"status": "failed"}, ("failed", 0, False, 0)),
        ({"status": "downloading", "progress": 400}, ("downloading", 100, False, 0)),
        ({"status": "completed", "progress": 0}, ("completed", 100, True, 1)),
        ({"status": "COMPLETED", "progress": 100}, ("completed", 100, True, 1)),
        ({"status": "downloading", "progress": -3}, ("downloading", 0, True, 1)),
        ({"status": "completed"}, ("completed", 100, True, 1)),
    ):
        answer = await download(app_client, parent, VEHICLES, **body)
        assert (answer.status_code, answer.json()) == (
            200,
            {"success": True, "data": {"message": "Download status updated"}, "error": None},
        )
        assert await state() == after, body


async def test_downloads_that_cannot_be_are_refused(app_client: httpx2.AsyncClient, parent: Parent) -> None:
    await buy(app_client, parent, VEHICLES)
    prefix = "Failed to update download status"
    for body, error in (
        ({}, "Status is required"),
        ({"status": " "}, "Status is required"),
        ({"status": "stolen"}, "Invalid status"),
        ({"status": "pending", "childId": "x"}, "Invalid child ID"),
    ):
        assert refusal(await download(app_client, parent, VEHICLES, **body)) == (400, f"{prefix}: {error}"), body
    nobodys = await download(app_client, parent, VEHICLES, status="pending", childId=str(uuid4()))
    assert refusal(nobodys) == (404, "Pack ownership not found")
