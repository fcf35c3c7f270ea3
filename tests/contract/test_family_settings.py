"""PUT /family/settings."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.auth import Parent, log_in, register, row
from tests.fixtures.family import profile

SETTINGS = "/api/v1/family/settings"


async def save(client: httpx2.AsyncClient, parent: Parent, sent: Any) -> dict[str, Any]:
    answer = await client.put(SETTINGS, json=sent, headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert (body["success"], body["message"]) == (True, "Settings updated successfully")
    return body["data"]


async def test_known_settings_go_to_their_columns_and_the_rest_into_the_document(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    sent = {"contentFilterLevel": "strict", "enableAudioMonitoring": False, "maxScreenTimeMinutes": 45, "theme": "sea"}
    data = await save(app_client, parent, sent)
    assert data.items() >= {**sent, "bedtimeEnabled": True, "enableScreenTimeLimits": True}.items()
    stored = await row(
        database_url,
        "select content_filter_level, enable_audio_monitoring, privacy_settings ->> 'theme' as theme,"
        " privacy_settings -> 'familySettings' ->> 'maxScreenTimeMinutes' as minutes from family.family_settings",
    )
    assert dict(stored) == {
        "content_filter_level": "strict",
        "enable_audio_monitoring": False,
        "theme": "sea",
        "minutes": "45",
    }


async def test_audio_is_not_monitored_until_a_parent_says_so(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    assert (await save(app_client, parent, {"theme": "sea"}))["enableAudioMonitoring"] is False
    assert (await save(app_client, parent, {"enableAudioMonitoring": True}))["enableAudioMonitoring"] is True
    assert (await save(app_client, parent, {"theme": "sun"}))["enableAudioMonitoring"] is True


async def test_settings_merge_and_show_in_the_profile(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    await save(app_client, parent, {"maxScreenTimeMinutes": 45, "theme": "sea", "contentFilterLevel": "strict"})
    data = await save(app_client, parent, {"educationalContentOnly": True, "sound": 3})
    assert (data["theme"], data["sound"], data["contentFilterLevel"]) == ("sea", 3, "strict")
    assert (await profile(app_client, parent))["family"]["familySettings"] == {
        "maxScreenTimeMinutes": 45,
        "bedtimeEnabled": True,
        "educationalContentOnly": True,
    }


async def test_a_setting_with_an_exponent_stays_a_double(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    sent = b'{"volume":1E2,"far":1e300,"near":[1e16]}'
    answer = await app_client.put(SETTINGS, content=sent, headers=parent.bearer)
    again = await save(app_client, parent, {"theme": "sea"})
    for shown in (answer.json()["data"], again):
        kept = (shown["volume"], shown["far"], shown["near"][0])
        assert [type(number) for number in kept] == [float] * 3
        assert kept == (100.0, 1e300, 1e16)


async def test_settings_saved_at_once_are_all_kept(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    await asyncio.gather(*(save(app_client, parent, {f"key{number}": number}) for number in range(10)))
    data = await save(app_client, parent, {})
    assert {f"key{number}": number for number in range(10)}.items() <= data.items()


@pytest.mark.parametrize("body", [b"", b"[]", b"7", b"null", b"{", b'{"maxScreenTimeMinutes":0}'])
async def test_a_body_that_is_no_object_of_settings_is_refused(app_client: httpx2.AsyncClient, body: bytes) -> None:
    parent = await register(app_client)
    answer = await app_client.put(SETTINGS, content=body, headers=parent.bearer)
    assert answer.status_code == 400
    assert answer.json()["error"] == "validation_error"


async def test_settings_have_a_size_limit(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    kept = await save(app_client, parent, {"first": "x" * 40_000})
    answer = await app_client.put(SETTINGS, json={"second": "x" * 40_000}, headers=parent.bearer)
    expected = {"error": "validation_error", "message": "Settings must not exceed 65536 bytes together"}
    assert (answer.status_code, answer.json()) == (400, expected)
    assert await save(app_client, parent, {}) == kept


# Where a family lives in time -----------------------------------------------------------------------------------------

UTC_AND_SUNDAY = {"timezone": "UTC", "firstDayOfWeek": "sunday", "language": "en"}


async def family(client: httpx2.AsyncClient, parent: Parent) -> dict[str, Any]:
    return (await profile(client, parent))["family"]


async def test_a_family_lives_in_utc_and_its_week_begins_on_sunday_until_it_says_otherwise(
    app_client: httpx2.AsyncClient,
) -> None:
    parent = await register(app_client)
    assert (await save(app_client, parent, {"theme": "sea"})).items() >= UTC_AND_SUNDAY.items()
    assert (await family(app_client, parent)).items() >= {"timezone": "UTC", "language": "en"}.items()


async def test_the_time_zone_and_language_of_the_sign_up_are_the_family_s(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client, timezone=" Europe/Berlin ", language="DE")
    assert (await family(app_client, parent)).items() >= {"timezone": "Europe/Berlin", "language": "de"}.items()
    assert (await save(app_client, parent, {"theme": "sea"}))["firstDayOfWeek"] == "sunday"


async def test_each_of_time_zone_first_day_and_language_changes_alone(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client, timezone="Asia/Tokyo")
    data = await save(app_client, parent, {"firstDayOfWeek": "Monday"})
    assert data.items() >= {"timezone": "Asia/Tokyo", "firstDayOfWeek": "monday", "language": "en"}.items()
    data = await save(app_client, parent, {"timezone": "+05:30", "language": None})
    assert data.items() >= {"timezone": "+05:30", "firstDayOfWeek": "monday", "language": "en"}.items()
    data = await save(app_client, parent, {"language": "es"})
    assert data.items() >= {"timezone": "+05:30", "firstDayOfWeek": "monday", "language": "es"}.items()
    assert (await family(app_client, parent))["timezone"] == "+05:30"


@pytest.mark.parametrize(
    "sent",
    [
        {"timezone": "Mars/Olympus"},
        {"timezone": ""},
        {"firstDayOfWeek": "someday"},
        {"firstDayOfWeek": 1},
        {"language": "xx"},
        {"timezone": {"a": 1}},
    ],
)
async def test_a_time_zone_a_day_or_a_language_that_does_not_exist_is_refused(
    app_client: httpx2.AsyncClient, sent: dict[str, Any]
) -> None:
    parent = await register(app_client, timezone="Asia/Tokyo")
    answer = await app_client.put(SETTINGS, json=sent, headers=parent.bearer)
    assert answer.status_code == 400
    assert answer.json()["error"] == "validation_error"
    assert (await family(app_client, parent))["timezone"] == "Asia/Tokyo"


# The weekly letter ----------------------------------------------------------------------------------------------------


async def shown(client: httpx2.AsyncClient, parent: Parent) -> dict[str, Any]:
    answer = await client.get(SETTINGS, headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_settings_can_be_read_without_a_change(app_client: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(app_client, timezone="Asia/Tokyo")
    before = await shown(app_client, parent)
    assert before.items() >= {"timezone": "Asia/Tokyo", "contentFilterLevel": "moderate", "weeklyLetter": False}.items()
    stored = await row(database_url, "select count(*) as number from family.family_settings")
    assert stored["number"] == 0
    assert await save(app_client, parent, {}) == before
    saved = await save(app_client, parent, {"theme": "sea", "maxScreenTimeMinutes": 45})
    assert await shown(app_client, parent) == saved


async def test_nobody_gets_the_weekly_letter_without_choosing_it(
    app_client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(app_client)
    assert (await save(app_client, parent, {"theme": "sea"}))["weeklyLetter"] is False
    assert (await save(app_client, parent, {"weeklyLetter": True}))["weeklyLetter"] is True
    assert (await save(app_client, parent, {"theme": "sun", "weeklyLetter": None}))["weeklyLetter"] is True
    assert (await shown(app_client, parent))["weeklyLetter"] is True
    first = await row(database_url, "select since from wondernest.letter_readers")
    whole = await shown(app_client, parent)
    assert await save(app_client, parent, whole) == whole, "what was read can be sent back"
    assert await row(database_url, "select since from wondernest.letter_readers") == first
    assert (await save(app_client, parent, {"weeklyLetter": False}))["weeklyLetter"] is False
    assert (await shown(app_client, parent))["weeklyLetter"] is False


async def test_each_parent_chooses_the_letter_for_themselves(app_client: httpx2.AsyncClient, database_url: str) -> None:
    one, other = await register(app_client), await register(app_client)
    await row(
        database_url,
        "update family.family_members set family_id = (select family_id from family.family_members where user_id = $1)"
        " where user_id = $2 returning family_id",
        UUID(one.user_id),
        UUID(other.user_id),
    )
    other = await log_in(app_client, other)
    await save(app_client, one, {"weeklyLetter": True, "theme": "sea"})
    seen = await shown(app_client, other)
    assert (seen["theme"], seen["weeklyLetter"]) == ("sea", False)


async def test_a_choice_that_is_neither_yes_nor_no_is_refused(app_client: httpx2.AsyncClient) -> None:
    parent = await register(app_client)
    answer = await app_client.put(SETTINGS, json={"weeklyLetter": "often"}, headers=parent.bearer)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")
    assert (await shown(app_client, parent))["weeklyLetter"] is False
