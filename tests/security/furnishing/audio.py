"""An audio session."""

from __future__ import annotations

import httpx2

from tests.security.households import succeed


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    body = {"childId": child_id, "sessionType": "story"}
    begun = await succeed(client.post("/api/v1/audio/sessions", json=body, headers=bearer))
    return {"audioSessionId": begun.json()["sessionId"]}
