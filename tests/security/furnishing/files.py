"""A file of the family."""

from __future__ import annotations

from uuid import uuid4

import httpx2

from tests.security.households import PICTURE, succeed


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    answer = await succeed(
        client.post(
            "/api/v1/files/upload",
            data={"childId": child_id, "tags": "kept"},
            files={"file": ("furnished.png", PICTURE, "image/png")},
            headers=bearer,
        )
    )
    file = answer.json()["data"]
    folder, name = file["url"].rsplit("/", 2)[1:]
    return {"fileId": file["id"], "folder": folder, "name": name, "owner": str(uuid4())}
