"""Sound and film about a child has an end: the parents are told, then it goes with its content. Nothing else goes with it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, mails_to, register, rows, value
from tests.fixtures.consent import EVERYTHING, give_consent
from tests.fixtures.family import add_child
from tests.fixtures.files import drawing, key_of, run_job, store_story, story_with
from tests.fixtures.media import mp3_frames, wav
from tests.fixtures.privacy import ShiftedClock
from wondernest.app import Background, background, create_app
from wondernest.coppa.rules import WORK_KEPT
from wondernest.files.letters import CHILD, END_LETTER, USER
from wondernest.files.model import StoredFile
from wondernest.files.recordings import END, TOLD_BEFORE
from wondernest.files.repository import FileRepository
from wondernest.files.words import words
from wondernest.platform.db.pool import Database
from wondernest.platform.db.unit import unit_of
from wondernest.platform.faults import CallerRefused
from wondernest.platform.telemetry.metrics import Metrics
from wondernest.privacy.ending import ERASE_ENDED
from wondernest.settings import Settings

DAYS = 90
KEPT = timedelta(days=DAYS)
DAY = timedelta(days=1)
SONG = ("song.mp3", mp3_frames(), "audio/mpeg")
VOICE = ("voice.wav", wav(), "audio/wav")
PICTURE = ("cat.png", drawing(), "image/png")
LETTERS = f"""
    select arguments ->> '{USER}' as parent, arguments ->> '{CHILD}' as child
      from (select convert_from(payload, 'utf8')::jsonb as arguments from wondernest.jobs where entrypoint = '{END_LETTER}') sent"""
JOIN = """
    insert into family.family_members (family_id, user_id, role)
    select family_id, $1, $3 from family.family_members where user_id = $2"""


@dataclass
class House:
    """The service, its jobs and their clock."""

    client: httpx2.AsyncClient
    work: Background
    clock: ShiftedClock
    url: str
    uploads: Path


@pytest.fixture
async def house(make_settings: Callable[..., Settings], database_url: str, tmp_path: Path) -> AsyncIterator[House]:
    settings = make_settings(RATE_LIMIT_UPLOAD="0", COPPA_GATE="enforce", RECORDING_DAYS=str(DAYS))
    clock = ShiftedClock()
    work = background(settings, clock=clock)
    async with running(create_app(settings)) as client:
        yield House(client, work, clock, database_url, tmp_path / "uploads")
    await work.rooms.stop()


async def family(house: House) -> tuple[Parent, str]:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    await give_consent(house.client, parent.bearer, child)
    return parent, child


async def upload(house: House, parent: Parent, file: tuple[str, bytes, str], child: str | None) -> dict[str, Any]:
    about = {} if child is None else {"childId": child}
    form = {"file": file}
    answer = await house.client.post("/api/v1/files/upload", files=form, params=about, headers=parent.bearer)
    assert answer.status_code == 201, answer.text
    return answer.json()["data"]


async def night(house: House, later: timedelta = timedelta()) -> None:
    """The job of a night, twice: a killed process runs it again."""
    house.clock.shift += later
    for _ in range(2):
        await run_job(house.work, END)


async def shown(house: House, parent: Parent, child: str) -> tuple[int, int] | None:
    """Of the parent's summary: how many recordings of the child end, and in how many days from now the first one does."""
    answer = await house.client.get("/api/v1/privacy/summary", headers=parent.bearer)
    [about] = [one["recordings"] for one in answer.json()["data"] if one["id"] == child]
    if about is None:
        return None
    left = datetime.fromisoformat(about["erasesAt"]) - datetime.now(UTC)
    return about["count"], round(left / DAY)


async def kept(house: House) -> set[str]:
    """The ids of the files; their content is there, and nothing else is stored."""
    found = await rows(house.url, "select id, file_key from core.uploaded_files")
    keys = {str(path.relative_to(house.uploads)) for path in house.uploads.rglob("*") if path.is_file()}
    assert keys == {row["file_key"] for row in found}
    return {str(row["id"]) for row in found}


async def test_c_07_a_recording_ends_after_a_letter_and_only_a_recording_about_a_child_does(
    house: House, tmp_path: Path
) -> None:
    parent, child = await family(house)
    song, voice = [await upload(house, parent, file, child) for file in (SONG, VOICE)]
    picture, own = await upload(house, parent, PICTURE, child), await upload(house, parent, SONG, None)
    await store_story(house.client, parent, child, story_with(voice["url"], picture["url"]))
    everything = {file["id"] for file in (song, voice, picture, own)}
    assert await shown(house, parent, child) == (2, 90), "before the first night too"
    await night(house)
    assert await shown(house, parent, child) == (2, 90)
    await night(house, KEPT - TOLD_BEFORE - DAY)
    assert (await kept(house), await rows(house.url, LETTERS)) == (everything, [])
    await night(house, 2 * DAY)
    assert [tuple(row) for row in await rows(house.url, LETTERS)] == [(parent.user_id, child)]
    await run_job(house.work, END_LETTER, **{CHILD: child, USER: parent.user_id})
    subject = words("en").recordings.subject
    [letter] = [text for text in await mails_to(tmp_path / "outbox", parent.email, 0) if text.startswith(subject)]
    last_day = (house.clock.now() + TOLD_BEFORE).date().isoformat()
    assert f"- {last_day}: 2" in letter.splitlines()
    seen = await house.client.get(f"/api/v1/privacy/children/{child}/access", headers=parent.bearer)
    assert "recording_letter" in {one["kind"] for one in seen.json()["data"]}
    await night(house, TOLD_BEFORE - timedelta(hours=1))
    assert await kept(house) == everything
    await night(house, timedelta(hours=2))
    assert await kept(house) == {picture["id"], own["id"]}
    assert await shown(house, parent, child) is None
    assert (await house.client.get(f"/files/{key_of(voice)}")).status_code == 404
    for table in ("wondernest.recordings", "content.file_references where reference_type <> 'save'"):
        assert await value(house.url, f"select count(*) from {table}") == 0
    assert await value(house.url, "select count(*) from games.simple_game_data") == 1, "the story stays"
    await run_job(house.work, END_LETTER, **{CHILD: child, USER: parent.user_id})
    assert len([text for text in await mails_to(tmp_path / "outbox", parent.email, 0) if subject in text]) == 1


async def test_a_file_that_was_there_before_recordings_had_an_end_is_kept_as_long_as_a_new_one(house: House) -> None:
    parent, child = await family(house)
    old = await upload(house, parent, SONG, child)
    await rows(
        house.url, "update core.uploaded_files set uploaded_at = now() - interval '5 years', mime_type = 'Audio/MPEG'"
    )
    await night(house)
    await night(house, KEPT - TOLD_BEFORE - DAY)
    assert await rows(house.url, LETTERS) == []
    await night(house, TOLD_BEFORE)
    assert await kept(house) == {old["id"]}, "nobody was told in time"
    await night(house, TOLD_BEFORE + DAY)
    assert await kept(house) == set()


async def test_every_parent_is_told_and_within_two_weeks_once(house: House) -> None:
    parent, child = await family(house)
    other, grandmother = await register(house.client), await register(house.client)
    for one, role in ((other, "guardian"), (grandmother, "viewer")):
        await rows(house.url, "delete from family.family_members where user_id = $1", UUID(one.user_id))
        await rows(house.url, JOIN, UUID(one.user_id), UUID(parent.user_id), role)
    for age in range(5):
        file = await upload(house, parent, SONG, child)
        moved = "update core.uploaded_files set uploaded_at = uploaded_at - $2::interval where id = $1"
        await rows(house.url, moved, UUID(file["id"]), age * timedelta(hours=8))
    await night(house)
    for _ in range(3):
        await night(house, (KEPT - TOLD_BEFORE) / 3 + timedelta(hours=1))
    told = [row["parent"] for row in await rows(house.url, LETTERS)]
    assert sorted(told) == sorted([parent.user_id, other.user_id])
    assert await value(house.url, "select array_agg(distinct told_at is null) from wondernest.recordings") == [False]


async def test_recordings_of_a_child_of_the_age_of_consent_stay(house: House) -> None:
    parent, child = await family(house)
    file = await upload(house, parent, VOICE, child)
    grown = "update family.child_profiles set birth_date = current_date - interval '17 years' where id = $1"
    await rows(house.url, grown, UUID(child))
    await night(house)
    await night(house, 2 * KEPT)
    await night(house, KEPT)
    assert (await kept(house), await rows(house.url, LETTERS)) == ({file["id"]}, [])


async def test_the_end_of_the_consent_to_recordings_erases_them_and_no_other_files(house: House) -> None:
    parent, child = await family(house)
    await upload(house, parent, SONG, child)
    picture, own = await upload(house, parent, PICTURE, child), await upload(house, parent, VOICE, None)
    await night(house)
    less = {"permissions": {**EVERYTHING, "audioMonitoring": False}}
    answer = await house.client.put(f"/api/v1/coppa/consent/{child}", json=less, headers=parent.bearer)
    assert answer.is_success, answer.text
    house.clock.shift += WORK_KEPT + DAY
    await run_job(house.work, ERASE_ENDED)
    assert await kept(house) == {picture["id"], own["id"]}
    assert await value(house.url, "select count(*) from wondernest.recordings") == 0


async def test_a_recording_whose_consent_ended_while_it_was_inspected_is_not_stored(
    house: House, make_settings: Callable[..., Settings]
) -> None:
    parent, child = await family(house)
    less = {"permissions": {**EVERYTHING, "audioMonitoring": False}}
    await house.client.put(f"/api/v1/coppa/consent/{child}", json=less, headers=parent.bearer)
    file = StoredFile(
        id=uuid4(),
        owner_id=UUID(parent.user_id),
        child_id=UUID(child),
        key=f"1756800000/{uuid4()}.wav",
        name="voice.wav",
        content_type="audio/wav",
        size=1,
        provider="local",
        category="content",
        public=False,
        system=False,
        uploaded_at=house.clock.now(),
        tags=(),
    )
    database = Database(make_settings().database, Metrics())
    with pytest.raises(CallerRefused) as refused:
        async with unit_of(database) as unit:
            await FileRepository().insert(unit, file, "")
    await database.close()
    assert refused.value.purpose == "recordings"
    assert await kept(house) == set()
