"""A user sees and ends their own sessions."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import uuid4

import httpx2
import pytest
from dirty_equals import IsDatetime, IsUUID

from tests.fixtures.application import jobs_running, running
from tests.fixtures.auth import Parent, log_in, mails_to, register, rows, value
from tests.fixtures.family import register_with_child
from tests.fixtures.sessions import SESSIONS, is_signed_in, kotlin_pair, kotlin_token, listed
from wondernest.app import create_app
from wondernest.settings import Settings

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
HOME, CAFE, CAFE_TOO = "203.0.113.9", "198.51.100.4", "198.51.100.200"


async def test_a_session_shows_when_where_and_on_what_it_was_used(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings(TRUSTED_PROXIES="127.0.0.1"))) as client:
        client.headers |= {"User-Agent": FIREFOX, "X-Forwarded-For": HOME}
        parent = await register(client)
        [session] = await listed(client, parent.bearer)
        assert session == {
            "id": IsUUID(),
            "kind": "user",
            "childId": None,
            "createdAt": IsDatetime(iso_string=True),
            "lastSeenAt": IsDatetime(iso_string=True),
            "device": "Firefox on Linux",
            "network": "203.0.113.0/24",
            "current": True,
        }
        client.headers |= {"User-Agent": "something new", "X-Forwarded-For": "2001:db8:1:2:3::4"}
        other = await log_in(client, parent)
        shown = await listed(client, other.bearer)
        assert [(one["device"], one["network"], one["current"]) for one in shown] == [
            (None, "2001:db8:1:2::/64", True),
            ("Firefox on Linux", "203.0.113.0/24", False),
        ]


async def test_a_renewed_session_stays_the_same_session(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    [before] = await listed(app_client, parent.bearer)
    answer = await app_client.post("/api/v1/auth/refresh", json={"refreshToken": parent.refresh})
    renewed = {"Authorization": f"Bearer {answer.json()['data']['accessToken']}"}
    [after] = await listed(app_client, renewed)
    assert (after["id"], after["createdAt"], after["current"]) == (before["id"], before["createdAt"], True)
    assert after["lastSeenAt"] > before["lastSeenAt"]


async def test_a_childs_session_is_named_as_such_and_a_parent_mode_is_no_session(
    app_client: httpx2.AsyncClient,
) -> None:
    parent, child_id = await register_with_child(app_client)
    assert (
        await app_client.post(f"/api/v1/family/children/{child_id}/select", headers=parent.bearer)
    ).status_code == 200
    pin = {"pin": "1234"}
    assert (await app_client.post("/api/v1/auth/parent/verify-pin", json=pin, headers=parent.bearer)).status_code == 200
    shown = await listed(app_client, parent.bearer)
    assert [(one["kind"], one["childId"], one["current"]) for one in shown] == [
        ("user", None, True),
        ("child", str(child_id), False),
    ]


async def test_a_pair_of_an_earlier_backend_is_a_session_as_far_as_it_left_a_row(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    kotlins = await kotlin_pair(database_url, parent)
    assert [one["current"] for one in await listed(app_client, kotlins.bearer)] == [True, False]
    bare = {"Authorization": f"Bearer {kotlin_token(parent.user_id)}"}
    assert [one["current"] for one in await listed(app_client, bare)] == [False, False]


async def test_ending_a_session_ends_its_tokens_and_no_others(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    other, third = await log_in(app_client, parent), await log_in(app_client, parent)
    shown = {one["id"] for one in await listed(app_client, parent.bearer) if not one["current"]}
    [target] = {one["id"] for one in await listed(app_client, other.bearer) if one["current"]}
    assert target in shown
    ended = await app_client.delete(f"{SESSIONS}/{target}", headers=parent.bearer)
    assert (ended.status_code, ended.json()) == (200, {"success": True, "message": "Session ended"})
    assert await is_signed_in(app_client, other) == (False, False)
    assert await is_signed_in(app_client, parent) == (True, True)
    assert await is_signed_in(app_client, third) == (True, True)
    again = await app_client.delete(f"{SESSIONS}/{target}", headers=parent.bearer)
    assert again.status_code == 404


async def test_another_users_session_looks_like_one_that_does_not_exist(app_client: httpx2.AsyncClient) -> None:
    parent, stranger = await register(app_client), await register(app_client)
    [session] = await listed(app_client, parent.bearer)
    bodies = []
    for name in (session["id"], str(uuid4()), "no-id"):
        answer = await app_client.delete(f"{SESSIONS}/{name}", headers=stranger.bearer)
        assert answer.status_code == 404
        bodies.append({**answer.json(), "timestamp": 0})
    assert bodies[0] == bodies[1] == bodies[2] == {"error": "NOT_FOUND", "message": "Session not found", "timestamp": 0}
    assert await is_signed_in(app_client, parent) == (True, True)


async def test_ending_all_others_keeps_this_session_alone(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    others = [await log_in(app_client, parent), await kotlin_pair(database_url, parent, age_s=60)]
    renewed = await app_client.post("/api/v1/auth/refresh", json={"refreshToken": others[0].refresh})
    token = renewed.json()["data"]
    others.append(Parent(parent.email, "", parent.user_id, token["accessToken"], token["refreshToken"]))
    assert (await app_client.delete(SESSIONS, headers=parent.bearer)).status_code == 200
    assert [await is_signed_in(app_client, other) for other in others] == [(False, False)] * 3
    assert await is_signed_in(app_client, parent) == (True, True)
    assert [one["current"] for one in await listed(app_client, parent.bearer)] == [True]


async def test_a_pair_of_an_earlier_backend_can_end_all_others_and_lives_on_whole(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    kept = await kotlin_pair(database_url, parent, age_s=30)
    other = await kotlin_pair(database_url, parent, age_s=10)
    assert (await app_client.delete(SESSIONS, headers=kept.bearer)).status_code == 200
    assert await is_signed_in(app_client, parent) == (False, False)
    assert await is_signed_in(app_client, other) == (False, False)
    assert await is_signed_in(app_client, kept) == (True, True)


async def test_ending_a_pair_of_an_earlier_backend_by_its_id_ends_both_tokens(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    kotlins = await kotlin_pair(database_url, parent, age_s=5)
    [target] = [one["id"] for one in await listed(app_client, kotlins.bearer) if one["current"]]
    assert (await app_client.delete(f"{SESSIONS}/{target}", headers=parent.bearer)).status_code == 200
    assert await is_signed_in(app_client, kotlins) == (False, False)
    assert await is_signed_in(app_client, parent) == (True, True)


@pytest.fixture
async def few(make_settings: Callable[..., Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of a service that allows three sessions of a user."""
    async with running(create_app(make_settings(SESSIONS_PER_USER="3", RATE_LIMIT_FAILED_LOGINS="100"))) as client:
        yield client


async def test_with_too_many_sessions_the_one_used_least_recently_ends(few: httpx2.AsyncClient) -> None:
    first = await register(few)
    second, third = await log_in(few, first), await log_in(few, first)
    assert (await few.post("/api/v1/auth/refresh", json={"refreshToken": first.refresh})).status_code == 200
    fourth = await log_in(few, first)
    assert await is_signed_in(few, second) == (False, False)
    assert [await is_signed_in(few, one) for one in (first, third, fourth)] == [(True, True)] * 3
    assert len(await listed(few, fourth.bearer)) == 3


async def test_simultaneous_logins_leave_no_more_sessions_than_are_allowed(
    few: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(few)
    opened = await asyncio.gather(*(log_in(few, parent) for _ in range(12)))
    assert len({one.access for one in opened}) == 12
    assert await value(database_url, "select count(*) from core.user_sessions") == 3


async def test_a_sign_in_from_a_new_network_is_mailed_once(
    make_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = make_settings(TRUSTED_PROXIES="127.0.0.1")
    async with jobs_running(settings), running(create_app(settings)) as client:
        client.headers["X-Forwarded-For"] = HOME
        parent = await register(client)
        await log_in(client, parent)
        client.headers["Accept-Language"] = "de"
        for address in (CAFE, CAFE_TOO, CAFE, HOME):
            client.headers["X-Forwarded-For"] = address
            await log_in(client, parent)
        client.headers["Accept-Language"] = "en"
        last = {"newPassword": "Sunny-Day-8", "currentPassword": parent.password}
        assert (await client.put("/api/v1/auth/password", json=last, headers=parent.bearer)).status_code == 200
        mails = await mails_to(tmp_path / "outbox", parent.email, 3)
        assert sorted(mail.partition("\n")[0] for mail in mails) == [
            "Confirm your e-mail address",
            "Neue Anmeldung bei Ihrem WonderNest-Konto",
            "Your WonderNest password was changed",
        ]
        assert not any(address in mail for mail in mails for address in (HOME, CAFE, CAFE_TOO))


async def test_no_mail_is_sent_when_none_of_the_accounts_networks_is_known(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    async with running(create_app(make_settings(TRUSTED_PROXIES="127.0.0.1"))) as client:
        client.headers["X-Forwarded-For"] = HOME
        parent = await register(client)
        await rows(database_url, "update core.refresh_tokens set ip_address = null")
        client.headers["X-Forwarded-For"] = CAFE
        await log_in(client, parent)
    query = "select count(*) from wondernest.jobs where entrypoint = 'auth.new_network'"
    assert await value(database_url, query) == 0
