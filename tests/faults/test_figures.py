"""Figures on bad days: no jobs process for days, a flood of late events, clocks that jump. They are right throughout."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx2
import pytest

from tests.fixtures.analytics import Player
from tests.fixtures.application import running
from tests.fixtures.auth import log_in
from tests.fixtures.family import register_with_child
from wondernest.analytics import jobs
from wondernest.analytics.repository.rollups import SETTLING
from wondernest.app import background, create_app
from wondernest.platform.jobs import Running
from wondernest.settings import Settings

if TYPE_CHECKING:
    from tests.fixtures.bad_days import BadDay

LATE_EVENTS = int(os.environ.get("FUZZ_LATE_EVENTS", "2000"))
"""`bin/fuzz late` sends a hundred thousand."""
OF_A_BATCH = 100
SENDERS = 4
NOW = datetime(2025, 6, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
LONG_AGO = NOW - 12 * DAY
"""Of late events: their day is summed up already."""
LONG = {"JWT_EXPIRES_IN": str(90 * 24 * 3600 * 1000)}


class SetClock:
    """A clock that tests set."""

    moment = NOW

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def client(make_settings: Callable[..., Settings], clock: SetClock) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(make_settings(**LONG), clock=clock)) as started:
        yield started


@pytest.fixture
async def mia(client: httpx2.AsyncClient, database_url: str) -> Player:
    parent, child_id = await register_with_child(client, timezone="Europe/Berlin")
    return Player(client, database_url, parent, child_id)


@asynccontextmanager
async def working(settings: Settings, clock: Any) -> AsyncGenerator[Callable[[str], Any]]:
    """The jobs, run by hand."""
    made = background(settings, clock=clock)
    handlers = {job.name: job.handler for job in made.jobs}

    async def run(name: str) -> None:
        await handlers[name](Running(1, name, {}, 1, NOW))

    try:
        yield run
    finally:
        await made.rooms.stop()


async def play(player: Player, at: datetime, minutes: int) -> None:
    data = {"timestamp": int(at.timestamp() * 1000)}
    answer = await player.report(duration=minutes, eventData=data)
    assert answer.status_code == 201, answer.text


async def minutes(player: Player, path: str, day: date) -> int:
    query = {"childId": player.child_id, "date": day.isoformat()}
    answer = await player.client.get(f"/api/v1/analytics/{path}", params=query, headers=player.parent.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()["totalScreenTime"]


def waiting(player: Player) -> int:
    return len(player.rows("select 1 from wondernest.child_days where counted_at is null"))


async def test_figures_are_right_while_no_jobs_process_runs_and_the_sums_catch_up_afterwards(
    mia: Player, make_settings: Callable[..., Settings], clock: SetClock
) -> None:
    played: dict[date, int] = {}

    async def a_day(number: int) -> None:
        clock.moment = NOW + number * DAY
        played[clock.moment.date()] = 10 + number
        await play(mia, clock.moment, 10 + number)

    async def agrees() -> None:
        for day, shown in played.items():
            assert await minutes(mia, "daily", day) == shown, day
        start = clock.moment.date() - 7 * DAY
        start -= timedelta(days=start.isoweekday() % 7)
        week = sum(shown for day, shown in played.items() if start <= day < start + 7 * DAY)
        assert await minutes(mia, "weekly", start) == week

    async with working(make_settings(), clock) as run:
        for number in range(10):
            await a_day(number)
        await run(jobs.ASK_DAYS)
        clock.moment += SETTLING * 2
        await run(jobs.COUNT_DAYS)
        counted = len(mia.rows("select 1 from wondernest.child_days where counted_at is not null"))
        assert counted
    for number in range(10, 16):  # nobody works
        await a_day(number)
        await agrees()
    await play(mia, clock.moment - 9 * DAY + timedelta(minutes=1), 30)
    played[(clock.moment - 9 * DAY).date()] += 30
    await agrees()
    assert waiting(mia), "the days of the late event"
    async with working(make_settings(), clock) as run:
        await run(jobs.ASK_DAYS)
        clock.moment += SETTLING * 2
        await run(jobs.COUNT_DAYS)
    assert waiting(mia) == 0
    assert len(mia.rows("select 1 from wondernest.child_days where counted_at is not null")) > counted
    await agrees()


async def test_a_clock_of_the_jobs_that_is_ahead_settles_no_day_before_its_time(
    client: httpx2.AsyncClient, database_url: str, make_settings: Callable[..., Settings], clock: SetClock
) -> None:
    clock.moment = datetime.now(UTC)
    parent, child_id = await register_with_child(client)
    mia = Player(client, database_url, parent, child_id)
    yesterday = clock.moment - DAY
    await play(mia, yesterday, 10)
    ahead = SetClock()
    ahead.moment = clock.moment + 20 * DAY
    async with working(make_settings(), ahead) as run:
        await run(jobs.ASK_DAYS)
        ahead.moment += SETTLING * 2
        await run(jobs.COUNT_DAYS)
        await run(jobs.REMOVE_EVENTS)
        await run(jobs.FORGET_IDENTITIES)
    assert not mia.rows("select 1 from wondernest.child_days where day >= %s", yesterday.date())
    await play(mia, yesterday, 10)  # the same again: still known
    assert await minutes(mia, "daily", yesterday.date()) == 10
    await play(mia, yesterday + timedelta(minutes=1), 5)
    assert await minutes(mia, "daily", yesterday.date()) == 15


async def test_a_late_event_of_a_process_whose_clock_is_ahead_is_counted_again_in_time(
    client: httpx2.AsyncClient, database_url: str, make_settings: Callable[..., Settings], clock: SetClock
) -> None:
    """What it asked for must not wait until the real time reaches its clock."""
    clock.moment = datetime.now(UTC)
    parent, child_id = await register_with_child(client)
    mia = Player(client, database_url, parent, child_id)
    day = clock.moment - 9 * DAY
    await play(mia, day, 10)
    async with working(make_settings(), clock) as run:
        await run(jobs.ASK_DAYS)
        mia.execute("update wondernest.child_days set asked_at = asked_at - interval '1 hour'")
        await run(jobs.COUNT_DAYS)
        clock.moment += 9 * DAY
        later = Player(client, database_url, await log_in(client, mia.parent), child_id)
        await play(later, day + timedelta(minutes=1), 5)
        assert waiting(mia)
        [latest] = mia.rows("select max(asked_at) <= now() as fine from wondernest.child_days")
        assert latest["fine"]
        mia.execute("update wondernest.child_days set asked_at = asked_at - interval '1 hour'")
        clock.moment -= 9 * DAY
        await run(jobs.COUNT_DAYS)
    assert waiting(mia) == 0
    assert await minutes(mia, "daily", day.date()) == 15


async def test_a_clock_that_jumps_back_loses_no_event_and_marks_what_it_moved(mia: Player, clock: SetClock) -> None:
    await play(mia, NOW, 10)
    clock.moment = NOW - 3 * DAY  # what devices say is now days ahead
    earlier = replace(mia, parent=await log_in(mia.client, mia.parent))
    await play(earlier, NOW + timedelta(minutes=1), 20)
    assert await minutes(earlier, "daily", (NOW - 3 * DAY).date()) == 20
    clock.moment = NOW + timedelta(hours=1)
    assert await minutes(mia, "daily", NOW.date()) == 10
    path = f"/api/v1/analytics/children/{mia.child_id}/activities"
    query = {"from": (NOW - 3 * DAY).date().isoformat(), "to": NOW.date().isoformat()}
    answer = await mia.client.get(path, params=query, headers=mia.parent.bearer)
    assert [(one["seconds"], one["placedByArrival"]) for one in answer.json()["activities"]] == [
        (1_200, True),
        (600, False),
    ]


class Flood:
    """A family whose late events arrive in batches of several devices, and another one that reads meanwhile."""

    def __init__(self, flooded: Player, reader: Player, run: Callable[[str], Any]) -> None:
        self.flooded = flooded
        self.reader = reader
        self.run = run
        self.statuses: list[int] = []
        self._ended = asyncio.Event()

    async def arrive(self) -> None:
        reading = asyncio.create_task(self._read())
        try:
            await asyncio.gather(*(self._send(device) for device in range(SENDERS)))
        finally:
            self._ended.set()
        await reading

    async def _read(self) -> None:
        reader = self.reader
        while not self._ended.is_set():
            for path in ("daily", "weekly"):
                query = {"childId": reader.child_id}
                answer = await reader.client.get(
                    f"/api/v1/analytics/{path}", params=query, headers=reader.parent.bearer
                )
                self.statuses.append(answer.status_code)
                assert answer.json()["totalScreenTime"] == 17
            await self.run(jobs.COUNT_DAYS)

    async def _send(self, device: int) -> None:
        path, bearer = "/api/v1/analytics/events/batch", self.flooded.parent.bearer
        for first in range(device * OF_A_BATCH, LATE_EVENTS, SENDERS * OF_A_BATCH):
            events = [self._event(number) for number in range(first, min(first + OF_A_BATCH, LATE_EVENTS))]
            answer = await self.flooded.client.post(path, json={"events": events}, headers=bearer)
            assert answer.status_code == 200, answer.text
            assert {result["status"] for result in answer.json()["results"]} == {"stored"}

    def _event(self, number: int) -> dict[str, Any]:
        at = int(LONG_AGO.timestamp() * 1000) - number
        data = {"timestamp": at, "n": number}
        of = {"childId": self.flooded.child_id, "contentId": "memory_match"}
        return {"eventType": "game_progress", "duration": 1, "eventData": data, **of}


async def counted(player: Player, run: Callable[[str], Any]) -> None:
    """Count what was asked for, as if it had waited."""
    player.execute("update wondernest.child_days set asked_at = asked_at - interval '1 hour'")
    await run(jobs.COUNT_DAYS)


@pytest.mark.timeout(3_600)
async def test_others_read_while_a_flood_of_late_events_arrives_for_one_family(
    make_settings: Callable[..., Settings], database_url: str, clock: SetClock, bad_day: BadDay
) -> None:
    """Days that are summed up already are counted again, in the transactions of the late events."""
    limits = {"EVENTS_PER_CHILD_AND_DAY": "1000000", "EVENT_BYTES_PER_CHILD_AND_DAY": "10000000000"}
    settings = make_settings(**limits, **LONG)
    async with running(create_app(settings, clock=clock)) as client, working(settings, clock) as run:
        flooded = Player(client, database_url, *await register_with_child(client))
        reader = Player(client, database_url, *await register_with_child(client))
        await play(reader, NOW - timedelta(minutes=30), 17)
        await play(flooded, LONG_AGO + timedelta(seconds=1), 1)
        await run(jobs.ASK_DAYS)
        await counted(flooded, run)
        flood = Flood(flooded, reader, run)
        await flood.arrive()
        days = [(LONG_AGO + after * DAY).date() for after in (-7, 0, 7)]
        listed = {"from": (LONG_AGO - DAY).date().isoformat(), "to": (LONG_AGO + DAY).date().isoformat()}
        path = f"/api/v1/analytics/children/{flooded.child_id}/activities"
        answer = await client.get(path, params=listed, headers=flooded.parent.bearer)
        assert answer.json()["totalSeconds"] == 60 * (LATE_EVENTS + 1)
        weeks = [await minutes(flooded, "weekly", day) for day in days]
        assert sum(weeks) == LATE_EVENTS + 1
        await counted(flooded, run)
        assert waiting(flooded) == 0
        assert [await minutes(flooded, "weekly", day) for day in days] == weeks
    assert set(flood.statuses) == {200}
    bad_day.record(f"{LATE_EVENTS} late events of one family while another one reads", None, saw=flood.statuses)
