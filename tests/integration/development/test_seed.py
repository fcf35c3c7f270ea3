"""The demo family."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from PIL import Image

from tests.fixtures.application import running
from wondernest.app import create_app
from wondernest.commands.consent import verify
from wondernest.development.library import STORY_ID, STORY_TITLE, fill_library
from wondernest.development.pictures import PICTURES
from wondernest.development.seed import CLIENTS_CHILD, DEMO_EMAIL, DEMO_PASSWORD, seed
from wondernest.settings import Settings, SettingsError

MakeSettings = Callable[..., Settings]


def test_the_demo_family_is_made_once_and_owns_the_child_of_the_clients(make_settings: MakeSettings) -> None:
    settings = make_settings(APP_ENV="development")
    seed(settings)
    seed(settings)
    with psycopg.connect(settings.database.url) as connection:
        rows = connection.execute(
            "select child.id::text, account.family_id = child.family_id from core.users account"
            " join family.family_members member on member.user_id = account.id"
            " join family.child_profiles child on child.family_id = member.family_id"
            " where account.email = %s order by child.birth_date desc",
            [DEMO_EMAIL],
        ).fetchall()
        written = connection.execute("select entry from wondernest.consent_ledger").fetchall()
    assert len(rows) == 2
    assert rows[0] == (CLIENTS_CHILD, True)
    assert written == [("grant",)] * 2
    said: list[str] = []
    assert verify(settings, None, said.append), said


def test_the_demo_family_is_for_development_only(make_settings: MakeSettings) -> None:
    with pytest.raises(SettingsError, match="APP_ENV: demo data is for development"):
        seed(make_settings(APP_ENV="staging"))


async def test_the_demo_family_has_a_library_of_pictures_and_a_story_that_shows_some(
    make_settings: MakeSettings, tmp_path: Path
) -> None:
    settings = make_settings(APP_ENV="development", RATE_LIMIT_UPLOAD="1", SERVER_ALLOWED_HOSTS="testserver")
    await asyncio.to_thread(seed, settings)
    await asyncio.to_thread(fill_library, settings)
    stored = files_below(tmp_path / "uploads")
    await asyncio.to_thread(fill_library, settings)
    async with running(create_app(settings)) as client:
        login = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
        session = (await client.post("/api/v1/auth/parent/login", json=login)).json()["data"]
        bearer = {"Authorization": f"Bearer {session['accessToken']}"}
        files = {
            file["originalName"]: file for file in (await client.get("/api/v1/files", headers=bearer)).json()["data"]
        }
        assert {name: (file["mimeType"], file["category"], set(file["tags"])) for name, file in files.items()} == {
            picture.name: (picture.media_type, picture.category, set(picture.tags)) for picture in PICTURES
        }
        pages: dict[str, int] = {}
        for name, file in files.items():
            usage = (await client.get(f"/api/v1/files/{file['id']}/usage", headers=bearer)).json()
            pages.update((name, story["pageCount"]) for story in usage["stories"])
            assert all((story["id"], story["title"]) == (STORY_ID, STORY_TITLE) for story in usage["stories"])
        assert pages == {
            "owl at night.png": 2,
            "little house.png": 1,
            "orange cat.png": 2,
            "sailing boat.webp": 1,
            "sun.png": 1,
            "apple tree.jpg": 1,
        }
        await client.delete(f"/api/v1/files/{files['snail.webp']['id']}", headers=bearer)
    await asyncio.to_thread(fill_library, settings)
    async with running(create_app(settings)) as client:
        left = (await client.get("/api/v1/files", headers=bearer)).json()["data"]
    assert {file["originalName"] for file in left} == files.keys() - {"snail.webp"}, "what was deleted stays deleted"
    assert len(stored) == len(PICTURES)


def test_a_library_that_was_interrupted_is_completed(make_settings: MakeSettings, tmp_path: Path) -> None:
    settings = make_settings(APP_ENV="development")
    seed(settings)
    fill_library(settings)
    with psycopg.connect(settings.database.url) as connection:
        connection.execute("delete from games.simple_game_data")
        connection.execute("delete from core.uploaded_files where original_name = 'sun.png'")
    fill_library(settings)
    with psycopg.connect(settings.database.url) as connection:
        names = connection.execute("select original_name from core.uploaded_files").fetchall()
        stories = connection.execute("select data_key from games.simple_game_data order by data_key").fetchall()
    assert sorted(name for (name,) in names) == sorted(picture.name for picture in PICTURES)
    assert stories == [(f"story_draft_{STORY_ID}",), (f"story_published_{STORY_ID}",)]


def test_the_pictures_differ_and_are_the_same_at_each_call() -> None:
    contents = {picture.name: picture.content() for picture in PICTURES}
    assert len(set(contents.values())) == len(PICTURES) == 12
    assert contents["sun.png"] == PICTURES[0].content()
    for content in contents.values():
        assert Image.open(io.BytesIO(content)).size == (1024, 768)


def files_below(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
