"""Effects of events besides the event log: projects, play time, coins, milestones (games contract §6)."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from tests.fixtures.analytics import HISTORY, Player, coins, player

PROJECT = {"id": "17", "name": "Masterpiece", "canvasSize": {"width": 800.0, "height": 600.0}}


@pytest.fixture
async def zoe(app_client: httpx2.AsyncClient, shared_database: str) -> Player:
    return await player(app_client, shared_database)


def project(document: Any = PROJECT, **fields: Any) -> dict[str, Any]:
    data = {"gameType": "sticker_book", "projectId": "17", "fullProjectData": document, "timestamp": 1, **fields}
    return {name: value for name, value in data.items() if value is not None}


def saves(zoe: Player) -> dict[str, str]:
    rows = zoe.rows(
        "select data_key, data_value::text as document from games.simple_game_data"
        " where child_id = %s and game_type = 'sticker_book'",
        zoe.child_id,
    )
    return {row["data_key"]: row["document"] for row in rows}


# Projects -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("document", [PROJECT, json.dumps(PROJECT)])
async def test_a_saved_project_becomes_a_save(zoe: Player, document: Any) -> None:
    assert (await zoe.report("save_project", eventData=project(document))).status_code == 201
    stored = saves(zoe)
    assert list(stored) == ["sticker_project_17"]
    assert json.loads(stored["sticker_project_17"]) == PROJECT
    assert '"width": 800.0' in stored["sticker_project_17"]


@pytest.mark.parametrize("as_text", [True, False])
async def test_a_project_whose_numbers_have_exponents_keeps_doubles(zoe: Player, as_text: bool) -> None:
    document = {"scale": 1e22, "far": 1e300}
    assert (
        await zoe.report("save_project", eventData=project(json.dumps(document) if as_text else document))
    ).is_success
    kept = json.loads(saves(zoe)["sticker_project_17"])
    assert (kept, type(kept["scale"]), type(kept["far"])) == (document, float, float)


async def test_the_project_is_not_stored_in_the_event_too(zoe: Player) -> None:
    await zoe.report("save_project", eventData=project({**PROJECT, "drawing": "x" * 100_000}))
    stored = zoe.events()[0]["event_data"]
    assert stored["eventData"] == {"gameType": "sticker_book", "projectId": "17", "timestamp": 1}
    assert "truncated" not in stored


@pytest.mark.parametrize("document", ["{", "[]", "null", "", 5, '{"a":"\\u0000"}'])
async def test_a_project_that_cannot_be_read_overwrites_nothing_and_is_201(zoe: Player, document: Any) -> None:
    await zoe.report("save_project", eventData=project())
    answer = await zoe.report("save_project", eventData=project(document, timestamp=2))
    assert answer.status_code == 201
    assert json.loads(saves(zoe)["sticker_project_17"]) == PROJECT
    assert len(zoe.events()) == 2


@pytest.mark.parametrize(
    "data", [project(gameType="puzzle"), project(projectId=None), project(None), project(projectId="x" * 300)]
)
async def test_a_save_event_with_missing_fields_stores_no_save(zoe: Player, data: dict[str, Any]) -> None:
    assert (await zoe.report("save_project", eventData=data)).status_code == 201
    assert saves(zoe) == {}


async def test_a_late_replay_does_not_bring_an_old_project_back(zoe: Player) -> None:
    await zoe.report("save_project", eventData=project())
    await zoe.report("save_project", eventData=project({"id": "newer"}, timestamp=2))
    await zoe.report("save_project", eventData=project())
    assert json.loads(saves(zoe)["sticker_project_17"]) == {"id": "newer"}


async def test_a_deleted_project_is_gone_and_deleting_it_again_is_201(zoe: Player) -> None:
    await zoe.report("save_project", eventData=project())
    for timestamp in (2, 3):
        answer = await zoe.report("delete_project", eventData=project(None, timestamp=timestamp))
        assert answer.status_code == 201
    assert saves(zoe) == {}


async def test_a_foreign_child_s_projects_cannot_be_changed(zoe: Player) -> None:
    other = await player(zoe.client, zoe.database_url)
    await other.report("save_project", eventData=project())
    for event_type in ("save_project", "delete_project"):
        answer = await zoe.report(event_type, childId=other.child_id, eventData=project({"mine": True}))
        assert answer.status_code == 404
    assert json.loads(saves(other)["sticker_project_17"]) == PROJECT
    assert saves(zoe) == {}


# Play time ------------------------------------------------------------------------------------------------------------


def minutes(zoe: Player) -> int | None:
    rows = zoe.rows(
        "select total_play_time_minutes from games.child_game_instances instance"
        " join games.game_registry game on game.id = instance.game_id"
        " where instance.child_id = %s and game.game_key = 'sticker_book'",
        zoe.child_id,
    )
    return rows[0]["total_play_time_minutes"] if rows else None


async def test_minutes_of_play_add_up_on_the_child_s_copy_of_the_game(zoe: Player) -> None:
    await zoe.report("game_progress", contentId="sticker_book", duration=7, eventData={"timestamp": 1})
    await zoe.report("game_progress", contentId="sticker_book", eventData={"timestamp": 2, "playTimeMinutes": 5})
    data = {"timestamp": "2026-05-01T10:00:00", "data": {"playTimeMinutes": 3, "completed": True}}
    await zoe.report("game_completion", contentId="sticker_book", duration=0, eventData=data)
    assert minutes(zoe) == 15


async def test_a_replay_adds_no_minutes(zoe: Player) -> None:
    for _ in range(3):
        await zoe.report("game_progress", contentId="sticker_book", duration=7, eventData={"timestamp": 1})
    assert minutes(zoe) == 7


async def test_minutes_reported_at_once_all_count(zoe: Player) -> None:
    reports = (
        zoe.report("game_progress", contentId="sticker_book", duration=2, eventData={"timestamp": number})
        for number in range(50)
    )
    assert {answer.status_code for answer in await asyncio.gather(*reports)} == {201}
    assert minutes(zoe) == 100


async def test_an_unregistered_game_adds_no_minutes(zoe: Player) -> None:
    assert (await zoe.report("game_progress", contentId="memory_match", duration=7)).status_code == 201
    assert zoe.rows("select from games.child_game_instances where child_id = %s", zoe.child_id) == []


# Coins ----------------------------------------------------------------------------------------------------------------


async def test_a_balance_is_stored_with_the_totals_of_its_history(zoe: Player) -> None:
    await zoe.report("virtual_currency_updated", contentId="virtual_currency", eventData=coins(30, HISTORY, 1))
    [row] = zoe.rows("select * from games.virtual_currency where child_id = %s", zoe.child_id)
    assert (row["balance"], row["total_earned"], row["total_spent"]) == (30, 50, 20)
    assert zoe.events()[0]["event_category"] == "currency"


async def test_each_transaction_is_stored_once_although_the_whole_history_is_sent(zoe: Player) -> None:
    await zoe.report("virtual_currency_updated", eventData=coins(30, HISTORY, 1))
    longer = [*HISTORY, {"amount": 5, "reason": "gift", "timestamp": "2026-05-02T10:00:00", "balanceAfter": 35}]
    await zoe.report("virtual_currency_updated", eventData=coins(35, longer, 2))
    ledger = zoe.rows("select * from games.currency_transactions where child_id = %s order by created_at", zoe.child_id)
    assert [(row["amount"], row["transaction_type"], row["source"], row["description"]) for row in ledger] == [
        (50, "earned", "daily", "daily"),
        (-20, "spent", "hat", "hat"),
        (5, "earned", "gift", "gift"),
    ]
    assert ledger[0]["created_at"] == datetime(2026, 5, 1, 10, 0, 0, 123000, UTC)
    assert zoe.rows("select balance from games.virtual_currency where child_id = %s", zoe.child_id) == [{"balance": 35}]


async def test_two_devices_at_once_store_each_transaction_once(zoe: Player) -> None:
    reports = (zoe.report("virtual_currency_updated", eventData=coins(30, HISTORY, number)) for number in range(10))
    assert {answer.status_code for answer in await asyncio.gather(*reports)} == {201}
    assert len(zoe.rows("select from games.currency_transactions where child_id = %s", zoe.child_id)) == 2


async def test_a_balance_below_zero_is_stored_as_an_event_only(zoe: Player) -> None:
    assert (await zoe.report("virtual_currency_updated", eventData=coins(-5, [], 1))).status_code == 201
    assert zoe.rows("select from games.virtual_currency where child_id = %s", zoe.child_id) == []
    assert len(zoe.events()) == 1


# Milestones -----------------------------------------------------------------------------------------------------------


async def test_a_milestone_becomes_an_insight_once(zoe: Player) -> None:
    data = {"title": "Counting to 5", "category": "cognitive", "description": "All alone", "timestamp": 1}
    for timestamp in (1, 1, 2):
        await zoe.report("milestone_achieved", eventData={**data, "timestamp": timestamp})
    [row] = zoe.rows("select * from analytics.learning_insights where child_id = %s", zoe.child_id)
    assert (row["insight_type"], row["category"], row["title"]) == ("milestone", "cognitive", "Counting to 5")
    assert row["data"] == data
    assert len(zoe.events()) == 2
