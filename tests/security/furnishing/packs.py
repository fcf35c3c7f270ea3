"""The packs of the contract; of these the free one, owned for the child."""

from __future__ import annotations

import httpx2

from tests.fixtures.packs import PACKS, VEHICLES, stock


def install(url: str) -> None:
    stock(url)


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    answer = await client.post(f"{PACKS}/purchase", json={"packId": VEHICLES, "childId": child_id}, headers=bearer)
    assert answer.is_success or answer.json()["error"] == "Pack not found", answer.text
    return {}
