"""GET and PUT /family/children/{childId}/screen-time, POST …/extra-time (additive)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.fixtures.analytics import Player
from tests.fixtures.application import running
from tests.fixtures.family import CHILDREN, register_with_child
from wondernest.app import create_app
from wondernest.settings import Settings

NOON = datetime(2026, 11, 25, 11, 0, tzinfo=UTC)
"""A Wednesday; in Berlin it is twelve."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


class SetClock:
    """A clock that tests set."""

    moment = NOON

    def now(self) -> datetime:
        """The time that was set."""
        return self.moment


@dataclass(frozen=True)
class Family:
    """A child in Berlin, six years old, and its parent."""

    player: Player
    clock: SetClock

    @property
    def one(self) -> str:
        return f"{CHILDREN}/{self.player.child_id}"

    async def send(self, method: str, path: str, body: Any = None, **headers: str) -> httpx2.Response:
        sent = {**self.player.parent.bearer, **headers}
        return await self.player.client.request(method, path, headers=sent, json=body)

    async def shown(self) -> dict[str, Any]:
        return data(await self.send("GET", f"{self.one}/screen-time"))

    async def set(self, **body: Any) -> dict[str, Any]:
        return data(await self.send("PUT", f"{self.one}/screen-time", body))

    async def add(self, body: Any = None, **headers: str) -> httpx2.Response:
        return await self.send("POST", f"{self.one}/extra-time", body, **headers)

    async def restrictions(self) -> dict[str, Any]:
        return data(await self.send("GET", self.one))["timeRestrictions"]

    async def played(self, minutes: int) -> None:
        stamp = int(self.clock.moment.timestamp() * 1000)
        answer = await self.player.report(duration=minutes, eventData={"timestamp": stamp, "n": str(uuid4())})
        assert answer.status_code == 201, answer.text

    async def day(self) -> dict[str, Any]:
        answer = await self.send("GET", f"/api/v1/analytics/daily?childId={self.player.child_id}")
        return answer.json()


def data(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


@pytest.fixture
async def berlin(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Family]:
    clock = SetClock()
    settings = make_settings(JWT_EXPIRES_IN=str(90 * 24 * 3600 * 1000))
    async with running(create_app(settings, clock=clock)) as client:
        parent, child_id = await register_with_child(client, timezone="Europe/Berlin")
        yield Family(Player(client, database_url, parent, child_id), clock)


async def test_a_new_child_has_the_minutes_and_quiet_hours_of_its_age(berlin: Family) -> None:
    assert await berlin.shown() == {
        "childId": berlin.player.child_id,
        "date": "2026-11-25",
        "timezone": "Europe/Berlin",
        "limitsEnabled": True,
        "minutesByDay": dict.fromkeys(DAYS, 60),
        "quietHours": {"enabled": True, "start": "19:30", "end": "07:00"},
        "limitMinutes": 60,
        "extraMinutes": 0,
        "usedMinutes": 0,
        "remainingMinutes": 60,
        "reason": None,
    }


async def test_what_was_used_is_the_figure_of_the_day(berlin: Family) -> None:
    await berlin.played(25)
    shown = await berlin.shown()
    assert shown["usedMinutes"] == (await berlin.day())["totalScreenTime"] == 25
    assert (shown["remainingMinutes"], shown["reason"]) == (35, None)
    await berlin.played(45)
    shown = await berlin.shown()
    assert (shown["usedMinutes"], shown["remainingMinutes"], shown["reason"]) == (70, 0, "used_up")


async def test_minutes_differ_by_day_of_the_week_and_today_is_the_family_s(berlin: Family) -> None:
    shown = await berlin.set(minutesByDay={"wednesday": 30, "thursday": 0, "saturday": 120})
    assert shown["minutesByDay"] == {**dict.fromkeys(DAYS, 60), "wednesday": 30, "thursday": 0, "saturday": 120}
    assert (shown["limitMinutes"], shown["remainingMinutes"]) == (30, 30)
    berlin.clock.moment = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    await berlin.set(quietHours={"enabled": False})
    shown = await berlin.shown()
    assert (shown["date"], shown["remainingMinutes"], shown["reason"]) == ("2026-11-26", 0, "no_time_today")


async def test_quiet_hours_over_midnight(berlin: Family) -> None:
    await berlin.set(quietHours={"start": "20:15", "end": "06:45"})
    for moment, remaining, reason in (
        (datetime(2026, 11, 25, 19, 5, tzinfo=UTC), 10, None),
        (datetime(2026, 11, 25, 19, 15, tzinfo=UTC), 0, "quiet_hours"),
        (datetime(2026, 11, 26, 5, 44, tzinfo=UTC), 0, "quiet_hours"),
        (datetime(2026, 11, 26, 5, 45, tzinfo=UTC), 60, None),
    ):
        berlin.clock.moment = moment
        shown = await berlin.shown()
        assert (shown["remainingMinutes"], shown["reason"]) == (remaining, reason), moment


async def test_the_profile_shows_the_same_values_and_takes_them_back_whole(berlin: Family) -> None:
    await berlin.set(
        minutesByDay={"monday": 30, "sunday": 120}, quietHours={"enabled": True, "start": "20:00", "end": "06:30"}
    )
    child = data(await berlin.send("GET", berlin.one))
    assert child["timeRestrictions"] == {
        "weekdayLimits": {"monday": {"startTime": "00:00", "endTime": "23:59", "maxMinutes": 30}},
        "weekendLimits": {"sunday": {"startTime": "00:00", "endTime": "23:59", "maxMinutes": 120}},
        "dailyScreenTimeMinutes": 60,
        "bedtimeEnabled": True,
        "bedtimeStart": "20:00",
        "bedtimeEnd": "06:30",
    }
    before = await berlin.shown()
    again = data(await berlin.send("PUT", berlin.one, child))
    assert {**again, "updatedAt": child["updatedAt"]} == child
    assert await berlin.shown() == before
    await berlin.set(minutesByDay=before["minutesByDay"], quietHours=before["quietHours"])
    assert await berlin.restrictions() == child["timeRestrictions"]
    assert await berlin.shown() == before


async def test_what_the_profile_sets_holds_here(berlin: Family) -> None:
    limits = {"dailyScreenTimeMinutes": 20, "bedtimeEnabled": False}
    data(await berlin.send("PUT", berlin.one, {"timeRestrictions": limits}))
    shown = await berlin.shown()
    assert (shown["limitMinutes"], shown["quietHours"]["enabled"]) == (20, False)


async def test_the_columns_of_the_shared_schema_hold_it(berlin: Family) -> None:
    await berlin.set(minutesByDay=dict.fromkeys(DAYS, 45))
    [stored] = berlin.player.rows("select * from family.child_settings where child_id = %s", berlin.player.child_id)
    assert stored["max_session_minutes"] == stored["time_restrictions"]["dailyScreenTimeMinutes"] == 45
    assert (stored["time_restrictions"]["weekdayLimits"], stored["time_restrictions"]["weekendLimits"]) == ({}, {})


async def test_a_child_of_an_earlier_backend_has_what_its_columns_say(berlin: Family) -> None:
    berlin.player.execute(
        "update family.child_settings set time_restrictions = '{}', max_session_minutes = 33 where child_id = %s",
        berlin.player.child_id,
    )
    assert (await berlin.shown())["limitMinutes"] == 33
    berlin.player.execute("delete from family.child_settings where child_id = %s", berlin.player.child_id)
    before = await berlin.shown()
    assert (before["limitMinutes"], before["quietHours"]["start"]) == (60, "19:00")
    await berlin.set(minutesByDay=before["minutesByDay"], quietHours=before["quietHours"])
    assert not berlin.player.rows("select 1 from family.child_settings"), "nothing was changed, so it follows the age"
    await berlin.set(minutesByDay={"friday": 10})
    assert (await berlin.shown())["minutesByDay"] == {**before["minutesByDay"], "friday": 10}


async def test_the_family_s_switches_end_quiet_hours_and_limits(berlin: Family) -> None:
    berlin.clock.moment = datetime(2026, 11, 25, 20, 30, tzinfo=UTC)
    assert (await berlin.shown())["reason"] == "quiet_hours"
    await berlin.send("PUT", "/api/v1/family/settings", {"bedtimeEnabled": False})
    shown = await berlin.shown()
    assert (shown["remainingMinutes"], shown["reason"]) == (60, None)
    await berlin.played(100)
    assert (await berlin.shown())["reason"] == "used_up"
    await berlin.send("PUT", "/api/v1/family/settings", {"enableScreenTimeLimits": False})
    shown = await berlin.shown()
    assert (shown["limitsEnabled"], shown["remainingMinutes"], shown["reason"]) == (False, 150, None)


@pytest.mark.parametrize(
    "body",
    [
        {"minutesByDay": {"monday": -1}},
        {"minutesByDay": {"monday": 1441}},
        {"minutesByDay": 60},
        {"quietHours": {"start": "24:00"}},
        {"quietHours": {"start": "07:00", "end": "07:00"}},
    ],
)
async def test_minutes_and_hours_that_do_not_exist_are_refused(berlin: Family, body: dict[str, Any]) -> None:
    before = await berlin.restrictions()
    answer = await berlin.send("PUT", f"{berlin.one}/screen-time", body)
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")
    assert await berlin.restrictions() == before


async def test_changes_of_different_days_at_once_are_all_kept(berlin: Family) -> None:
    await asyncio.gather(*(berlin.set(minutesByDay={day: number + 1}) for number, day in enumerate(DAYS)))
    assert (await berlin.shown())["minutesByDay"] == {day: number + 1 for number, day in enumerate(DAYS)}


# Extra time ---------------------------------------------------------------------------------------------------------------


async def test_one_tap_adds_fifteen_minutes_to_today_alone(berlin: Family) -> None:
    await berlin.played(60)
    assert (await berlin.shown())["reason"] == "used_up"
    shown = data(await berlin.add())
    assert (shown["extraMinutes"], shown["remainingMinutes"], shown["reason"]) == (15, 15, None)
    assert data(await berlin.add({"minutes": 30}))["extraMinutes"] == 45
    berlin.clock.moment += timedelta(days=1)
    shown = await berlin.shown()
    assert (shown["extraMinutes"], shown["remainingMinutes"]) == (0, 60)
    assert data(await berlin.add())["extraMinutes"] == 15


async def test_extra_time_is_for_the_family_s_today(berlin: Family) -> None:
    berlin.clock.moment = datetime(2026, 11, 25, 23, 30, tzinfo=UTC)
    shown = data(await berlin.add())
    assert (shown["date"], shown["extraMinutes"], shown["reason"]) == ("2026-11-26", 15, "quiet_hours")
    [row] = berlin.player.rows("select day::text, minutes from wondernest.extra_time")
    assert row == {"day": "2026-11-26", "minutes": 15}


async def test_a_repeated_request_with_the_same_key_adds_once(berlin: Family) -> None:
    key = {"Idempotency-Key": "tap-1"}
    answers = await asyncio.gather(*(berlin.add({"minutes": 20}, **key) for _ in range(4)))
    assert {data(answer)["extraMinutes"] for answer in answers} == {20}
    assert (await berlin.shown())["extraMinutes"] == 20
    assert data(await berlin.add({"minutes": 20}, **{"Idempotency-Key": "tap-2"}))["extraMinutes"] == 40


async def test_extra_time_of_a_day_is_bounded_also_when_it_is_given_at_once(berlin: Family) -> None:
    answers = await asyncio.gather(*(berlin.add({"minutes": 100}) for _ in range(6)))
    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [400] * 4
    assert (await berlin.shown())["extraMinutes"] == 200
    refused = await berlin.add({"minutes": 41})
    message = "Extra time must not exceed 240 minutes on a day"
    assert (refused.status_code, refused.json()) == (400, {"error": "validation_error", "message": message})
    assert data(await berlin.add({"minutes": 40}))["extraMinutes"] == 240


@pytest.mark.parametrize("minutes", [0, -15, 121, 1.5, "soon"])
async def test_a_grant_is_a_whole_number_of_minutes(berlin: Family, minutes: Any) -> None:
    answer = await berlin.add({"minutes": minutes})
    assert (answer.status_code, answer.json()["error"]) == (400, "validation_error")
    assert (await berlin.shown())["extraMinutes"] == 0


async def test_only_a_parent_sets_screen_time_and_gives_extra_time(berlin: Family) -> None:
    berlin.player.execute("update family.family_members set role = 'member'")
    for method, path, body in (("PUT", "screen-time", {"minutesByDay": {}}), ("POST", "extra-time", {})):
        answer = await berlin.send(method, f"{berlin.one}/{path}", body)
        assert (answer.status_code, answer.json()["error"]) == (403, "access_denied")
    assert (await berlin.shown())["extraMinutes"] == 0


async def test_a_child_of_another_family_and_a_missing_one(berlin: Family) -> None:
    client = berlin.player.client
    stranger, _ = await register_with_child(client)
    for method, path in (("GET", "screen-time"), ("PUT", "screen-time"), ("POST", "extra-time")):
        for child_id, status in ((berlin.player.child_id, 403), (str(uuid4()), 404), ("mia", 400)):
            url = f"{CHILDREN}/{child_id}/{path}"
            answer = await client.request(method, url, headers=stranger.bearer, json={} if method != "GET" else None)
            assert answer.status_code == status, (method, path, child_id)
