"""The exposition on the wire (server contract §4)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.servers import database_on
from wondernest import __version__
from wondernest.app import create_app
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.settings import Settings

PATHS = ("/metrics", "/health/metrics")


@pytest.fixture(scope="module")
def database_url(pg_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """One database for the whole module: its tests do not disturb each other."""
    with database_on(pg_server, migrated_template) as url:
        yield url


def value(text: str, sample: str) -> float:
    line = next((line for line in text.splitlines() if line.startswith(sample + " ")), f"{sample} 0")
    return float(line.rsplit(" ", 1)[1])


@pytest.mark.parametrize("path", PATHS)
async def test_both_paths_give_prometheus_text(app_client: httpx2.AsyncClient, path: str) -> None:
    answer = await app_client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "# TYPE wondernest_auth_operations counter\n" in answer.text


async def test_requests_are_counted(app_client: httpx2.AsyncClient) -> None:
    sample = 'wondernest_http_requests_total{method="GET",path="/health",status="200"}'
    before = value((await app_client.get("/metrics")).text, sample)
    for _ in range(3):
        await app_client.get("/health")
    assert value((await app_client.get("/metrics")).text, sample) == before + 3


async def test_paths_without_a_route_share_one_label(own_client: httpx2.AsyncClient) -> None:
    await own_client.get("/api/v1/children-of-anna")
    text = (await own_client.get("/metrics")).text
    assert value(text, 'wondernest_http_requests_total{method="GET",path="unmatched",status="404"}') == 1
    assert "anna" not in text


async def test_invented_methods_share_one_label(own_client: httpx2.AsyncClient) -> None:
    for method in ("BREW", "STEEP", "POUR"):
        await own_client.request(method, "/health")
    text = (await own_client.get("/metrics")).text
    assert value(text, 'wondernest_http_requests_total{method="OTHER",path="/health",status="405"}') == 3
    assert "BREW" not in text


async def test_a_wrong_method_is_counted_under_its_route(own_client: httpx2.AsyncClient) -> None:
    await own_client.post("/health")
    text = (await own_client.get("/metrics")).text
    assert value(text, 'wondernest_http_requests_total{method="POST",path="/health",status="405"}') == 1


async def test_bad_tokens_are_counted(own_client: httpx2.AsyncClient) -> None:
    await own_client.get("/api/v1/auth/me", headers={"authorization": "Bearer nonsense"})
    text = (await own_client.get("/metrics")).text
    assert value(text, 'wondernest_jwt_validations_total{result="invalid"}') == 1


async def test_the_cache_gauge_shows_the_present_state(
    make_settings: Callable[..., Settings], flushed_valkey: str
) -> None:
    up = make_settings(REDIS_ENABLED="true", REDIS_URL=flushed_valkey)
    down = make_settings(REDIS_ENABLED="true", REDIS_URL="redis://127.0.0.1:1/0")
    for settings, expected in ((up, 1.0), (down, 0.0)):
        async with running(create_app(settings)) as client:
            assert value((await client.get("/metrics")).text, "wondernest_redis_up") == expected


async def test_used_connections_are_counted(own_client: httpx2.AsyncClient) -> None:
    assert value((await own_client.get("/metrics")).text, 'wondernest_db_connections{state="active"}') == 0


@pytest.mark.parametrize("path", PATHS)
async def test_with_a_metrics_token_only_its_bearer_may_read(make_settings: Callable[..., Settings], path: str) -> None:
    async with running(create_app(make_settings(METRICS_TOKEN="scrape-me"))) as client:
        refused = await client.get(path)
        wrong = await client.get(path, headers={"authorization": "Bearer scrape-you"})
        admitted = await client.get(path, headers={"authorization": "Bearer scrape-me"})
    assert [refused.status_code, wrong.status_code, admitted.status_code] == [401, 401, 200]
    assert refused.json()["error"] == "UNAUTHORIZED"


@pytest.mark.parametrize(
    ("environ", "peer", "headers", "admitted"),
    [
        ({}, "127.0.0.1", {}, True),
        ({}, "::1", {}, True),
        ({}, "10.1.2.3", {}, True),
        ({}, "fd00::7", {}, True),
        ({}, "::ffff:127.0.0.1", {}, True),
        ({}, "::ffff:203.0.113.9", {}, False),
        ({"METRICS_NETWORKS": "::ffff:203.0.113.0/120"}, "203.0.113.9", {}, True),
        ({}, "203.0.113.9", {}, False),
        ({}, "2001:db8::9", {}, False),
        ({}, "127.0.0.1", {"x-forwarded-for": "203.0.113.9"}, False),
        ({}, "127.0.0.1", {"x-forwarded-for": "127.0.0.1"}, False),
        ({}, "127.0.0.1", {"forwarded": "for=203.0.113.9"}, False),
        ({"TRUSTED_PROXIES": "127.0.0.1"}, "127.0.0.1", {"x-forwarded-for": "203.0.113.9"}, False),
        ({"TRUSTED_PROXIES": "127.0.0.1"}, "127.0.0.1", {"x-forwarded-for": "10.0.0.4"}, True),
        ({"METRICS_NETWORKS": "203.0.113.0/24"}, "203.0.113.9", {}, True),
        ({"METRICS_NETWORKS": "203.0.113.0/24"}, "127.0.0.1", {}, False),
        ({"METRICS_TOKEN": "t"}, "127.0.0.1", {}, False),
        ({"METRICS_TOKEN": "t"}, "203.0.113.9", {"authorization": "Bearer t"}, True),
        ({"METRICS_TOKEN": "t", "METRICS_NETWORKS": "127.0.0.0/8"}, "127.0.0.1", {}, True),
        ({"METRICS_TOKEN": "t"}, "127.0.0.1", {"x-forwarded-for": "203.0.113.9", "authorization": "bearer t"}, True),
    ],
)
async def test_metrics_and_the_version_are_for_operators(
    make_settings: Callable[..., Settings],
    environ: dict[str, str],
    peer: str,
    headers: dict[str, str],
    admitted: bool,
) -> None:
    async with running(create_app(make_settings(**environ)), peer=peer) as client:
        for path in PATHS:
            assert (await client.get(path, headers=headers)).status_code == (200 if admitted else 401)
        detailed = await client.get("/health/detailed", headers=headers)
    assert detailed.status_code in {200, 503}
    assert detailed.json()["version"] == (__version__ if admitted else "")


async def test_health_needs_no_token_even_then(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings(METRICS_TOKEN="scrape-me"))) as client:
        assert (await client.get("/health")).status_code == 200
