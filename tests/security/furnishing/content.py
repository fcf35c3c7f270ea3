"""An item of the library, and filters of the family and the child."""

from __future__ import annotations

import httpx2
import psycopg

from tests.security.households import succeed


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
