"""The statement for one event and the statement for many do the same: random histories through both leave the same rows and answers."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.games import player
from wondernest.access.consent import GateMode
from wondernest.analytics.repository import AnalyticsRepository, NewEvent, StoreResult
from wondernest.analytics.rules import Played
from wondernest.games.repository import RegistryRepository
from wondernest.platform.clock import SystemClock
from wondernest.platform.db.pool import Database
from wondernest.platform.ids import RandomIds
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.settings import Database as DatabaseSettings
from wondernest.settings import Quotas, Secret

STEPS = 40
MOMENTS = 15
"""Fewer than steps, so that some events are repeated."""
LIMITS = Quotas(events=8, event_bytes=400)
ARCHIVE = "update family.child_profiles set archived_at = case when archived_at is null then now() end where id = $1"
YESTERDAY = "update wondernest.event_usage set day = day - 1 where child_id = $1"
ADD_CHILD = """
    insert into family.child_profiles (id, family_id, name, birth_date)
    select $1, family_id, 'Zoe', '2018-01-01' from family.child_profiles where id = $2"""
ROWS = """
    select 'event' as kind, event_type || ' ' || event_category || ' ' || event_data::text as content, count(*)
      from analytics.analytics_events where child_id = $1 group by content
     union all
    select 'identity', encode(fingerprint, 'hex'), 1 from wondernest.event_identities where child_id = $1
     union all
    select 'usage', day::text || ' ' || bytes, events from wondernest.event_usage where child_id = $1
     union all
    select 'played', r.game_key, g.total_play_time_minutes
      from games.child_game_instances g join games.game_registry r on r.id = g.game_id where g.child_id = $1
     order by kind, content"""


@dataclass(frozen=True)
class Step:
    """An event, or what happens between events."""

    moment: int
    size: int
    game_key: str | None
    known: bool
    by_stranger: bool
    between: str | None


def story(seed: int) -> list[Step]:
    chance = random.Random(seed)
    return [
        Step(
            moment=chance.randrange(MOMENTS),
            size=chance.choice([0, 10, 60]),
            game_key=chance.choice([None, "sticker_book", "unregistered"]),
            known=chance.random() < 0.85,
            by_stranger=chance.random() < 0.1,
            between=chance.choice([None] * 8 + [ARCHIVE, YESTERDAY]),
        )
        for _ in range(STEPS)
    ]


def event(user_id: UUID, child_id: UUID, step: Step) -> NewEvent:
    data = json.dumps({"moment": step.moment, "filling": "x" * step.size}).encode()
    fingerprint = step.moment.to_bytes(16) if step.known else None
    played = Played(step.game_key, 7) if step.game_key else None
    return NewEvent(user_id, child_id, "game_progress", "game", data, None, fingerprint, played)


@pytest.mark.parametrize("seed", range(6))
async def test_one_event_is_stored_as_one_of_several(
    app_client: httpx2.AsyncClient, database_url: str, seed: int
) -> None:
    mia, other = await player(app_client), await player(app_client)
    user, stranger = UUID(mia.parent.user_id), UUID(other.parent.user_id)
    alone, gathered = UUID(mia.child_id), uuid4()
    database = Database(DatabaseSettings(url=Secret(database_url)), Metrics())
    clock = SystemClock()
    events = AnalyticsRepository(RegistryRepository(database), RandomIds(clock), clock, LIMITS, GateMode.RECORD)
    await database.execute(ADD_CHILD, gathered, alone)

    async def stored(child: UUID, step: Step) -> StoreResult:
        sent = event(stranger if step.by_stranger else user, child, step)
        if child == alone:
            [result] = await events.store(database, [sent])
            return result
        beside = NewEvent(stranger, UUID(other.child_id), "beside", "game", b"{}", None, None)
        result, _ = await events.store(database, [sent, beside])
        return result

    results: set[StoreResult] = set()
    for step in story(seed):
        for child in (alone, gathered):
            if step.between:
                await database.execute(step.between, child)
        result = await stored(alone, step)
        assert await stored(gathered, step) == result
        results.add(result)
    rows = [[tuple(row) for row in await database.fetch(ROWS, child)] for child in (alone, gathered)]
    await database.close()
    assert rows[0] == rows[1] != []
    assert len(results) >= 3  # new, repeated, and not the adult's or refused
