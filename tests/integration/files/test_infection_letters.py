"""After an infected file the parents of the family get a letter: each one, once a day, without the file's name."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import jobs_running, running
from tests.fixtures.auth import Parent, mails_to, register, rows, value
from tests.fixtures.files import UPLOAD
from tests.fixtures.peers import peer
from tests.integration.platform.scan.test_clamd import SIGNATURE, FakeClamd
from wondernest.app import create_app
from wondernest.files.letters import LETTER, TELL
from wondernest.files.words import words
from wondernest.settings import Settings

MakeSettings = Callable[..., Settings]
NAME = "the-diary-of-mia.txt"
JOIN = """
    insert into family.family_members (family_id, user_id, role)
    select family_id, $1, $3 from family.family_members where user_id = $2"""
LEFT = f"select count(*) from wondernest.jobs where entrypoint in ('{TELL}', '{LETTER}')"
JOB_TIMEOUT_S = 10.0


@pytest.fixture
async def scanned(make_settings: MakeSettings) -> AsyncIterator[Settings]:
    """Settings with a scanner."""
    async with peer(FakeClamd().handle) as port:
        yield make_settings(RATE_LIMIT_UPLOAD="0", CLAMD_ADDRESS=f"127.0.0.1:{port}")


@pytest.fixture
async def client(scanned: Settings) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(scanned)) as started:
        yield started


async def refused(client: httpx2.AsyncClient, parent: Parent) -> None:
    """An infected upload."""
    form = {"file": (NAME, b"Dear diary, " + SIGNATURE, "text/plain")}
    answer = await client.post(UPLOAD, files=form, headers=parent.bearer)
    assert (answer.status_code, answer.json()["error"]["message"]) == (400, "File was refused by the virus scanner")


async def letters_to(folder: Path, parent: Parent, count: int = 1, language: str = "en") -> list[str]:
    """The letters about infected files to a parent; waits until there are `count`. Others arrive too."""
    subject = words(language).infected.subject
    async with asyncio.timeout(JOB_TIMEOUT_S):
        while True:
            found = [mail for mail in await mails_to(folder, parent.email, 0) if mail.startswith(subject + "\n")]
            if len(found) >= count:
                return found
            await asyncio.sleep(0.02)


async def all_sent(database_url: str) -> None:
    """Wait until no job of the letters is left."""
    async with asyncio.timeout(JOB_TIMEOUT_S):
        while await value(database_url, LEFT):
            await asyncio.sleep(0.02)


async def joins(database_url: str, one: Parent, other: Parent, role: str) -> None:
    """One becomes a member of the other's family, and of no other."""
    await rows(database_url, "delete from family.family_members where user_id = $1", UUID(one.user_id))
    await rows(database_url, JOIN, UUID(one.user_id), UUID(other.user_id), role)


async def test_every_parent_of_the_family_is_told_once_a_day(
    client: httpx2.AsyncClient, scanned: Settings, database_url: str, tmp_path: Path
) -> None:
    ann, bob, gran, gone, eve = [await register(client) for _ in range(5)]
    await joins(database_url, bob, ann, "guardian")
    await joins(database_url, gran, ann, "member")
    await joins(database_url, gone, ann, "parent")
    await rows(database_url, "update core.users set is_active = false where id = $1", UUID(gone.user_id))
    async with jobs_running(scanned):
        await refused(client, gran)
        for parent in (ann, bob):
            [letter] = await letters_to(tmp_path / "outbox", parent)
            assert "diary" not in letter
        await all_sent(database_url)
        await refused(client, ann)
        await refused(client, bob)
        await all_sent(database_url)
        await refused(client, eve)
        assert len(await letters_to(tmp_path / "outbox", eve)) == 1
        await all_sent(database_url)
    for other, count in ((ann, 1), (bob, 1), (gran, 0), (gone, 0)):
        assert len(await letters_to(tmp_path / "outbox", other, count)) == count, other


@pytest.mark.parametrize(("chosen", "language"), [("es", "es"), ("de", "de"), ("fr", "fr"), ("ja", "en")])
async def test_the_letter_is_in_the_familys_language_or_in_english(
    client: httpx2.AsyncClient, scanned: Settings, tmp_path: Path, chosen: str, language: str
) -> None:
    ann = await register(client)
    sent = {"language": chosen}
    assert (await client.put("/api/v1/family/settings", json=sent, headers=ann.bearer)).status_code == 200
    async with jobs_running(scanned):
        await refused(client, ann)
        assert len(await letters_to(tmp_path / "outbox", ann, language=language)) == 1


async def test_an_adult_without_a_family_is_told_alone(
    client: httpx2.AsyncClient, scanned: Settings, database_url: str, tmp_path: Path
) -> None:
    ann = await register(client)
    await rows(database_url, "delete from family.family_members where user_id = $1", UUID(ann.user_id))
    async with jobs_running(scanned):
        await refused(client, ann)
        assert len(await letters_to(tmp_path / "outbox", ann)) == 1


async def test_the_refusal_is_answered_although_no_letter_can_be_enqueued(
    client: httpx2.AsyncClient, database_url: str
) -> None:
    ann = await register(client)
    await rows(database_url, "alter table wondernest.jobs rename to jobs_away")
    await refused(client, ann)
    await rows(database_url, "alter table wondernest.jobs_away rename to jobs")
    assert not await value(database_url, LEFT)


async def test_letters_that_cannot_be_sent_are_tried_again_and_nobody_gets_two(
    client: httpx2.AsyncClient, scanned: Settings, make_settings: MakeSettings, database_url: str, tmp_path: Path
) -> None:
    ann = await register(client)
    await refused(client, ann)
    await refused(client, ann)
    (tmp_path / "blocked").write_text("no folder")
    async with jobs_running(make_settings(MAIL_OUTBOX_PATH=str(tmp_path / "blocked" / "outbox"))):
        failed = f"select count(*) from wondernest.jobs where entrypoint = '{LETTER}' and attempts > 0"
        async with asyncio.timeout(JOB_TIMEOUT_S):
            while not await value(database_url, failed):
                await asyncio.sleep(0.02)
    await rows(database_url, "update wondernest.jobs set execute_after = now() where status = 'queued'")
    async with jobs_running(scanned):
        await letters_to(tmp_path / "outbox", ann)
        await all_sent(database_url)
    assert len(await letters_to(tmp_path / "outbox", ann)) == 1
