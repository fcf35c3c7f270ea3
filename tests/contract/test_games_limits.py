"""Limits of saves: their number for a child and their size for a family."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.family import add_child
from tests.fixtures.games import Player, player
from tests.fixtures.saves import saves_of, write
from tests.fixtures.usage import counted, true_usage
from wondernest.app import create_app
from wondernest.games.rules import Limits
from wondernest.settings import Settings

SAVES = 3
BYTES = 300
FILLING = "x" * 100


@pytest.fixture
async def mia(make_settings: Callable[..., Settings], database_url: str) -> AsyncGenerator[Player]:
    settings = make_settings(SAVES_PER_CHILD=str(SAVES), SAVES_BYTES_PER_FAMILY=str(BYTES))
    async with running(create_app(settings)) as client:
        yield await player(client)


def refused(answer: httpx2.Response) -> bool:
    if answer.status_code != 413:
        return False
    body = answer.json()
    assert (body["error"], body["message"]) == ("STORAGE_QUOTA_EXCEEDED", "Storage quota exceeded")
    return True


async def test_a_child_has_so_many_saves_and_no_more(mia: Player) -> None:
    for key in ("a", "b", "c"):
        assert (await mia.save({}, key)).status_code == 200
    assert refused(await mia.save({}, "d"))
    assert refused(await mia.save({}, "d", Idempotency_Key="once"))
    assert (await mia.save({"n": 1}, "a")).status_code == 200
    assert (await mia.ask("DELETE", f"{mia.saves}/sticker_book/a")).status_code == 200
    assert (await mia.save({}, "d")).status_code == 200
    assert refused(await mia.ask("POST", f"{mia.history}/sticker_book/a/1/restore"))


async def test_a_familys_saves_have_so_many_bytes_and_no_more(mia: Player) -> None:
    sibling = replace(mia, child_id=(await add_child(mia.client, mia.parent))["id"])
    assert (await mia.save({"f": FILLING}, "a")).status_code == 200
    assert (await sibling.save({"f": FILLING}, "a")).status_code == 200
    assert refused(await mia.save({"f": FILLING}, "b"))
    assert refused(await sibling.save({"f": FILLING * 2}, "a"))
    assert (await sibling.load("a")).json()["dataValue"] == {"f": FILLING}
    # What does not grow is always stored.
    assert (await sibling.save({"f": FILLING.upper()}, "a")).status_code == 200
    assert (await mia.save({"f": ""}, "a")).status_code == 200
    assert (await mia.save({"f": FILLING}, "b")).status_code == 200


async def test_a_save_that_shrinks_is_stored_although_the_family_has_more_than_allowed(
    make_settings: Callable[..., Settings], mia: Player
) -> None:
    async with running(create_app(make_settings())) as generous:
        roomy = Player(generous, mia.parent, mia.child_id)
        assert (await roomy.save({"f": FILLING * 9})).status_code == 200
    assert (await mia.save({"f": FILLING * 8})).status_code == 200
    assert refused(await mia.save({"f": FILLING * 9}))


async def test_a_failed_precondition_is_told_before_the_limit(mia: Player) -> None:
    for key in ("a", "b", "c"):
        await mia.save({}, key)
    assert (await mia.save({}, "a", If_None_Match="*")).status_code == 409
    assert (await mia.save({}, "d", If_Match="*")).status_code == 409


async def test_a_batch_stores_what_fits_and_refuses_the_rest_one_by_one(mia: Player) -> None:
    def put(key: str, document: Any) -> dict[str, Any]:
        return {"op": "put", "gameType": "t", "dataKey": key, "dataValue": document}

    operations = [
        put("a", {}),
        put("b", {"f": FILLING * 4}),
        put("c", {}),
        put("d", {}),
        put("e", {}),
        put("a", {"n": 1}),
    ]
    answer = await mia.ask("POST", f"{mia.saves}/batch", {"operations": operations})
    results = answer.json()["results"]
    assert [result["status"] for result in results] == [200, 413, 200, 200, 413, 200]
    assert {(result["error"], result["message"]) for result in results if result["status"] == 413} == {
        ("STORAGE_QUOTA_EXCEEDED", "Storage quota exceeded")
    }
    assert (await mia.load("a", "t")).json()["dataValue"] == {"n": 1}


async def test_a_project_that_arrives_as_an_event_is_refused_too(mia: Player) -> None:
    for key in ("a", "b", "c"):
        await mia.save({}, key)
    data = {"gameType": "sticker_book", "projectId": "new", "fullProjectData": {"n": 1}}
    event = {"eventType": "save_project", "childId": mia.child_id, "eventData": data}
    answer = await mia.ask("POST", "/api/v1/analytics/events", event)
    assert refused(answer), answer.text
    assert (await mia.load("sticker_project_new")).status_code == 404


async def test_a_save_is_never_refused_because_of_its_neighbours(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    """Many saves share a statement: each is compared with the limits as if it were alone."""
    children = [await player(app_client) for _ in range(8)]
    limits = Limits(kept_versions=5, saves_per_child=3, bytes_per_family=300)
    async with saves_of(database_url, limits=limits) as (saves, database):
        asked = [
            saves.store(write(child, f"k{number}", number, size=10 if number else 500))
            for child in children
            for number in range(4)
        ]
        outcomes = await asyncio.gather(*asked)
        for place, child in enumerate(children):
            mine = outcomes[4 * place : 4 * place + 4]
            assert [outcome.done for outcome in mine] == [False, True, True, True]
            assert [outcome.exceeds for outcome in mine] == [True, False, False, False]
            usage = await counted(database, UUID(child.child_id))
            assert usage == await true_usage(database, UUID(child.child_id))
            assert usage.saves == 3
