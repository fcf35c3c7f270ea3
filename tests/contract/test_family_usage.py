"""What a family uses, and the limits. This route is an addition to the contract."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.auth import Parent, register, value
from tests.fixtures.family import CHILDREN, add_child, minted, register_with_child
from tests.fixtures.games import Player
from wondernest.settings import Settings

USAGE = "/api/v1/family/usage"
QUOTAS = Settings().quotas


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient) -> Player:
    parent, child_id = await register_with_child(app_client)
    return Player(app_client, parent, child_id)


async def shown(client: httpx2.AsyncClient, parent: Parent) -> dict[str, Any]:
    answer = await client.get(USAGE, headers=parent.bearer)
    assert answer.status_code == 200, answer.text
    assert answer.json()["success"] is True
    return answer.json()["data"]


def numbers(lines: list[dict[str, Any]]) -> dict[str, tuple[int, int | None]]:
    """Used and limit by name."""
    assert all(set(line) == {"name", "unit", "used", "limit"} for line in lines)
    return {line["name"]: (line["used"], line["limit"]) for line in lines}


async def test_a_new_family_uses_its_children_only(mia: Player) -> None:
    usage = await shown(mia.client, mia.parent)
    assert list(usage) == ["familyId", "user", "family", "children"]
    family = numbers(usage["family"])
    assert family["children"] == (1, QUOTAS.children)
    assert family["childrenWithArchived"] == (1, QUOTAS.children_with_archived)
    assert family["historyBytes"] == (0, QUOTAS.history_bytes)
    [child] = usage["children"]
    assert child["childId"] == mia.child_id
    assert {used for used, _ in numbers(child["usage"]).values()} == {0}


async def test_events_consents_and_keys_are_counted_where_they_belong(mia: Player) -> None:
    sibling = (await add_child(mia.client, mia.parent))["id"]
    for number in range(3):
        event = {"eventType": "game_progress", "childId": sibling, "eventData": {"timestamp": number}}
        assert (await mia.ask("POST", "/api/v1/analytics/events", event)).status_code == 201
    consent = {"childId": mia.child_id, "consentType": "full", "permissions": {}, "verificationMethod": "none"}
    granted = await mia.ask("POST", "/api/v1/coppa/consent", consent, Idempotency_Key="once")
    assert granted.status_code == 201
    usage = await shown(mia.client, mia.parent)
    assert numbers(usage["user"])["idempotencyKeys"] == (1, QUOTAS.idempotency_keys)
    of = {child["childId"]: numbers(child["usage"]) for child in usage["children"]}
    assert of[mia.child_id]["consentsToday"] == (1, QUOTAS.consents)
    assert of[mia.child_id]["eventsToday"] == (0, QUOTAS.events)
    assert of[sibling]["eventsToday"] == (3, QUOTAS.events)
    assert of[sibling]["eventBytesToday"][0] > 0
    units = {line["name"]: line["unit"] for line in usage["children"][0]["usage"]}
    assert (units["eventsToday"], units["eventBytesToday"]) == ("count", "bytes")


async def test_events_of_an_earlier_day_are_not_shown(mia: Player, database_url: str) -> None:
    event = {"eventType": "game_progress", "childId": mia.child_id}
    await mia.ask("POST", "/api/v1/analytics/events", event)
    await value(database_url, "update wondernest.event_usage set day = day - 1 returning 1")
    [child] = (await shown(mia.client, mia.parent))["children"]
    assert numbers(child["usage"])["eventsToday"][0] == 0


async def test_an_archived_child_is_in_the_familys_sum_and_not_in_the_list(mia: Player) -> None:
    sibling = (await add_child(mia.client, mia.parent))["id"]
    await mia.ask("DELETE", f"{CHILDREN}/{sibling}")
    usage = await shown(mia.client, mia.parent)
    family = numbers(usage["family"])
    assert (family["children"][0], family["childrenWithArchived"][0]) == (1, 2)
    assert [child["childId"] for child in usage["children"]] == [mia.child_id]


async def test_another_familys_use_is_never_shown(mia: Player) -> None:
    other = await register(mia.client)
    usage = await shown(mia.client, other)
    assert usage["children"] == []
    assert numbers(usage["family"])["children"][0] == 0
    mine = await shown(mia.client, mia.parent)
    answer = await mia.client.get(USAGE, headers=minted(other.user_id, familyId=mine["familyId"]))
    assert answer.json()["data"] == usage  # the family in a token is only a hint


async def test_without_a_family_or_with_an_unreadable_one_the_refusals_are_those_of_the_family_routes(
    mia: Player,
) -> None:
    stranger = await mia.client.get(USAGE, headers=minted(str(uuid4())))
    assert (stranger.status_code, stranger.json()) == (
        400,
        {"error": "auth_error", "message": "No family context in token"},
    )
    unreadable = await mia.client.get(USAGE, headers=minted(mia.parent.user_id, familyId="x"))
    assert (unreadable.status_code, unreadable.json()["error"]) == (400, "invalid_family_id")
    assert (await mia.client.get(USAGE)).status_code == 401


async def test_the_counters_of_saves_are_shown_with_the_limits(mia: Player, database_url: str) -> None:
    await value(
        database_url,
        "insert into wondernest.child_usage (child_id, family_id, saves, save_bytes, versions, history_bytes)"
        " select id, family_id, 3, 400, 5, 600 from family.child_profiles where id = $1"
        " on conflict (child_id) do update set saves = excluded.saves, save_bytes = excluded.save_bytes,"
        " versions = excluded.versions, history_bytes = excluded.history_bytes returning 1",
        UUID(mia.child_id),
    )
    usage = await shown(mia.client, mia.parent)
    family, child = numbers(usage["family"]), numbers(usage["children"][0]["usage"])
    assert (family["saveBytes"][0], family["historyBytes"][0]) == (400, 600)
    assert [child[name][0] for name in ("saves", "saveBytes", "versions", "historyBytes")] == [3, 400, 5, 600]
