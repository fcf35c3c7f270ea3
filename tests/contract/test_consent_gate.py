"""What a parent's consent decides (COPPA C-01, C-05, C-06, C-07, C-11): the gate in its three modes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import register, rows, value
from tests.fixtures.consent import CONSENT, EVERYTHING, consent_form, give_consent, withdraw_consent
from tests.fixtures.family import CHILDREN, add_child, child_form
from tests.fixtures.files import drawing
from tests.fixtures.films import mp4, webm
from tests.fixtures.games import Player
from tests.fixtures.media import mp3_frames, wav
from wondernest.app import create_app
from wondernest.settings import Settings

MODES = ("enforce", "record", "off")
EVENT = {"eventType": "game_progress", "eventData": {"level": 1}}
REFUSED_SAVE = {"error": "CONSENT_REQUIRED", "message": "A parent's consent is required", "purpose": "saves"}
ALL_SAVES = "select count(*) from games.simple_game_data"
COUNTED = "select route, purpose, enforced, times from wondernest.consent_refusals order by route"


@pytest.fixture
def in_mode(make_settings: Callable[..., Settings]) -> Callable[..., Any]:
    """A client of the service with COPPA_GATE set to a mode."""

    @asynccontextmanager
    async def start(mode: str, **environ: str) -> AsyncGenerator[httpx2.AsyncClient]:
        async with running(create_app(make_settings(COPPA_GATE=mode, **environ))) as client:
            yield client

    return start


@pytest.fixture
async def client(in_mode: Callable[..., Any]) -> AsyncIterator[httpx2.AsyncClient]:
    async with in_mode("enforce") as started:
        yield started


@pytest.fixture
async def mia(client: httpx2.AsyncClient) -> Player:
    return await _player(client)


async def _player(client: httpx2.AsyncClient, **fields: Any) -> Player:
    parent = await register(client)
    return Player(client, parent, (await add_child(client, parent, **fields))["id"])


async def _event(player: Player, **fields: Any) -> httpx2.Response:
    event = {**EVENT, "childId": player.child_id, "eventId": str(uuid4()), **fields}
    return await player.ask("POST", "/api/v1/analytics/events", event)


async def _project(player: Player, name: str, event_id: str) -> httpx2.Response:
    """The event with which the sticker book saves a project."""
    data = {"gameType": "sticker_book", "projectId": "17", "fullProjectData": {"id": "17", "name": name}}
    return await _event(player, eventType="save_project", eventId=event_id, eventData=data)


def _plain(answer: httpx2.Response) -> dict[str, Any]:
    return {name: part for name, part in answer.json().items() if name != "timestamp"}


# C-01 -----------------------------------------------------------------------------------------------------------------


async def test_c_01_a_save_before_consent_is_refused_with_its_purpose_and_stored_after_it(
    mia: Player, database_url: str
) -> None:
    refused = await mia.save({"a": 1})
    assert (refused.status_code, _plain(refused)) == (403, REFUSED_SAVE)
    assert await value(database_url, ALL_SAVES) == 0
    await give_consent(mia.client, mia.parent.bearer, mia.child_id)
    assert (await mia.save({"a": 1})).status_code == 200
    assert (await mia.save({"a": 2})).status_code == 200


@pytest.mark.parametrize("mode", MODES)
async def test_the_apps_flow_of_adding_a_child_and_consenting_is_the_same_in_every_mode(
    in_mode: Callable[..., Any], mode: str
) -> None:
    async with in_mode(mode) as client:
        parent = await register(client)
        named = f"child_{int(time.time() * 1000)}"
        made = await client.post(CHILDREN, json=child_form(), headers=parent.bearer)
        assert made.status_code == 201
        consent = await client.post(CONSENT, json=consent_form(named), headers=parent.bearer)
        assert consent.status_code == 201
        assert consent.json()["resolvedChildId"] == made.json()["data"]["id"]
        player = Player(client, parent, made.json()["data"]["id"])
        assert (await player.save({"a": 1})).status_code == 200
        assert (await _event(player)).status_code == 201


async def test_a_withdrawn_consent_stops_the_next_request(mia: Player) -> None:
    await give_consent(mia.client, mia.parent.bearer, mia.child_id)
    assert (await mia.save({"a": 1})).status_code == 200
    await withdraw_consent(mia.client, mia.parent.bearer, mia.child_id)
    assert (await mia.save({"a": 2})).status_code == 403
    assert (await mia.save({"a": 2}, key="other")).status_code == 403
    assert (await _event(mia)).status_code == 403
    assert (await mia.load()).json()["dataValue"] == {"a": 1}
    assert (await mia.ask("DELETE", f"{mia.saves}/sticker_book/k")).status_code == 200


async def test_consent_for_a_sibling_permits_nothing(mia: Player) -> None:
    sibling = await add_child(mia.client, mia.parent, name="Tom")
    await give_consent(mia.client, mia.parent.bearer, sibling["id"])
    assert (await mia.save({"a": 1})).status_code == 403


async def test_a_strangers_child_is_missing_whether_there_is_consent_or_not(
    mia: Player, client: httpx2.AsyncClient
) -> None:
    stranger = await register(client)
    body = {"gameType": "sticker_book", "dataKey": "k", "dataValue": {}}
    without = await client.put(mia.saves, json=body, headers=stranger.bearer)
    await give_consent(client, mia.parent.bearer, mia.child_id)
    with_it = await client.put(mia.saves, json=body, headers=stranger.bearer)
    assert without.status_code == with_it.status_code == 404


async def test_a_consent_row_of_an_earlier_backend_permits_nothing(mia: Player, database_url: str) -> None:
    await rows(
        database_url,
        """insert into compliance.coppa_consent (family_id, child_id, parent_id, consent_type, granted, consent_text)
           select family_id, id, $2::uuid, 'full', true, '{"permissions":{"dataCollection":true}}'
             from family.child_profiles where id = $1::uuid""",
        mia.child_id,
        mia.parent.user_id,
    )
    assert (await mia.save({"a": 1})).status_code == 403


async def test_a_revocation_through_an_earlier_backend_locks_at_the_next_request(
    mia: Player, database_url: str
) -> None:
    await give_consent(mia.client, mia.parent.bearer, mia.child_id)
    assert (await mia.save({"a": 1})).status_code == 200
    await rows(
        database_url, "update compliance.coppa_consent set revoked_at = now() where child_id = $1::uuid", mia.child_id
    )
    assert (await mia.save({"a": 2})).status_code == 403


async def test_a_consent_that_has_expired_permits_nothing(mia: Player, database_url: str) -> None:
    await give_consent(mia.client, mia.parent.bearer, mia.child_id)
    await rows(database_url, "update wondernest.consent_gates set in_force_until = now() - interval '1 second'")
    assert (await mia.save({"a": 1})).status_code == 403


async def test_days_of_grace_permit_everything_until_they_end(mia: Player, database_url: str) -> None:
    await rows(
        database_url,
        "insert into wondernest.consent_gates (child_id, grace_until, updated_at) values ($1::uuid, now() + interval '1 day', now())",
        mia.child_id,
    )
    assert (await mia.save({"a": 1})).status_code == 200
    assert (await _event(mia)).status_code == 201
    await rows(database_url, "update wondernest.consent_gates set grace_until = now()")
    assert (await mia.save({"a": 2})).status_code == 403


async def test_a_refused_save_of_a_batch_does_not_touch_those_of_other_children(
    client: httpx2.AsyncClient, mia: Player
) -> None:
    others = [await _player(client) for _ in range(4)]
    for other in others:
        await give_consent(client, other.parent.bearer, other.child_id)
    many = [player for other in others for player in (other, mia)]
    answers = await asyncio.gather(*(player.save({"n": n}, key=f"k{n}") for n, player in enumerate(many)))
    assert [answer.status_code for answer in answers] == [200, 403] * len(others)


async def test_an_operation_of_a_batch_of_saves_is_refused_as_the_whole(mia: Player, database_url: str) -> None:
    operations = [{"op": "put", "gameType": "sticker_book", "dataKey": key, "dataValue": {}} for key in "ab"]
    answer = await mia.ask("POST", f"{mia.saves}/batch", {"operations": operations})
    assert (answer.status_code, _plain(answer)) == (403, REFUSED_SAVE)
    assert await value(database_url, ALL_SAVES) == 0


async def test_of_many_events_only_those_without_consent_are_refused(client: httpx2.AsyncClient, mia: Player) -> None:
    sibling = (await add_child(client, mia.parent, name="Tom"))["id"]
    await give_consent(client, mia.parent.bearer, sibling)
    events = [{**EVENT, "childId": child, "eventId": str(n)} for n, child in enumerate((mia.child_id, sibling) * 3)]
    answer = await mia.ask("POST", "/api/v1/analytics/events/batch", {"events": events})
    assert [result["code"] for result in answer.json()["results"]] == [403, 201] * 3
    again = await mia.ask("POST", "/api/v1/analytics/events/batch", {"events": events})
    assert [result["status"] for result in again.json()["results"]] == ["refused", "known"] * 3


# C-05 -----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sharing", [True, False, None])
async def test_c_05_disclosure_is_off_unless_it_is_permitted_by_itself(
    in_mode: Callable[..., Any], database_url: str, sharing: bool | None
) -> None:
    async with in_mode("enforce", COPPA_THIRD_PARTIES="print-shop,voice-lab") as client:
        mia = await _player(client)
        permissions = {"dataCollection": True} | ({} if sharing is None else {"thirdPartySharing": sharing})
        await give_consent(client, mia.parent.bearer, mia.child_id, permissions)
        purposes = await value(database_url, "select purposes from wondernest.consent_gates")
        shared = ["disclosure:print-shop", "disclosure:voice-lab"] if sharing else []
        assert purposes == [*shared, "saves", "uploads"]
        one = {"permissions": {"thirdPartySharing:print-shop": False}}
        answer = await client.put(f"/api/v1/coppa/consent/{mia.child_id}", json=one, headers=mia.parent.bearer)
        assert answer.status_code == 200, answer.text
        purposes = await value(database_url, "select purposes from wondernest.consent_gates")
        assert purposes == [*shared[1:], "saves", "uploads"], "each third party is taken back by itself"


# C-07 -----------------------------------------------------------------------------------------------------------------

RECORDINGS = {
    "mp3": ("song.mp3", mp3_frames(), "audio/mpeg"),
    "wav": ("song.wav", wav(), "Audio/WAV; rate=8000"),
    "mp4": ("walk.mp4", mp4(), "video/mp4"),
    "webm": ("walk.webm", webm(), "video/webm"),
}
NO_RECORDINGS = {**EVERYTHING, "audioMonitoring": False}
NARROWED = "update wondernest.consent_gates set purposes = array_remove(purposes, 'recordings')"


async def _upload(player: Player, file: tuple[str, bytes, str], *, about_child: bool = True) -> httpx2.Response:
    about = {"childId": player.child_id} if about_child else {}
    bearer = player.parent.bearer
    return await player.client.post("/api/v1/files/upload", files={"file": file}, params=about, headers=bearer)


async def test_c_07_a_recording_of_a_child_needs_a_consent_of_its_own(
    in_mode: Callable[..., Any], database_url: str, tmp_path: Path
) -> None:
    async with in_mode("enforce", RATE_LIMIT_UPLOAD="0") as client:
        mia = await _player(client)
        await give_consent(client, mia.parent.bearer, mia.child_id, NO_RECORDINGS)
        for file in RECORDINGS.values():
            refused = await _upload(mia, file)
            assert (refused.status_code, refused.json()["error"]["code"]) == (403, "CONSENT_REQUIRED")
            assert refused.json()["error"]["purpose"] == "recordings"
        assert not [path for path in (tmp_path / "uploads").rglob("*") if path.is_file()]
        assert await value(database_url, "select count(*) from core.uploaded_files") == 0
        assert (await _upload(mia, ("cat.png", drawing(), "image/png"))).status_code == 201
        assert (await _upload(mia, RECORDINGS["mp3"], about_child=False)).status_code == 201
        disguised = await _upload(mia, ("cat.png", mp3_frames(), "image/png"))
        assert disguised.json()["error"]["message"] == "File content does not match declared content type"
        unknown = await _upload(mia, ("song.ogg", b"OggS", "audio/ogg"))
        assert unknown.json()["error"]["message"] == "File type 'audio/ogg' is not allowed"
        await give_consent(client, mia.parent.bearer, mia.child_id)
        for file in RECORDINGS.values():
            assert (await _upload(mia, file)).status_code == 201


async def test_c_07_no_change_of_a_file_makes_it_one_about_a_child(mia: Player, database_url: str) -> None:
    await give_consent(mia.client, mia.parent.bearer, mia.child_id, NO_RECORDINGS)
    file = (await _upload(mia, RECORDINGS["mp3"], about_child=False)).json()["data"]
    changes = {"original_name": "mia.mp3", "childId": mia.child_id, "child_id": mia.child_id}
    assert (await mia.ask("PUT", f"/api/v1/files/{file['id']}", changes)).is_success
    assert (await mia.ask("PATCH", f"/api/v1/files/{file['id']}/visibility", {"isPublic": True, **changes})).is_success
    assert await value(database_url, "select child_id from core.uploaded_files") is None


async def test_c_07_a_consent_to_a_notice_that_named_no_recordings_permits_none(mia: Player, database_url: str) -> None:
    await give_consent(mia.client, mia.parent.bearer, mia.child_id)
    await rows(database_url, "update wondernest.consents set notice_version = 1")
    await rows(database_url, NARROWED)
    less = {"permissions": {**EVERYTHING, "marketing": False}}
    assert (await mia.ask("PUT", f"{CONSENT}/{mia.child_id}", less)).is_success
    kept = await value(database_url, "select purposes from wondernest.consent_gates")
    assert kept == ["analytics", "audio_metrics", "recommendations", "saves", "uploads"]
    assert (await _upload(mia, RECORDINGS["wav"])).json()["error"]["purpose"] == "recordings"
    await give_consent(mia.client, mia.parent.bearer, mia.child_id)
    assert (await _upload(mia, RECORDINGS["wav"])).status_code == 201


# C-11 -----------------------------------------------------------------------------------------------------------------


async def test_c_11_games_are_whole_when_analytics_are_refused(mia: Player, database_url: str) -> None:
    await give_consent(mia.client, mia.parent.bearer, mia.child_id, {"dataCollection": True, "analytics": False})
    assert (await mia.save({"a": 1})).status_code == 200
    assert (await mia.save({"a": 2})).status_code == 200
    assert (await mia.load()).json()["dataValue"] == {"a": 2}
    prepared = await mia.ask("POST", f"/api/v2/games/children/{mia.child_id}/instances/sticker_book")
    assert prepared.is_success
    story = await mia.ask("POST", f"/api/v2/games/story-adventure/children/{mia.child_id}/initialize", {})
    assert story.is_success, story.text
    for number, name in enumerate(("Farm", "Zoo")):
        sent = await _project(mia, name, str(number))
        assert sent.status_code == 201, sent.text
    assert (await mia.load("sticker_project_17")).json()["dataValue"]["name"] == "Zoo"
    stored = await value(database_url, "select count(*) from analytics.analytics_events")
    assert stored == 0
    assert (await _event(mia)).json()["purpose"] == "analytics"


async def test_a_late_repetition_of_a_project_overwrites_nothing_when_analytics_are_refused(mia: Player) -> None:
    await give_consent(mia.client, mia.parent.bearer, mia.child_id, {"dataCollection": True})
    for name in ("Farm", "Zoo", "Farm"):
        assert (await _project(mia, name, event_id=name)).status_code == 201
    assert (await mia.load("sticker_project_17")).json()["dataValue"]["name"] == "Zoo"


async def test_analytics_without_saves_stores_no_project(mia: Player, database_url: str) -> None:
    await rows(
        database_url,
        """insert into wondernest.consent_gates (child_id, purposes, in_force_until, updated_at)
           values ($1::uuid, '{analytics}', now() + interval '1 day', now())""",
        mia.child_id,
    )
    assert (await _event(mia)).status_code == 201
    assert (await _project(mia, "Farm", "1")).json()["purpose"] == "saves"
    assert await value(database_url, ALL_SAVES) == 0


# Modes ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", MODES)
async def test_what_a_mode_lets_pass_and_counts(in_mode: Callable[..., Any], database_url: str, mode: str) -> None:
    async with in_mode(mode) as client:
        mia = await _player(client)
        first, second = await mia.save({"a": 1}), await mia.save({"a": 2})
        event = await _event(mia)
        prepared = await mia.ask("POST", f"/api/v2/games/children/{mia.child_id}/instances/sticker_book")
        passes = mode != "enforce"
        assert [answer.status_code == 403 for answer in (first, second, event, prepared)] == [not passes] * 4
        shown = (await client.get("/metrics")).text
        outcome = {"enforce": "refused", "record": "recorded"}.get(mode)
        line = f'wondernest_consent_refusals_total{{outcome="{outcome}",purpose="saves",route="PUT /api/v2/games/children/{{childId}}/data"}} 2.0'
        assert (line in shown) == (mode != "off")
    counted = [tuple(row) for row in await rows(database_url, COUNTED)]
    instances = "POST /api/v2/games/children/{childId}/instances/{gameKey}"
    enforced = mode == "enforce"
    expected = [
        ("POST /api/v1/analytics/events", "analytics", enforced, 1),
        (instances, "saves", enforced, 1),
        ("PUT /api/v2/games/children/{childId}/data", "saves", enforced, 2),
    ]
    assert counted == ([] if mode == "off" else expected)


async def test_a_recorded_request_of_a_child_with_consent_is_not_counted(
    in_mode: Callable[..., Any], database_url: str
) -> None:
    async with in_mode("record") as client:
        mia = await _player(client)
        await give_consent(client, mia.parent.bearer, mia.child_id)
        assert (await mia.save({"a": 1})).status_code == 200
        assert (await mia.save({"a": 2})).status_code == 200
        assert (await _event(mia)).status_code == 201
    assert await rows(database_url, COUNTED) == []


# Ages -----------------------------------------------------------------------------------------------------------------


def _years_ago(years: int) -> str:
    """A birthday a little more than so many years ago, so that it has passed wherever it is."""
    passed = datetime.now(UTC) - timedelta(days=40)
    return passed.replace(year=passed.year - years, day=min(passed.day, 28)).date().isoformat()


@pytest.mark.parametrize(
    ("age", "country", "free"), [(14, 13, True), (12, 13, False), (14, None, False), (16, None, True), (15, 16, False)]
)
async def test_the_rule_ends_at_the_age_of_the_familys_country(
    mia: Player, database_url: str, age: int, country: int | None, free: bool
) -> None:
    teen = await add_child(mia.client, mia.parent, name="Tom", birthDate=_years_ago(age))
    await rows(
        database_url,
        """insert into wondernest.family_locales as known (family_id, consent_age, updated_at)
           select family_id, $2::smallint, now() from family.child_profiles where id = $1::uuid
           on conflict (family_id) do update set consent_age = excluded.consent_age""",
        teen["id"],
        country,
    )
    answer = await Player(mia.client, mia.parent, teen["id"]).save({"a": 1})
    assert (answer.status_code == 200) is free
