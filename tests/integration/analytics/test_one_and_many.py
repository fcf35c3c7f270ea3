"""The statements for one event, for many, and for those of different children do the same.

Random histories through each of them leave the same rows and answers, whatever becomes of the child's consent meanwhile.
"""

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
PERMIT = """
    with shown as (
        insert into compliance.coppa_consent (id, family_id, child_id, parent_id, consent_type, granted)
        select c.id, c.family_id, c.id, f.created_by, 'full', true
          from family.child_profiles c join family.families f on f.id = c.family_id where c.id = $1
        on conflict (id) do update set revoked_at = null)
    insert into wondernest.consent_gates as gate (child_id, purposes, in_force_until, consent_id, updated_at)
    values ($1, '{analytics,saves}', now() + interval '1 day', $1, now())
    on conflict (child_id) do update
       set purposes = excluded.purposes, in_force_until = excluded.in_force_until, updated_at = now()"""
REVOKE = "update compliance.coppa_consent set revoked_at = now() where id = $1"
FORGET = "delete from compliance.coppa_consent where id = $1"
EXPIRE = "update wondernest.consent_gates set in_force_until = now() where child_id = $1"
SAVES_ONLY = "update wondernest.consent_gates set purposes = '{saves}' where child_id = $1"
GRACE = "update wondernest.consent_gates set grace_until = now() + interval '1 day' where child_id = $1"
CONSENT = (PERMIT, PERMIT, PERMIT, REVOKE, FORGET, EXPIRE, SAVES_ONLY)
COUNT_EVENTS = "select count(*) from analytics.analytics_events where child_id = $1"
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
            between=chance.choice([None] * 12 + [ARCHIVE, YESTERDAY, *CONSENT]),
        )
        for _ in range(STEPS)
    ]


def event(user_id: UUID, child_id: UUID, step: Step) -> NewEvent:
    data = json.dumps({"moment": step.moment, "filling": "x" * step.size}).encode()
    fingerprint = step.moment.to_bytes(16) if step.known else None
    played = Played(step.game_key, 7) if step.game_key else None
    return NewEvent(user_id, child_id, "game_progress", "game", data, None, fingerprint, played)


@pytest.mark.parametrize("mode", [GateMode.ENFORCE, GateMode.RECORD])
@pytest.mark.parametrize("seed", range(4))
async def test_an_event_is_stored_alike_alone_and_beside_others(
    app_client: httpx2.AsyncClient, database_url: str, seed: int, mode: GateMode
) -> None:
    mia, other = await player(app_client), await player(app_client)
    user, stranger = UUID(mia.parent.user_id), UUID(other.parent.user_id)
    alone, gathered, apart = UUID(mia.child_id), uuid4(), uuid4()
    database = Database(DatabaseSettings(url=Secret(database_url)), Metrics())
    clock = SystemClock()
    events = AnalyticsRepository(RegistryRepository(database), RandomIds(clock), clock, LIMITS, mode)
    for child in (gathered, apart):
        await database.execute(ADD_CHILD, child, alone)
    for child in (alone, gathered, apart):
        await database.execute(PERMIT, child)

    async def stored(child: UUID, step: Step) -> StoreResult:
        sent = event(stranger if step.by_stranger else user, child, step)
        if child == alone:
            [result] = await events.store(database, [sent])
            return result
        fingerprint = uuid4().bytes if child == apart else None
        beside = NewEvent(stranger, UUID(other.child_id), "beside", "game", b"{}", None, fingerprint)
        result, _ = await events.store(database, [sent, beside])
        return result

    results: set[StoreResult] = set()
    for step in story(seed):
        for child in (alone, gathered, apart):
            if step.between:
                await database.execute(step.between, child)
        result = await stored(alone, step)
        assert [await stored(child, step) for child in (gathered, apart)] == [result] * 2
        results.add(result)
    rows = [[tuple(row) for row in await database.fetch(ROWS, child)] for child in (alone, gathered, apart)]
    await database.close()
    assert rows[0] == rows[1] == rows[2] != []
    assert len(results) >= 4  # new, repeated, not permitted, and not the adult's or refused


@pytest.mark.parametrize("mode", list(GateMode))
async def test_of_events_of_different_children_only_those_that_are_permitted_are_stored(
    app_client: httpx2.AsyncClient, database_url: str, mode: GateMode
) -> None:
    mia = await player(app_client)
    user, child = UUID(mia.parent.user_id), UUID(mia.child_id)
    changes = [PERMIT, REVOKE, FORGET, EXPIRE, SAVES_ONLY, GRACE]
    children = [uuid4() for _ in changes]
    database = Database(DatabaseSettings(url=Secret(database_url)), Metrics())
    clock = SystemClock()
    events = AnalyticsRepository(RegistryRepository(database), RandomIds(clock), clock, LIMITS, mode)
    for one, change in zip(children, changes, strict=True):
        await database.execute(ADD_CHILD, one, child)
        await database.execute(PERMIT, one)
        await database.execute(EXPIRE if change is GRACE else PERMIT, one)
        await database.execute(change, one)
    sent = [NewEvent(user, one, "game_progress", "game", b"{}", None, uuid4().bytes) for one in children]
    results = await events.store(database, sent)
    counted = [await database.fetchval(COUNT_EVENTS, one) for one in children]
    await database.close()
    permitted = [change in (PERMIT, GRACE) for change in changes]
    assert [result.is_permitted for result in results] == ([True] * len(changes) if mode is GateMode.OFF else permitted)
    expected = permitted if mode is GateMode.ENFORCE else [True] * len(changes)
    assert [result.is_new for result in results] == [not result.is_barred for result in results] == expected
    assert counted == [int(stored) for stored in expected]
