"""An export that is killed, or that others work on or change beside it, goes on where it stopped and is one consistent file."""

from __future__ import annotations

import asyncio
import io
import json
import shutil
import signal
import sys
import zipfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.fixtures.application import TEST_ENVIRONMENT
from tests.fixtures.auth import Parent, register, rows, value
from tests.fixtures.family import add_child
from tests.fixtures.files import run_job, upload_drawing
from tests.fixtures.privacy import House, erase, run, save
from tests.integration.privacy.test_export import ask, download, make, rows_of
from wondernest.app import Background, background
from wondernest.platform.blobs import Blob
from wondernest.privacy.making import ExportJobs
from wondernest.settings import Settings

SMALL_PART = 3_000
"""Bytes of content: the small family of these tests makes many parts."""
COMPARED = ("data/analytics.", "data/core.", "data/family.", "data/games.", "files/", "made/", "tables/")
"""The service itself writes to its own tables meanwhile: that an export was asked for, and what it counted."""


class Killed(BaseException):
    """The process ends here."""


class FragileBlobs:
    """A storage that the process does not survive: some blobs are stored, and in the next one, or right behind it, it ends."""

    def __init__(self, blobs: Any, lives: int = 1) -> None:
        self._blobs = blobs
        self.kills = 0
        self.stored: list[str] = []
        self._lives = self._left = lives

    def __getattr__(self, name: str) -> Any:
        return getattr(self._blobs, name)

    async def put(self, key: str, content: AsyncIterator[bytes], most: int) -> Blob:
        if self._left == 0 and self.kills % 2 == 0:
            await anext(content)
            self._die()
        blob = await self._blobs.put(key, content, most)
        self.stored.append(key)
        if self._left == 0:
            self._die()
        self._left -= 1
        return blob

    def _die(self) -> None:
        self.kills += 1
        self._left = self._lives
        raise Killed


def export_jobs(work: Background) -> Any:
    """The jobs of exports, with small parts."""
    [job] = [job for job in work.jobs if job.name == "privacy.make_export"]
    bound: Any = job.handler
    jobs: ExportJobs = bound.__self__
    jobs._part_bytes = SMALL_PART
    return jobs


async def playful(house: House) -> tuple[Parent, list[str]]:
    """A parent with two children, saves on two pages, and files."""
    parent = await register(house.client)
    children = list[str]()
    for _ in range(2):
        children.append((await add_child(house.client, parent))["id"])
        await run(
            house.url,
            "insert into games.simple_game_data (child_id, game_type, data_key, data_value)"
            " select $1, 'sticker_book', 'of ' || $2::text || ' ' || n, jsonb_build_object('n', n) from generate_series(1, 22) n",
            UUID(children[-1]),
            children[-1],
        )
    await upload_drawing(house.client, parent)
    await run(
        house.url,
        "insert into core.uploaded_files (user_id, file_key, original_name, mime_type, file_size)"
        " select $1, n || '/gone.png', 'gone', 'image/png', 5 from generate_series(1, 45) n",
        UUID(parent.user_id),
    )
    await run(
        house.url,
        "insert into analytics.analytics_events (child_id, user_id, event_type, event_data)"
        " select $1, $2, '=cmd', '{}' from generate_series(1, 50) n",
        UUID(children[0]),
        UUID(parent.user_id),
    )
    return parent, children


async def second_of(house: House, export_id: str) -> str:
    """Another export that was asked for at the same moment."""
    other = uuid4()
    copied = "insert into wondernest.exports (user_id, id, family_id, asked_at) select user_id, $1, family_id, asked_at"
    await run(house.url, f"{copied} from wondernest.exports where id = $2", other, UUID(export_id))
    return str(other)


def stored_of(house: House, export_id: str) -> set[str]:
    return {str(path.relative_to(house.uploads)) for path in (house.uploads / "exports" / export_id).glob("*")}


async def parts_of(house: House, export_id: str) -> list[Any]:
    return await rows(
        house.url, "select * from wondernest.export_parts where export_id = $1 order by number", UUID(export_id)
    )


async def test_an_export_that_is_killed_again_and_again_is_the_same_file_and_makes_no_part_twice(
    house: House, tmp_path: Path
) -> None:
    parent, _ = await playful(house)
    jobs = export_jobs(house.work)
    undisturbed = await ask(house, parent.bearer)
    killed = await second_of(house, undisturbed)
    fragile = jobs._blobs = FragileBlobs(jobs._blobs)
    while True:
        try:
            await make(house, parent.user_id, killed)
        except Killed:
            waiting = await house.client.get(f"/api/v1/privacy/exports/{killed}/content", headers=parent.bearer)
            assert waiting.status_code == 404, "nothing is shown of a file that is not whole"
        else:
            break
    jobs._blobs = fragile._blobs
    parts = await parts_of(house, killed)
    assert fragile.kills > 12
    assert len(parts) > 12
    assert len(fragile.stored) == len(parts) + fragile.kills // 2, "only what was stored and not recorded is made again"
    assert dict.fromkeys(stored_of(house, killed), 1) == Counter(part["file_key"] for part in parts)
    assert {part["record"] for part in parts} == {None}, "what was needed to go on is forgotten"
    await make(house, parent.user_id, killed)
    await make(house, parent.user_id, undisturbed)
    one = await download(house, parent.bearer, killed)
    other = await download(house, parent.bearer, undisturbed)
    assert one.testzip() is None
    assert len({name.lower() for name in one.namelist()}) == len(one.namelist())
    names, expected = (
        [name for name in archive.namelist() if name.startswith(COMPARED) and "wondernest." not in name]
        for archive in (one, other)
    )
    assert names == expected
    assert [name for name in names if one.read(name) != other.read(name)] == []
    await assert_continued(house, parent, killed)
    if program := shutil.which("unzip"):
        whole = await house.client.get(f"/api/v1/privacy/exports/{killed}/content", headers=parent.bearer)
        (tmp_path / "whole.zip").write_bytes(whole.content)
        tested = await asyncio.create_subprocess_exec(program, "-tqq", tmp_path / "whole.zip")
        assert await tested.wait() == 0
    assert "tables/analytics.analytics_events.csv" not in one.namelist(), "it holds documents"


async def assert_continued(house: House, parent: Parent, export_id: str) -> None:
    """A download that breaks off anywhere goes on there."""
    address = f"/api/v1/privacy/exports/{export_id}/content"
    whole = await house.client.get(address, headers=parent.bearer)
    size = await value(house.url, "select bytes from wondernest.exports where id = $1", UUID(export_id))
    assert len(whole.content) == size == int(whole.headers["content-length"])
    sizes = [part["bytes"] for part in await parts_of(house, export_id)]
    for start in (0, sizes[0] - 1, sizes[0], sizes[0] + 1, sum(sizes[:5]) - 10, size - 1):
        broken_off = {**parent.bearer, "Range": f"bytes={start}-", "If-Range": whole.headers["etag"]}
        rest = await house.client.get(address, headers=broken_off)
        assert rest.status_code == 206
        assert rest.content == whole.content[start:]
    middle = await house.client.get(address, headers={**parent.bearer, "Range": f"bytes={sizes[0] - 5}-{sizes[0] + 5}"})
    assert middle.content == whole.content[sizes[0] - 5 : sizes[0] + 6]
    beyond = await house.client.get(address, headers={**parent.bearer, "Range": f"bytes={size}-"})
    assert beyond.status_code == 416


async def test_two_processes_that_make_one_export_beside_writers_make_one_valid_file(
    house: House, make_settings: Callable[..., Settings]
) -> None:
    parent, children = await playful(house)
    other = background(make_settings(), clock=house.clock)
    export_jobs(house.work)
    export_jobs(other)
    export_id = await ask(house, parent.bearer)
    arguments = {"user": parent.user_id, "export": export_id}
    events = "select id from analytics.analytics_events where child_id = $1"
    before = {str(row["id"]) for row in await rows(house.url, events, UUID(children[0]))}

    async def play() -> None:
        for number in range(20):
            await save(house.client, parent.bearer, children[1], f"meanwhile {number}")
            await run(
                house.url,
                "insert into analytics.analytics_events (child_id, user_id, event_type) values ($1, $2, 'late')",
                UUID(children[0]),
                UUID(parent.user_id),
            )

    try:
        await asyncio.gather(
            run_job(house.work, "privacy.make_export", **arguments),
            run_job(other, "privacy.make_export", **arguments),
            play(),
        )
    finally:
        await other.rooms.stop()
    archive = await download(house, parent.bearer, export_id)
    assert archive.testzip() is None
    parts = await parts_of(house, export_id)
    assert stored_of(house, export_id) == {part["file_key"] for part in parts}
    ids = [row["id"] for row in rows_of(archive, "analytics.analytics_events")]
    assert len(ids) == len(set(ids)), "nothing is in it twice"
    assert before <= set(ids), "what was there is in it"


SUICIDE = """
import asyncio, json, os, signal, sys
from tests.fixtures.files import run_job
from tests.integration.privacy.test_export_resumes import export_jobs
from wondernest.app import background
from wondernest.settings import load_settings

environment, arguments, lives = json.loads(sys.argv[1])

async def main():
    work = background(load_settings(environment))
    blobs = export_jobs(work)._blobs
    put = blobs.put
    async def deadly(*args):
        global lives
        blob = await put(*args)
        lives -= 1
        if not lives:
            os.kill(os.getpid(), signal.SIGKILL)
        return blob
    blobs.put = deadly
    await run_job(work, "privacy.make_export", **arguments)

asyncio.run(main())
"""
"""A process that stores some parts and is then killed, before the last one is recorded."""


async def test_a_process_that_is_killed_with_kill_9_is_followed_by_one_that_goes_on(house: House) -> None:
    parent, _ = await playful(house)
    export_id = await ask(house, parent.bearer)
    environment = {
        **TEST_ENVIRONMENT,
        "DATABASE_URL": house.url,
        "STORAGE_LOCAL_PATH": str(house.uploads),
        "MAIL_OUTBOX_PATH": str(house.uploads.with_name("outbox")),
    }
    work = json.dumps([environment, {"user": parent.user_id, "export": export_id}, 4])
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", SUICIDE, work)
    assert await process.wait() == -signal.SIGKILL
    before = await parts_of(house, export_id)
    assert (len(before), len(stored_of(house, export_id))) == (3, 4)
    export_jobs(house.work)
    await make(house, parent.user_id, export_id)
    after = await parts_of(house, export_id)
    keys = [part["file_key"] for part in after]
    assert keys[:3] == [part["file_key"] for part in before]
    assert stored_of(house, export_id) == set(keys)
    assert (await download(house, parent.bearer, export_id)).testzip() is None


async def stopped(house: House, user: str, export_id: str) -> None:
    """A process that makes some parts, and is killed."""
    jobs = export_jobs(house.work)
    blobs, jobs._blobs = jobs._blobs, FragileBlobs(jobs._blobs, 8)
    for _ in range(40):
        with pytest.raises(Killed):
            await make(house, user, export_id)
        if any("family.child_profiles" in name for name in await made_so_far(house, export_id)):
            break
    jobs._blobs = blobs


async def made_so_far(house: House, export_id: str) -> list[str]:
    records = [part["record"] for part in await parts_of(house, export_id)]
    return [repr(record) for record in records]


async def test_a_child_that_is_erased_while_an_export_is_made_is_not_in_it(house: House) -> None:
    parent, [gone, stays] = await playful(house)
    export_id = await ask(house, parent.bearer)
    await stopped(house, parent.user_id, export_id)
    assert stored_of(house, export_id)
    await erase(house.client, parent.bearer, f"children/{gone}")
    await run(house.url, "update wondernest.erasures set due_at = now() - interval '1 minute'")
    await house.run_due()
    assert not stored_of(house, export_id)
    [again] = await rows(house.url, "select id, ready_at from wondernest.exports")
    assert (str(again["id"]) != export_id, again["ready_at"]) == (True, None), "another one is made in its place"
    await make(house, parent.user_id, str(again["id"]))
    asked = await ask(house, parent.bearer)
    assert asked == str(again["id"])
    assert not await parts_of(house, asked), "the last look of the erasure would remove it, after its letter"
    await run(house.url, "delete from wondernest.jobs where entrypoint = 'privacy.make_export'")
    await run(house.url, "update wondernest.erasures set settle_at = now() - interval '1 minute'")
    await house.run_due()
    [again] = await rows(house.url, "select id, ready_at from wondernest.exports")
    queued = "select convert_from(payload, 'utf8') as arguments from wondernest.jobs where entrypoint = 'privacy.make_export'"
    assert str(again["id"]) in (await rows(house.url, queued))[0]["arguments"]
    await make(house, parent.user_id, str(again["id"]))
    archive = await download(house, parent.bearer, str(again["id"]))
    whole_text = b"".join(archive.read(name) for name in archive.namelist()).decode(errors="replace")
    assert f"of {stays} 1" in whole_text
    assert f"of {gone}" not in whole_text
    assert [row["id"] for row in rows_of(archive, "family.child_profiles")] == [stays]


async def test_who_is_no_parent_any_more_gets_nothing_of_the_family_from_an_export_that_was_begun_before(
    house: House,
) -> None:
    parent, children = await playful(house)
    export_id = await ask(house, parent.bearer)
    restored = await second_of(house, export_id)
    await stopped(house, parent.user_id, restored)
    [first, *_] = await parts_of(house, restored)
    (house.uploads / first["file_key"]).unlink()
    await make(house, parent.user_id, restored)
    assert (await download(house, parent.bearer, restored)).testzip() is None, "a part was gone, so it began again"
    await stopped(house, parent.user_id, export_id)
    await run(house.url, "update family.family_members set role = 'relative' where user_id = $1", UUID(parent.user_id))
    await make(house, parent.user_id, export_id)
    archive = await download(house, parent.bearer, export_id)
    assert "data/core.users.json" in archive.namelist()
    assert not [name for name in archive.namelist() if "child_profiles" in name or name.startswith("made/")]
    assert stored_of(house, export_id) == {part["file_key"] for part in await parts_of(house, export_id)}
    assert "of " + children[0] not in json.dumps([archive.read(name).decode("latin-1") for name in archive.namelist()])


async def test_parts_of_an_export_that_is_never_finished_and_of_one_that_is_gone_are_removed(house: House) -> None:
    parent, _ = await playful(house)
    export_id = await ask(house, parent.bearer)
    await stopped(house, parent.user_id, export_id)
    left = [house.uploads / f"exports/{uuid4()}/000000-{uuid4()}", house.uploads / f"exports/{uuid4()}.zip"]
    for path in left:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"of a process that was killed")
    await run_job(house.work, "privacy.forget_exports")
    assert [path for path in left if path.exists()] == []
    assert stored_of(house, export_id)
    await run(house.url, "update wondernest.exports set asked_at = asked_at - interval '49 hours'")
    await run_job(house.work, "privacy.forget_exports")
    assert not [path for path in (house.uploads / "exports").rglob("*") if path.is_file()]
    assert await value(house.url, "select count(*) from wondernest.export_parts") == 0
    await make(house, parent.user_id, export_id)
    assert await value(house.url, "select count(*) from wondernest.exports") == 0


async def test_an_export_that_an_earlier_release_made_is_still_given_out_and_removed(house: House) -> None:
    parent = await register(house.client)
    export_id = await ask(house, parent.bearer)
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("index.html", "before")
    single = house.uploads / f"exports/{export_id}.zip"
    single.parent.mkdir(parents=True, exist_ok=True)
    single.write_bytes(content.getvalue())
    await run(
        house.url, "update wondernest.exports set ready_at = now(), expires_at = now() + interval '1 hour', bytes = 1"
    )
    assert (await download(house, parent.bearer, export_id)).read("index.html") == b"before"
    await run(house.url, "update wondernest.exports set expires_at = now()")
    await run_job(house.work, "privacy.forget_exports")
    assert not single.exists()
