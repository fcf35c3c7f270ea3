"""Every route of the registry, for a family with limits: nothing that they hide is in any reply, in no way of asking.

A room whose replies can hold content stores its own items in `furnishing/`: `store_unsuitable` and `unsuitable_paths`.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx2
import pytest
import pytest_asyncio

from tests.fixtures.application import TEST_ENVIRONMENT, declared, running
from tests.fixtures.auth import rows
from tests.fixtures.servers import database_on
from tests.security.households import (
    FURNISHING,
    Parent,
    address,
    body_of,
    furnish_installation,
    register_parent_with_data,
    sent_as,
    succeed,
)
from tests.security.unsuitable import CHILD_LIMITS, CHILD_TYPES, FAMILY_LIMITS, FOR_CHILD, FOR_FAMILY, MARK, UNRATED
from wondernest.app import create_app
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.caller import CallerKind
from wondernest.platform.http.router import Route
from wondernest.settings import load_settings

FILTERS = "/api/v1/content/filters"
MARKED = re.compile(rf"{MARK}-([a-z-]+)")
WORDS = {"q": MARK, "query": MARK, "search": MARK}
WIDE = {"limit": "100", "size": "100", "ageGroup": "18", "ageMax": "18"}
ASKED: tuple[Mapping[str, str], ...] = ({}, WIDE, {**WIDE, **WORDS})
"""Queries in the names of all rooms; a route ignores those that it does not know."""
ROUTES = [route for route in declared().router.routes if route.endpoint.caller is CallerKind.USER]
each_route = pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.endpoint.method} {route.template}")
in_the_loop = pytest.mark.asyncio(loop_scope="module")


def rooms(part: str) -> Iterator[Any]:
    """That part of each furnishing module that has it."""
    for path in sorted(FURNISHING.glob("*.py")):
        room = import_module(f"tests.security.furnishing.{path.stem}")
        if hasattr(room, part):
            yield getattr(room, part)


@pytest.fixture(scope="module")
def database(pg_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    with database_on(pg_server, migrated_template) as url:
        furnish_installation(url)
        for store in rooms("store_unsuitable"):
            store(url)
        yield url


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def client(database: str, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[httpx2.AsyncClient]:
    folder: Path = tmp_path_factory.mktemp("files")
    own = {"DATABASE_URL": database, "MAIL_OUTBOX_PATH": str(folder / "outbox")}
    own |= {"STORAGE_LOCAL_PATH": str(folder / "uploads")}
    async with running(create_app(load_settings({**TEST_ENVIRONMENT, **own}))) as started:
        yield started


async def limited_parent(client: httpx2.AsyncClient, database: str, route: Route | None = None) -> Parent:
    """A parent whose family and child have every limit, with data for the routes or for one of them."""
    parent = await register_parent_with_data(client, route)
    body = {"family": FAMILY_LIMITS, "children": [{"childId": parent.child_id, **CHILD_LIMITS}]}
    await succeed(client.put(FILTERS, json=body, headers=parent.bearer))
    await rows(database, CHILD_TYPES, parent.child_id)
    return parent


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def reader(client: httpx2.AsyncClient, database: str) -> Parent:
    """Who calls the routes that change nothing."""
    return await limited_parent(client, database)


async def replies(client: httpx2.AsyncClient, route: Route, parent: Parent) -> AsyncIterator[tuple[bool, str]]:
    """The replies of a route to all ways of asking, and whether each was asked for the child."""
    paths: list[Mapping[str, str]] = [{}]
    paths += [named for given in rooms("unsuitable_paths") for named in given() if _takes(route, named)]
    for path in paths:
        values = {**parent.values, **path}
        body = body_of(route, values)
        for query in ASKED if route.endpoint.method == "GET" else ASKED[:1]:
            for child in ({}, {"childId": parent.child_id}):
                answer = await client.request(
                    route.endpoint.method,
                    address(route, values),
                    params={**query, **child},
                    headers=parent.bearer,
                    **sent_as(body),
                )
                asked = f"{answer.request.url} {answer.request.read()!r}"
                yield parent.child_id in asked, answer.text


def _takes(route: Route, named: Mapping[str, str]) -> bool:
    return any(parameter.name in named for parameter in route.endpoint.parameters)


@each_route
@in_the_loop
async def test_no_reply_tells_of_what_the_filter_hides(
    client: httpx2.AsyncClient, database: str, reader: Parent, route: Route
) -> None:
    parent = reader if route.endpoint.method == "GET" else await limited_parent(client, database, route)
    hidden = {*FOR_FAMILY, *UNRATED}
    async for for_child, text in replies(client, route, parent):
        found = set(MARKED.findall(text))
        assert not found & hidden, found
        assert not (for_child and found), found


@in_the_loop
async def test_a_hidden_item_is_answered_as_a_missing_one(client: httpx2.AsyncClient, database: str) -> None:
    parent = await limited_parent(client, database)
    for name in (*FOR_FAMILY, *UNRATED, *FOR_CHILD):
        answers: list[tuple[int, str]] = []
        for content_id in (f"{MARK}-{name}", "nowhere"):
            query = {"childId": parent.child_id}
            report = {"contentId": content_id, "childId": parent.child_id, "engagementType": "like"}
            asked = (
                await client.get(f"/api/v1/content/{content_id}", params=query, headers=parent.bearer),
                await client.post("/api/v1/content/engagement", json=report, headers=parent.bearer),
            )
            answers += [(answer.status_code, answer.json()["message"]) for answer in asked]
        assert set(answers) == {(404, "Content not found")}, name


@in_the_loop
async def test_totals_count_only_what_is_shown(client: httpx2.AsyncClient, database: str) -> None:
    parent = await limited_parent(client, database)
    asked: list[dict[str, str]] = [
        {},
        {"q": MARK},
        {"q": "garden"},
        {"category": "stories"},
        {"category": "art"},
        {"ageGroup": "3"},
    ]
    for query in [*asked, *({**one, "childId": parent.child_id} for one in asked)]:
        page = (await client.get("/api/v1/content", params={**WIDE, **query}, headers=parent.bearer)).json()
        assert page["totalItems"] == len(page["items"]), query
        assert page["totalPages"] == (1 if page["items"] else 0), query
    shown = (await client.get("/api/v1/content", params={"childId": parent.child_id}, headers=parent.bearer)).json()
    assert [item["id"] for item in shown["items"]] == ["suitable"]
    filters = (await client.get(FILTERS, headers=parent.bearer)).json()["data"]
    (child,) = filters["children"]
    assert filters["totalItems"] - child["hidden"]["total"] == 1
    assert set(filters["family"]["hidden"]["byLimit"]) == set(FAMILY_LIMITS)
    assert set(child["hidden"]["byLimit"]) >= set(CHILD_LIMITS) | {"allowedContentTypes"}


@in_the_loop
async def test_a_cursor_of_anybody_else_shows_nothing_more(client: httpx2.AsyncClient, database: str) -> None:
    parent = await limited_parent(client, database)
    free = await register_parent_with_data(client)
    narrow = {"limit": "1"}
    while True:
        found = (await client.get("/api/v1/content", params=narrow, headers=free.bearer)).json()
        if found["nextCursor"] is None:
            break
        narrow["cursor"] = found["nextCursor"]
        for child in ({}, {"childId": parent.child_id}):
            answer = await client.get("/api/v1/content", params={**narrow, **child}, headers=parent.bearer)
            assert not set(MARKED.findall(answer.text)) & {*FOR_FAMILY, *UNRATED, *(FOR_CHILD if child else ())}


@in_the_loop
async def test_without_limits_everything_is_shown(client: httpx2.AsyncClient, database: str) -> None:
    del database  # its rooms are furnished
    parent = await register_parent_with_data(client)
    page = await client.get("/api/v1/content", params=WIDE, headers=parent.bearer)
    assert set(MARKED.findall(page.text)) >= {*FOR_FAMILY, *FOR_CHILD, "without-length"}
