"""Who may read replies in a browser (server contract §5.3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx2
import pytest

from tests.fixtures.application import TEST_SECRET, running
from tests.fixtures.servers import database_on
from wondernest.app import create_app
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.settings import Settings

SITE = "https://wondernest.app"
PREFLIGHT = {"access-control-request-method": "PUT", "access-control-request-headers": "authorization"}
REQUEST_HEADERS = (
    "Authorization",
    "Content-Type",
    "Accept",
    "Accept-Language",
    "Origin",
    "X-Requested-With",
    "X-Request-ID",
    "X-Device-Id",
    "X-App-Version",
    "X-Platform",
    "If-Match",
    "If-None-Match",
    "Range",
    "Idempotency-Key",
)


@pytest.fixture(scope="module")
def database_url(pg_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """One database for the whole module: its tests do not disturb each other."""
    with database_on(pg_server, migrated_template) as url:
        yield url


@pytest.mark.parametrize(
    "origin",
    [
        "http://localhost:3000",
        "http://localhost:3001",
        "http://localhost:8080",
        SITE,
        "http://localhost:53817",
        "https://127.0.0.1:9",
        "http://localhost",
    ],
)
async def test_a_known_origin_may_read(app_client: httpx2.AsyncClient, origin: str) -> None:
    headers = (await app_client.get("/health", headers={"origin": origin})).headers
    assert headers["access-control-allow-origin"] == origin
    assert headers["access-control-allow-credentials"] == "true"
    assert "Origin" in headers["vary"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "http://localhost.evil.example", "https://wondernest.app.evil.example", "null"]
)
async def test_an_unlisted_origin_is_served_without_the_headers(app_client: httpx2.AsyncClient, origin: str) -> None:
    answer = await app_client.get("/health", headers={"origin": origin})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers
    assert "Origin" in answer.headers["vary"]
    preflight = await app_client.options("/health", headers={"origin": origin, **PREFLIGHT})
    assert preflight.status_code == 200
    assert "access-control-allow-origin" not in preflight.headers


@pytest.mark.parametrize("path", ["/health", "/api/v2/games/children/c/data", "/nowhere"])
async def test_a_preflight_is_answered_on_any_path(app_client: httpx2.AsyncClient, path: str) -> None:
    answer = await app_client.options(path, headers={"origin": SITE, **PREFLIGHT})
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["access-control-allow-origin"] == SITE
    assert answer.headers["access-control-allow-credentials"] == "true"
    assert answer.headers["access-control-max-age"] == "3600"
    methods = set(answer.headers["access-control-allow-methods"].split(", "))
    assert methods == {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}
    assert set(answer.headers["access-control-allow-headers"].split(", ")) == set(REQUEST_HEADERS)


async def test_the_headers_clients_need_are_exposed(app_client: httpx2.AsyncClient) -> None:
    headers = (await app_client.get("/health", headers={"origin": SITE})).headers
    exposed = set(headers["access-control-expose-headers"].split(", "))
    assert {"X-Request-ID", "ETag", "Content-Disposition", "Retry-After", "X-RateLimit-Limit"} <= exposed


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("POST", "/health", 405), ("GET", "/api/v1/auth/me", 401)]
)
async def test_errors_can_be_read_too(app_client: httpx2.AsyncClient, method: str, path: str, status: int) -> None:
    answer = await app_client.request(method, path, headers={"origin": SITE})
    assert answer.status_code == status
    assert answer.headers["access-control-allow-origin"] == SITE


async def test_listed_origins_replace_the_defaults_and_production_trusts_no_localhost(
    make_settings: Callable[..., Settings],
) -> None:
    production = {"APP_ENV": "production", "JWT_SECRET": TEST_SECRET, "CORS_ALLOWED_ORIGINS": "https://a.example"}
    async with running(create_app(make_settings(**production))) as client:
        for origin, allowed in (("https://a.example", True), (SITE, False), ("http://localhost:3000", False)):
            headers = (await client.get("/health", headers={"origin": origin})).headers
            assert ("access-control-allow-origin" in headers) == allowed
