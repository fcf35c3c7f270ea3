"""Children and settings as other backends may have stored them."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.fixtures.auth import Parent, register, rows
from tests.fixtures.family import CHILDREN, add_child, profile


async def only_child(client: httpx2.AsyncClient, parent: Parent) -> dict[str, Any]:
    (child,) = (await profile(client, parent))["children"]
    return child


@pytest.mark.parametrize(
    ("stored", "shown", "age"),
    [
        ("0044-03-15 BC", "0001-01-01T00:00:00Z", None),
        ("12020-01-15", "9999-12-31T00:00:00Z", 0),
        ("infinity", "9999-12-31T00:00:00Z", 0),
    ],
)
async def test_a_birth_date_outside_pythons_years_is_read_as_the_nearest(
    app_client: httpx2.AsyncClient, database_url: str, stored: str, shown: str, age: int | None
) -> None:
    parent = await register(app_client)
    child_id = (await add_child(app_client, parent))["id"]
    await rows(database_url, "update family.child_profiles set birth_date = $1::text::date", stored)
    child = await only_child(app_client, parent)
    assert child["birthDate"] == shown
    assert age is None or child["age"] == age
    assert (await app_client.get(f"{CHILDREN}/{child_id}", headers=parent.bearer)).json()["data"] == child
    assert (await app_client.get(f"/api/v1/coppa/consent/{child_id}", headers=parent.bearer)).status_code == 200


async def test_numbers_out_of_range_are_replaced_by_the_defaults(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    await add_child(app_client, parent)
    await rows(
        database_url,
        """update family.child_settings
              set content_preferences = '{"maxAgeRating": 1e400, "subtitlesEnabled": true}',
                  time_restrictions = '{"dailyScreenTimeMinutes": 1e30, "bedtimeEnabled": false}',
                  max_session_minutes = -5, blocked_categories = array[null, 'x']""",
    )
    await rows(
        database_url,
        """insert into family.family_settings (family_id, privacy_settings)
           select id, '{"familySettings": {"maxScreenTimeMinutes": 1e400}}' from family.families""",
    )
    child = await only_child(app_client, parent)
    assert child["contentSettings"]["maxAgeRating"] == child["age"] + 1
    assert child["contentSettings"]["blockedCategories"] == []
    assert child["timeRestrictions"]["dailyScreenTimeMinutes"] == 60
    assert child["timeRestrictions"]["bedtimeEnabled"] is False


async def test_settings_in_columns_only_are_shown(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client)
    await add_child(app_client, parent)
    await rows(
        database_url,
        """update family.child_settings set content_preferences = '{}', time_restrictions = null,
                  max_session_minutes = 25, blocked_categories = array['scary']""",
    )
    child = await only_child(app_client, parent)
    assert child["contentSettings"]["blockedCategories"] == ["scary"]
    assert child["timeRestrictions"]["dailyScreenTimeMinutes"] == 25


async def test_a_child_older_than_the_limit_can_still_be_edited(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    child_id = (await add_child(app_client, parent))["id"]
    await rows(database_url, "update family.child_profiles set birth_date = '2000-02-29'")
    form = {"name": "Leo", "birthDate": "2000-02-29", "avatar": ""}
    answer = await app_client.put(f"{CHILDREN}/{child_id}", json=form, headers=parent.bearer)
    assert (answer.status_code, answer.json()["data"]["name"]) == (200, "Leo")
    form["birthDate"] = "2000-03-01"
    answer = await app_client.put(f"{CHILDREN}/{child_id}", json=form, headers=parent.bearer)
    assert (answer.status_code, answer.json()["message"]) == (400, "Child must be 18 years old or younger")
