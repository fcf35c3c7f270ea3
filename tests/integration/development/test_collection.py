"""The demo collection of the content library."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from tests.fixtures.application import running
from tests.fixtures.auth import register, rows
from tests.fixtures.content import CONTRACT_ITEMS
from wondernest.app import create_app
from wondernest.content.rules import CATEGORIES
from wondernest.development.collection.filling import fill_collection
from wondernest.settings import Settings

TYPES = {"application/pdf", "image/png", "audio/wav"}


async def test_the_demo_collection_opens_without_a_token_and_stays_as_it_is(
    make_settings: Callable[..., Settings], database_url: str, tmp_path: Path
) -> None:
    settings = make_settings(APP_ENV="development")
    await asyncio.to_thread(fill_collection, settings)
    async with running(create_app(settings)) as client:
        parent = await register(client)
        page = (await client.get("/api/v1/content", params={"limit": "100"}, headers=parent.bearer)).json()
        items = {item["id"]: item for item in page["items"]}
        assert page["totalItems"] == len(items) >= 24
        assert set(Counter(item["category"] for item in items.values())) == {category.id for category in CATEGORIES}
        for known in CONTRACT_ITEMS:
            shown = items[known["provider_id"]]
            assert (shown["title"], shown["category"], shown["ageRating"], shown["duration"] * 60, shown["tags"]) == (
                known["title"],
                known["category"],
                known["age_min"],
                known["duration_seconds"],
                known["tags"],
            )
            assert shown["difficulty"] == known["metadata"]["difficulty"]
        types: set[str] = set()
        for item in items.values():
            assert item["description"]
            assert (await client.get(item["thumbnailUrl"])).headers["content-type"] == "image/png", item["id"]
            assert (await client.get(item["thumbnailUrl"] + "?w=320")).status_code == 200, item["id"]
            opened = await client.get(item["contentUrl"])
            assert opened.status_code == 200, item["id"]
            types.add(opened.headers["content-type"])
        assert types == TYPES
        found = (await client.get("/api/v1/content", params={"q": "dinosaur"}, headers=parent.bearer)).json()
        assert found["items"][0]["id"] == "time-of-the-dinosaurs"
    before = await rows(database_url, "select id, url, updated_at from content.content_items order by id")
    await asyncio.to_thread(fill_collection, settings)
    assert await rows(database_url, "select id, url, updated_at from content.content_items order by id") == before
    assert len(list((tmp_path / "uploads").rglob("*.wav"))) == 6
