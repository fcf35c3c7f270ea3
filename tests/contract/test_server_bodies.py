"""Request bodies on every route with a body: tolerant, bounded, never 415, 422 or 5xx (server contract §5.1, §5.6)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import httpx2
import pytest

from tests.fixtures.auth import register
from tests.fixtures.servers import database_on
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.http.application import Application
from wondernest.platform.http.body import RawStream
from wondernest.platform.http.endpoint import MIB
from wondernest.platform.http.router import Route

CHILD = "50cb1b31-bd85-4604-8cd1-efc1a73c9359"
CONTENT_TYPES = (
    "application/json",
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data",
    "nonsense",
)
BODIES = (
    b"",
    b"{",
    b"null",
    b"[]",
    b"5",
    b'"text"',
    b"{}",
    b"\xff\xfe\x00",
    b'{"a":' * 20_000,
    b"[" * 1_000_000,
    b'{"name":"\\u0000","email":"\\ud800"}',
    b"a=1&b=2",
)


@pytest.fixture(scope="module")
def database_url(pg_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """One database for the whole module: its tests do not disturb each other."""
    with database_on(pg_server, migrated_template) as url:
        yield url


def with_bodies(application: Application) -> list[Route]:
    return [route for route in application.router.routes if route.endpoint.body is not None]


def path_of(route: Route) -> str:
    path = route.template
    for name in route.names:
        path = path.replace(f"{{{name}}}", CHILD if name.endswith("Id") else "1")
    return path


@pytest.mark.parametrize("body", BODIES, ids=lambda body: repr(body[:16]))
async def test_no_body_on_any_route_causes_5xx_415_or_422(
    app_client: httpx2.AsyncClient, application: Application, body: bytes
) -> None:
    parent = await register(app_client)
    for number, route in enumerate(with_bodies(application)):
        headers = {**parent.bearer, "content-type": CONTENT_TYPES[number % len(CONTENT_TYPES)]}
        answer = await app_client.request(route.endpoint.method, path_of(route), content=body, headers=headers)
        assert answer.status_code not in {415, 422}, route.template
        assert answer.status_code < 500, (route.template, answer.text)


async def test_an_unreadable_body_is_400_on_every_route(
    app_client: httpx2.AsyncClient, application: Application
) -> None:
    parent = await register(app_client)
    for route in with_bodies(application):
        if isinstance(route.endpoint.body, RawStream):
            continue  # a stream is for its route to read
        answer = await app_client.request(
            route.endpoint.method, path_of(route), content=b"{broken", headers=parent.bearer
        )
        assert answer.status_code == 400, route.template


@pytest.mark.parametrize("content_type", [None, *CONTENT_TYPES])
async def test_the_content_type_decides_nothing(app_client: httpx2.AsyncClient, content_type: str | None) -> None:
    body = json.dumps({"refreshToken": "not-a-token"}).encode()
    headers = {"content-type": content_type} if content_type else {}
    answer = await app_client.post("/api/v1/auth/refresh", content=body, headers=headers)
    assert answer.status_code == 401


async def test_a_body_over_its_route_s_limit_is_413_on_every_route(
    app_client: httpx2.AsyncClient, application: Application
) -> None:
    parent = await register(app_client)
    for route in with_bodies(application):
        if isinstance(route.endpoint.body, RawStream):
            continue  # a stream has a limit and a refusal of its own
        size = route.endpoint.max_body_bytes + 1
        headers = {**parent.bearer, "content-length": str(size)}
        answer = await app_client.request(route.endpoint.method, path_of(route), content=b"{}", headers=headers)
        assert answer.status_code == 413, route.template
        assert answer.json()["error"] == "PAYLOAD_TOO_LARGE"
        assert answer.headers["connection"] == "close"


def test_limits_are_those_of_the_contract(application: Application) -> None:
    for route in with_bodies(application):
        ten = "/games/" in route.template or "/analytics/" in route.template
        assert route.endpoint.max_body_bytes <= (10 * MIB if ten else MIB), route.template
        if route.template.endswith(("/data", "/data/batch", "/analytics/events")):
            assert route.endpoint.max_body_bytes == 10 * MIB, route.template
