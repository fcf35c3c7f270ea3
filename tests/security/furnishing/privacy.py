"""An export, as its job leaves it."""

from __future__ import annotations

import httpx2

from tests.fixtures.auth import PASSWORD
from tests.security.households import succeed


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    del child_id
    proof = await succeed(client.post("/api/v1/auth/step-up", json={"password": PASSWORD}, headers=bearer))
    headers = {**bearer, "X-Step-Up": proof.json()["data"]["proof"]}
    answer = await succeed(client.post("/api/v1/privacy/exports", headers=headers))
    return {"exportId": answer.json()["data"]["id"]}
