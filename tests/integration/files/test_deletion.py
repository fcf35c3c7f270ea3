"""A deletion for good is complete, and never takes a picture from a story."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx2

from tests.fixtures.auth import Parent, rows, value
from tests.fixtures.files import address, drawing, key_of, run_job, store_story, story_with, upload_drawing
from wondernest.app import Background
from wondernest.files.jobs import REMOVE_BLOBS, REMOVE_UNUSED
from wondernest.files.references import NOTE, RECONCILE

ROWS = "select (select count(*) from core.uploaded_files) + (select count(*) from content.file_tags)"
ANALYSES = "create table public.ai_image_analysis_cache (file_id uuid references core.uploaded_files)"
THE_SAVE = "select id::text from games.simple_game_data"


async def delete(client: httpx2.AsyncClient, parent: Parent, file: dict[str, Any], **query: str) -> None:
    answer = await client.delete(f"/api/v1/files/{file['id']}", params=query, headers=parent.bearer)
    assert answer.status_code == 200, answer.text


async def status(client: httpx2.AsyncClient, file: dict[str, Any]) -> int:
    return (await client.get(address(file["url"]))).status_code


async def grace_is_over(database_url: str) -> None:
    await rows(database_url, "update wondernest.blob_removals set remove_at = now() - interval '1 second'")


def stored(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_after_the_grace_nothing_is_left_of_a_deleted_file(
    client: httpx2.AsyncClient, work: Background, database_url: str, tmp_path: Path, ann: Parent
) -> None:
    if await value(database_url, "select to_regclass('public.ai_image_analysis_cache') is null"):
        await rows(database_url, ANALYSES)
    file = await upload_drawing(client, ann, drawing(size=(2000, 1000)), tags="cat,dog")
    await rows(
        database_url, "select content.add_file_reference(id, 'save', gen_random_uuid()) from core.uploaded_files"
    )
    assert (await client.get(address(file["thumbnailUrl"]))).status_code == 200
    assert len(stored(tmp_path / "uploads")) == 2
    await run_job(work, RECONCILE)
    await delete(client, ann, file)
    assert await status(client, file) == 404
    assert (await client.get(address(file["thumbnailUrl"]))).status_code == 404
    await run_job(work, REMOVE_BLOBS)
    assert await value(database_url, ROWS) == 3, "it can still be taken back"
    await grace_is_over(database_url)
    await run_job(work, REMOVE_BLOBS)
    assert await value(database_url, ROWS) == 0
    assert await value(database_url, "select count(*) from wondernest.blob_removals") == 0
    assert await value(database_url, "select count(*) from content.file_references") == 0
    assert stored(tmp_path / "uploads") == []


async def test_a_save_that_arrives_after_the_deletion_keeps_its_picture(
    client: httpx2.AsyncClient, work: Background, database_url: str, ann: Parent, child: str
) -> None:
    file = await upload_drawing(client, ann)
    await delete(client, ann, file)
    assert await status(client, file) == 404
    await store_story(client, ann, child, story_with(file["url"]))
    await grace_is_over(database_url)
    await run_job(work, REMOVE_BLOBS)
    assert await status(client, file) == 200
    assert (await client.get(f"/api/v1/files/{file['id']}", headers=ann.bearer)).status_code == 404, "still deleted"
    await run_job(work, REMOVE_BLOBS)
    assert await status(client, file) == 200


async def test_a_deletion_and_a_save_at_the_same_time_lose_no_picture(
    client: httpx2.AsyncClient, work: Background, database_url: str, ann: Parent, child: str
) -> None:
    files = [await upload_drawing(client, ann) for _ in range(12)]
    await asyncio.gather(
        *(delete(client, ann, file) for file in files),
        *(store_story(client, ann, child, story_with(file["url"]), file["id"]) for file in files),
    )
    await grace_is_over(database_url)
    await run_job(work, REMOVE_BLOBS)
    assert [await status(client, file) for file in files] == [200] * len(files)


async def test_a_softly_deleted_file_is_never_taken_for_one_that_is_deleted_for_good(
    client: httpx2.AsyncClient, work: Background, database_url: str, ann: Parent
) -> None:
    file = await upload_drawing(client, ann)
    plan = "insert into wondernest.blob_removals (file_key, remove_at) values ($1, now())"
    await rows(database_url, plan, key_of(file))  # as the sweep leaves it when it sees a blob before its row
    await delete(client, ann, file, softDelete="true")
    assert await status(client, file) == 200
    await run_job(work, REMOVE_BLOBS)
    assert await status(client, file) == 200


async def test_a_file_that_left_its_last_story_goes_after_the_grace(
    client: httpx2.AsyncClient, work: Background, database_url: str, tmp_path: Path, ann: Parent, child: str
) -> None:
    file = await upload_drawing(client, ann)
    await store_story(client, ann, child, story_with(file["url"]))
    await run_job(work, NOTE, save=await value(database_url, THE_SAVE))
    await delete(client, ann, file)
    await rows(database_url, "update core.uploaded_files set deleted_at = now() - interval '31 days'")
    await run_job(work, REMOVE_UNUSED)
    assert await status(client, file) == 200
    await rows(database_url, "delete from games.simple_game_data")
    await run_job(work, RECONCILE)
    await run_job(work, REMOVE_UNUSED)
    await grace_is_over(database_url)
    await run_job(work, REMOVE_BLOBS)
    assert await value(database_url, ROWS) == 0
    assert stored(tmp_path / "uploads") == []


async def test_a_picture_in_a_story_of_a_family_that_its_owner_has_left_is_kept(
    client: httpx2.AsyncClient, work: Background, database_url: str, ann: Parent, child: str
) -> None:
    file = await upload_drawing(client, ann)
    await store_story(client, ann, child, story_with(file["url"]))
    await run_job(work, NOTE, save=await value(database_url, THE_SAVE))
    await rows(database_url, "delete from family.family_members")
    await run_job(work, RECONCILE)
    await delete(client, ann, file)
    assert await status(client, file) == 200
