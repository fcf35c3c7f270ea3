"""What a family or a child may not be shown is in no reply about packs, and in no total."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import httpx2
import psycopg
import pytest
from psycopg.types.json import Jsonb

from tests.fixtures.auth import Parent
from tests.fixtures.family import register_with_child
from tests.fixtures.packs import PACKS, buy, data_of, store_asset, store_pack

Connection = psycopg.Connection[Any]
MARK = "Grumbleweed"
"""In the name of the pack and of its asset: it must be nowhere."""
BLOCKED: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "min age": ({"age_min": 3, "age_max": 5}, {"min_age": 6}),
    "max age": ({"age_min": 9, "age_max": 12}, {"max_age": 7}),
    "no ages": ({"age_min": None, "age_max": None}, {"max_age": 10}),
    "another category": ({"category": "Transportation"}, {"allowed_categories": ["Animals & Nature"]}),
    "a blocked category": ({"category": "Fantasy & Magic"}, {"blocked_categories": ["fantasy & magic"]}),
    "no category": ({}, {"allowed_categories": ["Animals & Nature"]}),
    "a tag as a category": ({"category": "Seasonal", "mood_tags": ["spooky"]}, {"blocked_categories": ["Spooky"]}),
    "another provider": ({}, {"allowed_providers": ["somebody"]}),
    "a provider who is a user": (
        {"created_by": "00000000-0000-0000-0000-000000000001"},
        {"allowed_providers": ["wondernest"]},
    ),
    "a keyword in the name": ({}, {"blocked_keywords": ["grumbleweed"]}),
    "a keyword in the description": ({"description": "Ghósts and more"}, {"blocked_keywords": ["ghosts"]}),
    "a keyword in the keywords": ({"search_keywords": "haunted house"}, {"blocked_keywords": ["haunted"]}),
    "a keyword in the goals": ({"educational_goals": ["Dagger drawing"]}, {"blocked_keywords": ["dagger"]}),
}
"""By what is wrong: how the pack is, and what the family's filter says."""


@pytest.fixture
def database(database_url: str) -> Iterator[Connection]:
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


async def at_home(
    client: httpx2.AsyncClient, database: Connection, birth: str = "2019-01-15"
) -> tuple[Parent, str, UUID]:
    parent, child = await register_with_child(client, birth_date=birth)
    found = database.execute("select family_id from family.family_members where user_id::text = %s", [parent.user_id])
    row = found.fetchone()
    assert row is not None
    return parent, child, row[0]


def limit_family(database: Connection, family: UUID, **limits: Any) -> None:
    fields = {"family_id": family, "name": "Ours", "min_age": None, "max_age": None, **limits}
    columns, places = ", ".join(fields), ", ".join(["%s"] * len(fields))
    statement = f"insert into content.content_filters ({columns}) values ({places})"
    database.execute(statement.encode(), list(fields.values()))


async def seen(client: httpx2.AsyncClient, parent: Parent, pack: str, **query: str) -> list[str]:
    """Where a pack shows: every reply that can hold it, and the total of the search."""
    shown: list[str] = []
    for path in ("", "/featured", "/owned", f"/{pack}", f"/{pack}/assets"):
        answer = await client.get(PACKS + path, params=query, headers=parent.bearer)
        if MARK in answer.text:
            shown.append(path)
    if (await data_of(client, parent, **query))["total"]:
        shown.append("total")
    if (await data_of(client, parent, query=MARK.lower(), **query))["total"]:
        shown.append("total of a search by words")
    return shown


EVERYWHERE = 7


def stock_one(database: Connection, **fields: Any) -> str:
    pack = store_pack(database, name=f"{MARK} pack", is_featured=True, **fields)
    store_asset(database, pack, name=f"{MARK} asset")
    return pack


@pytest.mark.parametrize("what", BLOCKED)
async def test_a_pack_that_the_family_may_not_be_shown_is_nowhere(
    app_client: httpx2.AsyncClient, database: Connection, what: str
) -> None:
    fields, limits = BLOCKED[what]
    pack = stock_one(database, **fields)
    parent, _, family = await at_home(app_client, database)
    assert (await buy(app_client, parent, pack)).status_code == 200
    assert len(await seen(app_client, parent, pack)) == EVERYWHERE
    limit_family(database, family, **limits)
    assert await seen(app_client, parent, pack) == []
    other, _, _ = await at_home(app_client, database)
    assert (await buy(app_client, other, pack)).status_code == 200, "the filter is the family's own"
    limit_family(database, family, **limits)
    another_pack = stock_one(database, **fields)
    refused = await buy(app_client, parent, another_pack)
    assert (refused.status_code, refused.json()["error"]) == (400, "Pack not found")


async def test_a_filter_that_is_not_active_hides_nothing(app_client: httpx2.AsyncClient, database: Connection) -> None:
    pack = stock_one(database)
    parent, _, family = await at_home(app_client, database)
    await buy(app_client, parent, pack)
    limit_family(database, family, blocked_keywords=[MARK], is_active=False)
    assert len(await seen(app_client, parent, pack)) == EVERYWHERE


@pytest.mark.parametrize(
    ("fields", "settings"),
    [
        ({"age_min": 9, "age_max": 12}, {}),
        ({"category": "Fantasy & Magic"}, {"blocked_categories": ["fantasy & magic"]}),
        ({}, {"content_preferences": {"educationalContentOnly": True, "maxAgeRating": 12}}),
        ({}, {"allowed_content_types": ["character_bundle"]}),
    ],
    ids=["age", "category", "educational only", "type"],
)
async def test_with_a_child_its_own_limits_count_as_well(
    app_client: httpx2.AsyncClient, database: Connection, fields: dict[str, Any], settings: dict[str, Any]
) -> None:
    pack = stock_one(database, **fields)
    parent, child, _ = await at_home(app_client, database)
    await buy(app_client, parent, pack)
    database.execute(
        "update family.child_settings set content_preferences = %s, blocked_categories = %s, allowed_content_types = %s",
        [
            Jsonb(settings.get("content_preferences", {"maxAgeRating": 8})),
            settings.get("blocked_categories"),
            settings.get("allowed_content_types"),
        ],
    )
    assert await seen(app_client, parent, pack, childId=child) == []
    assert len(await seen(app_client, parent, pack)) == EVERYWHERE, "the parent themselves sees it"


async def test_an_asset_that_may_not_be_shown_is_neither_shown_nor_counted(
    app_client: httpx2.AsyncClient, database: Connection
) -> None:
    pack = store_pack(database, is_featured=True)
    store_asset(database, pack, name="Lion", file_size_bytes=10)
    store_asset(database, pack, name="Ghost", file_size_bytes=100)
    store_asset(database, pack, name="Bat", tags=["spooky"], file_size_bytes=1000)
    parent, _, family = await at_home(app_client, database)
    limit_family(database, family, blocked_keywords=["ghost", "spooky"])
    shown = (await data_of(app_client, parent, f"/{pack}"))["pack"]
    assert [asset["name"] for asset in shown["assets"]] == ["Lion"]
    assert (shown["totalAssets"], shown["fileSizeBytes"]) == (1, 10)
    [listed] = (await data_of(app_client, parent))["packs"]
    assert (listed["totalAssets"], listed["fileSizeBytes"]) == (1, 10)
    assets = (await data_of(app_client, parent, f"/{pack}/assets"))["assets"]
    assert [asset["name"] for asset in assets] == ["Lion"]
