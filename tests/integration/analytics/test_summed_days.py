"""Days are summed up in the background; figures are the same before, meanwhile and after."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.fixtures.analytics import Player
from tests.fixtures.application import running
from tests.fixtures.auth import log_in
from tests.fixtures.family import register_with_child
from wondernest.analytics import jobs
from wondernest.analytics.repository import rollups
from wondernest.analytics.repository.rollups import SETTLING
from wondernest.app import background, create_app
from wondernest.platform.jobs import Running
from wondernest.settings import Settings

NOW = datetime(2024, 11, 22, 12, 0, tzinfo=UTC)
"""Long ago: the clock that a test sets ahead is never ahead of the database's."""
DAY = timedelta(days=1)
WEEK_OF = (NOW - 9 * DAY).date()
"""A week that is settled."""


class SetClock:
    """A clock that tests set."""

    moment = NOW

    def now(self) -> datetime:
        """The time that was set."""
        return self.moment


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
def settings(make_settings: Callable[..., Settings]) -> Settings:
    return make_settings(JWT_EXPIRES_IN=str(90 * 24 * 3600 * 1000))


@pytest.fixture
async def client(settings: Settings, clock: SetClock) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(settings, clock=clock)) as started:
        yield started


@pytest.fixture
async def zoe(client: httpx2.AsyncClient, database_url: str, clock: SetClock) -> Player:
    """A child who played 10 to 30 minutes on each of thirty days, and once a parent took part."""
    parent, child_id = await register_with_child(client, timezone="America/New_York")
    player = Player(client, database_url, parent, child_id)
    for back in range(29, -1, -1):
        await played(player, NOW - back * DAY, 10 + back % 21, "sticker_book" if back % 3 else "story-adventure")
    await player.report("approval_response", duration=0, eventData={"timestamp": ms(NOW - 9 * DAY)})
    return player


class Work:
    """The jobs, run by hand, on one pool."""

    def __init__(self, settings: Settings, clock: SetClock) -> None:
        self._clock = clock
        self.rooms = background(settings, clock=clock)
        self._handlers = {job.name: job.handler for job in self.rooms.jobs}

    async def run(self, name: str) -> None:
        await self._handlers[name](Running(1, name, {}, 1, NOW))

    async def sum_up(self) -> None:
        """Ask for days, and count them when everything has settled."""
        await self.run(jobs.ASK_DAYS)
        self._clock.moment += SETTLING + timedelta(seconds=1)
        await self.run(jobs.COUNT_DAYS)


@pytest.fixture
async def work(settings: Settings, clock: SetClock) -> AsyncIterator[Work]:
    work = Work(settings, clock)
    yield work
    await work.rooms.rooms.stop()


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


async def played(player: Player, moment: datetime, minutes: int, game: str = "sticker_book") -> None:
    answer = await player.report(duration=minutes, contentId=game, eventData={"timestamp": ms(moment), "m": minutes})
    assert answer.status_code == 201, answer.text


async def week(player: Player, day: date = WEEK_OF) -> dict[str, Any]:
    query = {"childId": player.child_id, "date": day.isoformat()}
    answer = await player.client.get("/api/v1/analytics/weekly", params=query, headers=player.parent.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def insights(player: Player) -> dict[str, Any]:
    path = f"/api/v1/analytics/children/{player.child_id}/insights"
    answer = await player.client.get(path, headers=player.parent.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


def rows(player: Player) -> list[dict[str, Any]]:
    return player.rows("select * from wondernest.child_days where child_id = %s order by day", player.child_id)


async def test_a_week_is_the_same_from_its_events_and_from_its_sums(zoe: Player, work: Work) -> None:
    weeks = [await week(zoe, (NOW - back * DAY).date()) for back in range(0, 35, 5)]
    said = await insights(zoe)
    await work.sum_up()
    assert await insights(zoe) == said
    assert all(row["counted_at"] for row in rows(zoe))
    assert [await week(zoe, (NOW - back * DAY).date()) for back in range(0, 35, 5)] == weeks
    assert weeks[1]["totalScreenTime"] > 0
    assert sum(one["parentalInteraction"] for one in weeks) == 1


async def test_a_week_that_is_summed_up_is_read_from_its_sums(zoe: Player, work: Work) -> None:
    await work.sum_up()
    zoe.execute(
        """update wondernest.child_days set categories = '{"music": [600, 0, 1, 1]}' where child_id = %s""",
        zoe.child_id,
    )
    assert await week(zoe) | {"parentalInteraction": 0} == {
        "weekStart": "2024-11-10",
        "totalScreenTime": 70,
        "educationalPercentage": 0.0,
        "averageDailyUsage": 10,
        "topCategories": ["music"],
        "completionRate": 1.0,
        "parentalInteraction": 0,
    }


async def test_today_and_the_days_that_may_still_change_are_never_summed_up(
    zoe: Player, work: Work, clock: SetClock
) -> None:
    await work.sum_up()
    assert max(row["day"] for row in rows(zoe)) < (NOW - jobs.SETTLED).date()
    assert (NOW - jobs.SETTLED).date() <= (NOW - 3 * DAY).date()
    today = await week(zoe, NOW.date())
    await played(zoe, clock.moment, 40)
    assert (await week(zoe, NOW.date()))["totalScreenTime"] == today["totalScreenTime"] + 40


async def test_a_late_event_is_counted_at_once_and_its_day_is_summed_up_again(zoe: Player, work: Work) -> None:
    before = await week(zoe)
    await work.sum_up()
    await played(zoe, NOW - 9 * DAY + timedelta(hours=1), 25)
    after = await week(zoe)
    assert after["totalScreenTime"] == before["totalScreenTime"] + 25
    assert {row["day"] for row in rows(zoe) if row["counted_at"] is None} >= {WEEK_OF}
    await work.sum_up()
    assert all(row["counted_at"] for row in rows(zoe))
    assert await week(zoe) == after


async def test_an_event_that_arrives_while_its_day_is_counted_is_not_lost(
    zoe: Player, work: Work, clock: SetClock
) -> None:
    """The day was read before the event arrived and is kept after it."""
    await work.run(jobs.ASK_DAYS)
    read_at = clock.moment + SETTLING + timedelta(seconds=1)
    clock.moment = read_at + timedelta(seconds=1)
    await played(zoe, NOW - 9 * DAY + timedelta(hours=1), 25)
    waiting = {row["day"] for row in rows(zoe) if row["counted_at"] is None and row["asked_at"] >= read_at - SETTLING}
    assert WEEK_OF in waiting
    await work.run(jobs.COUNT_DAYS)
    assert {row["day"] for row in rows(zoe) if row["counted_at"] is None} == waiting
    clock.moment += SETTLING + timedelta(seconds=1)
    await work.run(jobs.COUNT_DAYS)
    assert all(row["counted_at"] for row in rows(zoe))
    zoe.execute("update analytics.analytics_events set child_id = null where child_id = %s", zoe.child_id)
    assert (await week(zoe))["totalScreenTime"] > 25, "the sums hold it"


async def test_days_are_counted_only_when_what_was_under_way_has_ended(
    zoe: Player, work: Work, clock: SetClock
) -> None:
    await work.run(jobs.ASK_DAYS)
    clock.moment += SETTLING - timedelta(seconds=1)
    await work.run(jobs.COUNT_DAYS)
    assert not any(row["counted_at"] for row in rows(zoe))


async def test_a_run_that_is_killed_half_way_leaves_right_figures_and_is_finished_by_the_next(
    zoe: Player, work: Work, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = await week(zoe)
    monkeypatch.setattr(jobs, "DAYS_AT_ONCE", 2)
    await work.run(jobs.ASK_DAYS)
    clock.moment += SETTLING + timedelta(seconds=1)
    calls = iter(range(5))
    now = clock.now

    def killed() -> datetime:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return now()

    monkeypatch.setattr(clock, "now", killed)
    with pytest.raises(KeyboardInterrupt):
        await work.run(jobs.COUNT_DAYS)
    monkeypatch.undo()
    counted = [row for row in rows(zoe) if row["counted_at"]]
    assert 0 < len(counted) < len(rows(zoe))
    shown = zoe.rows("select date from analytics.daily_child_metrics where child_id = %s order by date", zoe.child_id)
    assert [row["date"] for row in shown] == [row["day"] for row in counted]
    assert await week(zoe) == before
    await work.run(jobs.COUNT_DAYS)
    assert all(row["counted_at"] for row in rows(zoe))
    assert await week(zoe) == before


async def test_a_family_that_moves_has_other_days(zoe: Player, work: Work) -> None:
    await work.sum_up()
    zoe.execute("update wondernest.family_locales set time_zone = 'Asia/Tokyo'")
    moved = await week(zoe)
    await work.sum_up()
    assert {row["time_zone"] for row in rows(zoe)} == {"Asia/Tokyo"}
    assert all(row["counted_at"] for row in rows(zoe))
    assert await week(zoe) == moved


async def test_a_child_without_events_costs_no_rows(client: httpx2.AsyncClient, database_url: str, work: Work) -> None:
    parent, child_id = await register_with_child(client)
    await work.sum_up()
    assert rows(Player(client, database_url, parent, child_id)) == []


async def test_the_shared_table_of_days_is_filled_for_those_who_read_it(zoe: Player, work: Work) -> None:
    moment = NOW - 9 * DAY
    for number, word in enumerate(("Fox", "fox", "owl")):
        data = {"timestamp": ms(moment + timedelta(minutes=20 + number)), "word": word}
        await zoe.report("vocabulary_encounter", contentId="story-adventure", duration=0, eventData=data)
    data = {"timestamp": ms(moment + timedelta(minutes=24))}
    await zoe.report("story_completed", contentId="story-adventure", duration=0, eventData=data)
    data = {"timestamp": ms(moment + DAY), "word": "OWL"}
    await zoe.report("vocabulary_encounter", contentId="story-adventure", duration=0, eventData=data)
    await work.sum_up()
    days = zoe.rows(
        "select * from analytics.daily_child_metrics where child_id = %s and date between %s and %s order by date",
        zoe.child_id,
        WEEK_OF,
        WEEK_OF + DAY,
    )
    shown = [
        (day["vocabulary_words_learned"], day["stories_completed"], day["games_played"], day["screen_time_minutes"])
        for day in days
    ]
    assert shown == [(2, 1, 0, 21), (0, 0, 1, 19)]


# Old events ----------------------------------------------------------------------------------------------------------


async def daily(player: Player, day: date) -> dict[str, Any]:
    query = {"childId": player.child_id, "date": day.isoformat()}
    answer = await player.client.get("/api/v1/analytics/daily", params=query, headers=player.parent.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_old_events_are_removed_and_the_figures_of_their_days_stay(
    zoe: Player, work: Work, clock: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollups, "REMOVED_AT_ONCE", 3)
    days = [(NOW - back * DAY).date() for back in range(35)]
    before = [(await daily(zoe, day), await week(zoe, day)) for day in days]
    clock.moment = NOW + 395 * DAY
    zoe = replace(zoe, parent=await log_in(zoe.client, zoe.parent))
    await work.run(jobs.REMOVE_EVENTS)
    assert len(zoe.events()) == 31, "none of the days is counted yet"
    clock.moment += SETTLING + timedelta(seconds=1)
    await work.run(jobs.COUNT_DAYS)
    await work.run(jobs.REMOVE_EVENTS)
    left = zoe.events()
    assert 0 < len(left) < 31
    assert min(event["created_at"] for event in left) >= clock.moment - 404 * DAY
    zoe.execute("update wondernest.family_locales set time_zone = 'Asia/Tokyo'")
    moved = {(NOW - back * DAY).date() for back in range(8)}
    after = [(await daily(zoe, day), await week(zoe, day)) for day in days]
    assert [one for one, day in zip(after, days, strict=True) if day not in moved] == [
        one for one, day in zip(before, days, strict=True) if day not in moved
    ]
    assert sum(one["totalScreenTime"] for one, _ in after) > 0


async def test_nothing_is_removed_while_a_day_waits_to_be_counted_again(
    zoe: Player, work: Work, clock: SetClock
) -> None:
    clock.moment = NOW + 395 * DAY
    await work.run(jobs.REMOVE_EVENTS)
    clock.moment += SETTLING + timedelta(seconds=1)
    await work.run(jobs.COUNT_DAYS)
    zoe.execute(
        "update wondernest.child_days set counted_at = null where child_id = %s and day = %s",
        zoe.child_id,
        (NOW - 20 * DAY).date(),
    )
    await work.run(jobs.REMOVE_EVENTS)
    assert len(zoe.events()) == 31
    await work.run(jobs.COUNT_DAYS)
    await work.run(jobs.REMOVE_EVENTS)
    assert len(zoe.events()) < 31
