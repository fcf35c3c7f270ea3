"""Password reset and e-mail verification on the wire (auth contract §2)."""

from __future__ import annotations

import asyncio
import base64
import hashlib
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import httpx2
import pytest

from tests.fixtures.application import jobs_running, running
from tests.fixtures.auth import Parent, code_in, log_in, mails_to, register, row, rows, value
from wondernest.app import create_app
from wondernest.auth.words import words
from wondernest.settings import Settings

REQUEST = "/api/v1/auth/password-reset"
CONFIRM = "/api/v1/auth/password-reset/confirm"
VERIFY = "/api/v1/auth/verify-email"
REQUEST_LETTER = "/api/v1/auth/verify-email/request"
NEW_PASSWORD = "Moonlight8"
NO_UPPER = "Password must contain at least one uppercase letter"
NO_DIGIT = "Password must contain at least one digit"
MAILED = {"message": "Password reset email sent"}


async def reset_code(client: httpx2.AsyncClient, outbox: Path, parent: Parent) -> str:
    """The code of a new reset mail; the registration's mail came before it."""
    before = len(await mails_to(outbox, parent.email))
    assert (await client.post(REQUEST, json={"email": parent.email})).status_code == 200
    return code_in((await mails_to(outbox, parent.email, before + 1))[-1])


async def confirm(client: httpx2.AsyncClient, token: str, password: str = NEW_PASSWORD) -> httpx2.Response:
    return await client.post(CONFIRM, json={"token": token, "newPassword": password})


async def me(client: httpx2.AsyncClient, parent: Parent) -> int:
    return (await client.get("/api/v1/auth/me", headers=parent.bearer)).status_code


@pytest.fixture
def outbox(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


async def test_a_reset_request_answers_alike_for_known_and_unknown_addresses(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    for address in (parent.email, "nobody@example.com"):
        response = await app_client.post(REQUEST, json={"email": address})
        assert (response.status_code, response.json()) == (200, MAILED)


async def test_a_reset_request_for_no_address_is_400(app_client: httpx2.AsyncClient) -> None:
    response = await app_client.post(REQUEST, json={"email": "bad"})
    assert (response.status_code, response.json()) == (400, {"message": "Validation failed: Invalid email format"})


async def test_mails_are_in_the_language_of_the_family_else_of_the_request(
    app_client: httpx2.AsyncClient, outbox: Path
) -> None:
    app_client.headers["Accept-Language"] = "pt, fr-CA;q=0.9, en;q=0.5"
    undecided = await register(app_client)
    spanish = await register(app_client, email="spanish@example.com", language="es")
    for parent in (undecided, spanish):
        code_in((await mails_to(outbox, parent.email))[0])
        await reset_code(app_client, outbox, parent)
        pin = {"pin": "2580", "confirmPin": "2580"}
        answer = await app_client.post("/api/v1/auth/parent/setup-pin", json=pin, headers=parent.bearer)
        assert answer.is_success, answer.text
    app_client.headers["Accept-Language"] = "pt"
    await app_client.post(REQUEST, json={"email": undecided.email})
    subjects = [
        {mail.partition("\n")[0] for mail in await mails_to(outbox, parent.email, count)}
        for parent, count in ((undecided, 4), (spanish, 3))
    ]
    assert subjects == [
        {
            words("fr").verify_email.subject,
            words("fr").password_reset_by_code.subject,
            words("fr").pin_set.subject,
            words("en").password_reset_by_code.subject,
        },
        {
            words("es").verify_email.subject,
            words("es").password_reset_by_code.subject,
            words("es").pin_set.subject,
        },
    ]


async def test_the_mailed_token_is_43_characters_and_only_its_hash_is_stored(
    app_client: httpx2.AsyncClient, outbox: Path, database_url: str
) -> None:
    token = await reset_code(app_client, outbox, await register(app_client))
    assert len(base64.urlsafe_b64decode(token + "=")) == 32
    kept = await row(database_url, "select * from core.password_reset_tokens")
    assert (kept["token"], kept["used"]) == (hashlib.sha256(token.encode()).hexdigest(), False)
    assert (kept["expires_at"] - kept["created_at"]).total_seconds() == 24 * 3600


async def test_a_reset_sets_the_password_and_ends_every_session(app_client: httpx2.AsyncClient, outbox: Path) -> None:
    parent = await register(app_client)
    tablet = await log_in(app_client, parent)
    response = await confirm(app_client, f" {await reset_code(app_client, outbox, parent)} ")
    assert (response.status_code, response.json()) == (200, {"message": "Password reset successful"})
    for device in (parent, tablet):
        assert await me(app_client, device) == 401
        refreshed = await app_client.post("/api/v1/auth/refresh", json={"refreshToken": device.refresh})
        assert refreshed.status_code == 401
    old = await app_client.post("/api/v1/auth/login", json={"email": parent.email, "password": parent.password})
    assert old.status_code == 401
    again = await log_in(app_client, Parent(parent.email, NEW_PASSWORD, parent.user_id, "", ""))
    assert await me(app_client, again) == 200
    renewed = await app_client.post("/api/v1/auth/refresh", json={"refreshToken": again.refresh})
    assert renewed.status_code == 200


async def test_the_owner_gets_a_mail_that_the_password_changed(app_client: httpx2.AsyncClient, outbox: Path) -> None:
    parent = await register(app_client)
    assert (await confirm(app_client, await reset_code(app_client, outbox, parent))).status_code == 200
    mails = await mails_to(outbox, parent.email, 3)
    assert any(mail.startswith("Your WonderNest password was changed") for mail in mails)


async def test_a_new_password_is_the_same_in_every_normal_form(app_client: httpx2.AsyncClient, outbox: Path) -> None:
    parent = await register(app_client)
    token = await reset_code(app_client, outbox, parent)
    assert (await confirm(app_client, token, "E\u0301te\u0301-Zurich7")).status_code == 200
    for spelling in ("\u00c9t\u00e9-Zurich7", "E\u0301te\u0301-Zurich7"):
        await log_in(app_client, Parent(parent.email, spelling, parent.user_id, "", ""))


async def test_a_reset_token_works_once(app_client: httpx2.AsyncClient, outbox: Path) -> None:
    parent = await register(app_client)
    token = await reset_code(app_client, outbox, parent)
    assert (await confirm(app_client, token)).status_code == 200
    response = await confirm(app_client, token, "Another99x")
    assert (response.status_code, response.json()) == (400, {"message": "Invalid or expired token"})


async def test_of_many_confirmations_at_once_exactly_one_wins(app_client: httpx2.AsyncClient, outbox: Path) -> None:
    parent = await register(app_client)
    token = await reset_code(app_client, outbox, parent)
    passwords = [f"Password{number}x" for number in range(8)]
    responses = await asyncio.gather(*(confirm(app_client, token, password) for password in passwords))
    statuses = [response.status_code for response in responses]
    assert Counter(statuses) == {200: 1, 400: 7}
    winner = passwords[statuses.index(200)]
    await log_in(app_client, Parent(parent.email, winner, parent.user_id, "", ""))


async def test_of_two_tokens_at_once_one_wins_and_the_other_is_used_up(
    app_client: httpx2.AsyncClient, outbox: Path
) -> None:
    parent = await register(app_client)
    tokens = [await reset_code(app_client, outbox, parent) for _ in range(2)]
    responses = await asyncio.gather(*(confirm(app_client, token) for token in tokens))
    assert sorted(response.status_code for response in responses) == [200, 400]


async def test_an_expired_token_is_refused(app_client: httpx2.AsyncClient, outbox: Path, database_url: str) -> None:
    token = await reset_code(app_client, outbox, await register(app_client))
    await rows(database_url, "update core.password_reset_tokens set expires_at = now() - interval '1 second'")
    assert (await confirm(app_client, token)).json() == {"message": "Invalid or expired token"}


REFUSED_CONFIRMATIONS = [
    ("", "Sunflower7", "Reset token is required"),
    ("short", "Sunflower7", "Invalid reset token format"),
    ("x" * 257, "Sunflower7", "Invalid reset token format"),
    ("<script>alert(1)", "Sunflower7", "Invalid characters in reset token"),
    ("  ", "", "Reset token is required, Password is required"),
    ("x" * 43, "password", f"{NO_UPPER}, {NO_DIGIT}, Password is too common"),
]


async def test_a_confirmation_names_everything_that_is_wrong(app_client: httpx2.AsyncClient) -> None:
    for token, password, problems in REFUSED_CONFIRMATIONS:
        response = await confirm(app_client, token, password)
        assert (response.status_code, response.json()) == (400, {"message": f"Validation failed: {problems}"})


async def test_a_closed_account_gets_no_reset(app_client: httpx2.AsyncClient, outbox: Path, database_url: str) -> None:
    closed, other = await register(app_client), await register(app_client)
    await rows(database_url, "update core.users set is_active = false where email = $1", closed.email)
    await app_client.post(REQUEST, json={"email": closed.email})
    await reset_code(app_client, outbox, other)
    assert await value(database_url, "select count(*) from core.password_reset_tokens") == 1


async def test_an_address_gets_five_reset_mails_an_hour_at_most(
    app_client: httpx2.AsyncClient, outbox: Path, database_url: str
) -> None:
    bothered, other = await register(app_client), await register(app_client)
    for _ in range(8):
        response = await app_client.post(REQUEST, json={"email": bothered.email})
        assert response.status_code == 200
    await reset_code(app_client, outbox, other)
    await mails_to(outbox, bothered.email, 6)
    assert await value(database_url, "select count(*) from core.password_reset_tokens") == 6


async def test_a_bearer_marks_its_own_address_as_verified(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    headers = {**parent.bearer, "Content-Type": "application/json"}
    response = await app_client.post(VERIFY, content=b"", headers=headers)
    assert (response.status_code, response.json()) == (200, {"message": "Email verified successfully"})
    profile = await app_client.get("/api/v1/auth/me", headers=parent.bearer)
    assert profile.json()["verified"] is True


async def test_the_mailed_token_verifies_once_and_only_its_own_account(
    app_client: httpx2.AsyncClient, outbox: Path
) -> None:
    parent, other = await register(app_client), await register(app_client)
    token = code_in((await mails_to(outbox, parent.email))[0])
    refused, done = {"message": "Email verification failed"}, {"message": "Email verified successfully"}
    for bearer, status, body in ((other, 400, refused), (parent, 200, done), (parent, 400, refused)):
        response = await app_client.post(VERIFY, json={"token": token}, headers=bearer.bearer)
        assert (response.status_code, response.json()) == (status, body)


async def letter_code(outbox: Path, parent: Parent, number: int = 1) -> str:
    """The code of an account's newest letter, when there are so many."""
    return code_in((await mails_to(outbox, parent.email, number))[-1])


async def proofs(database_url: str) -> list[tuple[str, str, bytes]]:
    found = await rows(database_url, "select email, source, token_hash from wondernest.address_proofs order by email")
    return [tuple(proof) for proof in found]


async def test_a_spent_letter_is_the_proof_of_its_address(
    app_client: httpx2.AsyncClient, outbox: Path, database_url: str
) -> None:
    parent = await register(app_client)
    token = await letter_code(outbox, parent)
    assert (await app_client.post(VERIFY, headers=parent.bearer)).status_code == 200
    assert await proofs(database_url) == [], "without the token nothing is proven"
    response = await app_client.post(VERIFY, json={"token": f" {token} "}, headers=parent.bearer)
    assert response.status_code == 200
    assert await proofs(database_url) == [(parent.email, "letter", hashlib.sha256(token.encode()).digest())]


async def test_a_letter_is_spent_exactly_once_also_at_once(app_client: httpx2.AsyncClient, outbox: Path) -> None:
    parent = await register(app_client)
    body = {"token": await letter_code(outbox, parent)}
    sent = [app_client.post(VERIFY, json=body, headers=parent.bearer) for _ in range(8)]
    assert Counter(response.status_code for response in await asyncio.gather(*sent)) == {200: 1, 400: 7}


async def test_a_wrong_expired_or_outdated_letter_proves_nothing(
    app_client: httpx2.AsyncClient, outbox: Path, database_url: str
) -> None:
    parent = await register(app_client)
    token = await letter_code(outbox, parent)
    tokens = ["", "x" * 43, token[:-1]]
    await rows(database_url, "update wondernest.email_verifications set expires_at = now() - interval '1 second'")
    tokens.append(token)
    for sent in tokens:
        response = await app_client.post(VERIFY, json={"token": sent}, headers=parent.bearer)
        assert (response.status_code, response.json()) == (400, {"message": "Email verification failed"})
    await rows(database_url, "update wondernest.email_verifications set expires_at = now() + interval '1 hour'")
    await rows(database_url, "update core.users set email = 'other@example.com'")
    assert (await app_client.post(VERIFY, json={"token": token}, headers=parent.bearer)).status_code == 400
    assert await proofs(database_url) == []


async def test_the_letter_is_mailed_again_until_the_address_is_proven(
    app_client: httpx2.AsyncClient, outbox: Path
) -> None:
    parent, other = await register(app_client), await register(app_client)
    await letter_code(outbox, parent)
    assert (await app_client.post(VERIFY, headers=parent.bearer)).status_code == 200
    again = await app_client.post(REQUEST_LETTER, headers=parent.bearer)
    assert (again.status_code, again.json()) == (200, {"message": "Verification email sent"})
    body = {"token": await letter_code(outbox, parent, 2)}
    assert (await app_client.post(VERIFY, json=body, headers=parent.bearer)).status_code == 200
    assert (await app_client.post(REQUEST_LETTER, headers=parent.bearer)).status_code == 200
    await app_client.post(REQUEST_LETTER, headers=other.bearer)
    await letter_code(outbox, other, 2)
    assert len(await mails_to(outbox, parent.email)) == 2


async def test_an_account_gets_five_further_letters_an_hour_at_most(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    for _ in range(5):
        assert (await app_client.post(REQUEST_LETTER, headers=parent.bearer)).status_code == 200
    response = await app_client.post(REQUEST_LETTER, headers=parent.bearer)
    assert (response.status_code, response.json()["error"]) == (429, "RATE_LIMITED")
    assert int(response.headers["retry-after"]) > 0
    other = await register(app_client)
    assert (await app_client.post(REQUEST_LETTER, headers=other.bearer)).status_code == 200


async def test_a_closed_account_gets_no_letter(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    await rows(database_url, "update core.users set is_active = false")
    assert (await app_client.post(REQUEST_LETTER, headers=parent.bearer)).status_code == 401


async def test_a_reset_is_the_proof_of_the_address_it_was_mailed_to(
    app_client: httpx2.AsyncClient, outbox: Path, database_url: str
) -> None:
    parent = await register(app_client)
    token = await reset_code(app_client, outbox, parent)
    assert (await confirm(app_client, token)).status_code == 200
    assert await proofs(database_url) == [(parent.email, "reset", hashlib.sha256(token.encode()).digest())]


@pytest.mark.parametrize("mailed_to", [None, "former@example.com"])
async def test_a_reset_that_was_mailed_elsewhere_or_before_this_release_proves_nothing(
    app_client: httpx2.AsyncClient, outbox: Path, database_url: str, mailed_to: str | None
) -> None:
    token = await reset_code(app_client, outbox, await register(app_client))
    await rows(database_url, "update core.password_reset_tokens set email = $1", mailed_to)
    assert (await confirm(app_client, token)).status_code == 200
    assert await proofs(database_url) == []
    assert await value(database_url, "select email_verified from core.users") is False


async def test_where_the_mailed_token_is_required_the_bearer_alone_is_not_enough(
    make_settings: Callable[..., Settings], outbox: Path
) -> None:
    settings = make_settings(EMAIL_VERIFICATION_REQUIRE_TOKEN="true")
    async with jobs_running(settings), running(create_app(settings)) as client:
        parent = await register(client)
        response = await client.post(VERIFY, headers=parent.bearer)
        assert (response.status_code, response.json()) == (400, {"message": "Email verification failed"})
        token = code_in((await mails_to(outbox, parent.email))[0])
        response = await client.post(VERIFY, json={"token": token}, headers=parent.bearer)
        assert response.status_code == 200
