"""Which files a save shows is noted by a job, and made right every night."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.application import jobs_running
from tests.fixtures.auth import Parent, register, rows
from tests.fixtures.family import add_child
from tests.fixtures.files import key_of, run_job, store_story, story_with, upload_drawing
from wondernest.app import Background
from wondernest.files.references import NOTE, RECONCILE

JOB_TIMEOUT_S = 10.0
NOTED = "select file_id::text, reference_id from content.file_references where reference_type = 'save'"
QUEUED = "select 1 from wondernest.jobs where entrypoint = 'files.note_references'"


async def noted(database_url: str) -> set[str]:
    return {row["file_id"] for row in await rows(database_url, NOTED)}


async def the_save(database_url: str) -> str:
    [row] = await rows(database_url, "select id from games.simple_game_data")
    return str(row["id"])


async def test_a_stored_story_is_noted_within_seconds(
    client: httpx2.AsyncClient, make_settings: Any, database_url: str, ann: Parent, child: str
) -> None:
    file = await upload_drawing(client, ann)
    async with jobs_running(make_settings()):
        await store_story(client, ann, child, story_with(file["url"]))
        async with asyncio.timeout(JOB_TIMEOUT_S):
            while await noted(database_url) != {file["id"]}:
                await asyncio.sleep(0.05)


async def test_every_way_to_store_a_story_is_noticed(
    client: httpx2.AsyncClient, database_url: str, ann: Parent, child: str
) -> None:
    file = await upload_drawing(client, ann)
    document = story_with(file["url"])
    base = f"/api/v2/games/children/{child}/data"
    operation = {"op": "put", "gameType": "story_adventure", "dataKey": "b", "dataValue": document}
    ways = (
        ("PUT", base, {"gameType": "story_adventure", "dataKey": "a", "dataValue": document}, {}),
        ("PUT", base, {"gameType": "story_adventure", "dataKey": "k", "dataValue": document}, {"Idempotency-Key": "1"}),
        ("POST", base + "/batch", {"operations": [operation]}, {}),
    )
    for number, (method, path, body, headers) in enumerate(ways, 1):
        answer = await client.request(method, path, json=body, headers={**ann.bearer, **headers})
        assert answer.status_code == 200, answer.text
        assert len(await rows(database_url, QUEUED)) == number, (method, path)


async def test_a_save_is_stored_although_nobody_can_be_told(
    client: httpx2.AsyncClient, work: Background, database_url: str, ann: Parent, child: str
) -> None:
    file = await upload_drawing(client, ann)
    await rows(database_url, "alter table wondernest.jobs rename to jobs_away")
    await store_story(client, ann, child, story_with(file["url"]))
    await rows(database_url, "alter table wondernest.jobs_away rename to jobs")
    await run_job(work, RECONCILE)
    assert await noted(database_url) == {file["id"]}


async def test_a_save_without_a_file_costs_no_job(
    client: httpx2.AsyncClient, database_url: str, ann: Parent, child: str
) -> None:
    await store_story(client, ann, child, story_with("https://example.org/cat.png"))
    await store_story(client, ann, child, {"sticker": str(uuid4())}, "t")
    assert await rows(database_url, QUEUED) == []


@pytest.mark.parametrize("way", ["url", "id", "kotlin"])
async def test_a_file_is_named_by_its_address_or_its_id(
    client: httpx2.AsyncClient, work: Background, database_url: str, ann: Parent, child: str, way: str
) -> None:
    file = await upload_drawing(client, ann)
    name = {"url": file["url"], "id": file["id"], "kotlin": f"http://localhost:8080/files/{key_of(file)}"}[way]
    await store_story(client, ann, child, story_with(name))
    await run_job(work, NOTE, save=await the_save(database_url))
    assert await noted(database_url) == {file["id"]}


async def test_what_a_save_no_longer_shows_is_no_longer_noted(
    client: httpx2.AsyncClient, work: Background, database_url: str, ann: Parent, child: str
) -> None:
    old, new = await upload_drawing(client, ann), await upload_drawing(client, ann)
    for file in (old, new):
        await store_story(client, ann, child, story_with(file["url"]))
        await run_job(work, NOTE, save=await the_save(database_url))
        assert await noted(database_url) == {file["id"]}
    await client.delete(f"/api/v2/games/children/{child}/data/story_adventure/s", headers=ann.bearer)
    await rows(database_url, "delete from games.simple_game_data")
    await run_job(work, RECONCILE)
    assert await noted(database_url) == set()


async def test_a_stranger_cannot_note_a_file(
    client: httpx2.AsyncClient, work: Background, database_url: str, ann: Parent
) -> None:
    file = await upload_drawing(client, ann, isPublic="true")
    bob = await register(client)
    await store_story(client, bob, (await add_child(client, bob))["id"], story_with(file["url"], file["id"]))
    await run_job(work, NOTE, save=await the_save(database_url))
    await run_job(work, RECONCILE)
    assert await noted(database_url) == set()


async def test_saves_of_another_backend_are_found_at_night(
    client: httpx2.AsyncClient, work: Background, database_url: str, ann: Parent, child: str
) -> None:
    file = await upload_drawing(client, ann)
    await store_story(client, ann, child, story_with(file["url"]))
    await rows(database_url, "delete from wondernest.jobs where entrypoint = 'files.note_references'")
    await rows(database_url, "update games.simple_game_data set id = gen_random_uuid()")
    await run_job(work, RECONCILE)
    [row] = await rows(database_url, NOTED)
    assert row["reference_id"] == UUID(await the_save(database_url))
    await rows(database_url, "update games.simple_game_data set id = gen_random_uuid()")
    await run_job(work, RECONCILE)
    [row] = await rows(database_url, NOTED)
    assert row["reference_id"] == UUID(await the_save(database_url)), "a row that the other backend stored anew"


async def test_references_of_other_kinds_are_left_alone(
    client: httpx2.AsyncClient, work: Background, database_url: str, ann: Parent
) -> None:
    file = await upload_drawing(client, ann)
    other = "select content.add_file_reference(id, 'story', gen_random_uuid()) from core.uploaded_files"
    await rows(database_url, other)
    await run_job(work, RECONCILE)
    [row] = await rows(database_url, "select file_id::text, reference_type from content.file_references")
    assert (row["file_id"], row["reference_type"]) == (file["id"], "story")
