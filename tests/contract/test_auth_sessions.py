"""Login, refresh, logout and profile on the wire (auth contract §1.6, §2, §7)."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Callable
from typing import Any

import httpx2
import jwt
import pytest
from dirty_equals import IsInt, IsUUID

from tests.fixtures.application import TEST_SECRET
from tests.fixtures.auth import log_in, register, rows, value
from tests.fixtures.tokens import SPELLINGS

REFRESH_STORM = 50


def claims_of(token: str) -> dict[str, Any]:
    return jwt.decode(token, options={"verify_signature": False})


async def profile_status(client: httpx2.AsyncClient, access: str) -> int:
    response = await client.get("/api/v1/auth/me", headers={"Authorization": f"Bearer {access}"})
    return response.status_code


async def refreshed(client: httpx2.AsyncClient, token: str | None) -> httpx2.Response:
    return await client.post("/api/v1/auth/session/refresh", json={"refreshToken": token})


async def test_parent_login_answers_the_tokens_and_never_asks_for_pin_setup(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    body = {"email": parent.email, "password": parent.password, "twoFactorCode": ""}
    response = await app_client.post("/api/v1/auth/parent/login", json=body)
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "data": {
            "userId": parent.user_id,
            "email": parent.email,
            "accessToken": response.json()["data"]["accessToken"],
            "refreshToken": response.json()["data"]["refreshToken"],
            "expiresIn": 3600000,
            "hasPin": True,
            "requiresPinSetup": False,
            "children": [],
        },
    }


async def test_login_of_any_account_says_pin_setup_is_required(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    response = await app_client.post(
        "/api/v1/auth/login", json={"email": parent.email.upper(), "password": parent.password}
    )
    assert response.status_code == 200
    data = response.json()["data"]
    assert (data["hasPin"], data["requiresPinSetup"], data["children"]) == (False, True, [])
    assert claims_of(data["accessToken"])["familyId"] == IsUUID


async def test_a_wrong_password_is_401_with_a_message_a_code_and_a_timestamp(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    for path in ("/api/v1/auth/parent/login", "/api/v1/auth/login", "/api/v2/auth/parent/login"):
        response = await app_client.post(path, json={"email": parent.email, "password": "Wrong1234"})
        assert response.status_code == 401, path
        assert response.json() == {"error": "UNAUTHORIZED", "message": "Invalid credentials", "timestamp": IsInt}
        assert "www-authenticate" not in response.headers


async def test_an_unknown_address_is_refused_like_a_wrong_password(app_client: httpx2.AsyncClient) -> None:
    body = {"email": "nobody@example.com", "password": "Wrong1234"}
    response = await app_client.post("/api/v1/auth/parent/login", json=body)
    assert response.status_code == 401
    assert response.json() == {"error": "UNAUTHORIZED", "message": "Invalid credentials", "timestamp": IsInt}


async def test_login_names_everything_that_is_wrong_with_the_request(app_client: httpx2.AsyncClient) -> None:
    response = await app_client.post("/api/v1/auth/parent/login", json={"email": "<script>", "password": " "})
    assert response.status_code == 400
    assert response.json() == {
        "message": "Validation failed: Invalid email format, Invalid characters in email, Password is required"
    }


async def test_a_shell_escaped_exclamation_mark_in_a_login_is_unescaped(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client, password="Pass1234!")
    raw = f'{{"email":"{parent.email}","password":"Pass1234\\!"}}'.encode()
    response = await app_client.post("/api/v1/auth/parent/login", content=raw)
    assert response.status_code == 200


async def test_a_password_with_a_real_backslash_and_exclamation_mark_logs_in(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client, password="Pass1234\\!")
    await log_in(app_client, parent)


async def test_a_stale_bearer_on_public_routes_is_ignored(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    response = await app_client.post(
        "/api/v1/auth/parent/login",
        json={"email": parent.email, "password": parent.password},
        headers={"Authorization": "Bearer broken.token.here"},
    )
    assert response.status_code == 200


async def test_refreshing_twice_with_one_token_gives_two_good_pairs_with_the_family(
    app_client: httpx2.AsyncClient,
) -> None:
    parent = await register(app_client)
    first, second = await refreshed(app_client, parent.refresh), await refreshed(app_client, parent.refresh)
    assert (first.status_code, second.status_code) == (200, 200)
    family = claims_of(parent.access)["familyId"]
    for response in (first, second):
        data = response.json()["data"]
        assert claims_of(data["accessToken"])["familyId"] == claims_of(data["refreshToken"])["familyId"] == family
        assert (data["hasPin"], data["requiresPinSetup"], data["children"]) == (False, False, [])
        assert await profile_status(app_client, data["accessToken"]) == 200


async def test_a_refresh_storm_with_one_token_succeeds_every_time(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    responses = await asyncio.gather(*(refreshed(app_client, parent.refresh) for _ in range(REFRESH_STORM)))
    assert {response.status_code for response in responses} == {200}
    assert len({response.json()["data"]["accessToken"] for response in responses}) == REFRESH_STORM


async def test_parent_refresh_has_the_tokens_both_at_top_level_and_under_data(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    response = await app_client.post("/api/v1/auth/parent/refresh", json={"refreshToken": parent.refresh})
    assert response.status_code == 200
    body = response.json()
    assert body["success"] is True
    for key in ("accessToken", "refreshToken", "expiresIn", "userId", "email"):
        assert body[key] == body["data"][key]


async def test_a_missing_refresh_token_is_400(app_client: httpx2.AsyncClient) -> None:
    for body in ({}, {"refreshToken": None}, {"refreshToken": ""}, {"refreshToken": "  "}):
        response = await app_client.post("/api/v1/auth/session/refresh", json=body)
        assert (response.status_code, response.json()) == (400, {"message": "Refresh token is required"}), body


async def test_an_access_token_does_not_refresh_and_a_refresh_token_is_no_bearer(
    app_client: httpx2.AsyncClient,
) -> None:
    parent = await register(app_client)
    response = await refreshed(app_client, parent.access)
    assert response.status_code == 401
    assert response.json() == {"error": "UNAUTHORIZED", "message": "Invalid refresh token", "timestamp": IsInt}
    assert await profile_status(app_client, parent.refresh) == 401


async def test_a_refresh_token_of_an_earlier_backend_is_accepted_without_a_row(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    claims = {**claims_of(parent.refresh), "nonce": "of another backend"}
    foreign = jwt.encode(claims, TEST_SECRET, algorithm="HS256")
    assert (await refreshed(app_client, foreign)).status_code == 200


async def test_refresh_of_a_closed_account_is_refused(app_client: httpx2.AsyncClient, shared_database: str) -> None:
    parent = await register(app_client)
    await rows(shared_database, "update core.users set is_active = false where email = $1", parent.email)
    assert (await refreshed(app_client, parent.refresh)).status_code == 401
    assert await profile_status(app_client, parent.access) == 401


async def test_logout_ends_this_session_and_leaves_the_other_device_in(app_client: httpx2.AsyncClient) -> None:
    phone = await register(app_client)
    tablet = await log_in(app_client, phone)
    response = await app_client.post("/api/v1/auth/logout", headers=phone.bearer)
    assert (response.status_code, response.json()) == (200, {"message": "Logged out successfully"})
    assert await profile_status(app_client, phone.access) == 401
    assert (await refreshed(app_client, phone.refresh)).status_code == 401
    assert await profile_status(app_client, tablet.access) == 200
    assert (await refreshed(app_client, tablet.refresh)).status_code == 200


async def test_logging_out_again_is_answered_alike_and_a_broken_bearer_is_not(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    for path in ("/api/v1/auth/logout", "/api/v1/auth/logout", "/api/v1/auth/parent/logout"):
        response = await app_client.post(path, headers=parent.bearer)
        assert (response.status_code, response.json()) == (200, {"message": "Logged out successfully"})
    for bearer in ("Bearer a.b.c", f"Bearer {parent.refresh}", f"Basic {parent.access}", ""):
        response = await app_client.post("/api/v1/auth/logout", headers={"Authorization": bearer})
        assert response.status_code == 401
        assert response.headers["www-authenticate"] == 'Bearer realm="WonderNest API"'


async def test_operations_are_counted_by_their_outcome(own_client: httpx2.AsyncClient) -> None:
    parent = await register(own_client)
    await log_in(own_client, parent)
    await own_client.post("/api/v1/auth/login", json={"email": parent.email, "password": "Wrong1234"})
    lines = (await own_client.get("/metrics")).text.splitlines()
    for operation, status in (("register", "success"), ("login", "success"), ("login", "failure")):
        start = f'wondernest_auth_operations{{operation="{operation}",status="{status}"}} 1'
        assert any(line.startswith(start) for line in lines), start


async def test_logout_ends_everything_that_was_refreshed_from_the_same_login(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    renewed = (await refreshed(app_client, parent.refresh)).json()["data"]
    again = (await refreshed(app_client, renewed["refreshToken"])).json()["data"]
    bearer = {"Authorization": f"Bearer {again['accessToken']}"}
    assert (await app_client.post("/api/v1/auth/logout", headers=bearer)).status_code == 200
    for token in (parent.refresh, renewed["refreshToken"], again["refreshToken"]):
        assert (await refreshed(app_client, token)).status_code == 401
    for token in (parent.access, renewed["accessToken"], again["accessToken"]):
        assert await profile_status(app_client, token) == 401


@pytest.mark.parametrize("spelling", SPELLINGS)
async def test_a_logged_out_token_is_refused_in_every_spelling(
    app_client: httpx2.AsyncClient, spelling: Callable[[str], str]
) -> None:
    parent = await register(app_client)
    for _ in range(2):
        assert (await refreshed(app_client, spelling(parent.refresh))).status_code == 401
        assert await profile_status(app_client, spelling(parent.access)) == 401
        assert (await app_client.post("/api/v1/auth/logout", headers=parent.bearer)).status_code == 200


async def test_parent_logout_takes_an_empty_body_of_json_type(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    response = await app_client.post(
        "/api/v1/auth/parent/logout", content=b"", headers={**parent.bearer, "Content-Type": "application/json"}
    )
    assert (response.status_code, response.json()) == (200, {"message": "Logged out successfully"})


async def test_me_answers_the_four_fields_with_the_role_of_the_token(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    response = await app_client.get("/api/v1/auth/me", headers=parent.bearer)
    assert response.status_code == 200
    assert response.json() == {"id": parent.user_id, "email": parent.email, "role": "PARENT", "verified": False}


async def test_a_login_leaves_a_session_row_with_the_hash_of_its_access_token(
    app_client: httpx2.AsyncClient, shared_database: str
) -> None:
    parent = await log_in(app_client, await register(app_client))
    query = "select count(*) from core.user_sessions where token_hash = $1 and user_id = $2::text::uuid"
    assert await value(shared_database, query, hashed(parent.access), parent.user_id) == 1
    query = "select count(*) from core.refresh_tokens where token_hash = $1 and revoked_at is null"
    assert await value(shared_database, query, hashed(parent.refresh)) == 1


def hashed(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
