"""Verdicts of games contract §6, §7 and §9 that no other test names: texts of failures, tokens of Kotlin, the app's senders, fallbacks."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.fixtures.analytics import Player, player
from tests.fixtures.sessions import kotlin_token

STAMP = "2026-05-01T10:00:00.123456"
ROUTES = (
    ("/api/v1/analytics/daily?childId={child}", "Failed to generate analytics", "analytics.analytics_events"),
    ("/api/v1/analytics/weekly?childId={child}", "Failed to generate weekly overview", "analytics.analytics_events"),
    ("/api/v1/analytics/children/{child}/insights", "Failed to generate insights", "analytics.analytics_events"),
    ("/api/v1/analytics/children/{child}/milestones", "Failed to generate milestones", "analytics.learning_insights"),
    ("/api/v1/analytics/children/{child}/events", "Failed to retrieve events", "games.simple_game_data"),
)
DAILY = {
    "date": str,
    "childId": str,
    "totalScreenTime": int,
    "contentConsumed": int,
    "educationalTime": int,
    "averageSessionLength": int,
    "mostEngagedCategory": str,
    "completedActivities": int,
    "learningProgress": float,
}
WEEKLY = {
    "weekStart": str,
    "totalScreenTime": int,
    "educationalPercentage": float,
    "averageDailyUsage": int,
    "topCategories": list,
    "completionRate": float,
    "parentalInteraction": int,
}
INSIGHTS = {
    "childId": str,
    "preferredLearningStyle": str,
    "strongSubjects": list,
    "improvementAreas": list,
    "recommendedActivities": list,
    "parentalGuidance": list,
}
MILESTONES = {"age": int, "milestones": list, "nextGoals": list}
SHAPES = dict(zip((path for path, _, _ in ROUTES), (DAILY, WEEKLY, INSIGHTS, MILESTONES, {"data": dict}), strict=True))


@pytest.fixture
async def zoe(app_client: httpx2.AsyncClient, database_url: str) -> Player:
    return await player(app_client, database_url)


async def get(zoe: Player, path: str, token: str | None = None) -> httpx2.Response:
    bearer = {"Authorization": f"Bearer {token}"} if token else zoe.parent.bearer
    return await zoe.client.get(path.format(child=zoe.child_id), headers=bearer)


@pytest.mark.parametrize(("path", "message", "table"), ROUTES)
async def test_a_failure_says_which_route_failed_and_nothing_of_why(
    zoe: Player, path: str, message: str, table: str
) -> None:
    with psycopg.connect(zoe.database_url) as connection:
        connection.execute(f"alter table {table} rename to hidden".encode())
    answer = await get(zoe, path)
    assert (answer.status_code, answer.json()) == (500, {"message": message})


async def test_a_session_that_cannot_be_stored_says_so(zoe: Player) -> None:
    zoe.execute("alter table audio.sessions rename to hidden")
    body = {"childId": zoe.child_id, "sessionType": "story"}
    answer = await zoe.client.post("/api/v1/audio/sessions", json=body, headers=zoe.parent.bearer)
    assert (answer.status_code, answer.json()) == (500, {"message": "Failed to create audio session"})


@pytest.mark.parametrize("path", SHAPES)
async def test_names_and_types_are_those_of_the_contract_and_no_others(zoe: Player, path: str) -> None:
    await zoe.report(duration=5)
    body = (await get(zoe, path)).json()
    assert {name: type(value) for name, value in body.items()} == SHAPES[path]
    assert "success" not in body


@pytest.mark.parametrize("path", SHAPES)
async def test_a_token_without_a_family_is_that_of_the_family_in_the_database(zoe: Player, path: str) -> None:
    """Kotlin's refresh and its sign-in with other accounts issue such tokens."""
    bare = await get(zoe, path, kotlin_token(zoe.parent.user_id))
    assert bare.status_code == 200
    assert bare.content == (await get(zoe, path)).content


async def test_an_event_with_a_token_without_a_family_is_stored(zoe: Player) -> None:
    body = {"eventType": "game_progress", "childId": zoe.child_id, "contentId": "memory_match"}
    bearer = {"Authorization": f"Bearer {kotlin_token(zoe.parent.user_id)}"}
    answer = await zoe.client.post("/api/v1/analytics/events", json=body, headers=bearer)
    assert answer.status_code == 201
    assert len(zoe.events()) == 1


STORY = {"gameType": "story-adventure", "timestamp": STAMP}
SENDERS: list[tuple[str, str, int, dict[str, Any], str | None, str]] = [
    ("game_progress", "memory_match", 7, {"gameId": "memory_match", "score": 120, "level": 3, "playTimeMinutes": 7, "timestamp": 1756828143123}, None, "game"),
    *((kind, "sticker_book", 0, {"timestamp": STAMP, "data": {"n": 1}}, "approval_1", category) for kind, category in (
        ("score_update", "game"), ("level_progress", "game"), ("achievement_unlocked", "achievement"), ("game_completion", "game"),
        ("sticker_collected", "game"), ("page_completed", "game"), ("book_completed", "game"),
        ("approval_request", "approval"), ("approval_response", "approval"),
    )),
    ("virtual_currency_updated", "virtual_currency", 0, {"balance": 5, "transactionCount": 0, "transactions": [], "timestamp": 1}, None, "currency"),
    ("initialize", "story-adventure", 0, STORY, None, "story"),
    ("story_started", "story-adventure", 0, {**STORY, "templateId": "t", "customizations": {}}, None, "story"),
    ("progress_update", "story-adventure", 0, {**STORY, "currentPage": 2}, "session-1756828143123", "story"),
    ("vocabulary_encounter", "story-adventure", 0, {**STORY, "word": "fox", "templateId": "t", "interactionType": "tap"}, None, "story"),
    ("preferences_update", "story-adventure", 0, {**STORY, "preferences": {"autoNarration": True}}, None, "story"),
]  # fmt: skip
"""Every sender of the app, with what its event is filed under."""


@pytest.mark.parametrize(("kind", "content", "minutes", "data", "session", "category"), SENDERS)
async def test_what_the_app_sends_is_stored_and_filed(
    zoe: Player, kind: str, content: str, minutes: int, data: dict[str, Any], session: str | None, category: str
) -> None:
    answer = await zoe.report(kind, contentId=content, duration=minutes, eventData=data, sessionId=session)
    assert answer.status_code == 201, answer.text
    assert answer.json()["message"] == "Analytics event tracked successfully"
    [event] = zoe.events()
    assert (event["event_type"], event["event_category"], event["session_id"]) == (kind, category, None)
    assert event["event_data"] | {"placedByArrival": None} == {
        "contentId": content,
        "duration": minutes,
        "sessionId": session,
        "eventData": data,
        "placedByArrival": None,
    }


async def test_a_finished_story_without_a_child_is_refused_as_before(zoe: Player) -> None:
    """The app sends it so; 400 is the contract's default."""
    body = {"eventType": "story_completed", "childId": "", "sessionId": "session-1", "eventData": STORY}
    answer = await zoe.post(body)
    assert (answer.status_code, answer.json()) == (400, {"message": "Child ID is required"})


async def test_a_view_without_duration_lasts_until_its_end_and_one_without_category_has_that_of_its_type(
    zoe: Player,
) -> None:
    content = str(uuid4())
    zoe.execute(
        """insert into content.content_items (id, title, content_type, category, metadata)
           values (%s, 'A film', 'science', null, '{"educationalValueScore": 0.69}')""",
        content,
    )
    zoe.execute(
        """insert into content.content_engagement (child_id, content_id, started_at, ended_at)
           select %s, %s, day.start, day.start + interval '12 minutes'
             from (select date_trunc('day', now() at time zone 'UTC') at time zone 'UTC' as start) day""",
        zoe.child_id,
        content,
    )
    day = (await get(zoe, ROUTES[0][0])).json()
    assert (day["mostEngagedCategory"], day["totalScreenTime"], day["educationalTime"]) == ("science", 12, 12)


@pytest.mark.parametrize(("score", "educational"), [(0.7, 12), (0.69, 0), ("high", 0)])
async def test_content_is_educational_from_a_score_of_seven_tenths_on(
    zoe: Player, score: Any, educational: int
) -> None:
    content = str(uuid4())
    zoe.execute(
        """insert into content.content_items (id, title, content_type, category, metadata)
           values (%s, 'A song', 'audio', 'music', jsonb_build_object('educationalValueScore', %s::jsonb))""",
        content,
        f'"{score}"' if isinstance(score, str) else str(score),
    )
    zoe.execute(
        """insert into content.content_engagement (child_id, content_id, started_at, duration_seconds)
           values (%s, %s, date_trunc('day', now() at time zone 'UTC') at time zone 'UTC', 720)""",
        zoe.child_id,
        content,
    )
    assert (await get(zoe, ROUTES[0][0])).json()["educationalTime"] == educational


@pytest.mark.parametrize(("sent", "seconds"), [(0, 1), (1, 1), (90, 90)])
async def test_a_report_of_what_was_heard_lasts_a_second_at_least(zoe: Player, sent: int, seconds: int) -> None:
    body = {"childId": zoe.child_id, "sessionType": "story"}
    begun = (await zoe.client.post("/api/v1/audio/sessions", json=body, headers=zoe.parent.bearer)).json()
    body = {"sessionId": begun["sessionId"], "childId": zoe.child_id, "sessionDuration": sent}
    answer = await zoe.client.post("/api/v1/audio/metrics", json=body, headers=zoe.parent.bearer)
    assert (answer.status_code, answer.json()) == (201, {"message": "Audio metrics uploaded successfully"})
    [row] = zoe.rows("select extract(epoch from end_time - start_time)::int as seconds from audio.speech_metrics")
    assert row["seconds"] == seconds
