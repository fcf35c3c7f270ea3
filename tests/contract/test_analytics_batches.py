"""POST /api/v1/analytics/events/batch: many events, a result each, the same whatever is repeated and in whatever order."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.fixtures.analytics import Player, coins
from tests.fixtures.application import running
from tests.fixtures.family import register_with_child
from tests.fixtures.histories import EDUCATIONAL_GAMES, Event, Oracle, life
from wondernest.app import create_app
from wondernest.settings import Settings

BATCH = "/api/v1/analytics/events/batch"
HISTORIES = [seed for seed in range(60) if life(seed).today.year == 2026 and len(life(seed).events) > 10][:8]


class SetClock:
    """A clock that tests set."""

    moment = datetime(2026, 10, 25, 20, 0, tzinfo=UTC)

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


async def deliver(player: Player, events: list[Any]) -> list[dict[str, Any]]:
    answer = await player.client.post(BATCH, json={"events": events}, headers=player.parent.bearer)
    assert answer.status_code == 200, answer.text
    body = answer.json()
    assert body["success"] is all(one["status"] != "refused" for one in body["results"])
    return body["results"]


def event(player: Player, **fields: Any) -> dict[str, Any]:
    return {"eventType": "game_progress", "childId": player.child_id, "contentId": "memory_match", **fields}


def timed(player: Player, moment: datetime, **fields: Any) -> dict[str, Any]:
    return event(player, eventData={"timestamp": int(moment.timestamp() * 1000)}, **fields)


STORED = {"status": "stored", "code": 201, "message": None}
KNOWN = {"status": "known", "code": 201, "message": None}


async def test_each_event_has_its_own_result(zoe: Player, client: httpx2.AsyncClient, clock: SetClock) -> None:
    _, foreign = await register_with_child(client)
    week_ago = clock.moment - timedelta(days=7)
    results = await deliver(
        zoe,
        [
            timed(zoe, clock.moment, duration=7),
            timed(zoe, clock.moment, duration=7),
            timed(zoe, week_ago, duration=7),
            {**timed(zoe, clock.moment), "childId": foreign},
            {**timed(zoe, clock.moment), "childId": ""},
            {**timed(zoe, clock.moment), "childId": "zoe"},
            {**timed(zoe, clock.moment), "eventType": " "},
            event(zoe, eventData={"level": 1}),
            event(zoe, eventData={"level": 1}, eventId="1"),
            event(zoe, eventData=[1]),
        ],
    )
    shown = [(one["status"], one["code"], one["message"]) for one in results]
    assert shown[:3] == [("stored", 201, None), ("known", 201, None), ("stored", 201, None)]
    assert shown[3:9] == [
        ("refused", 404, "Child not found"),
        ("refused", 400, "Child ID is required"),
        ("refused", 400, "Invalid child ID format"),
        ("refused", 400, "Event type is required"),
        ("refused", 400, "An event of a batch needs a timestamp in eventData, or an eventId"),
        ("stored", 201, None),
    ]
    assert [(status, code) for status, code, _ in shown[9:]] == [("refused", 400)]
    assert len(zoe.events()) == 3


async def test_a_repeated_batch_changes_nothing(zoe: Player, clock: SetClock) -> None:
    events = [timed(zoe, clock.moment - timedelta(hours=hours), duration=hours) for hours in range(40)]
    events.append(event(zoe, eventId="a", eventData={}))
    assert await deliver(zoe, events) == [STORED] * 41
    before = zoe.events()
    assert await deliver(zoe, events[::-1]) == [KNOWN] * 41
    assert zoe.events() == before
    answer = await zoe.post(events[3])
    assert answer.status_code == 201
    assert zoe.events() == before


async def test_what_follows_from_events_follows_once(zoe: Player, clock: SetClock) -> None:
    project = {"gameType": "sticker_book", "projectId": "p1", "fullProjectData": '{"scale":100.0}', "timestamp": 1}
    history = [{"amount": 50, "reason": "daily", "timestamp": "2026-10-01T10:00:00", "balanceAfter": 50}]
    events = [
        event(zoe, eventType="save_project", eventData=project),
        event(zoe, eventType="virtual_currency_updated", eventData=coins(50, history, 1)),
        event(zoe, eventType="milestone_achieved", eventData={"title": "Counts to five", "timestamp": 2}),
        event(zoe, contentId="sticker_book", duration=7, eventData={"timestamp": 3}),
    ]
    assert await deliver(zoe, events) == [STORED] * 4
    assert await deliver(zoe, events) == [KNOWN] * 4
    [save] = zoe.rows("select * from games.simple_game_data where child_id = %s", zoe.child_id)
    assert save["data_key"] == "sticker_project_p1"
    [balance] = zoe.rows("select balance from games.virtual_currency where child_id = %s", zoe.child_id)
    assert balance["balance"] == 50
    assert len(zoe.rows("select 1 from games.currency_transactions where child_id = %s", zoe.child_id)) == 1
    [instance] = zoe.rows("select * from games.child_game_instances where child_id = %s", zoe.child_id)
    assert instance["total_play_time_minutes"] == 7
    assert len(zoe.rows("select 1 from analytics.learning_insights where child_id = %s", zoe.child_id)) == 1


async def test_a_refused_project_does_not_take_its_neighbours_with_it(zoe: Player, clock: SetClock) -> None:
    broken = {"gameType": "sticker_book", "projectId": "p1", "fullProjectData": '{"n":1e9999}', "timestamp": 1}
    late = clock.moment - timedelta(days=3)
    results = await deliver(
        zoe,
        [
            event(zoe, eventType="milestone_achieved", eventData={"title": "Counts to five", "timestamp": 2}),
            event(zoe, eventType="save_project", eventData=broken),
            timed(zoe, late, duration=3),
            event(zoe, eventData={"timestamp": int(late.timestamp() * 1000), "n": "\\ud800"}),
            timed(zoe, clock.moment, duration=3),
        ],
    )
    assert [one["status"] for one in results] == [
        "stored",
        results[1]["status"],
        "stored",
        results[3]["status"],
        "stored",
    ]
    assert len(zoe.rows("select 1 from analytics.learning_insights where child_id = %s", zoe.child_id)) == 1
    assert len(zoe.events()) == sum(one["status"] == "stored" for one in results)


@pytest.mark.parametrize("body", [{}, {"events": None}, {"events": {}}, {"events": [1]}, [], {"events": [{}] * 101}])
async def test_a_body_that_is_no_list_of_at_most_a_hundred_events_is_refused(zoe: Player, body: Any) -> None:
    answer = await zoe.client.post(BATCH, json=body, headers=zoe.parent.bearer)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("Invalid JSON format: ")


async def test_a_hundred_events_pass_and_none_pass_too(zoe: Player) -> None:
    assert await deliver(zoe, [event(zoe, eventId=str(number)) for number in range(100)]) == [STORED] * 100
    assert await deliver(zoe, []) == []


async def test_events_beyond_the_day_s_number_are_refused_and_can_be_sent_again(
    make_settings: Callable[..., Settings], clock: SetClock, database_url: str
) -> None:
    settings = make_settings(EVENTS_PER_CHILD_AND_DAY="5", JWT_EXPIRES_IN=str(7 * 24 * 3600 * 1000))
    async with running(create_app(settings, clock=clock)) as client:
        parent, child_id = await register_with_child(client)
        zoe = Player(client, database_url, parent, child_id)
        events = [event(zoe, eventId=str(number)) for number in range(8)]
        results = await deliver(zoe, events)
        assert [one["code"] for one in results] == [201] * 5 + [413] * 3
        clock.moment += timedelta(days=1)
        assert await deliver(zoe, events[5:]) == [STORED] * 3


# Deliveries and figures ----------------------------------------------------------------------------------------------


def wire_form(player: Player, one: Event, number: int) -> dict[str, Any]:
    """An event as the app sends it."""
    data: dict[str, Any] = {"timestamp": one.at * 1000, "n": number}
    body: dict[str, Any] = {
        "eventType": one.kind,
        "childId": player.child_id,
        "sessionId": one.session,
        "contentId": one.content,
    }
    if one.kind == "game_progress":
        if isinstance(one.minutes, int):
            body["duration"] = one.minutes
        elif one.minutes is not None:
            data["playTimeMinutes"] = one.minutes
    elif one.kind == "game_completion":
        body["duration"] = 0
        data["data"] = {"playTimeMinutes": one.minutes, "completed": one.completed}
    else:
        body["contentId"] = "story-adventure" if one.content else None
        data["templateId"] = one.content
    return {**body, "eventData": data}


@pytest.mark.parametrize("seed", HISTORIES)
async def test_any_way_of_delivery_gives_the_figures_of_the_oracle(
    client: httpx2.AsyncClient, clock: SetClock, database_url: str, seed: int
) -> None:
    """Two devices, single events and batches, repeats, out of order, and all of it a week late."""
    lived, chance = life(seed), random.Random(seed)
    clock.moment = datetime(lived.today.year, lived.today.month, lived.today.day, 12, tzinfo=UTC) + timedelta(days=10)
    parent, child_id = await register_with_child(client, timezone=lived.zone)
    child = Player(client, database_url, parent, child_id)
    furnish(child, lived.views, lived.first_day)
    sent = [wire_form(child, one, number) for number, one in enumerate(lived.events)]
    deliveries = [chance.sample(sent, len(sent) // 2) for _ in range(3)] + [sent]
    for events in deliveries:
        chance.shuffle(events)
        half = len(events) // 2
        await asyncio.gather(deliver(child, events[:half]), *(child.post(one) for one in events[half:]))
    oracle = Oracle(lived)
    for back in range(-1, 8):
        day = lived.today - timedelta(days=back)
        assert await ask(child, "daily", day) == {**oracle.day(day), "childId": child_id}
    assert await ask(child, "weekly", lived.today) == oracle.week()


def furnish(child: Player, views: Any, first_day: int) -> None:
    """What the family chose, the registry of games, and what the child watched."""
    child.execute(
        "insert into wondernest.family_locales as known (family_id, first_day, updated_at)"
        " select family_id, %s, now() from family.child_profiles where id = %s"
        " on conflict (family_id) do update set first_day = excluded.first_day",
        first_day,
        child.child_id,
    )
    for game in EDUCATIONAL_GAMES:
        child.execute(
            "insert into games.game_registry (game_key, display_name, game_type_id, educational_objectives)"
            """ select %s, 'A game', id, '["counting"]' from games.game_types limit 1""",
            game,
        )
    for view in views:
        content, category, scored = view.video
        metadata = '{"educationalValueScore": 0.9}' if scored else "{}"
        child.execute(
            "insert into content.content_items (id, title, content_type, category, metadata)"
            " values (%s, 'A film', 'video', %s, %s) on conflict do nothing",
            content,
            category,
            metadata,
        )
        child.execute(
            "insert into content.content_engagement (child_id, content_id, started_at, duration_seconds,"
            " completion_percentage) values (%s, %s, to_timestamp(%s), %s, %s)",
            child.child_id,
            content,
            view.at,
            view.seconds,
            90 if view.completed else 89,
        )


async def ask(child: Player, path: str, day: date) -> dict[str, Any]:
    query = {"childId": child.child_id, "date": day.isoformat()}
    answer = await child.client.get(f"/api/v1/analytics/{path}", params=query, headers=child.parent.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_an_unknown_child_in_a_batch_is_missing(zoe: Player) -> None:
    [result] = await deliver(zoe, [event(zoe, childId=str(uuid4()), eventId="1")])
    assert (result["status"], result["code"], result["message"]) == ("refused", 404, "Child not found")


async def test_several_saves_of_one_project_in_a_batch_keep_their_order(zoe: Player) -> None:
    def saved(number: int) -> dict[str, Any]:
        project = {"gameType": "sticker_book", "projectId": "p1", "fullProjectData": {"n": number}, "timestamp": number}
        return event(zoe, eventType="save_project", eventData=project)

    assert await deliver(zoe, [saved(number) for number in range(5)]) == [STORED] * 5
    [save] = zoe.rows("select data_value from games.simple_game_data where child_id = %s", zoe.child_id)
    assert save["data_value"] == {"n": 4}
    gone = {"gameType": "sticker_book", "projectId": "p1", "timestamp": 9}
    results = await deliver(zoe, [saved(6), event(zoe, eventType="delete_project", eventData=gone), saved(7)])
    assert results == [STORED] * 3
    [save] = zoe.rows("select data_value from games.simple_game_data where child_id = %s", zoe.child_id)
    assert save["data_value"] == {"n": 7}


async def test_requests_that_share_children_do_not_wait_for_each_other_for_ever(zoe: Player, clock: SetClock) -> None:
    """Each has events that are stored alone, late ones, and ones that change other rows."""
    late = clock.moment - timedelta(days=3)

    def mixed(number: int) -> list[dict[str, Any]]:
        milestone = {"title": f"Milestone {number}", "timestamp": number}
        return [
            timed(zoe, clock.moment - timedelta(seconds=number), duration=1),
            timed(zoe, late - timedelta(seconds=number + 1), duration=1),
            event(zoe, eventType="milestone_achieved", eventData=milestone),
            timed(zoe, late, duration=1),
        ]

    results = await asyncio.gather(*(deliver(zoe, mixed(number)) for number in range(8)))
    assert sum(one["status"] == "stored" for result in results for one in result) == 3 * 8 + 1
    assert len(zoe.events()) == 3 * 8 + 1
