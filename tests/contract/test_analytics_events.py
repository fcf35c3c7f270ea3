"""POST /api/v1/analytics/events on the wire and in the tables (games contract §1, §6)."""

from __future__ import annotations

import asyncio
import json
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest
from dirty_equals import IsInt, IsStr

from tests.fixtures.analytics import Player, player

FLUTTER = {"gameId": "memory_match", "score": 120, "level": 3, "playTimeMinutes": 7, "timestamp": 1756828143123}


@pytest.fixture
async def zoe(app_client: httpx2.AsyncClient, shared_database: str) -> Player:
    return await player(app_client, shared_database)


# Accepted -------------------------------------------------------------------------------------------------------------


async def test_the_app_s_own_event_is_answered_201_with_id_and_time_as_text(zoe: Player) -> None:
    answer = await zoe.report(duration=7, eventData=FLUTTER)
    assert answer.status_code == 201
    assert answer.json() == {
        "message": "Analytics event tracked successfully",
        "eventId": IsStr(regex=r"event_\d{13}"),
        "timestamp": IsStr(regex=r"\d{13}"),
    }
    assert answer.json()["eventId"] == "event_" + answer.json()["timestamp"]


async def test_the_event_is_stored_in_its_envelope(zoe: Player) -> None:
    await zoe.report(duration=7, eventData=FLUTTER, sessionId="session-17")
    [event] = zoe.events()
    assert str(event["user_id"]) == zoe.parent.user_id
    assert (event["event_type"], event["event_category"], event["session_id"]) == ("game_progress", "game", None)
    assert event["event_data"] == {
        "contentId": "memory_match",
        "duration": 7,
        "sessionId": "session-17",
        "eventData": FLUTTER,
        "placedByArrival": True,  # its timestamp is older than thirty days
    }


async def test_a_session_id_that_is_a_uuid_gets_its_column(zoe: Player) -> None:
    session = uuid4()
    await zoe.report(sessionId=str(session))
    assert zoe.events()[0]["session_id"] == session


async def test_any_content_type_is_accepted(zoe: Player) -> None:
    body = json.dumps({"eventType": "score_update", "childId": zoe.child_id})
    headers = {**zoe.parent.bearer, "content-type": "text/plain"}
    answer = await zoe.client.post("/api/v1/analytics/events", content=body, headers=headers)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    "fields",
    [
        {"eventData": None, "contentId": None, "duration": None, "sessionId": None},
        {"unknown": {"field": True}},
        {"contentId": 17},
        {"duration": "7"},
    ],
)
async def test_what_is_optional_unknown_or_loosely_typed_is_tolerated(zoe: Player, fields: dict[str, Any]) -> None:
    assert (await zoe.report(**fields)).status_code == 201
    assert zoe.events()[0]["event_data"]["eventData"] == {}


async def test_a_long_event_type_is_cut_to_its_column(zoe: Player) -> None:
    assert (await zoe.report("x" * 80)).status_code == 201
    assert zoe.events()[0]["event_type"] == "x" * 50


async def test_a_child_id_in_upper_case_or_without_dashes_is_the_same_child(zoe: Player) -> None:
    assert (await zoe.report(childId=zoe.child_id.upper())).status_code == 201
    assert (await zoe.report(childId=UUID(zoe.child_id).hex)).status_code == 201
    assert len(zoe.events()) == 2


async def test_numbers_keep_their_kind(zoe: Player) -> None:
    body = f'{{"eventType":"score_update","childId":"{zoe.child_id}","eventData":{{"x":100.0,"big":12345678901234567890}}}}'
    assert (await zoe.post(body.encode())).status_code == 201
    [row] = zoe.rows(
        "select event_data::text as text from analytics.analytics_events where child_id = %s", zoe.child_id
    )
    assert '"x": 100.0' in row["text"]
    assert "12345678901234567890" in row["text"]


async def test_data_beyond_64_kib_is_accepted_but_not_stored_whole(zoe: Player) -> None:
    data = {"timestamp": 1, "drawing": "x" * 200_000}
    assert (await zoe.report(eventData=data)).status_code == 201
    stored = zoe.events()[0]["event_data"]
    assert stored["eventData"] == {"timestamp": 1}
    assert stored["truncated"] is True


async def test_an_archived_child_of_one_s_own_is_accepted(zoe: Player) -> None:
    zoe.execute("update family.child_profiles set archived_at = now(), is_active = false where id = %s", zoe.child_id)
    assert (await zoe.report()).status_code == 201
    assert len(zoe.events()) == 1


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("2026-03-01T10:00:00Z", "2026-03-01T10:00:00.000Z"),
        ("2026-03-01T10:00:00Z", "2026-03-01T11:00:00.000000+01:00"),
        ("2026-03-01T10:00:00.123Z", 1772359200123),
        (1772359200123, 1772359200123.0),
        ("2026-03-01T10:00:00.123456Z", "2026-03-01T12:00:00.123456+0200"),
        ("2026-03-01T10:00:00", "2026-03-01T10:00:00.000"),
    ],
)
async def test_one_moment_written_in_two_ways_is_one_event(zoe: Player, first: Any, second: Any) -> None:
    for moment in (first, second, first):
        assert (await zoe.report(eventData={"timestamp": moment, "score": 1})).status_code == 201
    assert len(zoe.events()) == 1


@pytest.mark.parametrize(
    "second", ["2026-03-01T10:00:00.001Z", "2026-03-01T10:00:00", "2026-03-01T10:00:00+01:00", "yesterday", 5]
)
async def test_other_moments_are_other_events(zoe: Player, second: Any) -> None:
    for moment in ("2026-03-01T10:00:00Z", second):
        assert (await zoe.report(eventData={"timestamp": moment, "score": 1})).status_code == 201
    assert len(zoe.events()) == 2


KEYED = [
    ("score_update", {"score": 1}),
    ("game_progress", {"playTimeMinutes": 7}),
    ("save_project", {"gameType": "sticker_book", "projectId": "1", "fullProjectData": {"id": "1"}}),
]


@pytest.mark.parametrize(("kind", "data"), KEYED)
async def test_the_same_key_stores_an_event_without_a_timestamp_once(
    zoe: Player, kind: str, data: dict[str, Any]
) -> None:
    body = {"eventType": kind, "childId": zoe.child_id, "contentId": "sticker_book", "eventData": data}
    headers = {**zoe.parent.bearer, "Idempotency-Key": f"event-{kind}"}
    answers = [
        await zoe.client.post("/api/v1/analytics/events", json=body, headers=headers),
        *(
            await asyncio.gather(
                *(zoe.client.post("/api/v1/analytics/events", json=body, headers=headers) for _ in "ab")
            )
        ),
    ]
    assert {(answer.status_code, answer.text) for answer in answers} == {(201, answers[0].text)}
    assert [answer.headers.get("idempotent-replayed") for answer in answers] == [None, "true", "true"]
    assert len(zoe.events()) == 1
    other = await zoe.client.post("/api/v1/analytics/events", json={**body, "duration": 9}, headers=headers)
    assert other.status_code == 409
    again = await zoe.client.post(
        "/api/v1/analytics/events", json=body, headers={**headers, "Idempotency-Key": "other"}
    )
    assert again.status_code == 201
    assert len(zoe.events()) == 2


async def test_a_refused_event_leaves_its_key_free(zoe: Player) -> None:
    headers = {**zoe.parent.bearer, "Idempotency-Key": "once"}
    body = {"eventType": "score_update", "childId": str(uuid4())}
    refused = await zoe.client.post("/api/v1/analytics/events", json=body, headers=headers)
    assert refused.status_code == 404
    stored = await zoe.client.post("/api/v1/analytics/events", json={**body, "childId": zoe.child_id}, headers=headers)
    assert stored.status_code == 201
    assert len(zoe.events()) == 1


# Refused --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"text"',
        b"{}",
        b'{"eventType":"x"}',
        b'{"eventType":null,"childId":"c"}',
        b'{"eventType":{},"childId":"c"}',
        b'{"eventType":"x","childId":"c","duration":"long"}',
        b'{"eventType":"x","childId":"c","eventData":[]}',
        b'{"eventType":"x","childId":"c","eventData":"{}"}',
        b'{"eventType":"x","childId":"c","eventData":{"a":"\\u0000"}}',
        b'{"eventType":"x","childId":"c","eventData":{"a":"\\ud800"}}',
        b'{"eventType":"x","childId":"c","eventData":{"a":1e999}}',
        b'{"eventType":"x","childId":"c","eventData":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001,
        b"\xff\xfe",
    ],
)
async def test_an_unreadable_body_is_400_with_the_reason(zoe: Player, body: bytes) -> None:
    answer = await zoe.post(body)
    assert answer.status_code == 400
    assert answer.json() == {"message": IsStr(regex=r"(?s)Invalid JSON format: .+")}
    assert zoe.events() == []


@pytest.mark.parametrize("blank", ["", "   ", "\t\n"])
async def test_a_blank_event_type_is_400(zoe: Player, blank: str) -> None:
    answer = await zoe.report(blank, childId="")
    assert (answer.status_code, answer.json()) == (400, {"message": "Event type is required"})


@pytest.mark.parametrize("blank", ["", "   "])
async def test_a_blank_child_id_is_400(zoe: Player, blank: str) -> None:
    answer = await zoe.report(childId=blank)
    assert (answer.status_code, answer.json()) == (400, {"message": "Child ID is required"})


@pytest.mark.parametrize("child_id", ["child_1755116213442", "guest_child", "17"])
async def test_a_child_id_that_is_no_uuid_is_400(zoe: Player, child_id: str) -> None:
    answer = await zoe.report(childId=child_id)
    assert (answer.status_code, answer.json()) == (400, {"message": "Invalid child ID format"})


@pytest.mark.parametrize("child_id", ["not-a-uuid", "7c9e6679-7425-40de-944b-e07fc1f90ae7"])
async def test_a_parent_without_family_is_400_before_the_child_is_checked(zoe: Player, child_id: str) -> None:
    zoe.execute("delete from family.family_members where user_id = %s", zoe.parent.user_id)
    answer = await zoe.report(childId=child_id)
    assert (answer.status_code, answer.json()) == (400, {"message": "No family context in token"})


async def test_an_unknown_child_is_404(zoe: Player) -> None:
    answer = await zoe.report(childId=str(uuid4()))
    assert answer.status_code == 404
    assert answer.json() == {"error": "NOT_FOUND", "message": "Child not found", "timestamp": IsInt(gt=0)}


async def test_a_foreign_child_is_404_and_stores_nothing(zoe: Player) -> None:
    other = await player(zoe.client, zoe.database_url)
    foreign = await zoe.report(childId=other.child_id)
    unknown = await zoe.report(childId=str(uuid4()))
    assert foreign.status_code == unknown.status_code == 404
    assert foreign.json()["message"] == unknown.json()["message"]
    assert other.events() == []


async def test_without_a_token_it_is_401(zoe: Player) -> None:
    answer = await zoe.client.post("/api/v1/analytics/events", json={})
    assert answer.status_code == 401
    assert answer.json()["error"] == "UNAUTHORIZED"


async def test_a_body_over_10_mib_is_413(zoe: Player) -> None:
    answer = await zoe.report(eventData={"drawing": "x" * 10 * 1024 * 1024})
    assert answer.status_code == 413
    assert answer.json()["message"] == "Request body too large"


# Once only ------------------------------------------------------------------------------------------------------------


async def test_the_same_event_is_stored_once_and_answered_201_each_time(zoe: Player) -> None:
    for _ in range(3):
        assert (await zoe.report(duration=7, eventData=FLUTTER)).status_code == 201
    assert len(zoe.events()) == 1


async def test_an_event_without_a_time_of_its_own_is_stored_each_time(zoe: Player) -> None:
    for _ in range(3):
        await zoe.report(eventData={"score": 1})
    assert len(zoe.events()) == 3


async def test_another_child_may_do_the_same_at_the_same_time(zoe: Player) -> None:
    other = await player(zoe.client, zoe.database_url)
    await zoe.report(eventData=FLUTTER)
    await other.report(eventData=FLUTTER)
    assert (len(zoe.events()), len(other.events())) == (1, 1)


async def test_the_same_event_many_times_at_once_is_stored_once(zoe: Player) -> None:
    answers = await asyncio.gather(*(zoe.report(eventData=FLUTTER) for _ in range(40)))
    assert {answer.status_code for answer in answers} == {201}
    assert len(zoe.events()) == 1


async def test_batched_events_each_get_their_own_answer(zoe: Player) -> None:
    other = await player(zoe.client, zoe.database_url)
    stranger = str(uuid4())
    targets = [(zoe, zoe.child_id), (zoe, other.child_id), (other, other.child_id), (zoe, stranger)] * 15
    answers = await asyncio.gather(*(who.report("score_update", childId=child) for who, child in targets))
    assert [answer.status_code for answer in answers] == [201, 404, 201, 404] * 15
    assert (len(zoe.events()), len(other.events())) == (15, 15)
