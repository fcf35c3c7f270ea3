"""A signed-in user changes the password (auth contract §1.8); a logout ends pairs of earlier backends whole (§1.6)."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest

from tests.fixtures.auth import log_in, mails_to, register, rows
from tests.fixtures.sessions import is_signed_in, kotlin_pair

PASSWORD = "/api/v1/auth/password"
NEW = "Sunny-Day-8"


async def test_a_changed_password_ends_every_other_session_and_keeps_this_one(
    app_client: httpx2.AsyncClient, database_url: str, tmp_path: Path
) -> None:
    parent = await register(app_client)
    others = [await log_in(app_client, parent), await kotlin_pair(database_url, parent, age_s=5)]
    body = {"currentPassword": parent.password, "newPassword": NEW}
    answer = await app_client.put(PASSWORD, json=body, headers=parent.bearer)
    assert (answer.status_code, answer.json()) == (200, {"success": True, "message": "Password changed successfully"})
    assert [await is_signed_in(app_client, other) for other in others] == [(False, False)] * 2
    assert await is_signed_in(app_client, parent) == (True, True)
    for password, status in ((parent.password, 401), (NEW, 200)):
        login = {"email": parent.email, "password": password}
        assert (await app_client.post("/api/v1/auth/parent/login", json=login)).status_code == status
    mails = await mails_to(tmp_path / "outbox", parent.email, 2)
    assert any(mail.startswith("Your WonderNest password was changed") for mail in mails)


async def test_a_wrong_current_password_is_403_so_that_clients_do_not_renew_and_repeat(
    app_client: httpx2.AsyncClient,
) -> None:
    parent = await register(app_client)
    for current in ({"currentPassword": "Wrong-Day-7"}, {}, {"currentPassword": None}):
        answer = await app_client.put(PASSWORD, json={**current, "newPassword": NEW}, headers=parent.bearer)
        body = {**answer.json(), "timestamp": 0}
        assert (answer.status_code, body) == (
            403,
            {"error": "STEP_UP_FAILED", "message": "Invalid password", "timestamp": 0},
        )
    assert (await log_in(app_client, parent)).user_id == parent.user_id


async def test_a_new_password_has_to_keep_the_rules(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    body = {"currentPassword": parent.password, "newPassword": "short"}
    answer = await app_client.put(PASSWORD, json=body, headers=parent.bearer)
    assert (answer.status_code, answer.json()) == (
        400,
        {
            "message": "Validation failed: Password must be at least 8 characters long, Password must contain at least one"
            " uppercase letter, Password must contain at least one digit"
        },
    )


async def test_without_a_password_a_step_up_proof_sets_one(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    await rows(database_url, "update core.users set password_hash = ''")
    await rows(database_url, "update core.refresh_tokens set created_at = created_at - interval '1 hour'")
    refused = await app_client.put(PASSWORD, json={"newPassword": NEW}, headers=parent.bearer)
    assert (refused.status_code, refused.json()["error"]) == (403, "STEP_UP_REQUIRED")
    await rows(database_url, "update core.refresh_tokens set created_at = now()")
    assert (await app_client.put(PASSWORD, json={"newPassword": NEW}, headers=parent.bearer)).status_code == 200
    login = {"email": parent.email, "password": NEW}
    assert (await app_client.post("/api/v1/auth/parent/login", json=login)).status_code == 200


@pytest.mark.parametrize("path", ["/api/v1/auth/logout", "/api/v2/auth/parent/logout"])
async def test_a_logout_of_a_pair_of_an_earlier_backend_ends_both_tokens(
    app_client: httpx2.AsyncClient, database_url: str, path: str
) -> None:
    parent = await register(app_client)
    older, kotlins = [await kotlin_pair(database_url, parent, age_s=age) for age in (60, 30)]
    later = await kotlin_pair(database_url, parent, age_s=10)
    assert (await app_client.post(path, headers=kotlins.bearer)).status_code == 200
    assert await is_signed_in(app_client, kotlins) == (False, False)
    assert await is_signed_in(app_client, older) == (True, False), "it cannot be told apart from the pair's own"
    assert await is_signed_in(app_client, later) == (True, True)
    assert await is_signed_in(app_client, parent) == (True, True)
