"""A consent."""

from __future__ import annotations

import httpx2

from tests.security.households import succeed


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    body = {
        "childId": child_id,
        "consentType": "full",
        "permissions": {"dataCollection": True},
        "verificationMethod": "credit_card",
    }
    await succeed(client.post("/api/v1/coppa/consent", json=body, headers=bearer))
    return {}
