"""What insights take from other rooms: words, and how clearly games heard, with consent alone; and what is stored of them (games contract §9)."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.fixtures.analytics import Player
from tests.fixtures.application import running
from tests.fixtures.family import register_with_child
from wondernest.analytics.catalogue import insights as texts
from wondernest.analytics.repository import recommendations
from wondernest.app import create_app
from wondernest.settings import Settings

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
LISTENING = {"dataCollection": True, "audioMonitoring": True, "educationalData": True}


@pytest.fixture
async def client(make_settings: Callable[..., Settings]) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(make_settings())) as started:
        yield started


@pytest.fixture
async def zoe(client: httpx2.AsyncClient, database_url: str) -> Player:
    """A child with four active days, each with an activity that was finished."""
    parent, child_id = await register_with_child(client)
    player = Player(client, database_url, parent, child_id)
    for back in range(4):
        at = NOW - back * DAY - timedelta(minutes=30)
        data = {"timestamp": at.isoformat(), "data": {"playTimeMinutes": 5, "completed": True}}
        answer = await player.report("game_completion", contentId="sticker_book", duration=0, eventData=data)
        assert answer.status_code == 201, answer.text
    return player


async def insights(player: Player) -> dict[str, Any]:
    path = f"/api/v1/analytics/children/{player.child_id}/insights"
    answer = await player.client.get(path, headers=player.parent.bearer)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def consent(player: Player, permissions: dict[str, bool] = LISTENING) -> None:
    body = {
        "childId": player.child_id,
        "consentType": "full",
        "permissions": permissions,
        "verificationMethod": "email",
    }
    answer = await player.client.post("/api/v1/coppa/consent", json=body, headers=player.parent.bearer)
    assert answer.status_code == 201, answer.text


async def know_words(player: Player, *levels: int) -> None:
    """Store a vocabulary as the stories room does."""
    words = {
        f"word{number}": {"word": f"word{number}", "encounters": 2, "masteryLevel": level}
        for number, level in enumerate(levels)
    }
    body = {"gameType": "story-adventure", "dataKey": "vocabulary_progress", "dataValue": {"words": words}}
    path = f"/api/v2/games/children/{player.child_id}/data"
    answer = await player.client.put(path, json=body, headers=player.parent.bearer)
    assert answer.status_code in {200, 201}, answer.text


async def listen(player: Player, days_ago: int, *clarities: float) -> None:
    """A session of some days ago in which a game reported these clarities."""
    body = {"childId": player.child_id, "sessionType": "story"}
    begun = await player.client.post("/api/v1/audio/sessions", json=body, headers=player.parent.bearer)
    assert begun.status_code == 201, begun.text
    session = begun.json()["sessionId"]
    for clarity in clarities:
        body = {"sessionId": session, "childId": player.child_id, "speechClarity": clarity}
        answer = await player.client.post("/api/v1/audio/metrics", json=body, headers=player.parent.bearer)
        assert answer.status_code == 201, answer.text
    player.execute(
        """update audio.speech_metrics set start_time = start_time - %s * interval '1 day', end_time = end_time - %s * interval '1 day'
            where session_id = %s""",
        days_ago,
        days_ago,
        session,
    )


async def heard_better(player: Player) -> None:
    for days_ago in (16, 18, 20):
        await listen(player, days_ago, 0.5)
    for days_ago in (1, 2, 3):
        await listen(player, days_ago, 0.7)


# Words ---------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("levels", "listed"), [((49, 50), True), ((50, 50), False), ((100, 0, 0), True), ((), False)])
async def test_vocabulary_is_an_area_to_improve_below_an_average_mastery_of_fifty(
    zoe: Player, levels: tuple[int, ...], listed: bool
) -> None:
    await know_words(zoe, *levels)
    found = await insights(zoe)
    assert found["improvementAreas"] == (["Vocabulary"] if listed else [])
    assert (texts.IDEAS[texts.VOCABULARY][1].en in found["recommendedActivities"]) is listed


async def test_vocabulary_comes_after_two_categories_and_in_the_language_of_the_family(zoe: Player) -> None:
    for number, game in enumerate(("memory_match", "story-adventure")):
        for times in range(3):
            data = {
                "timestamp": (NOW - timedelta(hours=1, minutes=times)).isoformat(),
                "data": {"playTimeMinutes": 9 + number, "completed": False},
            }
            await zoe.report("game_completion", contentId=game, duration=0, eventData=data)
    await know_words(zoe, 10)
    assert (await insights(zoe))["improvementAreas"] == ["Stories", "Games", "Vocabulary"]
    await zoe.client.put("/api/v1/family/settings", json={"language": "de"}, headers=zoe.parent.bearer)
    assert (await insights(zoe))["improvementAreas"] == ["Geschichten", "Spiele", "Wortschatz"]


async def test_a_child_with_too_few_active_days_has_no_vocabulary_either(
    client: httpx2.AsyncClient, database_url: str
) -> None:
    parent, child_id = await register_with_child(client)
    mia = Player(client, database_url, parent, child_id)
    await know_words(mia, 0)
    assert (await insights(mia))["improvementAreas"] == []


# What games heard ----------------------------------------------------------------------------------------------------


async def test_a_clearer_voice_is_told_as_a_change_and_never_as_a_score(zoe: Player) -> None:
    await consent(zoe)
    await heard_better(zoe)
    found = await insights(zoe)
    assert texts.CLEARER.en in found["parentalGuidance"]
    assert not any(character.isdigit() for character in json.dumps(found["parentalGuidance"]))


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ((0.7, 0.7, 0.7), (0.5, 0.5, 0.5), texts.LESS_CLEAR),
        ((0.5, 0.5, 0.5), (0.54, 0.54, 0.54), None),
        ((0.5, 0.5), (0.9, 0.9, 0.9), None),
        ((0.5, 0.5, 0.5), (0.9, 0.9), None),
    ],
)
async def test_small_changes_and_few_sessions_say_nothing(
    zoe: Player, before: tuple[float, ...], after: tuple[float, ...], said: Any
) -> None:
    await consent(zoe)
    for number, clarity in enumerate(before):
        await listen(zoe, 16 + number, clarity)
    for number, clarity in enumerate(after):
        await listen(zoe, 1 + number, clarity)
    guidance = (await insights(zoe))["parentalGuidance"]
    assert [text for text in guidance if text in {texts.CLEARER.en, texts.LESS_CLEAR.en}] == ([said.en] if said else [])


async def test_a_session_counts_once_however_often_it_reported(zoe: Player) -> None:
    await consent(zoe)
    for days_ago in (16, 18, 20):
        await listen(zoe, days_ago, 0.5)
    await listen(zoe, 1, *[0.9] * 10)
    await listen(zoe, 2, 0.4)
    await listen(zoe, 3, 0.2)
    assert texts.CLEARER.en not in (await insights(zoe))["parentalGuidance"]


async def test_without_consent_nothing_is_read_of_what_games_heard(zoe: Player) -> None:
    await heard_better(zoe)
    assert texts.CLEARER.en not in (await insights(zoe))["parentalGuidance"]
    await consent(zoe)
    assert texts.CLEARER.en not in (await insights(zoe))["parentalGuidance"], "those sessions had none"


async def test_a_withdrawn_consent_ends_it_at_once(zoe: Player) -> None:
    await consent(zoe)
    await heard_better(zoe)
    assert texts.CLEARER.en in (await insights(zoe))["parentalGuidance"]
    answer = await zoe.client.delete(f"/api/v1/coppa/consent/{zoe.child_id}", headers=zoe.parent.bearer)
    assert answer.status_code == 200
    assert texts.CLEARER.en not in (await insights(zoe))["parentalGuidance"]


# What is stored ------------------------------------------------------------------------------------------------------


def stored(player: Player) -> list[str]:
    rows = player.rows(
        "select title from analytics.learning_insights where child_id = %s and insight_type = 'recommendation' order by title",
        player.child_id,
    )
    return [row["title"] for row in rows]


async def test_new_recommendations_are_stored_once(zoe: Player) -> None:
    await consent(zoe)
    first = await insights(zoe)
    assert stored(zoe) == sorted(first["recommendedActivities"]) != []
    assert await insights(zoe) == first
    assert stored(zoe) == sorted(first["recommendedActivities"])
    await know_words(zoe, 10)
    second = await insights(zoe)
    assert stored(zoe) == sorted({*first["recommendedActivities"], *second["recommendedActivities"]})


async def test_nothing_is_stored_without_the_consent_to_recommend(zoe: Player) -> None:
    await consent(zoe, {"dataCollection": True, "audioMonitoring": True})
    assert (await insights(zoe))["recommendedActivities"]
    assert stored(zoe) == []


async def test_recommendations_take_no_milestones_place_and_have_a_limit(zoe: Player) -> None:
    await consent(zoe)
    zoe.execute(
        """insert into analytics.learning_insights (child_id, insight_type, title)
           select %s, 'recommendation', 'Old ' || n from generate_series(1, %s) n""",
        zoe.child_id,
        5_000,
    )
    assert (await insights(zoe))["recommendedActivities"]
    assert len(stored(zoe)) == 5_000 > recommendations.MOST_KEPT
    answer = await zoe.report("milestone_achieved", eventData={"key": "counts_to_five", "title": "Counts to five"})
    assert answer.status_code == 201
    assert len(zoe.rows("select 1 from analytics.learning_insights where insight_type = 'milestone'")) == 1
