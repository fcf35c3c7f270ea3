"""A deactivated account is refused inside the statements of others' batches, and admitted again once it is active."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import TEST_ENVIRONMENT, UNREACHED, running
from tests.fixtures.auth import register, rows
from tests.fixtures.endpoints import endpoint
from tests.fixtures.family import register_with_child
from wondernest.app import create_app
from wondernest.auth.admission import REMEMBERED_S
from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.rooms import Room
from wondernest.settings import Settings, load_settings

DEACTIVATE = "update core.users set is_active = $2 where id = $1"


class ShiftedClock:
    """The time of day, shifted by what the test says."""

    def __init__(self) -> None:
        self.shift = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.shift


async def test_a_deactivated_caller_in_a_batch_does_not_disturb_the_others(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    households = [await register_with_child(app_client) for _ in range(6)]
    await rows(database_url, DEACTIVATE, UUID(households[3][0].user_id), False)

    async def save(place: int) -> int:
        parent, child_id = households[place % 6]
        body = {"gameType": "sticker_book", "dataKey": f"page_{place}", "dataValue": {"n": place}}
        path = f"/api/v2/games/children/{child_id}/data"
        return (await app_client.put(path, json=body, headers=parent.bearer)).status_code

    statuses = await asyncio.gather(*(save(place) for place in range(48)))
    assert statuses == [401 if place % 6 == 3 else 200 for place in range(48)]
    [(stored,)] = await rows(database_url, "select count(*) from games.simple_game_data")
    assert stored == 40


async def test_an_account_that_is_activated_again_is_admitted_after_a_moment(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    clock = ShiftedClock()
    async with running(create_app(make_settings(), clock=clock)) as client:
        parent = await register(client)
        for deactivated_again in range(2):
            await rows(database_url, DEACTIVATE, UUID(parent.user_id), False)
            assert (await client.get("/api/v1/families", headers=parent.bearer)).status_code == 401, deactivated_again
            await rows(database_url, DEACTIVATE, UUID(parent.user_id), True)
            clock.shift += timedelta(seconds=REMEMBERED_S)
            assert (await client.get("/api/v1/families", headers=parent.bearer)).status_code == 200, deactivated_again


async def test_a_reply_that_was_kept_is_not_given_again_to_a_deactivated_account(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    headers, body = {**parent.bearer, "Idempotency-Key": "k"}, {"name": "Mia", "birthDate": "2020-01-15"}
    assert (await app_client.post("/api/v1/children", json=body, headers=headers)).status_code == 201
    await rows(database_url, DEACTIVATE, UUID(parent.user_id), False)
    assert (await app_client.post("/api/v1/children", json=body, headers=headers)).status_code == 401


async def test_a_reply_that_was_kept_is_not_given_again_to_a_member_who_is_no_longer_a_parent(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    headers, body = {**parent.bearer, "Idempotency-Key": "k"}, {"name": "Mia", "birthDate": "2020-01-15"}
    assert (await app_client.post("/api/v1/children", json=body, headers=headers)).status_code == 201
    await rows(
        database_url, "update family.family_members set role = 'member' where user_id = $1", UUID(parent.user_id)
    )
    answer = await app_client.post("/api/v1/children", json=body, headers=headers)
    assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")


async def test_the_role_counts_in_the_family_that_is_changed(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent, _ = await register_with_child(app_client)
    other, other_child = await register_with_child(app_client)
    await rows(
        database_url,
        "insert into family.family_members (family_id, user_id, role)"
        " select family_id, $2, 'member' from family.family_members where user_id = $1",
        UUID(other.user_id),
        UUID(parent.user_id),
    )
    path = f"/api/v1/family/children/{other_child}"
    assert (await app_client.get(path, headers=parent.bearer)).status_code == 200
    refused = await app_client.put(path, json={"name": "Zoe"}, headers=parent.bearer)
    assert (refused.status_code, refused.json()) == (
        403,
        {"error": "access_denied", "message": "Only a parent can change the family"},
    )


def test_a_route_that_changes_something_without_a_declared_authority_stops_the_start() -> None:
    room = Room(name="things", endpoints=[endpoint(method="POST", path="/things", caller=CallerKind.USER)])
    with pytest.raises(ValueError, match="POST /api/v1/things: it changes something and declares no authority"):
        create_app(load_settings({**TEST_ENVIRONMENT, **UNREACHED}), more=[lambda _: room])


def test_a_route_that_changes_something_without_a_purpose_or_an_exemption_stops_the_start() -> None:
    declared = endpoint(method="POST", path="/things", caller=CallerKind.USER, authority=Authority.MEMBER)
    room = Room(name="things", endpoints=[declared])
    with pytest.raises(ValueError, match="POST /api/v1/things: it changes something and declares no purpose"):
        create_app(load_settings({**TEST_ENVIRONMENT, **UNREACHED}), more=[lambda _: room])


def test_a_route_for_users_that_declares_no_access_and_no_reason_stops_the_start() -> None:
    room = Room(name="things", endpoints=[endpoint(path="/things", caller=CallerKind.USER)])
    with pytest.raises(ValueError, match="GET /api/v1/things: it declares no access, and no reason to record none"):
        create_app(load_settings({**TEST_ENVIRONMENT, **UNREACHED}), more=[lambda _: room])
