"""An item of the library, filters of the family and the child, and items that the filter must hide."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx2
import msgspec
import psycopg

from tests.security.households import succeed
from tests.security.unsuitable import FOR_CHILD, FOR_FAMILY, GOOD, MARK, UNRATED


def install(url: str) -> None:
    """The first item of the contract."""
    with psycopg.connect(url) as connection:
        connection.execute(
            "insert into content.content_items (title, content_type, category, provider, provider_id)"
            " values ('Learning Colors with Animals', 'story', 'educational', 'wondernest', 'content_1')"
        )


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    limits = {"blockedKeywords": ["thunder"]}
    body = {"family": limits, "children": [{"childId": child_id, **limits}]}
    await succeed(client.put("/api/v1/content/filters", json=body, headers=bearer))
    return {}


def store_unsuitable(url: str) -> None:
    """An item for each way of being hidden, and one that nothing hides."""
    with psycopg.connect(url) as connection:
        for name, changes in (*FOR_FAMILY.items(), *UNRATED.items(), *FOR_CHILD.items(), ("suitable", {})):
            _store(connection, name if name == "suitable" else f"{MARK}-{name}", {**GOOD, **changes})


def unsuitable_paths() -> Iterator[dict[str, str]]:
    """Path parameters that name the items."""
    for name in (*FOR_FAMILY, *UNRATED, *FOR_CHILD):
        yield {"contentId": f"{MARK}-{name}"}


def _store(connection: psycopg.Connection, name: str, item: Mapping[str, Any]) -> None:
    row = {
        "provider_id": name,
        "title": f"{name} {item['words']}",
        "thumbnail_url": f"/files/1756800000/{name}.png",
        "url": f"https://{item['site']}/{name}" if item["site"] else f"/files/1756800000/{name}.pdf",
        "content_type": item["kind"],
        "duration_seconds": None if item["minutes"] is None else item["minutes"] * 60,
        "metadata": msgspec.json.encode({"ageRating": item["rating"], "isEducational": item["educational"]}).decode(),
        **{column: item[column] for column in ("category", "age_min", "age_max", "language", "tags", "provider")},
    }
    columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
    connection.execute(f"insert into content.content_items ({columns}) values ({places})".encode(), list(row.values()))
