"""A save with two versions, and a child's copy of a game."""

from __future__ import annotations

import httpx2

from tests.security.households import succeed

KEY = {"gameType": "sticker_book", "dataKey": "sticker_project_1"}
"""The game in the examples of the routes."""


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    for document in ({"n": 1}, {"n": 2}):
        body = {**KEY, "dataValue": document}
        await succeed(client.put(f"/api/v2/games/children/{child_id}/data", json=body, headers=bearer))
    await succeed(client.post(f"/api/v2/games/children/{child_id}/instances/sticker_book", headers=bearer))
    return {}
