"""Tables that may be partitioned when they are large (docs/scaling.md): everything works on the partitions, without a change."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import psycopg
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

NOW = datetime(2024, 11, 22, 12, tzinfo=UTC)
DAY = timedelta(days=1)
BY_CHILD = """
    alter table {table} rename to whole;
    create table {table} (like {schema}.whole including defaults including constraints) partition by hash (child_id);
    alter table {table} add primary key ({key});
    create table {table}_0 partition of {table} for values with (modulus 4, remainder 0);
    create table {table}_1 partition of {table} for values with (modulus 4, remainder 1);
    create table {table}_2 partition of {table} for values with (modulus 4, remainder 2);
    create table {table}_3 partition of {table} for values with (modulus 4, remainder 3);
    drop table {schema}.whole"""
BY_MONTH = """
    alter table analytics.analytics_events rename to whole;
    create table analytics.analytics_events (like analytics.whole including defaults) partition by range (created_at);
    alter table analytics.analytics_events add primary key (id, created_at);
    create index on analytics.analytics_events (child_id, created_at);
    create index on analytics.analytics_events (created_at);
    create table analytics.events_before partition of analytics.analytics_events for values from (minvalue) to ('2024-11-01');
    create table analytics.events_november partition of analytics.analytics_events for values from ('2024-11-01') to ('2024-12-01');
    create table analytics.events_after partition of analytics.analytics_events for values from ('2024-12-01') to (maxvalue);
    drop table analytics.whole"""


class SetClock:
    """A clock that tests set."""

    moment = NOW

    def now(self) -> datetime:
        return self.moment


@pytest.fixture
def settings(make_settings: Callable[..., Settings], database_url: str) -> Settings:
    with psycopg.connect(database_url) as connection:
        for table, key in (
            ("wondernest.event_identities", "child_id, fingerprint"),
            ("wondernest.child_days", "child_id, day"),
        ):
            connection.execute(BY_CHILD.format(table=table, key=key, schema=table.split(".")[0]).encode())
        connection.execute(BY_MONTH.encode())
    return make_settings(JWT_EXPIRES_IN=str(90 * 24 * 3600 * 1000))


@pytest.fixture
def clock() -> SetClock:
    return SetClock()


@pytest.fixture
async def client(settings: Settings, clock: SetClock) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(settings, clock=clock)) as started:
        yield started


async def week(player: Player) -> Any:
    query = {"childId": player.child_id, "date": (NOW - 9 * DAY).date().isoformat()}
    answer = await player.client.get("/api/v1/analytics/weekly", params=query, headers=player.parent.bearer)
    return answer.json()


async def test_events_sums_and_identities_work_on_partitions(
    client: httpx2.AsyncClient, database_url: str, settings: Settings, clock: SetClock
) -> None:
    """Stored once, summed up, removed and forgotten; the events over two months."""
    players = [Player(client, database_url, *await register_with_child(client)) for _ in range(6)]
    for player in players:
        for back in range(30):
            at = NOW - back * DAY
            for _ in range(2):
                await player.report(duration=5, eventData={"timestamp": int(at.timestamp() * 1000)})
        assert len(player.events()) == 30
    before = [await week(player) for player in players]
    assert {one["totalScreenTime"] for one in before} == {35}
    made = background(settings, clock=clock)
    handlers = {job.name: job.handler for job in made.jobs}

    async def run(name: str) -> None:
        await handlers[name](Running(1, name, {}, 1, NOW))

    await run(jobs.ASK_DAYS)
    clock.moment += SETTLING * 2
    await run(jobs.COUNT_DAYS)
    assert [await week(player) for player in players] == before
    clock.moment = NOW + 400 * DAY
    await run(jobs.REMOVE_EVENTS)
    clock.moment += SETTLING * 2
    await run(jobs.COUNT_DAYS)
    await run(jobs.REMOVE_EVENTS)
    await run(jobs.FORGET_IDENTITIES)
    await made.rooms.stop()
    for player, shown in zip(players, before, strict=True):
        later = Player(client, database_url, await log_in(client, player.parent), player.child_id)
        assert len(later.events()) < 10
        assert await week(later) == shown
    [partitions] = players[0].rows("select count(distinct tableoid) as filled from wondernest.child_days")
    assert partitions["filled"] > 1
