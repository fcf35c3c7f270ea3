"""The session that a parent is signed in with."""

from __future__ import annotations

import httpx2

from tests.security.households import succeed


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    found = await succeed(client.get("/api/v1/auth/sessions", headers=bearer))
    [session] = found.json()["data"]["sessions"]
    assert session["id"] != child_id
    return {"sessionId": session["id"]}
