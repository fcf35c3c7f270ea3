"""Rules for every route: common statuses, paths, HEAD, headers, compression (server contract §5)."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from dirty_equals import IsInt

from tests.fixtures.application import running
from tests.fixtures.auth import register
from tests.fixtures.servers import database_on
from wondernest.app import create_app
from wondernest.development.embedded.postgres import EmbeddedPostgres
from wondernest.platform.http.application import Application
from wondernest.settings import Settings

NOT_FOUND = {"error": "NOT_FOUND", "message": "The requested resource was not found", "timestamp": IsInt(gt=10**12)}
CHILD = "50cb1b31-bd85-4604-8cd1-efc1a73c9359"


@pytest.fixture(scope="module")
def database_url(pg_server: EmbeddedPostgres, migrated_template: str) -> Iterator[str]:
    """One database for the whole module: its tests do not disturb each other."""
    with database_on(pg_server, migrated_template) as url:
        yield url


# §5.1 and §5.2 --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/nope",
        "/api",
        "/api/v1",
        "/api/v1/family/profile/",
        "/api/v1//family/profile",
        "/API/V1/family/profile",
        "/health/",
        "/api/v3/auth/me",
        "/%00",
    ],
)
async def test_an_unknown_path_is_404_in_the_generic_shape(app_client: httpx2.AsyncClient, path: str) -> None:
    answer = await app_client.get(path)
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("path", ["/health/", "/api/v1/auth/me/", "/api/v1/family/children/"])
async def test_a_trailing_slash_is_never_redirected(app_client: httpx2.AsyncClient, path: str) -> None:
    for method in ("GET", "POST"):
        answer = await app_client.request(method, path)
        assert answer.status_code == 404
        assert "location" not in answer.headers


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("POST", "/health", "GET, HEAD, OPTIONS"),
        ("GET", "/api/v1/auth/login", "OPTIONS, POST"),
        ("PATCH", "/api/v2/games/children/c/data", "GET, HEAD, OPTIONS, PUT"),
        ("BREW", "/health", "GET, HEAD, OPTIONS"),
    ],
)
async def test_a_wrong_method_is_405_with_the_right_ones(
    app_client: httpx2.AsyncClient, method: str, path: str, allowed: str
) -> None:
    answer = await app_client.request(method, path)
    assert answer.status_code == 405
    assert answer.headers["allow"] == allowed
    assert answer.json() == {
        "error": "METHOD_NOT_ALLOWED",
        "message": "Method not allowed",
        "timestamp": IsInt(gt=10**12),
    }


@pytest.mark.parametrize(
    "header",
    [{}, {"authorization": "Basic YTpi"}, {"authorization": "Bearer"}, {"authorization": "Bearer nonsense"}],
)
async def test_no_valid_token_is_401_with_a_challenge(app_client: httpx2.AsyncClient, header: dict[str, str]) -> None:
    answer = await app_client.get("/api/v1/auth/me", headers=header)
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Bearer realm="WonderNest API"'
    assert answer.json() == {
        "error": "UNAUTHORIZED",
        "message": "Authentication required",
        "timestamp": IsInt(gt=10**12),
    }


async def test_the_scheme_s_case_does_not_matter(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    answer = await app_client.get("/api/v1/auth/me", headers={"authorization": f"bEARER  {parent.access} "})
    assert answer.status_code == 200


async def test_a_dependency_that_is_down_is_503_with_retry_after(make_settings: Callable[..., Settings]) -> None:
    settings = make_settings(DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    body = {"email": "ann@example.com", "password": "Sunflower7"}
    async with running(create_app(settings)) as client:
        answer = await client.post("/api/v1/auth/login", json=body)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) > 0
    assert answer.json() == {
        "error": "SERVICE_UNAVAILABLE",
        "message": "Service temporarily unavailable",
        "timestamp": IsInt(gt=10**12),
    }


async def test_a_limit_exceeded_is_429_with_retry_after(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings(RATE_LIMIT_AUTH="2"))) as client:
        allowed = [await client.post("/api/v1/auth/refresh", json={"refreshToken": "x"}) for _ in range(2)]
        refused = await client.post("/api/v2/auth/refresh", json={"refreshToken": "x"})
    assert [answer.headers["x-ratelimit-remaining"] for answer in allowed] == ["1", "0"]
    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= 60
    assert refused.json() == {
        "error": "RATE_LIMITED",
        "message": "Too many requests. Please try again later.",
        "timestamp": IsInt(gt=10**12),
    }


async def test_health_and_metrics_are_exempt_from_limits(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings(RATE_LIMIT_AUTH="1", RATE_LIMIT_API="1"))) as client:
        for path in ("/health", "/metrics") * 5:
            answer = await client.get(path)
            assert answer.status_code == 200
            assert "x-ratelimit-limit" not in answer.headers


async def test_every_get_answers_head_with_the_same_headers_and_no_body(
    app_client: httpx2.AsyncClient, application: Application
) -> None:
    parent = await register(app_client)
    for route in application.router.routes:
        if route.endpoint.method == "GET":
            path = route.template.replace("{childId}", CHILD).replace("{", "").replace("}", "")
            got = await app_client.get(path, headers=parent.bearer)
            head = await app_client.head(path, headers=parent.bearer)
            assert head.status_code == got.status_code, path
            assert head.content == b"", path
            assert head.headers["content-type"] == got.headers["content-type"], path


@pytest.mark.parametrize("path", ["/health", "/api/v1/auth/login", "/nowhere"])
async def test_options_is_200_anywhere(app_client: httpx2.AsyncClient, path: str) -> None:
    answer = await app_client.options(path)
    assert (answer.status_code, answer.content) == (200, b"")
    assert ("allow" in answer.headers) == (path != "/nowhere")


@pytest.mark.parametrize("query", ["", "?", "?gameType", "?gameType=", "?gameType=&dataKey", "?gameKey=&gameType="])
async def test_an_empty_query_value_counts_as_absent(app_client: httpx2.AsyncClient, query: str) -> None:
    parent = await register(app_client)
    answer = await app_client.get(f"/api/v2/games/children/{CHILD}/data{query}", headers=parent.bearer)
    assert answer.status_code == 200


@pytest.mark.parametrize("query", ["?" + "&" * 5000, "?%", "?%ff=%ff", "?a=%00", "?" + "a=1&" * 500, "?=&=&;"])
async def test_no_query_string_causes_5xx(app_client: httpx2.AsyncClient, query: str) -> None:
    parent = await register(app_client)
    for path in ("/health", f"/api/v2/games/children/{CHILD}/data"):
        assert (await app_client.get(path + query, headers=parent.bearer)).status_code == 200


async def test_a_body_on_a_route_without_one_is_ignored(app_client: httpx2.AsyncClient) -> None:
    headers = {"content-type": "application/json"}
    for body in (b"", b"{broken"):
        answer = await app_client.request("GET", "/health", content=body, headers=headers)
        assert answer.status_code == 200


# §5.5 -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["/health", "/nope", "/api/v1/auth/me", "/metrics", "/swagger"])
async def test_every_reply_has_the_common_headers(app_client: httpx2.AsyncClient, path: str) -> None:
    headers = (await app_client.get(path)).headers
    assert headers["x-request-id"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "x-engine" not in headers
    assert "server" not in headers


async def test_api_json_is_not_to_be_stored(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    answer = await app_client.get("/api/v1/auth/me", headers=parent.bearer)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"


@pytest.mark.parametrize("sent", ["abc", "A-b_c.9", "x" * 128])
async def test_a_request_id_is_echoed(app_client: httpx2.AsyncClient, sent: str) -> None:
    for path in ("/health", "/nope"):
        assert (await app_client.get(path, headers={"x-request-id": sent})).headers["x-request-id"] == sent


@pytest.mark.parametrize("sent", ["", "x" * 129, "a b", "a\tb", "ä", "<script>", "a;b"])
async def test_an_invalid_request_id_is_replaced(app_client: httpx2.AsyncClient, sent: str) -> None:
    headers: Any = {"x-request-id": sent.encode()}
    answered = (await app_client.get("/health", headers=headers)).headers["x-request-id"]
    assert answered != sent
    assert answered.isascii()


async def test_request_ids_are_never_the_same_twice(app_client: httpx2.AsyncClient) -> None:
    ids = {(await app_client.get("/health")).headers["x-request-id"] for _ in range(50)}
    assert len(ids) == 50


# §5.4 -----------------------------------------------------------------------------------------------------------------


async def raw(client: httpx2.AsyncClient, path: str, accept: str) -> tuple[bytes, httpx2.Headers]:
    async with client.stream("GET", path, headers={"accept-encoding": accept}) as answer:
        return b"".join([part async for part in answer.aiter_raw()]), answer.headers


async def test_a_large_textual_reply_is_compressed_where_the_client_takes_it(app_client: httpx2.AsyncClient) -> None:
    packed, headers = await raw(app_client, "/openapi.json", "gzip")
    plain, plain_headers = await raw(app_client, "/openapi.json", "identity")
    assert headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in headers["vary"]
    assert "Accept-Encoding" in plain_headers["vary"]
    assert "content-encoding" not in plain_headers
    assert gzip.decompress(packed) == plain
    assert int(headers["content-length"]) == len(packed)


@pytest.mark.parametrize("accept", ["identity", "br", "gzip;q=0", "deflate"])
async def test_nothing_but_gzip_is_ever_used(app_client: httpx2.AsyncClient, accept: str) -> None:
    _, headers = await raw(app_client, "/openapi.json", accept)
    assert "content-encoding" not in headers


async def test_a_small_reply_is_not_compressed(app_client: httpx2.AsyncClient) -> None:
    _, headers = await raw(app_client, "/health", "gzip")
    assert "content-encoding" not in headers


@pytest.mark.parametrize(("path", "status"), [("/health", 200), ("/nope", 404), ("/api/v1/auth/me", 401)])
async def test_strict_transport_security_is_sent_when_it_is_set(
    make_settings: Callable[..., Settings], path: str, status: int
) -> None:
    async with running(create_app(make_settings(HSTS_SECONDS="31536000"))) as client:
        answer = await client.get(path)
    assert (answer.status_code, answer.headers["strict-transport-security"]) == (status, "max-age=31536000")
    async with running(create_app(make_settings())) as client:
        assert "strict-transport-security" not in (await client.get(path)).headers
