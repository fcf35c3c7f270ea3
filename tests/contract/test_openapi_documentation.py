"""The documentation on the wire (server contract §5.9)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

import httpx2
import pytest
import yaml

from tests.fixtures.application import running
from tests.fixtures.servers import database_on
from wondernest.app import create_app
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.settings import Settings


@pytest.fixture(scope="module")
def database_url(pg_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """One database for the whole module: its tests do not disturb each other."""
    with database_on(pg_server, migrated_template) as url:
        yield url


async def test_the_document_is_served_as_yaml_and_json(app_client: httpx2.AsyncClient) -> None:
    as_yaml, as_json = await app_client.get("/openapi.yaml"), await app_client.get("/openapi.json")
    assert as_yaml.headers["content-type"] == "application/yaml; charset=utf-8"
    assert as_json.headers["content-type"] == "application/json"
    assert yaml.load(as_yaml.content, yaml.CSafeLoader) == as_json.json()
    assert as_json.json()["openapi"] == "3.1.0"


@pytest.mark.parametrize(
    ("query", "version"),
    [("?version=3.0", "3.0.3"), ("?version=3.0.3", "3.0.3"), ("?version=", "3.1.0"), ("?version=9", "3.1.0")],
)
async def test_generators_may_request_the_older_dialect(
    app_client: httpx2.AsyncClient, query: str, version: str
) -> None:
    assert (await app_client.get("/openapi.json" + query)).json()["openapi"] == version


async def test_the_page_loads_nothing_from_elsewhere(app_client: httpx2.AsyncClient) -> None:
    page = await app_client.get("/swagger")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    links = re.findall(r'(?:src|href)="([^"]+)"', page.text)
    assert len(links) >= 4
    assert not [link for link in links if "//" in link]
    for link in links:
        if not link.startswith("data:"):
            assert (await app_client.get("/" + link)).status_code == 200, link


async def test_the_page_s_policy_lets_only_our_own_scripts_run(app_client: httpx2.AsyncClient) -> None:
    policy = (await app_client.get("/swagger")).headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self'" in policy
    assert "unsafe" not in policy
    assert "<script>" not in (await app_client.get("/swagger")).text


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("swagger-ui.css", "text/css; charset=utf-8"),
        ("swagger-ui-bundle.js", "text/javascript; charset=utf-8"),
        ("start.js", "text/javascript; charset=utf-8"),
    ],
)
async def test_assets_have_their_type(app_client: httpx2.AsyncClient, name: str, content_type: str) -> None:
    answer = await app_client.get(f"/swagger/{name}")
    assert answer.headers["content-type"] == content_type
    assert answer.headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize("name", ["README.md", "index.html", "..%2F..%2Froutes.py", "%2e%2e", "nothing.js"])
async def test_no_other_file_is_served(app_client: httpx2.AsyncClient, name: str) -> None:
    answer = await app_client.get(f"/swagger/{name}")
    assert (answer.status_code, answer.json()["error"]) == (404, "NOT_FOUND")


@pytest.mark.parametrize("path", ["/openapi.yaml", "/openapi.json", "/swagger", "/swagger/start.js"])
async def test_switched_off_the_documentation_does_not_exist(make_settings: Callable[..., Settings], path: str) -> None:
    async with running(create_app(make_settings(DOCS_ENABLED="false"))) as client:
        answer = await client.get(path)
        assert (answer.status_code, answer.json()["error"]) == (404, "NOT_FOUND")


def test_it_is_off_in_production_unless_enabled(make_settings: Callable[..., Settings]) -> None:
    assert not make_settings(APP_ENV="production").app.shows_docs
    assert make_settings(APP_ENV="production", DOCS_ENABLED="true").app.shows_docs
