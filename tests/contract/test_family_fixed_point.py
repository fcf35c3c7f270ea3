"""What a read of a child gives, a change takes back whole; and which day is today (auth contract §3)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register, rows, value
from tests.fixtures.family import CHILDREN, add_child, child_form, profile
from tests.fixtures.tokens import HeldClock
from wondernest.app import create_app
from wondernest.settings import Settings

SETTINGS = "/api/v1/family/settings"
CONSENT = "/api/v1/coppa/consent"


async def sent_back(client: httpx2.AsyncClient, parent: Parent, child: dict[str, Any]) -> dict[str, Any]:
    """The child after a change that sends it back as it was read."""
    answer = await client.put(f"{CHILDREN}/{child['id']}", json=child, headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    return {**answer.json()["data"], "updatedAt": child["updatedAt"]}


@pytest.mark.parametrize("fields", [{}, {"avatar": "🐻", "gender": "Girl"}, {"avatar": None, "interests": []}])
async def test_a_new_child_is_sent_back_whole(app_client: httpx2.AsyncClient, fields: dict[str, Any]) -> None:
    parent = await register(app_client)
    await add_child(app_client, parent, **fields)
    [child] = (await profile(app_client, parent))["children"]
    assert await sent_back(app_client, parent, child) == child
    [again] = (await profile(app_client, parent))["children"]
    assert {**again, "updatedAt": child["updatedAt"]} == child


@pytest.mark.parametrize("born", ["1950-01-01", "0001-01-01", "2019-02-28"])
async def test_a_child_of_an_earlier_backend_is_sent_back_whole_and_stored_as_it_was(
    app_client: httpx2.AsyncClient, database_url: str, born: str
) -> None:
    parent = await register(app_client)
    child_id = UUID((await add_child(app_client, parent))["id"])
    await rows(database_url, "delete from family.child_settings where child_id = $1", child_id)
    await rows(database_url, "delete from wondernest.child_details where child_id = $1", child_id)
    await value(
        database_url,
        "update family.child_profiles set name = '', birth_date = $2::text::date, avatar_url = $3, interests = $4"
        " where id = $1 returning id",
        child_id,
        born,
        "x" * 3_000,
        [f"interest {n} " * 20 for n in range(150)],
    )
    [child] = (await profile(app_client, parent))["children"]
    assert await sent_back(app_client, parent, child) == child
    stored = await rows(
        database_url,
        "select from family.child_settings where child_id = $1"
        " union all select from wondernest.child_details where child_id = $1",
        child_id,
    )
    assert not stored, "what was not changed still follows the age, and the earlier backends' columns"


async def test_a_child_with_partly_stored_settings_is_sent_back_whole(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    child_id = UUID((await add_child(app_client, parent))["id"])
    await value(
        database_url,
        "update family.child_settings set content_preferences = $2, time_restrictions = $3 where child_id = $1 returning id",
        child_id,
        '{"maxAgeRating": 500, "blockedCategories": ["a", 5], "subtitlesEnabled": true}',
        '{"bedtimeStart": null, "weekdayLimits": {"monday": {"startTime": "15:00", "endTime": "17:30", "maxMinutes": 30}}}',
    )
    [child] = (await profile(app_client, parent))["children"]
    assert child["timeRestrictions"]["bedtimeStart"] is None
    assert await sent_back(app_client, parent, child) == child


async def test_one_change_in_a_whole_profile_changes_only_that(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    child = await add_child(app_client, parent)
    limited = {**child["timeRestrictions"], "dailyScreenTimeMinutes": 45}
    wanted = {**child, "birthDate": "2019-05-01T00:00:00.000Z", "timeRestrictions": limited}
    changed = await sent_back(app_client, parent, wanted)
    assert changed == {**wanted, "birthDate": "2019-05-01T00:00:00Z", "age": changed["age"]}


async def test_the_settings_of_the_family_are_sent_back_whole(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    sent = {"theme": None, "nested": {"a": [1.0, None]}, "contentFilterLevel": "strict"}
    first = (await app_client.put(SETTINGS, json=sent, headers=parent.bearer)).json()["data"]
    again = await app_client.put(SETTINGS, json=first, headers=parent.bearer)
    assert again.json()["data"] == first
    shown = (await profile(app_client, parent))["family"]["familySettings"]
    nested = await app_client.put(SETTINGS, json={"familySettings": shown}, headers=parent.bearer)
    assert nested.json()["data"] == first


@pytest.fixture
def clock() -> HeldClock:
    held = HeldClock()
    held.moment = datetime(2026, 3, 1, 11, 0, tzinfo=UTC)  # in Auckland it is the 2nd
    return held


async def test_a_child_born_today_in_auckland_is_not_in_the_future(
    make_settings: Callable[..., Settings], clock: HeldClock
) -> None:
    async with running(create_app(make_settings(), clock=clock)) as client:
        parent = await register(client)
        child = await add_child(client, parent, birthDate="2026-03-02")
        assert child["age"] == 0
        for answer in (
            await client.post(CHILDREN, json=child_form(birthDate="2026-03-03"), headers=parent.bearer),
            await client.put(f"{CHILDREN}/{child['id']}", json={"birthDate": "2026-03-03"}, headers=parent.bearer),
        ):
            assert answer.json() == {"error": "validation_error", "message": "Birth date cannot be in the future"}


async def test_a_birthday_begins_where_it_begins_first_and_consent_is_required_until_it_has_begun_everywhere(
    make_settings: Callable[..., Settings], clock: HeldClock
) -> None:
    async with running(create_app(make_settings(), clock=clock)) as client:
        parent = await register(client)
        child = await add_child(client, parent, birthDate="2013-03-02")

        async def seen() -> tuple[int, bool]:
            status = await client.get(f"{CONSENT}/{child['id']}", headers=parent.bearer)
            [shown] = (await profile(client, parent))["children"]
            return shown["age"], status.json()["consentRequired"]

        assert await seen() == (13, True)
        clock.moment = datetime(2026, 3, 1, 11, 59, tzinfo=UTC)
        assert await seen() == (13, True)
    clock.moment = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
    async with running(create_app(make_settings(), clock=clock)) as client:
        again = await client.post(
            "/api/v1/auth/parent/login", json={"email": parent.email, "password": parent.password}
        )
        bearer = {"Authorization": f"Bearer {again.json()['data']['accessToken']}"}
        assert (await client.get(f"{CONSENT}/{child['id']}", headers=bearer)).json()["consentRequired"] is False
