"""Login through an identity provider on the wire (auth contract §2 oauth)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from dirty_equals import IsInt, IsStr, IsUUID

from tests.fixtures.application import running
from tests.fixtures.auth import row
from tests.fixtures.identities import CLIENT_IDS, OAUTH, Signer, sign_in, with_providers
from wondernest.app import create_app
from wondernest.settings import Settings

REFUSED = {"error": "UNAUTHORIZED", "message": "OAuth authentication failed", "timestamp": IsInt}


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer("key-1")


@pytest.fixture
async def client(
    make_settings: Callable[..., Settings], tmp_path: Path, signer: Signer
) -> AsyncIterator[httpx2.AsyncClient]:
    async with with_providers(make_settings, tmp_path, signer) as client:
        yield client


async def test_a_new_address_gets_a_verified_account_without_password_and_a_family(
    client: httpx2.AsyncClient, signer: Signer, database_url: str
) -> None:
    token = signer.token("google", given_name="Ann", family_name="Lee")
    response = await sign_in(client, token, email="ANN@example.com")
    assert response.status_code == 200
    assert response.json() == {
        "success": True,
        "data": {
            "userId": IsUUID,
            "email": "ann@example.com",
            "accessToken": IsStr,
            "refreshToken": IsStr,
            "expiresIn": 3600000,
            "hasPin": False,
            "requiresPinSetup": True,
            "children": [],
        },
    }
    user = await row(database_url, "select * from core.users")
    assert (user["password_hash"], user["email_verified"]) == ("", True)
    assert (user["first_name"], user["last_name"]) == ("Ann", "Lee")
    family = await row(database_url, "select name from family.families")
    assert family["name"] == "Ann's Family"
    again = await sign_in(client, signer.token("google"))
    assert again.json()["data"]["userId"] == response.json()["data"]["userId"]


async def test_names_of_the_request_win_over_those_of_the_token(
    client: httpx2.AsyncClient, signer: Signer, database_url: str
) -> None:
    await sign_in(client, signer.token("google", given_name="Ann"), firstName="Anna", lastName="Li")
    user = await row(database_url, "select first_name, last_name from core.users")
    assert tuple(user) == ("Anna", "Li")


async def test_a_providers_name_is_accepted_in_any_letter_case(client: httpx2.AsyncClient, signer: Signer) -> None:
    for provider in ("google", "apple", "facebook", "Apple"):
        token = signer.token(provider.lower(), email_verified="true")
        assert (await sign_in(client, token, provider=provider)).status_code == 200, provider


async def test_an_unverified_address_makes_an_account_from_facebook_only(
    client: httpx2.AsyncClient, signer: Signer
) -> None:
    token = signer.token("facebook", email_verified=None)
    assert (await sign_in(client, token, provider="facebook")).status_code == 200
    for provider in ("google", "apple"):
        token = signer.token(provider, email_verified=None)
        assert (await sign_in(client, token, provider=provider)).status_code == 401


BROKEN: list[dict[str, Any]] = [
    {"iss": "https://evil.example.com"},
    {"iss": None},
    {"aud": "somebody-else"},
    {"aud": [CLIENT_IDS["google"], "somebody-else"]},
    {"exp": 1},
    {"exp": None},
    {"exp": "soon"},
    {"iat": 32503680000},
    {"nbf": 32503680000},
    {"email": None},
    {"email": "no address"},
    {"email": 7},
    {"email_verified": False},
    {"email_verified": "false"},
    {"email_verified": 1},
    {"sub": None},
    {"sub": ""},
    {"sub": " "},
    {"sub": 7},
    {"sub": "x" * 256},
    {"sub": "x\x00"},
    {"exp": 1e300},
]


async def test_a_token_with_a_wrong_claim_is_refused(client: httpx2.AsyncClient, signer: Signer) -> None:
    for claims in BROKEN:
        response = await sign_in(client, signer.token("google", **claims))
        assert (response.status_code, response.json()) == (401, REFUSED), claims


async def test_a_token_of_one_provider_is_refused_for_another(client: httpx2.AsyncClient, signer: Signer) -> None:
    for provider in ("apple", "facebook"):
        assert (await sign_in(client, signer.token("google"), provider=provider)).status_code == 401


async def test_a_token_signed_by_somebody_else_or_by_no_allowed_algorithm_is_refused(
    client: httpx2.AsyncClient, signer: Signer
) -> None:
    stranger = Signer("key-1")
    tokens = [
        stranger.token("google"),
        Signer("unknown-key").token("google"),
        signer.unsigned("google"),
        signer.signed_with_public_key("google"),
        signer.without_key_id("google"),
        "a.b.c",
        "no token",
    ]
    for token in tokens:
        response = await sign_in(client, token)
        assert (response.status_code, response.json()) == (401, REFUSED)


async def test_an_address_other_than_the_tokens_is_refused(client: httpx2.AsyncClient, signer: Signer) -> None:
    response = await sign_in(client, signer.token("google"), email="other@example.com")
    assert (response.status_code, response.json()) == (401, REFUSED)


async def test_a_provider_that_is_not_configured_is_refused(app_client: httpx2.AsyncClient, signer: Signer) -> None:
    response = await sign_in(app_client, signer.token("google"))
    assert (response.status_code, response.json()) == (401, REFUSED)


async def test_without_the_providers_keys_the_answer_is_503_with_retry_after(
    make_settings: Callable[..., Settings], tmp_path: Path, signer: Signer
) -> None:
    settings = make_settings(
        OAUTH_GOOGLE_CLIENT_IDS=CLIENT_IDS["google"], OAUTH_GOOGLE_JWKS=str(tmp_path / "missing.json")
    )
    async with running(create_app(settings)) as client:
        response = await sign_in(client, signer.token("google"))
    assert response.status_code == 503
    assert response.headers["retry-after"]


async def test_everything_wrong_with_the_request_is_named(app_client: httpx2.AsyncClient) -> None:
    body = {"provider": "myspace", "idToken": " ", "email": "bad", "firstName": "<script>", "lastName": "x" * 51}
    response = await app_client.post(OAUTH, json=body)
    assert response.status_code == 400
    assert response.json() == {
        "message": "Validation failed: Invalid OAuth provider. Supported: google, apple, facebook, "
        "ID token is required, Invalid email format, Invalid characters in firstName, "
        "Last name must not exceed 50 characters"
    }
    response = await app_client.post(OAUTH, json={"provider": "google", "idToken": "x" * 2049})
    assert response.json() == {"message": "Validation failed: ID token is too long"}
