"""An export that is ready."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import httpx2

from tests.fixtures.auth import PASSWORD
from tests.security.households import succeed
from wondernest.platform.http.application import Application
from wondernest.platform.jobs import Running
from wondernest.privacy.exporting import EXPORT, MAKE, USER_ARGUMENT

EXPORTS = "/api/v1/privacy/exports"
ONLY_FOR = "exportId"
"""An export costs twice as much as all other data of a family together."""
PATIENCE_S = 30.0


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    del child_id
    proof = await succeed(client.post("/api/v1/auth/step-up", json={"password": PASSWORD}, headers=bearer))
    headers = {**bearer, "X-Step-Up": proof.json()["data"]["proof"]}
    export_id = (await succeed(client.post(EXPORTS, headers=headers))).json()["data"]["id"]
    transport: Any = client._transport
    application = getattr(transport, "app", None)
    if isinstance(application, Application):
        user = (await succeed(client.get("/api/v1/auth/me", headers=bearer))).json()
        await make(application, user["id"], export_id)
        return {"exportId": export_id}
    async with asyncio.timeout(PATIENCE_S):
        while (await succeed(client.get(EXPORTS, headers=bearer))).json()["data"][0]["state"] != "ready":
            await asyncio.sleep(0.1)
    return {"exportId": export_id}


async def make(application: Application, user_id: str, export_id: str) -> None:
    """Do what the jobs process does: an application in process has none."""
    [job] = [job for job in application.rooms.jobs if job.name == MAKE]
    await job.handler(Running(1, MAKE, {USER_ARGUMENT: user_id, EXPORT: export_id}, 1, datetime.now(UTC)))
