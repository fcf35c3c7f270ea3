"""Accounts written by Kotlin, Rust or by hand (schema traps 1, 5, 6, 14, 17, 18)."""

from __future__ import annotations

import hashlib
import time
from typing import Any
from uuid import uuid4

import bcrypt
import httpx2
import jwt

from tests.fixtures.application import TEST_SECRET
from tests.fixtures.auth import register, row, rows, value

PASSWORD = "Sunflower7"
LOGIN = "/api/v1/auth/parent/login"


def hashed(prefix: str) -> str:
    """A hash with the prefix of another implementation."""
    made = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
    return prefix + made.removeprefix("$2b$")


async def make_user(database_url: str, **columns: Any) -> str:
    """A user with a family, unless `family` is False; returns the id."""
    family = columns.pop("family", True)
    values = {"email": "kim@example.com", "password_hash": hashed("$2a$"), "first_name": "Kim", **columns}
    names = ", ".join(values)
    places = ", ".join(f"${n}" for n in range(1, len(values) + 1))
    statement = f"insert into core.users ({names}) values ({places}) returning id::text"
    user_id = await value(database_url, statement, *values.values())
    if family:
        await add_family(database_url, user_id, "now()")
    return user_id


async def add_family(database_url: str, user_id: str, joined: str) -> str:
    family_id = await value(
        database_url,
        "insert into family.families (name, created_by) values ('F', $1::text::uuid) returning id::text",
        user_id,
    )
    await rows(
        database_url,
        "insert into family.family_members (family_id, user_id, role, joined_at)"
        f" values ($1::text::uuid, $2::text::uuid, 'parent', {joined})",
        family_id,
        user_id,
    )
    return family_id


async def log_in(client: httpx2.AsyncClient, email: str = "kim@example.com", path: str = LOGIN) -> httpx2.Response:
    return await client.post(path, json={"email": email, "password": PASSWORD})


def family_of(response: httpx2.Response) -> str:
    token = response.json()["data"]["accessToken"]
    return jwt.decode(token, options={"verify_signature": False})["familyId"]


async def test_hashes_of_every_spelling_verify(app_client: httpx2.AsyncClient, database_url: str) -> None:
    for number, prefix in enumerate(("$2a$", "$2b$", "$2y$")):
        email = f"kim{number}@example.com"
        await make_user(database_url, email=email, password_hash=hashed(prefix))
        assert (await log_in(app_client, email)).status_code == 200, prefix


async def test_an_empty_or_malformed_hash_matches_nothing(app_client: httpx2.AsyncClient, database_url: str) -> None:
    for number, stored in enumerate(("", "plain", "$2b$04$tooshort", "$2x$04$" + "a" * 53, "$2b$31$" + "a" * 53)):
        email = f"kim{number}@example.com"
        await make_user(database_url, email=email, password_hash=stored)
        for path in (LOGIN, "/api/v1/auth/login"):
            assert (await log_in(app_client, email, path)).status_code == 401, stored


async def test_an_address_in_mixed_case_logs_in_and_is_taken(app_client: httpx2.AsyncClient, database_url: str) -> None:
    user_id = await make_user(database_url, email="Kim.Park@Example.com")
    for spelling in ("kim.park@example.com", "KIM.PARK@example.com", "Kim.Park@Example.com"):
        response = await log_in(app_client, spelling)
        assert response.json()["data"]["userId"] == user_id
    body = {"email": "kim.park@example.com", "password": PASSWORD}
    response = await app_client.post("/api/v1/auth/parent/register", json=body)
    assert (response.status_code, response.json()) == (400, {"message": "User with this email already exists"})


async def test_the_exact_address_wins_over_one_in_mixed_case(app_client: httpx2.AsyncClient, database_url: str) -> None:
    await make_user(database_url, email="Kim@example.com")
    exact = await make_user(database_url, email="kim@example.com")
    response = await log_in(app_client, "Kim@Example.com")
    assert response.json()["data"]["userId"] == exact


async def test_null_columns_count_as_their_defaults(app_client: httpx2.AsyncClient, database_url: str) -> None:
    await make_user(
        database_url, is_active=None, email_verified=None, role=None, first_name=None, created_at=None, updated_at=None
    )
    response = await log_in(app_client)
    assert response.status_code == 200
    claims = jwt.decode(response.json()["data"]["accessToken"], options={"verify_signature": False})
    assert (claims["role"], claims["verified"]) == ("PARENT", False)


async def test_of_two_families_the_earliest_joined_one_counts(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    user_id = await make_user(database_url, family=False)
    await add_family(database_url, user_id, "now()")
    earliest = await add_family(database_url, user_id, "now() - interval '1 day'")
    await add_family(database_url, user_id, "null")
    assert family_of(await log_in(app_client)) == earliest


async def test_a_parent_without_a_family_gets_one_at_the_first_login(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    await make_user(database_url, family=False)
    first = family_of(await log_in(app_client))
    assert family_of(await log_in(app_client)) == first
    family = await row(database_url, "select name from family.families")
    assert family["name"] == "Kim's Family"


async def test_a_login_of_any_account_makes_no_family(app_client: httpx2.AsyncClient, database_url: str) -> None:
    await make_user(database_url, family=False, role="creator")
    response = await log_in(app_client, path="/api/v1/auth/login")
    claims = jwt.decode(response.json()["data"]["accessToken"], options={"verify_signature": False})
    assert "familyId" not in claims
    assert claims["role"] == "CREATOR"
    assert (await log_in(app_client)).status_code == 401
    assert await rows(database_url, "select from family.families") == []


async def test_login_lists_active_children_oldest_profile_first(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    await make_user(database_url)
    children = await rows(
        database_url,
        "insert into family.child_profiles (family_id, name, birth_date, is_active, archived_at, created_at)"
        " select id, n, '2020-01-01', active, archived::timestamptz, now() - age::interval from family.families,"
        " (values ('new', true, null, '1 day'), ('old', null, null, '9 days'), ('off', false, null, '2 days'),"
        " ('gone', true, '2024-01-01', '3 days')) as child (n, active, archived, age)"
        " returning id::text, name",
    )
    ids = {child["name"]: child["id"] for child in children}
    response = await log_in(app_client)
    assert response.json()["data"]["children"] == [ids["old"], ids["new"]]


def minted(user_id: str, **claims: Any) -> str:
    """A token made by hand with the shared secret: no family, no session row, the role spelled as in Rust."""
    now = int(time.time())
    body = {
        "iss": "wondernest-api",
        "aud": "wondernest-users",
        "sub": user_id,
        "userId": user_id,
        "email": "kim@example.com",
        "role": "parent",
        "verified": True,
        "nonce": str(uuid4()),
        "iat": now,
        "exp": now + 600,
        **claims,
    }
    return jwt.encode(body, TEST_SECRET, algorithm="HS256")


async def test_a_token_made_by_hand_works_and_logs_out(app_client: httpx2.AsyncClient, database_url: str) -> None:
    user_id = await make_user(database_url)
    bearer = {"Authorization": f"Bearer {minted(user_id)}"}
    response = await app_client.get("/api/v1/auth/me", headers=bearer)
    assert response.json() == {"id": user_id, "email": "kim@example.com", "role": "PARENT", "verified": False}
    for _ in range(2):
        assert (await app_client.post("/api/v1/auth/logout", headers=bearer)).status_code == 200
    assert (await app_client.get("/api/v1/auth/me", headers=bearer)).status_code == 401


async def test_a_token_of_an_unknown_user_is_refused_everywhere(app_client: httpx2.AsyncClient) -> None:
    bearer = {"Authorization": f"Bearer {minted(str(uuid4()), exp=253402300799)}"}
    assert (await app_client.get("/api/v1/auth/me", headers=bearer)).status_code == 401
    assert (await app_client.post("/api/v1/auth/verify-email", headers=bearer)).status_code == 400
    response = await app_client.post("/api/v1/auth/parent/setup-pin", json={"pin": "2753"}, headers=bearer)
    assert response.status_code == 401
    response = await app_client.post("/api/v1/auth/parent/verify-pin", json={"pin": "1234"}, headers=bearer)
    assert response.status_code == 200
    assert (await app_client.post("/api/v1/auth/logout", headers=bearer)).status_code == 200


async def test_sessions_of_earlier_backends_end_with_a_reset(app_client: httpx2.AsyncClient, database_url: str) -> None:
    user_id = await make_user(database_url)
    token = minted(user_id, iat=int(time.time()) + 3)
    bearer = {"Authorization": f"Bearer {token}"}
    token_hash = hashlib.sha256(token.encode()).hexdigest()
    await rows(
        database_url,
        "insert into core.user_sessions (user_id, token_hash, expires_at)"
        " values ($1::text::uuid, $2, now() + interval '10 minutes'), ($1::text::uuid, 'odd', now() + interval '1 day')",
        user_id,
        token_hash,
    )
    code = "x" * 43
    await rows(
        database_url,
        "insert into core.password_reset_tokens (user_id, token, expires_at)"
        " values ($1::text::uuid, $2, now() + interval '1 hour')",
        user_id,
        hashlib.sha256(code.encode()).hexdigest(),
    )
    body = {"token": code, "newPassword": "Moonlight8"}
    assert (await app_client.post("/api/v1/auth/password-reset/confirm", json=body)).status_code == 200
    assert (await app_client.get("/api/v1/auth/me", headers=bearer)).status_code == 401


async def test_the_quota_row_of_the_trigger_is_not_written_twice(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    quota = await row(database_url, "select user_id::text from public.ai_generation_quotas")
    assert quota["user_id"] == parent.user_id
