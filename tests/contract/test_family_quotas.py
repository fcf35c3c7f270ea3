"""How many children a family may have."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register, row
from tests.fixtures.family import CHILDREN, add_child, child_form
from wondernest.app import create_app
from wondernest.settings import Settings

MOST, MOST_WITH_ARCHIVED = 3, 5
FULL = {
    "error": "validation_error",
    "message": f"A family can have at most {MOST} children, or {MOST_WITH_ARCHIVED} together with archived ones",
}


@pytest.fixture
async def client(make_settings: Callable[..., Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    settings = make_settings(CHILDREN_PER_FAMILY=str(MOST), CHILDREN_WITH_ARCHIVED_PER_FAMILY=str(MOST_WITH_ARCHIVED))
    async with running(create_app(settings)) as client:
        yield client


async def add(client: httpx2.AsyncClient, parent: Parent, **headers: str) -> httpx2.Response:
    named = {name.replace("_", "-"): text for name, text in headers.items()}
    return await client.post(CHILDREN, json=child_form(), headers=parent.bearer | named)


async def test_a_family_has_thirty_children_at_most_unless_it_is_configured() -> None:
    assert (Settings().quotas.children, Settings().quotas.children_with_archived) == (30, 100)


async def test_a_full_family_gets_no_further_child_and_keeps_those_it_has(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    children = [await add_child(client, parent) for _ in range(MOST)]
    refused = await add(client, parent)
    assert (refused.status_code, refused.json()) == (400, FULL)
    shown = (await client.get(CHILDREN, headers=parent.bearer)).json()["data"]
    assert {child["id"] for child in shown} == {child["id"] for child in children}


async def test_a_refused_child_leaves_nothing_behind(client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(client)
    for _ in range(MOST):
        await add_child(client, parent)
    assert (await add(client, parent)).status_code == 400
    assert (await add(client, parent, Idempotency_Key="one")).status_code == 400
    counted = await row(
        database_url,
        "select (select count(*) from family.child_profiles) as children, (select count(*) from family.child_settings) as settings,"
        " (select count(*) from wondernest.child_details) as details, (select count(*) from wondernest.idempotency_keys) as keys",
    )
    assert dict(counted) == {"children": MOST, "settings": MOST, "details": MOST, "keys": 0}


async def test_an_archived_child_makes_room_until_the_family_has_had_too_many(client: httpx2.AsyncClient) -> None:
    parent = await register(client)
    for _ in range(MOST_WITH_ARCHIVED):
        child = await add_child(client, parent)
        await client.delete(f"{CHILDREN}/{child['id']}", headers=parent.bearer)
    refused = await add(client, parent)
    assert (refused.status_code, refused.json()) == (400, FULL)


@pytest.mark.parametrize("with_key", [False, True], ids=["alone", "with an Idempotency-Key"])
async def test_parallel_creations_stop_exactly_at_the_limit(client: httpx2.AsyncClient, *, with_key: bool) -> None:
    parent = await register(client)
    headers = [{"Idempotency_Key": f"k{number}"} if with_key else {} for number in range(12)]
    answers = await asyncio.gather(*(add(client, parent, **named) for named in headers))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] * MOST + [400] * (12 - MOST)


async def test_a_full_family_does_not_stop_another(client: httpx2.AsyncClient) -> None:
    full, other = await register(client), await register(client, email="bob@example.com")
    for _ in range(MOST):
        await add_child(client, full)
    assert (await add(client, full)).status_code == 400
    assert (await add(client, other)).status_code == 201
