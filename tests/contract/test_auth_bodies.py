"""Unreadable and oddly typed bodies of the account routes (auth contract §1.2, §1.4, §7 check 10)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from dirty_equals import IsInt

from tests.fixtures.auth import register, sign_up

INVALID_JSON = {"message": "Invalid JSON format"}
PIN_BODY = {"verified": False, "message": "Invalid PIN format. Must be 4 digits.", "sessionToken": None}
REQUIRED = {
    "/auth/parent/register": {"email": "a@example.com", "password": "Sunflower7"},
    "/auth/signup": {"email": "a@example.com", "password": "Sunflower7"},
    "/auth/register": {"email": "a@example.com", "password": "Sunflower7"},
    "/auth/parent/login": {"email": "a@example.com", "password": "Sunflower7"},
    "/auth/login": {"email": "a@example.com", "password": "Sunflower7"},
    "/auth/oauth": {"provider": "google", "idToken": "x.y.z"},
    "/auth/password-reset": {"email": "a@example.com"},
    "/auth/password-reset/confirm": {"token": "x" * 43, "newPassword": "Sunflower7"},
    "/auth/parent/verify-pin": {"pin": "1234"},
    "/auth/parent/setup-pin": {"pin": "9517"},
}
UNREADABLE = [b"", b"{", b"[]", b'"text"', b"null", b"\xff\xfe", b"{'email':1}", b"[" * 100_000]
FIELDS = [(path, field) for path, fields in REQUIRED.items() for field in fields]
MEBIBYTE = 1024 * 1024


def expected(path: str) -> dict[str, Any]:
    return PIN_BODY if path.endswith("verify-pin") else INVALID_JSON


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", None])
async def test_an_unreadable_body_is_400_in_the_shape_of_the_route(
    app_client: httpx2.AsyncClient, content_type: str | None
) -> None:
    parent = await register(app_client)
    headers = {**parent.bearer} | ({"Content-Type": content_type} if content_type else {})
    for path in (*REQUIRED, "/auth/session/refresh", "/auth/refresh", "/auth/parent/refresh"):
        for content in UNREADABLE:
            response = await app_client.post("/api/v1" + path, content=content, headers=headers)
            assert (response.status_code, response.json()) == (400, expected(path)), (path, content[:10])


async def test_a_missing_or_null_required_field_is_400(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    for path, field in FIELDS:
        without = {name: value for name, value in REQUIRED[path].items() if name != field}
        for body in (without, {**without, field: None}, {**without, field: {}}, {**without, field: []}):
            response = await app_client.post("/api/v1" + path, json=body, headers=parent.bearer)
            assert (response.status_code, response.json()) == (400, expected(path)), (path, body)


async def test_a_readable_body_is_accepted_with_any_content_type(app_client: httpx2.AsyncClient) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        content = f'{{"email":"{sign_up()["email"]}","password":"Sunflower7"}}'
        response = await app_client.post(
            "/api/v1/auth/parent/register", content=content, headers={"Content-Type": content_type}
        )
        assert response.status_code == 201, content_type


async def test_a_number_where_a_text_is_expected_is_taken_as_written(app_client: httpx2.AsyncClient) -> None:
    response = await app_client.post("/api/v1/auth/parent/verify-pin", content=b'{"pin":1234}')
    assert response.status_code == 200


async def test_unknown_fields_are_ignored(app_client: httpx2.AsyncClient) -> None:
    await register(app_client, familyName="The Lees", role="admin", emailVerified=True)


async def test_a_body_over_one_mebibyte_is_413(app_client: httpx2.AsyncClient) -> None:
    response = await app_client.post("/api/v1/auth/parent/login", content=b" " * (MEBIBYTE + 1))
    assert response.status_code == 413
    assert response.json() == {
        "error": "PAYLOAD_TOO_LARGE",
        "message": "Request body too large",
        "timestamp": IsInt,
    }


async def test_a_route_for_parents_without_a_token_is_401_with_a_challenge(app_client: httpx2.AsyncClient) -> None:
    for path in ("/auth/logout", "/auth/parent/logout", "/auth/parent/setup-pin", "/auth/verify-email"):
        response = await app_client.post("/api/v1" + path, json={"pin": "9517"})
        assert response.status_code == 401, path
        assert response.headers["www-authenticate"] == 'Bearer realm="WonderNest API"'
        assert response.json() == {"error": "UNAUTHORIZED", "message": "Authentication required", "timestamp": IsInt}


async def test_nul_in_a_text_is_400(app_client: httpx2.AsyncClient) -> None:
    response = await app_client.post(
        "/api/v1/auth/parent/login", content=b'{"email":"a@example.com","password":"a\\u0000b"}'
    )
    assert (response.status_code, response.json()) == (400, INVALID_JSON)


async def test_a_lone_surrogate_is_400(app_client: httpx2.AsyncClient) -> None:
    response = await app_client.post(
        "/api/v1/auth/parent/login", content=b'{"email":"a@example.com","password":"a\\ud800b"}'
    )
    assert (response.status_code, response.json()) == (400, INVALID_JSON)
