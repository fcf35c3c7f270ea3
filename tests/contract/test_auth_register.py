"""Sign-up on the wire (auth contract §1.8, §2 parent/register, §7)."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import httpx2
import jwt
from dirty_equals import IsInt, IsStr, IsUUID

from tests.fixtures.application import TEST_SECRET
from tests.fixtures.auth import log_in, mails_to, register, row, rows, sign_up, value

REGISTER = "/api/v1/auth/parent/register"
PATHS = ["/auth/parent/register", "/auth/signup", "/auth/register"]
APP_BODY = {
    "email": "ann@example.com",
    "password": "Sunny-day1",
    "name": "Ann Lee Brown",
    "phoneNumber": "",
    "countryCode": "US",
}
"""The app's own body, field for field."""


async def refusal(client: httpx2.AsyncClient, **fields: Any) -> str:
    response = await client.post(REGISTER, json={**APP_BODY, **fields})
    assert response.status_code == 400, response.text
    body = response.json()
    assert list(body) == ["message"]
    return body["message"]


async def test_every_sign_up_path_answers_201_and_the_session(app_client: httpx2.AsyncClient) -> None:
    for path in (f"/api/{version}{path}" for version in ("v1", "v2") for path in PATHS):
        email = sign_up()["email"]
        response = await app_client.post(path, json={**APP_BODY, "email": email})
        assert response.status_code == 201, path
        assert response.json() == {
            "success": True,
            "data": {
                "userId": IsUUID,
                "email": email,
                "accessToken": IsStr,
                "refreshToken": IsStr,
                "expiresIn": 3600000,
                "hasPin": False,
                "requiresPinSetup": True,
                "children": [],
            },
        }


async def test_the_tokens_carry_exactly_the_claims_of_the_table(own_client: httpx2.AsyncClient) -> None:
    parent = await register(own_client, **APP_BODY)
    shared = {
        "iss": "wondernest-api",
        "sub": parent.user_id,
        "userId": parent.user_id,
        "familyId": IsUUID,
        "nonce": IsUUID(4),
        "iat": IsInt,
        "exp": IsInt,
    }
    access = jwt.decode(parent.access, TEST_SECRET, ["HS256"], audience="wondernest-users")
    refresh = jwt.decode(parent.refresh, TEST_SECRET, ["HS256"], audience="wondernest-users-refresh")
    assert access == {
        **shared,
        "aud": "wondernest-users",
        "email": "ann@example.com",
        "role": "PARENT",
        "verified": False,
    }
    assert refresh == {**shared, "aud": "wondernest-users-refresh", "type": "refresh"}
    assert access["exp"] - access["iat"] == 3600
    assert refresh["exp"] - refresh["iat"] == 2592000
    assert jwt.get_unverified_header(parent.access) == {"alg": "HS256", "typ": "JWT"}


async def test_a_registration_leaves_one_row_in_each_table(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client, **APP_BODY)
    user = await row(database_url, "select * from core.users")
    family = await row(database_url, "select * from family.families")
    member = await row(database_url, "select * from family.family_members")
    session = await row(database_url, "select * from core.user_sessions")
    assert (user["email"], user["first_name"], user["last_name"]) == ("ann@example.com", "Ann", "Lee Brown")
    assert (user["role"], user["phone"], user["email_verified"], user["is_active"]) == ("parent", None, False, True)
    assert user["password_hash"].startswith("$2b$04$")
    assert (family["name"], family["created_by"]) == ("Ann's Family", user["id"])
    assert (member["family_id"], member["user_id"], member["role"]) == (family["id"], user["id"], "parent")
    assert session["token_hash"] == hashlib.sha256(parent.access.encode()).hexdigest()
    assert session["expires_at"] - session["created_at"] == session["expires_at"] - session["last_accessed"]


async def test_everything_wrong_is_named_in_the_order_of_the_contract(app_client: httpx2.AsyncClient) -> None:
    assert await refusal(app_client, email="bad", password="short") == (
        "Validation failed: Invalid email format, Password must be at least 8 characters long, "
        "Password must contain at least one uppercase letter, Password must contain at least one digit"
    )
    assert await refusal(
        app_client, password=" ", firstName="x" * 51, lastName="y" * 51, timezone="PST", language="xx"
    ) == (
        "Validation failed: Password is required, First name must not exceed 50 characters, "
        "Last name must not exceed 50 characters, Invalid timezone, Invalid language code"
    )


async def test_a_common_password_is_refused_and_one_without_a_special_character_is_not(
    app_client: httpx2.AsyncClient,
) -> None:
    assert await refusal(app_client, password="Password123") == "Validation failed: Password is too common"
    await register(app_client, password="TestPass123")


async def test_the_same_address_in_another_letter_case_is_taken(own_client: httpx2.AsyncClient) -> None:
    await register(own_client, **APP_BODY)
    assert await refusal(own_client, email=" ANN@Example.Com ") == "User with this email already exists"


async def test_the_address_of_a_closed_account_is_taken(app_client: httpx2.AsyncClient, database_url: str) -> None:
    await register(app_client, **APP_BODY)
    await rows(database_url, "update core.users set is_active = false")
    assert await refusal(app_client) == "User with this email already exists"


async def test_ten_identical_sign_ups_at_once_make_one_user_and_nine_clean_refusals(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    responses = await asyncio.gather(*(app_client.post(REGISTER, json=APP_BODY) for _ in range(10)))
    assert Counter(response.status_code for response in responses) == {201: 1, 400: 9}
    refusals = [response.json() for response in responses if response.status_code == 400]
    assert refusals == [{"message": "User with this email already exists"}] * 9
    for table in ("core.users", "family.families", "family.family_members", "core.user_sessions"):
        assert await value(database_url, f"select count(*) from {table}") == 1


async def test_names_are_stored_as_typed_and_not_escaped(app_client: httpx2.AsyncClient, database_url: str) -> None:
    await register(app_client, firstName=" Síle\u0007 ", lastName="O'Brien & <Co>", name="ignored")
    assert await value(database_url, "select first_name from core.users") == "Síle"
    assert await value(database_url, "select last_name from core.users") == "O'Brien & <Co>"
    assert await value(database_url, "select name from family.families") == "Síle's Family"


async def test_a_sign_up_without_a_name_gets_the_unknown_family(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    await register(app_client, name="  ")
    assert await value(database_url, "select first_name from core.users") is None
    assert await value(database_url, "select name from family.families") == "Unknown's Family"


async def test_a_name_of_nothing_visible_is_no_name(app_client: httpx2.AsyncClient, database_url: str) -> None:
    await register(app_client, name="\u200b \u3164", firstName="\u2800", lastName="\u202e")
    person = await row(database_url, "select first_name, last_name from core.users")
    assert tuple(person) == (None, None)
    assert await value(database_url, "select name from family.families") == "Unknown's Family"


async def test_a_name_longer_than_its_columns_is_400_and_not_500(app_client: httpx2.AsyncClient) -> None:
    text = "Validation failed: First name must not exceed 50 characters"
    assert await refusal(app_client, name="x" * 101) == text
    assert await refusal(app_client, name="Ann " + "y" * 101) == text


async def test_a_phone_number_is_stored_and_one_too_long_is_left_out(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    await register(app_client, email="one@example.com", phoneNumber=" +353 1 234 ")
    await register(app_client, email="two@example.com", phoneNumber="1" * 21)
    stored = await rows(database_url, "select phone from core.users order by email")
    assert [stored_row["phone"] for stored_row in stored] == ["+353 1 234", None]


async def test_a_password_of_eighty_bytes_registers_and_logs_in_by_its_first_seventy_two(
    app_client: httpx2.AsyncClient,
) -> None:
    parent = await register(app_client, password="Aa1" + "x" * 77)
    await log_in(app_client, parent)
    body = {"email": parent.email, "password": "Aa1" + "x" * 69 + "something else"}
    assert (await app_client.post("/api/v1/auth/parent/login", json=body)).status_code == 200


async def test_a_password_typed_in_another_normal_form_is_the_same_password(app_client: httpx2.AsyncClient) -> None:
    composed, decomposed = "\u00c9t\u00e9-Zurich7", "E\u0301te\u0301-Zurich7"
    for made, typed in ((composed, decomposed), (decomposed, composed)):
        parent = await register(app_client, password=made)
        for path in ("/api/v1/auth/parent/login", "/api/v1/auth/login"):
            for spelling, status in ((made, 200), (typed, 200), (typed + "x", 401)):
                body = {"email": parent.email, "password": spelling}
                assert (await app_client.post(path, json=body)).status_code == status


async def test_null_for_a_field_with_a_default_counts_as_absent(app_client: httpx2.AsyncClient) -> None:
    await register(app_client, timezone=None, language=None, countryCode=None, phoneNumber=None, name=None)


async def test_the_owner_of_a_taken_address_gets_one_mail_about_attempts(
    app_client: httpx2.AsyncClient, tmp_path: Path
) -> None:
    await register(app_client, **APP_BODY)
    for _ in range(3):
        assert (await app_client.post(REGISTER, json=APP_BODY)).status_code == 400
    await register(app_client, email="next@example.com")
    await mails_to(tmp_path / "outbox", "next@example.com")
    mails = await mails_to(tmp_path / "outbox", "ann@example.com", 2)
    subjects = sorted(mail.partition("\n")[0] for mail in mails)
    assert subjects == ["Confirm your e-mail address", "You already have a WonderNest account"]
