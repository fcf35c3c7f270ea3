"""An id in a path that cannot even be text is refused like any other that is no UUID, by the route itself (server contract §5.1)."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import declared
from tests.fixtures.auth import Parent, register
from tests.fixtures.servers import database_on
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.http.router import Route

NO_TEXT = ("%00", "50cb1b31-bd85-4604-8cd1-efc1a73c9359%00", "%ff", "%ed%a0%80")


def with_ids(route: Route) -> list[str]:
    """The names of the route's parameters that are UUIDs."""
    return [parameter.name for parameter in route.endpoint.parameters if parameter.schema is UUID]


ROUTES = [route for route in declared().router.routes if with_ids(route)]


@pytest.fixture(scope="module")
def database_url(pg_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """One database for the whole module: its tests change nothing."""
    with database_on(pg_server, migrated_template) as url:
        yield url


@pytest.fixture
async def parent(app_client: httpx2.AsyncClient) -> Parent:
    return await register(app_client)


async def refused(client: httpx2.AsyncClient, parent: Parent, route: Route, text: str) -> tuple[int, str, str]:
    """The status, content type and error code of the reply to a request with this text for every id."""
    path = route.template
    for name in route.names:
        path = path.replace(f"{{{name}}}", text if name in with_ids(route) else "1")
    answer = await client.request(route.endpoint.method, path, headers=parent.bearer)
    content_type = answer.headers["content-type"]
    code = answer.json().get("error", "") if content_type.startswith("application/json") else answer.text
    return answer.status_code, content_type, code


async def test_there_are_routes_with_ids() -> None:
    assert len(ROUTES) > 15


@pytest.mark.parametrize("text", NO_TEXT)
async def test_an_id_that_is_no_text_is_answered_as_one_that_is_no_uuid(
    app_client: httpx2.AsyncClient, parent: Parent, text: str
) -> None:
    for route in ROUTES:
        known = await refused(app_client, parent, route, "mia")
        assert known[0] in ({403} if route.endpoint.step_up else {400, 404}), (
            route.template
        )  # the proof is asked for first
        assert await refused(app_client, parent, route, text) == known, route.template


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/api/v1/family/children/%00", 400),
        ("PUT", "/api/v1/family/children/%00", 400),
        ("DELETE", "/api/v2/games/children/%00/data/g", 400),
        ("GET", "/api/v2/games/children/%ff/instances", 400),
        ("GET", "/api/v2/games/%00", 404),
    ],
)
async def test_it_is_the_routes_own_reply(
    app_client: httpx2.AsyncClient, parent: Parent, method: str, path: str, status: int
) -> None:
    assert (await app_client.request(method, path)).status_code == 401
    assert (await app_client.request(method, path, headers=parent.bearer)).status_code == status
