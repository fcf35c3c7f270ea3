"""Eight weeks of play of the demo family: enough that every figure, the export and the letter are worth reading."""

from __future__ import annotations

import asyncio
import csv
import io
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, LiteralString

import httpx2
import psycopg
import pytest

from tests.fixtures.application import running
from wondernest.app import create_app
from wondernest.development.collection.filling import fill_collection
from wondernest.development.play import fill_weeks, last_sunday, write_letter
from wondernest.development.room import build
from wondernest.development.seed import CLIENTS_CHILD, DEMO_EMAIL, DEMO_PASSWORD, SECOND_CHILD, seed
from wondernest.development.weeks import HABITS, WEEKS, Item, weeks_of
from wondernest.settings import Settings

MakeSettings = Callable[..., Settings]
NOW = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
DAY = timedelta(days=1)
CHILDREN = [CLIENTS_CHILD, SECOND_CHILD]


class HeldClock:
    """A clock that stands still."""

    def now(self) -> datetime:
        """The time until which the family played."""
        return NOW


@pytest.fixture
def settings(make_settings: MakeSettings) -> Settings:
    return make_settings(APP_ENV="development")


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the demo parent, whose family has played."""
    await asyncio.to_thread(seed, settings)
    await asyncio.to_thread(fill_collection, settings)
    await asyncio.to_thread(fill_weeks, settings, NOW)
    async with running(create_app(settings, clock=HeldClock(), more=(build,))) as client:
        login = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
        session = (await client.post("/api/v1/auth/parent/login", json=login)).json()["data"]
        client.headers["Authorization"] = f"Bearer {session['accessToken']}"
        yield client


async def shown(client: httpx2.AsyncClient, path: str, **query: str) -> dict[str, Any]:
    answer = await client.get(f"/api/v1/{path}", params=query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows(settings: Settings, sql: LiteralString, *values: Any) -> list[tuple[Any, ...]]:
    with psycopg.connect(settings.database.url) as connection:
        return connection.execute(sql, values).fetchall()


async def test_every_figure_of_the_demo_children_says_something(client: httpx2.AsyncClient, settings: Settings) -> None:
    for child in CHILDREN:
        totals: list[int] = []
        for back in range(WEEKS):
            day = (NOW - (7 * back + 4) * DAY).date().isoformat()
            week = await shown(client, "analytics/weekly", childId=child, date=day)
            totals.append(week["totalScreenTime"])
            assert week["totalScreenTime"] < 7 * 150, "believable"
        assert sum(total > 60 for total in totals) >= WEEKS - 3, totals
        days = [
            await shown(client, "analytics/daily", childId=child, date=(NOW - back * DAY).date().isoformat())
            for back in range(28)
        ]
        played = [day for day in days if day["totalScreenTime"]]
        assert 8 <= len(played) < 28, "not every day"
        assert {day["mostEngagedCategory"] for day in played} >= {"stories"}
        said = await shown(client, f"analytics/children/{child}/insights")
        assert said["preferredLearningStyle"] != "Not enough data yet"
        assert said["recommendedActivities"]
        assert said["parentalGuidance"]
        milestones = await shown(client, f"analytics/children/{child}/milestones")
        assert {one["achieved"] for one in milestones["milestones"]} == {True, False}
        activities = (
            await shown(client, f"analytics/children/{child}/activities", **{"from": "2026-11-01", "to": "2026-11-26"})
        )["activities"]
        assert {one["source"] for one in activities} == {"view", "report", "story"}
        export = await client.get(f"/api/v1/analytics/children/{child}/export.csv")
        assert len(list(csv.reader(io.StringIO(export.text)))) > 60
        time_left = (await shown(client, f"family/children/{child}/screen-time"))["data"]
        assert time_left["usedMinutes"] == days[0]["totalScreenTime"]
        saves = rows(settings, "select data_value ->> 'name' from games.simple_game_data where child_id = %s", child)
        assert len({name for (name,) in saves}) >= 2, "pictures"


async def test_the_demo_parent_s_letter_of_last_sunday_is_in_the_outbox_once(
    client: httpx2.AsyncClient, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await shown(client, "family/settings"))["data"]["weeklyLetter"] is True
    for _ in range(2):
        await asyncio.to_thread(write_letter, settings, NOW)
    page = (await client.get("/dev/outbox")).text
    assert page.count("<article>") == 1
    assert "Your week with WonderNest" in page
    assert page.count("<iframe") == 1
    for name in ("Mia", "Leo"):
        assert f"{name}: " in page
        assert f"A question for {name}" in page
    await asyncio.to_thread(write_letter, settings, NOW + 7 * DAY)
    assert (await client.get("/dev/outbox")).text.count("<article>") == 2


async def test_a_letter_that_a_developer_ended_stays_ended(client: httpx2.AsyncClient, settings: Settings) -> None:
    await client.put("/api/v1/family/settings", json={"weeklyLetter": False})
    await asyncio.to_thread(fill_weeks, settings, NOW + DAY)
    await asyncio.to_thread(write_letter, settings, NOW + DAY)
    assert "No mail yet." in (await client.get("/dev/outbox")).text


def test_a_mail_server_gets_no_letter_of_the_demo_family(make_settings: MakeSettings) -> None:
    settings = make_settings(APP_ENV="development", SMTP_HOST="127.0.0.1", SMTP_PORT="1")
    seed(settings)
    fill_weeks(settings, NOW)
    write_letter(settings, NOW)
    assert rows(settings, "select 1 from wondernest.weekly_letters") == []


def test_a_second_start_adds_only_what_happened_since(settings: Settings) -> None:
    seed(settings)
    fill_collection(settings)
    fill_weeks(settings, NOW)
    count = "select (select count(*) from analytics.analytics_events), (select count(*) from content.content_engagement), (select count(*) from games.simple_game_data)"
    first = rows(settings, count)
    fill_weeks(settings, NOW)
    assert rows(settings, count) == first
    with psycopg.connect(settings.database.url) as connection:
        connection.execute("delete from games.simple_game_data")
        connection.execute("delete from analytics.analytics_events where created_at < %s", [NOW - 20 * DAY])
        connection.execute(
            "insert into wondernest.child_days (child_id, day, time_zone, asked_at, counted_at)"
            " select %s, day, 'UTC', now(), now() from generate_series(%s::date, %s::date, '1 day') as day",
            [CLIENTS_CHILD, (NOW - 20 * DAY).date(), (NOW + 4 * DAY).date()],
        )
    fill_weeks(settings, NOW + 7 * DAY)
    fresh = rows(settings, "select min(created_at) from games.simple_game_data")
    assert fresh[0][0] is None or fresh[0][0] > NOW - DAY, "what was deleted stays deleted"
    assert rows(settings, "select count(*) from analytics.analytics_events where created_at < %s", NOW - 20 * DAY) == [
        (0,)
    ]
    assert rows(settings, "select count(*) from analytics.analytics_events where created_at > %s", NOW)[0][0] > 0
    counted = rows(settings, "select day from wondernest.child_days where counted_at is not null order by day desc")
    assert counted[0][0] <= NOW.date(), "days that got play are counted again"


def test_the_weeks_are_the_same_at_each_call_and_hold_nothing_of_the_future() -> None:
    items = [Item(habits.child_id, "stories", 300, (0, 18)) for habits in HABITS]
    for habits in HABITS:
        one, other = (weeks_of(habits, items, NOW) for _ in range(2))
        assert one == other
        assert max(event.at for event in one.events) <= NOW
        earlier = weeks_of(habits, items, NOW - 3 * DAY)
        assert {event.id for event in earlier.events if event.at > NOW - 50 * DAY} <= {event.id for event in one.events}
        ids = [row.id for row in (*one.events, *one.views)]
        assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(
    ("now", "sunday"),
    [("2026-11-26T20:00", "2026-11-22"), ("2026-11-22T17:59", "2026-11-15"), ("2026-11-22T18:00", "2026-11-22")],
)
def test_the_last_sunday_is_one_whose_evening_has_begun(now: str, sunday: str) -> None:
    assert last_sunday(datetime.fromisoformat(now).replace(tzinfo=UTC)).isoformat() == sunday
