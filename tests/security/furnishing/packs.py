"""The packs of the contract, of these the free one owned for the child and reviewed; and packs that the filter must hide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any
from uuid import UUID, uuid4, uuid5

import httpx2
import psycopg

from tests.fixtures.packs import PACKS, VEHICLES, stock, store_asset, store_pack
from tests.security.unsuitable import FOR_CHILD, FOR_FAMILY, GOOD, MARK, UNRATED

NAMES = UUID("5c0f7f8e-2f0b-4f1e-9d3e-0a9f4f6f7a10")
"""From this and their names come the ids of the packs."""
NOT_OF_PACKS = {"rated", "long", "without-length", "child-long", "language"}
"""Ways of being hidden that a pack does not have: it has no rating beside its ages, no length, and a language only with voices."""


def install(url: str) -> None:
    stock(url)


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    answer = await client.post(f"{PACKS}/purchase", json={"packId": VEHICLES, "childId": child_id}, headers=bearer)
    assert answer.is_success or answer.json()["error"] == "Pack not found", answer.text  # where nothing is installed
    if answer.is_success:
        assert (await client.put(f"{PACKS}/{VEHICLES}/review", json={"rating": 4}, headers=bearer)).is_success
    return {}


def store_unsuitable(url: str) -> None:
    """A pack with an asset for each way of being hidden."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into public.content_pack_categories (name) values ('stories'), ('music'), ('art') on conflict do nothing"
        )
        for name, changes in _ways():
            _store(connection, f"{MARK}-{name}", {**GOOD, **changes})


def unsuitable_paths() -> Iterator[dict[str, str]]:
    """Path parameters that name the packs."""
    for name, _ in _ways():
        yield {"packId": str(uuid5(NAMES, f"{MARK}-{name}"))}


def _ways() -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, changes in (*FOR_FAMILY.items(), *UNRATED.items(), *FOR_CHILD.items()):
        if name not in NOT_OF_PACKS:
            yield name, {"age_min": 8} if name == "child-rated" else changes


def _store(connection: psycopg.Connection, name: str, item: Mapping[str, Any]) -> None:
    pack_id = str(uuid5(NAMES, name))
    store_pack(
        connection,
        pack_id,
        name=name,
        description=item["words"],
        category=item["category"],
        is_featured=True,
        age_min=item["age_min"],
        age_max=item["age_max"],
        mood_tags=item["tags"],
        educational_goals=["Counting"] if item["educational"] else None,
        created_by=None if item["provider"] == "wondernest" else str(uuid4()),
        pack_type="voice_pack" if item["language"] is None else "sticker_pack",
        thumbnail_url=f"https://{item['site']}/x.png" if item["site"] else "/files/1756800000/x.png",
    )
    store_asset(connection, pack_id, name=name)
