"""A private story template, and an instance of it that the child reads."""

from __future__ import annotations

import httpx2

from tests.security.households import succeed
from wondernest.stories.routes.templates import EXAMPLE

STORIES = "/api/v2/games/story-adventure"


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    form = {**EXAMPLE, "creatorId": None}
    made = await succeed(client.post(f"{STORIES}/templates", json=form, headers=bearer))
    template_id = made.json()["data"]["id"]
    start = {"templateId": template_id, "customizations": {}}
    begun = await succeed(client.post(f"{STORIES}/instances/{child_id}/start", json=start, headers=bearer))
    return {"templateId": template_id, "instanceId": begun.json()["data"]["id"]}
