"""The figures of GET /api/v1/analytics/… on the wire (games contract §6, §9)."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.fixtures.analytics import Player
from tests.fixtures.application import running
from tests.fixtures.auth import register
from tests.fixtures.family import register_with_child
from wondernest.app import create_app
from wondernest.settings import Settings

SUMMER_ENDS = datetime(2026, 10, 25, 20, 0, tzinfo=UTC)
"""A Sunday of 25 hours in Berlin."""
NOTHING = {
    "totalScreenTime": 0,
    "contentConsumed": 0,
    "educationalTime": 0,
    "averageSessionLength": 0,
    "mostEngagedCategory": "none",
    "completedActivities": 0,
    "learningProgress": 0.0,
}


class SetClock:
    """A clock that tests set."""

    moment = SUMMER_ENDS

    def now(self) -> datetime:
        """The time that was set."""
        return self.moment


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def client(make_settings: Callable[..., Settings], clock: SetClock) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(make_settings(JWT_EXPIRES_IN=str(90 * 24 * 3600 * 1000)), clock=clock)) as started:
        yield started


@pytest.fixture
async def zoe(client: httpx2.AsyncClient, database_url: str) -> Player:
    parent, child_id = await register_with_child(client, child_name="Zoe")
    return Player(client, database_url, parent, child_id)


@pytest.fixture
async def lena(client: httpx2.AsyncClient, database_url: str) -> Player:
    """A child in Berlin."""
    parent, child_id = await register_with_child(client, child_name="Lena", timezone="Europe/Berlin")
    return Player(client, database_url, parent, child_id)


async def ask(player: Player, path: str, **query: str) -> httpx2.Response:
    return await player.client.get(f"/api/v1/analytics/{path}", params=query, headers=player.parent.bearer)


async def shown(player: Player, path: str, **query: str) -> dict[str, Any]:
    answer = await ask(player, path, **query)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def daily(player: Player, **query: str) -> dict[str, Any]:
    return await shown(player, "daily", childId=player.child_id, **query)


async def activities(player: Player, **query: str) -> list[dict[str, Any]]:
    return (await shown(player, f"children/{player.child_id}/activities", **query))["activities"]


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


async def played(player: Player, moment: datetime, minutes: int, game: str = "memory_match", **fields: Any) -> None:
    data = {"timestamp": ms(moment), "n": str(uuid4())}
    answer = await player.report(duration=minutes, contentId=game, eventData=data, **fields)
    assert answer.status_code == 201, answer.text


async def told(player: Player, kind: str, moment: datetime, session: str | None = "session-1", **data: Any) -> None:
    data |= {"gameType": "story-adventure", "templateId": "the-fox", "timestamp": moment.isoformat()}
    answer = await player.report(kind, contentId="story-adventure", duration=0, sessionId=session, eventData=data)
    assert answer.status_code == 201, answer.text


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# A day ---------------------------------------------------------------------------------------------------------------


async def test_a_day_without_activity_has_zeros(zoe: Player) -> None:
    assert await daily(zoe) == {"date": "2026-10-25", "childId": zoe.child_id, **NOTHING}
    assert await daily(zoe, date="2026-10-01") == {"date": "2026-10-01", "childId": zoe.child_id, **NOTHING}


async def test_a_day_counts_reports_stories_and_completions(zoe: Player) -> None:
    await played(zoe, at("2026-10-25T10:00"), 20, "sticker_book")
    await played(zoe, at("2026-10-25T10:15"), 5, "memory_match")
    done = {"timestamp": "2026-10-25T10:20:00Z", "data": {"playTimeMinutes": 3, "completed": True, "finalScore": 9}}
    assert (await zoe.report("game_completion", duration=0, eventData=done)).status_code == 201
    for minute, kind in enumerate(("story_started", "progress_update", "vocabulary_encounter", "progress_update")):
        await told(zoe, kind, at(f"2026-10-25T15:0{2 * minute}"))
    await told(zoe, "story_completed", at("2026-10-25T15:07"))
    assert await daily(zoe) == {
        "date": "2026-10-25",
        "childId": zoe.child_id,
        "totalScreenTime": 34,
        "contentConsumed": 3,
        "educationalTime": 6,
        "averageSessionLength": 17,
        "mostEngagedCategory": "art",
        "completedActivities": 2,
        "learningProgress": 0.35,
    }
    told_activities = await activities(zoe)
    assert [(one["category"], one["contentId"], one["minutes"], one["source"], one["completed"]) for one in told_activities] == [
        ("art", "sticker_book", 20.0, "report", False),
        ("games", "memory_match", 5.0, "report", False),
        ("games", "memory_match", 3.0, "report", True),
        ("stories", "the-fox", 6.0, "story", True),
    ]  # fmt: skip
    assert told_activities[3]["startedAt"] == "2026-10-25T15:00:00Z"


async def test_a_view_of_content_counts_by_its_category_and_is_complete_at_ninety_percent(zoe: Player) -> None:
    content = str(uuid4())
    zoe.execute(
        "insert into content.content_items (id, title, content_type, category, metadata)"
        """ values (%s, 'A song', 'video', ' Music ', '{"educationalValueScore": 0.7}')""",
        content,
    )
    for percent, minutes in ((90, 10), (89.9, 2)):
        zoe.execute(
            "insert into content.content_engagement (child_id, content_id, started_at, ended_at, duration_seconds,"
            " completion_percentage) values (%s, %s, '2026-10-25T08:00Z', '2026-10-25T09:00Z', %s, %s)",
            zoe.child_id,
            content,
            minutes * 60,
            percent,
        )
    day = await daily(zoe)
    assert (day["mostEngagedCategory"], day["totalScreenTime"], day["educationalTime"]) == ("music", 12, 12)
    assert (day["contentConsumed"], day["completedActivities"]) == (1, 1)


async def test_days_are_the_family_s_and_play_over_midnight_is_split_there(lena: Player) -> None:
    """Midnight in Berlin is at 22:00 UTC in summer."""
    await played(lena, at("2026-10-24T22:10"), 30)
    assert (await daily(lena, date="2026-10-24"))["totalScreenTime"] == 20
    today = await daily(lena)
    assert (today["date"], today["totalScreenTime"]) == ("2026-10-25", 10)
    parts = await activities(lena, **{"from": "2026-10-24", "to": "2026-10-25"})
    assert [(one["date"], one["startedAt"], one["seconds"]) for one in parts] == [
        ("2026-10-24", "2026-10-24T21:40:00Z", 1200),
        ("2026-10-25", "2026-10-24T22:00:00Z", 600),
    ]


async def test_the_hour_that_clocks_show_twice_is_counted_once_each_time(lena: Player) -> None:
    """From two to three o'clock is 00:00 to 01:00 UTC in summer time, and 01:00 to 02:00 in winter time."""
    await played(lena, at("2026-10-25T01:00"), 60)
    await played(lena, at("2026-10-25T02:00"), 60)
    await played(lena, at("2026-10-25T23:00"), 60)
    assert (await daily(lena))["totalScreenTime"] == 180
    await played(lena, at("2026-10-25T23:10"), 10)
    assert (await daily(lena))["totalScreenTime"] == 180, "the day has ended at 23:00 UTC"


async def test_a_parent_who_moves_sees_the_days_of_the_new_place(lena: Player) -> None:
    await played(lena, at("2026-10-24T22:10"), 10)
    assert (await daily(lena))["totalScreenTime"] == 10
    moved = await lena.client.put("/api/v1/family/settings", json={"timezone": "UTC"}, headers=lena.parent.bearer)
    assert moved.status_code == 200
    assert (await daily(lena))["totalScreenTime"] == 0
    assert (await daily(lena, date="2026-10-24"))["totalScreenTime"] == 10


# When it happened ----------------------------------------------------------------------------------------------------


async def test_a_time_without_a_zone_is_that_of_the_family_s_clocks(lena: Player) -> None:
    data = {"timestamp": "2026-10-25T00:05:00.000", "data": {"playTimeMinutes": 10, "completed": True}}
    assert (await lena.report("game_completion", duration=0, eventData=data)).status_code == 201
    [before, after] = await activities(lena, **{"from": "2026-10-24", "to": "2026-10-25"})
    assert (before["startedAt"], after["endedAt"]) == ("2026-10-24T21:55:00Z", "2026-10-24T22:05:00Z")
    assert (before["completed"], after["completed"]) == (False, True)


async def test_an_offline_week_that_arrives_at_once_is_placed_when_it_happened(zoe: Player, clock: SetClock) -> None:
    for days in (7, 3, 1, 0):
        await played(zoe, SUMMER_ENDS - timedelta(days=days, hours=2), 10 + days)
    for days in (7, 3, 1, 0):
        day = (SUMMER_ENDS - timedelta(days=days)).date().isoformat()
        assert (await daily(zoe, date=day))["totalScreenTime"] == 10 + days


@pytest.mark.parametrize(
    ("away", "by_arrival"),
    [
        (timedelta(days=-30, seconds=1), False),
        (timedelta(days=-30, seconds=-1), True),
        (timedelta(days=1), False),
        (timedelta(days=1, seconds=1), True),
        (timedelta(days=-5_000), True),
    ],
)
async def test_a_clock_that_is_wrong_by_a_day_or_a_month_counts_for_nothing(
    zoe: Player, away: timedelta, by_arrival: bool
) -> None:
    await played(zoe, SUMMER_ENDS + away, 0)
    day = SUMMER_ENDS if by_arrival else SUMMER_ENDS + away
    [one] = await activities(zoe, **{"from": day.date().isoformat()})
    assert one["placedByArrival"] is by_arrival
    assert one["endedAt"] == day.isoformat().replace("+00:00", "Z")


@pytest.mark.parametrize("timestamp", ["yesterday", "", [], 1e300, True, "0001-01-01T00:00:00", "9999-12-31T23:59:59"])
async def test_an_event_without_a_time_that_can_be_read_is_placed_by_arrival(zoe: Player, timestamp: Any) -> None:
    assert (await zoe.report(duration=4, eventData={"timestamp": timestamp})).status_code == 201
    [one] = await activities(zoe)
    assert (one["placedByArrival"], one["endedAt"], one["minutes"]) == (True, "2026-10-25T20:00:00Z", 4.0)


async def test_an_event_without_a_time_happened_when_it_arrived(zoe: Player) -> None:
    assert (await zoe.report(duration=4, eventData={})).status_code == 201
    [one] = await activities(zoe)
    assert (one["placedByArrival"], one["endedAt"]) == (False, "2026-10-25T20:00:00Z")


# A week --------------------------------------------------------------------------------------------------------------


async def test_a_week_begins_on_sunday_and_ends_today(zoe: Player, clock: SetClock) -> None:
    assert await shown(zoe, "weekly", childId=zoe.child_id) == {
        "weekStart": "2026-10-25",
        "totalScreenTime": 0,
        "educationalPercentage": 0.0,
        "averageDailyUsage": 0,
        "topCategories": [],
        "completionRate": 0.0,
        "parentalInteraction": 0,
    }
    await played(zoe, at("2026-10-24T12:00"), 50)
    await played(zoe, at("2026-10-25T12:00"), 20, "sticker_book")
    clock.moment = at("2026-10-29T12:00")
    await told(zoe, "progress_update", at("2026-10-29T10:00"))
    await told(zoe, "progress_update", at("2026-10-29T10:04"))
    done = {"timestamp": ms(clock.moment), "data": {"playTimeMinutes": 10, "completed": True}}
    await zoe.report("game_completion", duration=0, eventData=done)
    for kind in ("approval_response", "parent_interaction", "approval_request"):
        await zoe.report(kind, duration=0, eventData={"timestamp": ms(clock.moment)})
    assert await shown(zoe, "weekly", childId=zoe.child_id) == {
        "weekStart": "2026-10-25",
        "totalScreenTime": 34,
        "educationalPercentage": 11.8,
        "averageDailyUsage": 5,
        "topCategories": ["art", "games", "stories"],
        "completionRate": 0.33,
        "parentalInteraction": 2,
    }
    assert (await shown(zoe, "weekly", childId=zoe.child_id, date="2026-10-24"))["weekStart"] == "2026-10-18"


async def test_a_week_begins_on_the_day_that_the_family_chose(zoe: Player) -> None:
    sent = {"firstDayOfWeek": "monday"}
    await zoe.client.put("/api/v1/family/settings", json=sent, headers=zoe.parent.bearer)
    assert (await shown(zoe, "weekly", childId=zoe.child_id))["weekStart"] == "2026-10-19"


# Insights and milestones ---------------------------------------------------------------------------------------------


async def test_insights_need_three_active_days_of_the_last_thirty(lena: Player) -> None:
    path = f"children/{lena.child_id}/insights"
    nothing = {
        "childId": lena.child_id,
        "preferredLearningStyle": "Not enough data yet",
        "strongSubjects": [],
        "improvementAreas": [],
        "recommendedActivities": [],
        "parentalGuidance": [],
    }
    for days in (0, 29):
        assert await shown(lena, path) == nothing
        await played(lena, SUMMER_ENDS - timedelta(days=days), 10, "sticker_book")
    await played(lena, SUMMER_ENDS - timedelta(days=30), 10, "sticker_book")
    assert await shown(lena, path) == nothing
    await played(lena, SUMMER_ENDS - timedelta(days=3), 10, "sticker_book")
    found = await shown(lena, path)
    assert (found["preferredLearningStyle"], found["improvementAreas"]) == ("Visual and Interactive", ["Art"])
    assert len(found["recommendedActivities"]) == 1
    lena.execute(
        "insert into content.content_items (title, content_type, category, age_min, age_max, is_active)"
        " values ('Paint a cat', 'activity', 'art', 2, 12, true), ('For later', 'activity', 'art', 11, 12, true)"
    )
    found = await shown(lena, path)
    assert found["recommendedActivities"][0] == "Paint a cat"
    assert len(found["recommendedActivities"]) == 2
    sent = {"language": "de"}
    await lena.client.put("/api/v1/family/settings", json=sent, headers=lena.parent.bearer)
    assert (await shown(lena, path))["improvementAreas"] == ["Malen und Gestalten"]


async def test_milestones_are_those_of_the_age_and_know_what_the_app_reported(zoe: Player) -> None:
    """Born on 15 January 2020, so six years old."""
    path = f"children/{zoe.child_id}/milestones"
    before = await shown(zoe, path)
    assert before["age"] == 6
    assert {"category": "math", "description": "Can count to 100", "achieved": False} in before["milestones"]
    assert len(before["nextGoals"]) == 3
    for data in ({"title": "can COUNT to 100"}, {"title": "A word", "key": "sight_words"}):
        answer = await zoe.report("milestone_achieved", eventData={**data, "timestamp": ms(SUMMER_ENDS)})
        assert answer.status_code == 201
    reached = {one["description"] for one in (await shown(zoe, path))["milestones"] if one["achieved"]}
    assert reached == {"Can count to 100", "Recognizes sight words"}


# For spreadsheets ----------------------------------------------------------------------------------------------------


async def exported(player: Player, **query: str) -> list[list[str]]:
    answer = await ask(player, f"children/{player.child_id}/export.csv", **query)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="activities.csv"'
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def test_the_export_holds_a_year_of_activities_with_their_local_times(lena: Player) -> None:
    zone = "Europe/Berlin"
    assert [len(row) for row in await exported(lena)] == [10]
    for moment in ("2026-10-24T22:10", "2026-10-25T10:00", "2026-10-01T10:00"):
        await played(lena, at(moment), 20, "=cmd|' /C calc'!A0")
    [columns, *rows] = await exported(lena)
    assert columns[:2] == ["Day (of the family)", f"Started (time in {zone})"]
    assert [row[:4] for row in rows] == [
        ["2026-10-01", "2026-10-01 11:40:00", "2026-10-01 12:00:00", "20.00"],
        ["2026-10-24", "2026-10-24 23:50:00", "2026-10-25 00:00:00", "10.00"],
        ["2026-10-25", "2026-10-25 00:00:00", "2026-10-25 00:10:00", "10.00"],
        ["2026-10-25", "2026-10-25 10:40:00", "2026-10-25 11:00:00", "20.00"],
    ]
    assert {row[5] for row in rows} == {"'=cmd|' /C calc'!A0"}
    assert len(await exported(lena, **{"from": "2026-10-02", "to": "2026-10-24"})) == 2


@pytest.mark.parametrize(("first", "last"), [("2026-10-02", "2026-10-01"), ("2020-01-01", "2026-10-02")])
async def test_an_export_of_too_many_days_or_of_none_is_refused(zoe: Player, first: str, last: str) -> None:
    answer = await ask(zoe, f"children/{zoe.child_id}/export.csv", **{"from": first, "to": last})
    assert answer.status_code == 400
    assert "800 days" in answer.json()["message"]


# Saves that are called events ----------------------------------------------------------------------------------------


async def test_the_events_of_a_child_are_its_saves_as_compact_text(zoe: Player) -> None:
    assert await shown(zoe, f"children/{zoe.child_id}/events") == {"data": {"gameData": []}}
    for key, value in (("older", '{"scale":100.0}'), ("newer", '{"emoji":"🦄","list":[1,2.50]}')):
        body = f'{{"gameType":"sticker_book","dataKey":"{key}","dataValue":{value}}}'
        answer = await zoe.client.put(
            f"/api/v2/games/children/{zoe.child_id}/data", content=body.encode(), headers=zoe.parent.bearer
        )
        assert answer.status_code == 200, answer.text
    found = (await shown(zoe, f"children/{zoe.child_id}/events"))["data"]["gameData"]
    assert [save["dataKey"] for save in found] == ["newer", "older"]
    assert found[1]["dataValue"] == '{"scale":100.0}'
    assert json.loads(found[0]["dataValue"]) == {"emoji": "🦄", "list": [1, 2.5]}


async def test_a_large_list_of_saves_has_the_same_form(zoe: Player) -> None:
    for number in range(120):
        body = {"gameType": "sticker_book", "dataKey": f"k{number}", "dataValue": {"text": "x" * 2_000}}
        await zoe.client.put(f"/api/v2/games/children/{zoe.child_id}/data", json=body, headers=zoe.parent.bearer)
    found = (await shown(zoe, f"children/{zoe.child_id}/events"))["data"]["gameData"]
    assert {save["dataKey"] for save in found} == {f"k{number}" for number in range(120)}


# Refusals ------------------------------------------------------------------------------------------------------------

OF_ONE = ("daily", "weekly")
IN_THE_PATH = ("activities", "events", "insights", "milestones", "export.csv")


async def test_the_day_of_a_child_was_moved(zoe: Player) -> None:
    assert await shown(zoe, f"children/{zoe.child_id}/daily") == {
        "message": "Use /analytics/daily?childId={childId} instead"
    }


@pytest.mark.parametrize("path", OF_ONE)
async def test_a_request_without_a_child_is_refused(zoe: Player, path: str) -> None:
    for query in ({}, {"childId": " "}, {"childId": ""}):
        answer = await ask(zoe, path, **query)
        assert (answer.status_code, answer.json()) == (400, {"message": "Child ID is required"})
    answer = await ask(zoe, path, childId="zoe")
    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid child ID format"})


@pytest.mark.parametrize("path", [*OF_ONE, *IN_THE_PATH])
async def test_another_family_s_child_is_missing_and_so_is_an_archived_one(
    zoe: Player, lena: Player, path: str
) -> None:
    for child_id in (lena.child_id, str(uuid4())):
        where = path if path in OF_ONE else f"children/{child_id}/{path}"
        answer = await ask(zoe, where, childId=child_id)
        assert answer.status_code == 404
        assert (answer.json()["error"], answer.json()["message"]) == ("NOT_FOUND", "Child not found")
    zoe.execute("update family.child_profiles set archived_at = now() where id = %s", zoe.child_id)
    answer = await ask(zoe, path if path in OF_ONE else f"children/{zoe.child_id}/{path}", childId=zoe.child_id)
    assert answer.status_code == 404


@pytest.mark.parametrize("path", IN_THE_PATH)
async def test_a_path_without_a_uuid_is_refused(zoe: Player, path: str) -> None:
    answer = await ask(zoe, f"children/zoe/{path}")
    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid child ID format"})


@pytest.mark.parametrize("path", [*OF_ONE, *IN_THE_PATH])
async def test_an_adult_without_a_family_is_told_so(client: httpx2.AsyncClient, database_url: str, path: str) -> None:
    parent = await register(client)
    alone = Player(client, database_url, parent, str(uuid4()))
    alone.execute("delete from family.family_members where user_id = %s", parent.user_id)
    child = "zoe" if path in OF_ONE else alone.child_id
    answer = await ask(alone, path if path in OF_ONE else f"children/{child}/{path}", childId=child)
    assert (answer.status_code, answer.json()) == (400, {"message": "No family context in token"})


@pytest.mark.parametrize("day", ["2026-02-30", "20261025", "today", "0001-01-01", "9999-12-31", "2026-W43-7"])
async def test_a_day_that_does_not_exist_is_refused(zoe: Player, day: str) -> None:
    refused = (400, {"message": "Invalid date format. Use YYYY-MM-DD"})
    for path in OF_ONE:
        answer = await ask(zoe, path, childId=zoe.child_id, date=day)
        assert (answer.status_code, answer.json()) == refused
    answer = await ask(zoe, f"children/{zoe.child_id}/activities", **{"from": day})
    assert (answer.status_code, answer.json()) == refused


@pytest.mark.parametrize(("first", "last"), [("2026-10-02", "2026-10-01"), ("2026-09-01", "2026-10-02")])
async def test_a_list_of_more_than_a_month_or_of_less_than_a_day_is_refused(zoe: Player, first: str, last: str) -> None:
    answer = await ask(zoe, f"children/{zoe.child_id}/activities", **{"from": first, "to": last})
    assert answer.status_code == 400
    assert "31 days" in answer.json()["message"]


async def test_a_long_list_of_activities_has_the_same_form(zoe: Player) -> None:
    zoe.execute(
        "insert into analytics.analytics_events (child_id, event_type, event_data, created_at)"
        """ select %s, 'game_progress', '{"contentId": "memory_match", "duration": 1}', moment"""
        " from generate_series('2026-10-24T00:01Z'::timestamptz, '2026-10-24T23:59Z', '1 minute') moment",
        zoe.child_id,
    )
    found = await shown(zoe, f"children/{zoe.child_id}/activities", **{"from": "2026-10-24"})
    assert len(found["activities"]) == 1_439
    assert found["totalSeconds"] == sum(one["seconds"] for one in found["activities"]) == 1_439 * 60
    assert found["totalScreenTime"] == (await daily(zoe, date="2026-10-24"))["totalScreenTime"]
