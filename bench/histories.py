"""S6c history: figures of children with a thousand to a million events, which must cost the same; and requests beside the removal of old events.

All children are in one database and did the same in the last SAME_DAYS days; the rest of their events is older, down to a year.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

import psycopg

from bench.data_set import DataSet, vacuum
from bench.load import press
from bench.scenarios import EVENT, LIGHT_WRITES, LOAD, Actors, Scenario
from bench.setup import Setup, SetupError, Target, fresh_database, say
from bench.steady import WARM_UP_S, measure, prepare, warm_up
from bench.table import RATIO, Figures, Row, medians, ratio
from bench.work import CHILD, Actor, Work, request
from wondernest.analytics.repository import RollupRepository
from wondernest.platform.db.pool import Database
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Secret

NAME: Final = "S6c history"
DATABASE: Final = "histories"
HISTORIES: Final = (1_000, 10_000, 100_000, 1_000_000)
"""Events of each child."""
SAME_DAYS, EVENTS_A_DAY = 45, 20
"""Days that are equal for all children, and what happens in each."""
OLDEST_DAYS: Final = 390
"""The rest of the events is spread over the days before, up to this."""
SUMMED_FROM: Final = 4
"""Days from which on the background job has summed up."""
OLD_EVENTS: Final = 200_000
"""Events that are old enough to be removed, of OLD_CHILDREN children."""
OLD_CHILDREN: Final = 200
OF_CHILD: Final = b"/api/v1/analytics/children/" + CHILD
FIGURES: Final = (
    Scenario("day", "day", "GET", b"/api/v1/analytics/daily?childId=" + CHILD, 200, Actors.CHILDREN),
    Scenario("week", "week", "GET", b"/api/v1/analytics/weekly?childId=" + CHILD, 200, Actors.CHILDREN),
    Scenario("insights", "insights", "GET", OF_CHILD + b"/insights", 200, Actors.CHILDREN),
    Scenario("activities", "activities of a day", "GET", OF_CHILD + b"/activities", 200, Actors.CHILDREN),
)
_EVENTS: Final = """
    insert into analytics.analytics_events (child_id, event_type, event_category, event_data, created_at)
    select %(child)s, case n %% 4 when 0 then 'game_progress' when 1 then 'vocabulary_encounter' when 2 then 'score_update'
                      else 'game_completion' end, 'game',
           jsonb_build_object('contentId', 'memory_match', 'duration', 2, 'eventData',
               jsonb_build_object('word', 'w' || n %% 500, 'data', jsonb_build_object('playTimeMinutes', 2, 'completed', n %% 3 = 0))),
           now() - case when n <= %(same)s then (n / %(a_day)s::float8) else %(days)s + (n - %(same)s) * (%(oldest)s - %(days)s)::float8
                        / greatest(1, %(events)s - %(same)s) end * interval '1 day'
      from generate_series(1, %(events)s) n"""
_SUMS: Final = """
    insert into wondernest.child_days (child_id, day, time_zone, asked_at, counted_at, categories)
    select %s, (now() at time zone 'UTC')::date - n, 'UTC', now(), now(), '{"games": [1200, 0, 10, 3]}'
      from generate_series(%s::int, %s::int) n on conflict do nothing"""
_OLD: Final = """
    insert into analytics.analytics_events (child_id, event_type, event_data, created_at)
    select child.id, 'game_progress', '{"contentId": "memory_match", "duration": 2, "eventData": {}}',
           now() - interval '500 days' - random() * interval '100 days'
      from unnest(%s::uuid[]) child (id), generate_series(1, %s::int) n"""


def run_histories(setup: Setup) -> list[Row]:
    """Each figure at each size, in turns; then events and loads with and without the removal of old events."""
    if setup.servers.postgres is None:
        raise SetupError(f"{NAME} needs the bench's own database")
    data = DataSet(OLD_CHILDREN, small=True)
    url = fresh_database(setup.servers.postgres, DATABASE)
    data.install(url, say)
    children = sorted(data.children(*setup.token_terms), key=lambda actor: actor.child)
    _install(url, children)
    own = replace(setup, data=data)
    with setup.ours(url).running() as target:
        rows = [row for scenario in FIGURES for row in _compared(own, target, scenario, children)]
        return [*rows, *_beside_removal(own, target, url, children)]


def _install(url: str, children: Sequence[Actor]) -> None:
    """Give each of the first children its events; built once, and moved to today by the next run."""
    with psycopg.connect(url, autocommit=True) as connection:
        for events, actor in zip(HISTORIES, children, strict=False):
            [(there, newest)] = connection.execute(
                "select count(*), max(created_at) from analytics.analytics_events where child_id = %s", [actor.child]
            ).fetchall()
            if there == events and newest > datetime.now(UTC) - timedelta(hours=1):
                continue
            say(f"{NAME}: a child with {events:,} events")
            values = {"child": actor.child, "events": events, "same": SAME_DAYS * EVENTS_A_DAY, "a_day": EVENTS_A_DAY}
            connection.execute("delete from analytics.analytics_events where child_id = %s", [actor.child])
            connection.execute(_EVENTS, values | {"days": SAME_DAYS, "oldest": OLDEST_DAYS})
            connection.execute(_SUMS, [actor.child, SUMMED_FROM, SAME_DAYS])
    vacuum(url)


def _compared(setup: Setup, target: Target, scenario: Scenario, children: Sequence[Actor]) -> list[Row]:
    variant = request(scenario.method, scenario.path, "127.0.0.1", bearer=True, gzip=setup.options.gzip)
    works = [Work((variant,), [actor]) for _, actor in zip(HISTORIES, children, strict=False)]
    for work in works:
        warm_up(setup, target, work)
    rounds: list[list[Figures]] = [[] for _ in works]
    for number in range(setup.options.rounds):
        for events, work, figures in zip(HISTORIES, works, rounds, strict=True):
            say(f"{NAME} {scenario.title} of {events:,} events, round {number + 1}")
            press(target.port, work, setup.options.connections, WARM_UP_S)
            figures.append(measure(setup, target, work))
    found = [medians(figures) for figures in rounds]
    rows: list[Row] = []
    for events, figures in zip(HISTORIES, found, strict=True):
        title = f"{NAME} {scenario.title}, {events:,} events"
        rows.append(Row(title, target.name, figures))
        if events != HISTORIES[0]:
            rows.append(Row(title, RATIO, ratio(figures, found[0]), f"to {HISTORIES[0]:,} events"))
    return rows


def _beside_removal(setup: Setup, target: Target, url: str, children: Sequence[Actor]) -> list[Row]:
    """Events and loads at a fixed rate, in turns alone and beside the job's removal."""
    rows: list[Row] = []
    asking = [UUID(actor.child) for actor in children[-OLD_CHILDREN:]]
    for scenario in (EVENT, LOAD):
        work = prepare(setup, scenario)
        warm_up(setup, target, work)
        alone: list[Figures] = []
        beside: list[Figures] = []
        removed: list[int] = []
        for number in range(setup.options.rounds):
            say(f"{NAME} {scenario.title} beside the removal, round {number + 1}")
            alone.append(measure(setup, target, work, LIGHT_WRITES))
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(_OLD, [asking, OLD_EVENTS // OLD_CHILDREN])
            with _removing(url, asking, removed):
                beside.append(measure(setup, target, work, LIGHT_WRITES))
        title = f"{NAME} {scenario.title}, {LIGHT_WRITES:.0f}/s"
        rows += [
            Row(title, target.name, medians(alone)),
            Row(f"{title}, beside the removal", target.name, medians(beside), f"{sum(removed):,} events removed"),
            Row(title, RATIO, ratio(medians(beside), medians(alone)), "beside to alone"),
        ]
    return rows


@contextmanager
def _removing(url: str, child_ids: Sequence[UUID], removed: list[int]) -> Generator[None]:
    """Remove the old events of the children meanwhile, as the job does, until the block ends."""
    stop = threading.Event()

    async def remove() -> None:
        database = Database(DatabaseSettings(url=Secret(url), pool_size=1), Metrics(), role="bench")
        rollups, before = RollupRepository(), datetime.now(UTC) - timedelta(days=450)
        try:
            for child_id in child_ids:
                if stop.is_set():
                    return
                await rollups.remove(database, child_id, before, archived=False)
                removed.append(OLD_EVENTS // OLD_CHILDREN)
        finally:
            await database.close()

    thread = threading.Thread(target=lambda: asyncio.run(remove()))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
