"""Whose account an identity token opens (auth contract §2 oauth): issuer and subject decide, an address only once and with proof."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.fixtures.auth import PASSWORD, Parent, code_in, log_in, mails_to, register, row, rows, value
from tests.fixtures.family import add_child, profile, register_with_child
from tests.fixtures.identities import Signer, sign_in, with_providers
from wondernest.settings import Settings

ANN = "ann@example.com"
PIN = {"pin": "2580"}
SAVE = {"gameType": "sticker_book", "dataKey": "page", "dataValue": {"n": 1}}
TAKEN_OVER, LINKED = "Your WonderNest account opens with a new sign-in", "A new way to sign in to WonderNest"


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer("key-1", elliptic=True)


@pytest.fixture
async def client(
    make_settings: Callable[..., Settings], tmp_path: Path, signer: Signer
) -> AsyncIterator[httpx2.AsyncClient]:
    async with with_providers(make_settings, tmp_path, signer) as client:
        yield client


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


async def signed_in(client: httpx2.AsyncClient, token: str, provider: str = "google", **fields: Any) -> Parent:
    response = await sign_in(client, token, provider, **fields)
    assert response.status_code == 200, response.text
    data = response.json()["data"]
    return Parent(data["email"], "", data["userId"], data["accessToken"], data["refreshToken"])


async def refused(client: httpx2.AsyncClient, token: str, provider: str = "google", **fields: Any) -> None:
    response = await sign_in(client, token, provider, **fields)
    assert (response.status_code, response.json()["message"]) == (401, "OAuth authentication failed"), response.text


async def prove(client: httpx2.AsyncClient, parent: Parent, outbox: Path) -> None:
    """Prove the parent's address with the letter of the sign-up."""
    token = code_in((await mails_to(outbox, parent.email))[0])
    response = await client.post("/api/v1/auth/verify-email", json={"token": token}, headers=parent.bearer)
    assert response.status_code == 200


async def reset(client: httpx2.AsyncClient, outbox: Path, address: str, password: str = "Moonlight8") -> None:
    await client.post("/api/v1/auth/password-reset", json={"email": address})
    async with asyncio.timeout(10):
        while not (mails := [text for text in await mails_to(outbox, address) if text.startswith("Reset your")]):
            await asyncio.sleep(0.01)
    body = {"token": code_in(mails[-1]), "newPassword": password}
    assert (await client.post("/api/v1/auth/password-reset/confirm", json=body)).status_code == 200


async def subjects(database_url: str) -> set[tuple[str, str]]:
    found = await rows(database_url, "select issuer, subject from wondernest.outside_identities")
    return {(identity["issuer"], identity["subject"]) for identity in found}


async def test_one_subject_is_one_account_whatever_address_its_token_has(
    client: httpx2.AsyncClient, signer: Signer, database_url: str
) -> None:
    first = await signed_in(client, signer.token("google", sub="g-1"))
    child = await add_child(client, first)
    for changes in ({"email": "bea@example.com"}, {"email": None}, {"email_verified": False}, {"email": "none"}):
        again = await signed_in(client, signer.token("google", sub="g-1", **changes))
        assert (again.user_id, again.email) == (first.user_id, ANN), "nothing changes the address silently"
        assert [own["id"] for own in (await profile(client, again))["children"]] == [child["id"]]
    assert await value(database_url, "select count(*) from family.families") == 1
    assert await value(database_url, "select email from core.users") == ANN


async def test_another_subject_with_the_same_address_does_not_get_the_first_ones_child(
    client: httpx2.AsyncClient, signer: Signer, database_url: str
) -> None:
    first = await signed_in(client, signer.token("google", sub="g-1"))
    await add_child(client, first)
    await refused(client, signer.token("google", sub="g-2"))
    assert await subjects(database_url) == {("https://accounts.google.com", "g-1")}
    assert len((await profile(client, first))["children"]) == 1


async def test_a_subject_is_the_same_person_under_each_name_of_its_issuer(
    client: httpx2.AsyncClient, signer: Signer
) -> None:
    first = await signed_in(client, signer.token("google", iss="accounts.google.com"))
    again = await signed_in(client, signer.token("google", email="bea@example.com"))
    assert again.user_id == first.user_id


async def test_a_subject_of_another_issuer_is_another_person(client: httpx2.AsyncClient, signer: Signer) -> None:
    ann = await signed_in(client, signer.token("google", sub="1"))
    bea = await signed_in(client, signer.token("apple", sub="1", email="bea@example.com"), "apple")
    assert ann.user_id != bea.user_id


async def test_the_same_address_from_another_provider_opens_the_proven_account_and_the_owner_is_told(
    client: httpx2.AsyncClient, signer: Signer, outbox: Path
) -> None:
    first = await signed_in(client, signer.token("google"))
    for _ in range(2):
        again = await signed_in(client, signer.token("apple", sub="a-1", email_verified="true"), "apple")
        assert again.user_id == first.user_id
    (letter,) = await mails_to(outbox, ANN)
    assert letter.startswith(LINKED)


@pytest.mark.parametrize("proof", ["letter", "reset"])
async def test_an_account_whose_address_was_proven_is_linked_and_keeps_its_password(
    client: httpx2.AsyncClient, signer: Signer, outbox: Path, proof: str
) -> None:
    parent = await register(client, email=ANN)
    if proof == "letter":
        await prove(client, parent, outbox)
    else:
        await reset(client, outbox, ANN, PASSWORD)
        parent = await log_in(client, parent)
    assert (await client.post("/api/v1/auth/parent/setup-pin", json=PIN, headers=parent.bearer)).status_code == 200
    linked = await signed_in(client, signer.token("google"))
    assert linked.user_id == parent.user_id
    assert (await log_in(client, parent)).user_id == parent.user_id
    assert (await client.get("/api/v1/auth/me", headers=parent.bearer)).status_code == 200
    assert (await client.post("/api/v1/auth/parent/verify-pin", json=PIN, headers=parent.bearer)).status_code == 200


async def test_whoever_proves_an_unproven_address_gets_the_account_and_the_one_before_is_out(
    client: httpx2.AsyncClient, signer: Signer, outbox: Path, database_url: str
) -> None:
    squatter, child = await register_with_child(client, email=ANN)
    second = await log_in(client, squatter)
    assert (await client.post("/api/v1/auth/verify-email", json={}, headers=squatter.bearer)).status_code == 200
    assert (await client.post("/api/v1/auth/parent/setup-pin", json=PIN, headers=squatter.bearer)).status_code == 200
    for _ in range(5):
        await client.post("/api/v1/auth/parent/verify-pin", json={"pin": "0004"}, headers=squatter.bearer)
    saves = f"/api/v2/games/children/{child}/data"
    assert (await client.put(saves, json=SAVE, headers=squatter.bearer)).status_code == 200
    household = (await profile(client, squatter))["family"]["id"]

    owner = await signed_in(client, signer.token("google"))
    assert owner.user_id == squatter.user_id
    for device in (squatter, second):
        assert (await client.get("/api/v1/auth/me", headers=device.bearer)).status_code == 401
        renewed = await client.post("/api/v1/auth/refresh", json={"refreshToken": device.refresh})
        assert renewed.status_code == 401
    for path in ("login", "parent/login"):
        body = {"email": ANN, "password": squatter.password}
        assert (await client.post(f"/api/v1/auth/{path}", json=body)).status_code == 401
    stored = await row(database_url, "select password_hash, pin_hash, email_verified from core.users")
    assert tuple(stored) == ("", None, True)

    family = await profile(client, owner)
    assert (family["family"]["id"], [one["id"] for one in family["children"]]) == (household, [child])
    assert (await client.get(f"{saves}/sticker_book/page", headers=owner.bearer)).status_code == 200
    assert (await client.post("/api/v1/auth/refresh", json={"refreshToken": owner.refresh})).status_code == 200
    new_pin = await client.post("/api/v1/auth/parent/setup-pin", json={"pin": "9137"}, headers=owner.bearer)
    assert new_pin.status_code == 200
    opened = await client.post("/api/v1/auth/parent/verify-pin", json={"pin": "9137"}, headers=owner.bearer)
    assert opened.status_code == 200, "the one before locked the PIN"
    assert any(letter.startswith(TAKEN_OVER) for letter in await mails_to(outbox, ANN, 2))
    assert await value(database_url, "select source from wondernest.address_proofs") == "identity"


async def test_an_account_of_the_release_that_knew_addresses_only_keeps_its_children(
    client: httpx2.AsyncClient, signer: Signer, database_url: str
) -> None:
    earlier, child = await register_with_child(client, email=ANN)
    await rows(database_url, "update core.users set password_hash = '', email_verified = true")
    for _ in range(2):
        again = await signed_in(client, signer.token("google"))
        assert again.user_id == earlier.user_id
        assert [one["id"] for one in (await profile(client, again))["children"]] == [child]
    assert (await client.get("/api/v1/auth/me", headers=earlier.bearer)).status_code == 401


async def test_an_address_in_mixed_case_is_proven_and_taken_over_like_any_other(
    client: httpx2.AsyncClient, signer: Signer, database_url: str
) -> None:
    parent = await register(client, email=ANN)
    await rows(database_url, "update core.users set email = 'Ann@Example.com'")
    assert (await signed_in(client, signer.token("google"))).user_id == parent.user_id
    assert (await signed_in(client, signer.token("apple", sub="a"), "apple")).user_id == parent.user_id
    assert await value(database_url, "select email from wondernest.address_proofs") == ANN


@pytest.mark.parametrize("verified", [None, False, "false", 1])
async def test_a_token_without_a_verified_address_never_gets_an_account_by_its_address(
    client: httpx2.AsyncClient, signer: Signer, outbox: Path, verified: Any
) -> None:
    parent = await register(client, email=ANN)
    for provider in ("google", "apple", "facebook"):
        await refused(client, signer.token(provider, email_verified=verified), provider)
    await prove(client, parent, outbox)
    for provider in ("google", "apple", "facebook"):
        await refused(client, signer.token(provider, email_verified=verified), provider)
    assert (await log_in(client, parent)).user_id == parent.user_id


async def test_an_account_from_facebook_has_an_unproven_address_until_the_letter_proves_it(
    client: httpx2.AsyncClient, signer: Signer, outbox: Path, database_url: str
) -> None:
    made = await signed_in(client, signer.token("facebook", sub="f-1", email_verified=None), "facebook")
    assert await value(database_url, "select email_verified from core.users") is False
    assert await rows(database_url, "select from wondernest.address_proofs") == []
    await prove(client, made, outbox)
    assert (await signed_in(client, signer.token("google"))).user_id == made.user_id
    again = await signed_in(client, signer.token("facebook", sub="f-1", email_verified=None), "facebook")
    assert again.user_id == made.user_id


@pytest.mark.parametrize("proof", ["another provider", "a reset"])
async def test_an_identity_that_never_proved_the_address_is_unlinked_when_somebody_proves_it(
    client: httpx2.AsyncClient, signer: Signer, outbox: Path, database_url: str, proof: str
) -> None:
    squatter = await signed_in(client, signer.token("facebook", sub="f-1", email_verified=None), "facebook")
    await client.post("/api/v1/auth/parent/setup-pin", json=PIN, headers=squatter.bearer)
    if proof == "a reset":
        await reset(client, outbox, ANN)
    else:
        await signed_in(client, signer.token("google", sub="g-1"))
    await refused(client, signer.token("facebook", sub="f-1", email_verified=None), "facebook")
    assert (await client.get("/api/v1/auth/me", headers=squatter.bearer)).status_code == 401
    assert await value(database_url, "select pin_hash from core.users") is None


async def test_a_reset_of_a_proven_account_keeps_its_pin_and_its_identities(
    client: httpx2.AsyncClient, signer: Signer, outbox: Path, database_url: str
) -> None:
    parent = await signed_in(client, signer.token("google"))
    await client.post("/api/v1/auth/parent/setup-pin", json=PIN, headers=parent.bearer)
    await reset(client, outbox, ANN)
    assert await value(database_url, "select pin_hash from core.users") is not None
    assert (await signed_in(client, signer.token("google"))).user_id == parent.user_id


async def test_a_closed_account_stays_closed_for_known_and_for_new_identities(
    client: httpx2.AsyncClient, signer: Signer, database_url: str
) -> None:
    await signed_in(client, signer.token("google", sub="g-1"))
    await rows(database_url, "update core.users set is_active = false")
    await refused(client, signer.token("google", sub="g-1"))
    await refused(client, signer.token("apple", sub="a-1"), "apple")
    assert await value(database_url, "select count(*) from core.users") == 1
    await rows(database_url, "delete from wondernest.outside_identities")
    await rows(database_url, "delete from wondernest.address_proofs")
    await refused(client, signer.token("google", sub="g-1"))
    assert await subjects(database_url) == set()


async def test_a_token_is_accepted_once_in_every_spelling(
    client: httpx2.AsyncClient, signer: Signer, database_url: str
) -> None:
    token = signer.token("google")
    await signed_in(client, token)
    for spelling in (token, f" {token} ", token + "=", signer.spelled_otherwise(token)):
        await refused(client, spelling)
    used = await row(database_url, "select token_hash, expires_at > now() as kept from wondernest.used_identity_tokens")
    assert (used["token_hash"], used["kept"]) == (hashlib.sha256(token.rpartition(".")[0].encode()).digest(), True)


async def test_the_other_spelling_of_a_signature_is_a_valid_token_by_itself(
    client: httpx2.AsyncClient, signer: Signer
) -> None:
    """Shows that the test above refuses it because the token was used."""
    await signed_in(client, signer.spelled_otherwise(signer.token("google")))


async def test_a_refused_sign_in_does_not_use_the_token_up(client: httpx2.AsyncClient, signer: Signer) -> None:
    token = signer.token("google", nonce="n-1")
    await refused(client, token, email="other@example.com")
    await refused(client, token, nonce="n-2")
    await signed_in(client, token, nonce="n-1")


async def test_a_nonce_in_the_request_must_be_the_tokens(client: httpx2.AsyncClient, signer: Signer) -> None:
    for claim, sent in (("n-1", "n-2"), ("n-1", "N-1"), ("n-1", ""), (None, "n-1"), (7, "7"), (["n-1"], "n-1")):
        await refused(client, signer.token("google", nonce=claim), nonce=sent)
    for claim, sent in (("n-1", "n-1"), ("n-1", None), (None, None), ("7", 7)):
        await signed_in(client, signer.token("google", nonce=claim), nonce=sent)


async def test_one_token_sent_many_times_at_once_opens_one_session(
    client: httpx2.AsyncClient, signer: Signer, database_url: str
) -> None:
    for _ in range(2):
        token = signer.token("google")
        responses = await asyncio.gather(*(sign_in(client, token) for _ in range(8)))
        assert Counter(response.status_code for response in responses) == {200: 1, 401: 7}
    assert await value(database_url, "select count(*) from core.users") == 1
    assert await value(database_url, "select count(*) from core.user_sessions") == 2


@pytest.mark.parametrize("registered", [False, True])
async def test_first_sign_ins_of_one_person_on_many_devices_make_or_take_one_account(
    client: httpx2.AsyncClient, signer: Signer, database_url: str, *, registered: bool
) -> None:
    if registered:
        await register(client, email=ANN)
    google = [sign_in(client, signer.token("google", sub="g")) for _ in range(6)]
    apple = [sign_in(client, signer.token("apple", sub="a"), "apple") for _ in range(6)]
    responses = await asyncio.gather(*google, *apple)
    assert [response.status_code for response in responses] == [200] * 12
    assert len({response.json()["data"]["userId"] for response in responses}) == 1
    assert await value(database_url, "select count(*) from core.users") == 1
    assert await value(database_url, "select count(*) from family.families") == 1
    assert len(await subjects(database_url)) == 2
    assert await value(database_url, "select count(*) from wondernest.address_proofs") == 1


async def test_first_sign_ins_of_one_subject_with_many_addresses_at_once_make_one_account(
    client: httpx2.AsyncClient, signer: Signer, database_url: str
) -> None:
    tokens = [signer.token("google", sub="g", email=f"ann{number}@example.com") for number in range(6)]
    responses = await asyncio.gather(*(sign_in(client, token) for token in tokens))
    assert [response.status_code for response in responses] == [200] * 6
    assert len({response.json()["data"]["email"] for response in responses}) == 1
    assert await value(database_url, "select count(*) from core.users") == 1


async def test_sign_ups_and_first_sign_ins_of_an_address_at_once_make_one_account_of_its_owner(
    client: httpx2.AsyncClient, signer: Signer, database_url: str
) -> None:
    form = {"email": ANN, "password": PASSWORD, "name": "Ann Lee"}
    sign_ups = [client.post("/api/v1/auth/parent/register", json=form) for _ in range(4)]
    sign_ins = [sign_in(client, signer.token("google", sub="g")) for _ in range(4)]
    responses = await asyncio.gather(*sign_ups, *sign_ins)
    assert {response.status_code for response in responses[:4]} <= {201, 400}
    assert [response.status_code for response in responses[4:]] == [200] * 4
    assert await value(database_url, "select count(*) from core.users") == 1
    assert (await client.post("/api/v1/auth/login", json=form)).status_code == 401
