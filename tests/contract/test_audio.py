"""Audio sessions and metrics (games contract §7)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import asyncpg
import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import row, rows, value
from tests.fixtures.games import Player, player
from wondernest.app import background, create_app
from wondernest.audio.jobs import END_OPEN
from wondernest.platform.clock import SystemClock
from wondernest.platform.jobs import Running
from wondernest.settings import Settings

SESSIONS = "/api/v1/audio/sessions"
METRICS = "/api/v1/audio/metrics"
WORD = "brontosaurus"
BLANK: list[Any] = ["", "  ", None]
PERMISSIONS = {"dataCollection": True, "audioMonitoring": True}


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient) -> Player:
    return await player(app_client)


async def begin(mia: Player, **fields: Any) -> httpx2.Response:
    return await mia.ask("POST", SESSIONS, {"childId": mia.child_id, "sessionType": "story"} | fields)


async def begun(mia: Player, **fields: Any) -> str:
    answer = await begin(mia, **fields)
    assert answer.status_code == 201, answer.text
    return answer.json()["sessionId"]


async def measure(mia: Player, session: str, **fields: Any) -> httpx2.Response:
    return await mia.ask("POST", METRICS, {"sessionId": session, "childId": mia.child_id} | fields)


def not_found(what: str) -> dict[str, Any]:
    return {"error": "NOT_FOUND", "message": f"{what} not found"}


def without_time(answer: httpx2.Response) -> dict[str, Any]:
    return {name: text for name, text in answer.json().items() if name != "timestamp"}


async def test_a_session_begins_is_read_and_ends_once(mia: Player, database_url: str) -> None:
    answer = await begin(mia)
    assert answer.status_code == 201
    shown = answer.json()
    expected = {"childId": mia.child_id, "sessionType": "story", "status": "active", "endTime": None}
    assert {name: shown[name] for name in expected} == expected
    assert shown.keys() == expected.keys() | {"sessionId", "startTime"}

    address = f"{SESSIONS}/{shown['sessionId']}"
    assert (await mia.ask("GET", f"{address}/status")).json() == shown
    for _ in range(2):
        ended = await mia.ask("POST", f"{address}/end")
        assert (ended.status_code, ended.json()) == (
            200,
            {"message": f"Audio session {shown['sessionId']} ended successfully"},
        )
        after = (await mia.ask("GET", f"{address}/status")).json()
        assert after == shown | {"status": "ended", "endTime": after["endTime"]}
        assert after["endTime"] >= shown["startTime"]
    stored = await row(database_url, "select status, duration_seconds, created_by::text from audio.sessions")
    assert tuple(stored) == ("completed", 0, mia.parent.user_id)


@pytest.mark.parametrize(("stored", "shown"), [("processing", "ended"), ("archived", "ended"), ("failed", "failed")])
async def test_every_stored_status_has_one_on_the_wire(mia: Player, database_url: str, stored: str, shown: str) -> None:
    session = await begun(mia)
    await rows(database_url, "update audio.sessions set status = $1", stored)
    assert (await mia.ask("GET", f"{SESSIONS}/{session}/status")).json()["status"] == shown


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("field", ["childId", "sessionType"])
async def test_a_session_needs_a_child_and_a_type(mia: Player, field: str, blank: Any) -> None:
    answer = await begin(mia, **{field: blank})
    assert (answer.status_code, answer.json()) == (400, {"message": "Child ID and session type are required"})


async def test_a_child_that_is_no_id_or_not_ones_own_is_refused(mia: Player, database_url: str) -> None:
    answer = await begin(mia, childId="mia")
    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid child ID format"})
    stranger = await player(mia.client)
    for child in (stranger.child_id, str(uuid4())):
        refused = await begin(mia, childId=child)
        assert (refused.status_code, without_time(refused)) == (404, not_found("Child"))
    assert await value(database_url, "select count(*) from audio.sessions") == 0


async def test_a_body_that_cannot_be_read_is_400_with_a_message(mia: Player) -> None:
    for path in (SESSIONS, METRICS):
        answer = await mia.ask("POST", path, b'{"childId": ')
        assert answer.status_code == 400
        assert answer.json()["message"].startswith("Invalid JSON format: ")


async def test_sessions_of_nobody_and_of_others_are_the_same(mia: Player) -> None:
    theirs = await begun(await player(mia.client))
    for session in (theirs, str(uuid4()), "session_1756800000000"):
        for method, path in (("POST", "end"), ("GET", "status")):
            answer = await mia.ask(method, f"{SESSIONS}/{session}/{path}")
            assert (answer.status_code, without_time(answer)) == (404, not_found("Audio session"))
        answer = await measure(mia, session)
        assert (answer.status_code, without_time(answer)) == (404, not_found("Audio session"))


async def test_metrics_are_counted_and_the_words_are_nowhere(
    mia: Player, database_url: str, capfd: pytest.CaptureFixture[str]
) -> None:
    about = {"location": "kitchen", "deviceId": "tablet-7", "appVersion": "2.1", "backgroundNoiseLevel": 0.25}
    said = {"transcript": WORD, "words": [WORD], "nested": {"text": WORD}, "volume": 3, "quiet": True, WORD * 9: 1}
    session = await begun(mia, metadata=about | said)
    vocabulary = [WORD, WORD.upper(), f" {WORD} ", "tree"]
    answer = await measure(
        mia,
        session,
        speechClarity=0.856,
        vocabularyUsed=vocabulary,
        sessionDuration=90,
        engagementLevel=0.34,
        metadata={"transcript": WORD},
    )
    assert (answer.status_code, answer.json()) == (201, {"message": "Audio metrics uploaded successfully"})

    measured = await row(
        database_url,
        "select word_count, unique_word_count, clarity_score::text, engagement_level, end_time - start_time"
        " from audio.speech_metrics",
    )
    assert tuple(measured) == (4, 2, "0.86", "medium", timedelta(seconds=90))
    stored = await row(
        database_url,
        "select location, device_id, app_version, background_noise_level, metadata::text from audio.sessions",
    )
    assert tuple(stored) == ("kitchen", "tablet-7", "2.1", "0.25", '{"quiet": true, "volume": 3}')
    assert WORD not in (await everything(database_url)).lower()
    assert WORD not in (await mia.client.get("/metrics")).text.lower()
    assert WORD not in "".join(capfd.readouterr()).lower()


async def everything(database_url: str) -> str:
    """Every row of every table, as text."""
    connection: asyncpg.Connection[asyncpg.Record] = await asyncpg.connect(database_url)
    try:
        tables = await connection.fetch(
            "select format('%I.%I', schemaname, tablename) from pg_tables where schemaname !~ '^(pg_|information_schema)'"
        )
        parts = [await connection.fetchval(f"select string_agg(t::text, ' ') from {table[0]} t") for table in tables]
    finally:
        await connection.close()
    return " ".join(part or "" for part in parts)


@pytest.mark.parametrize(("level", "stored"), [(0, "low"), (0.339, "low"), (0.67, "high"), (1, "high"), (None, None)])
async def test_engagement_is_low_medium_or_high(
    mia: Player, database_url: str, level: float | None, stored: str | None
) -> None:
    session = await begun(mia)
    assert (await measure(mia, session, engagementLevel=level)).status_code == 201
    assert await value(database_url, "select engagement_level from audio.speech_metrics") == stored


@pytest.mark.parametrize(
    "wrong",
    [
        {"speechClarity": 1.01},
        {"speechClarity": -0.1},
        {"engagementLevel": 2},
        {"sessionDuration": -1},
        {"sessionDuration": 10**15},
    ],
)
async def test_numbers_out_of_range_are_refused(mia: Player, database_url: str, wrong: dict[str, Any]) -> None:
    answer = await measure(mia, await begun(mia), **wrong)
    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid metrics"})
    assert await value(database_url, "select count(*) from audio.speech_metrics") == 0


@pytest.mark.parametrize("blank", BLANK)
@pytest.mark.parametrize("field", ["sessionId", "childId"])
async def test_metrics_need_a_session_and_a_child(mia: Player, field: str, blank: Any) -> None:
    answer = await measure(mia, str(uuid4()), **{field: blank})
    assert (answer.status_code, answer.json()) == (400, {"message": "Session ID and child ID are required"})


async def test_metrics_belong_to_the_child_of_the_session(mia: Player) -> None:
    session = await begun(mia)
    sibling = await mia.ask("POST", "/api/v1/family/children", {"name": "Leo", "birthDate": "2019-05-01"})
    assert sibling.status_code in (200, 201), sibling.text
    other = sibling.json().get("data", sibling.json())["id"]
    answer = await measure(mia, session, childId=other)
    assert (answer.status_code, without_time(answer)) == (404, not_found("Audio session"))


async def test_without_a_duration_metrics_reach_back_to_the_beginning(mia: Player, database_url: str) -> None:
    session = await begun(mia)
    assert (await measure(mia, session)).status_code == 201
    begins, first = await row(
        database_url,
        "select s.started_at, m.start_time from audio.sessions s join audio.speech_metrics m on m.session_id = s.id",
    )
    assert timedelta() <= begins - first <= timedelta(seconds=1)


@pytest.mark.parametrize(
    ("consent", "confirmed"),
    [(None, False), ({"dataCollection": True}, False), ({"audioMonitoring": False}, False), (PERMISSIONS, True)],
)
async def test_the_session_says_whether_there_was_consent(
    mia: Player, database_url: str, consent: dict[str, bool] | None, confirmed: bool
) -> None:
    if consent is not None:
        body = {"childId": mia.child_id, "consentType": "full", "permissions": consent, "verificationMethod": "email"}
        assert (await mia.ask("POST", "/api/v1/coppa/consent", body)).status_code == 201
    await begun(mia)
    assert await value(database_url, "select consent_confirmed from audio.sessions") is confirmed


async def test_a_revoked_consent_confirms_nothing(mia: Player, database_url: str) -> None:
    body = {"childId": mia.child_id, "consentType": "full", "permissions": PERMISSIONS, "verificationMethod": "email"}
    assert (await mia.ask("POST", "/api/v1/coppa/consent", body)).status_code == 201
    assert (await mia.ask("DELETE", f"/api/v1/coppa/consent/{mia.child_id}")).status_code == 200
    await begun(mia)
    assert await value(database_url, "select consent_confirmed from audio.sessions") is False


async def test_a_repeated_request_begins_one_session(mia: Player, database_url: str) -> None:
    body = {"childId": mia.child_id, "sessionType": "story"}
    first = await mia.ask("POST", SESSIONS, body, Idempotency_Key="once")
    again = await mia.ask("POST", SESSIONS, body, Idempotency_Key="once")
    assert (first.status_code, first.json()) == (again.status_code, again.json()) == (201, first.json())
    assert await value(database_url, "select count(*) from audio.sessions") == 1


@pytest.fixture
async def limited(make_settings: Callable[..., Settings]) -> AsyncIterator[Player]:
    settings = make_settings(AUDIO_SESSIONS_PER_CHILD_AND_DAY="2", AUDIO_METRICS_PER_SESSION="1")
    async with running(create_app(settings)) as client:
        yield await player(client)


async def test_one_child_cannot_fill_the_disk(limited: Player) -> None:
    session = await begun(limited)
    await begun(limited)
    refused = await begin(limited)
    assert (refused.status_code, refused.json()) == (413, {"message": "Storage quota exceeded"})
    assert (await measure(limited, session)).status_code == 201
    assert (await measure(limited, session)).status_code == 413


async def test_a_session_that_nobody_ends_is_over_after_an_hour(
    mia: Player, make_settings: Callable[..., Settings], database_url: str
) -> None:
    session, other = await begun(mia), await begun(mia)
    await rows(
        database_url, "update audio.sessions set started_at = now() - interval '61 minutes' where id = $1", session
    )
    shown = (await mia.ask("GET", f"{SESSIONS}/{session}/status")).json()
    assert shown["status"] == "ended"
    length = datetime.fromisoformat(shown["endTime"]) - datetime.fromisoformat(shown["startTime"])
    assert length == timedelta(hours=1)

    work = background(make_settings(), clock=SystemClock())
    [job] = [job for job in work.jobs if job.name == END_OPEN]
    await job.handler(Running(1, END_OPEN, {}, 1, datetime.now(UTC)))
    await work.rooms.stop()
    assert (await mia.ask("GET", f"{SESSIONS}/{session}/status")).json() == shown
    assert (await mia.ask("GET", f"{SESSIONS}/{other}/status")).json()["status"] == "active"
    ended = await row(database_url, "select status, duration_seconds from audio.sessions where id = $1", session)
    assert tuple(ended) == ("completed", 3600)
