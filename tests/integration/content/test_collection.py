"""Import and export of a collection, with real files."""

from __future__ import annotations

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import register, rows, value
from tests.security.households import PICTURE
from wondernest.app import collection, create_app
from wondernest.content.collection import SHEET, CollectionError, Report
from wondernest.settings import Settings

MakeSettings = Callable[..., Settings]
LINE = {
    "id": "first",
    "title": "The First, “quoted”, one",
    "description": "Two\nlines.",
    "category": "stories",
    "type": "story",
    "ageMin": "3",
    "ageMax": "9",
    "ageRating": "4",
    "durationSeconds": "95",
    "language": "pt-BR",
    "tags": "sea; Big Ships ;sea",
    "difficulty": "hard",
    "educational": "true",
    "featured": "yes",
    "active": "true",
    "createdAt": "2024-05-01T10:00:00+02:00",
    "thumbnail": "pictures/small.png",
    "content": "page.png",
}
ITEMS = "select * from content.content_items order by provider_id"
FILES = "select * from core.uploaded_files order by file_key"


def written(folder: Path, *lines: dict[str, str], files: dict[str, bytes] | None = None) -> Path:
    """A folder with a sheet of these lines, and files."""
    (folder / "pictures").mkdir(parents=True, exist_ok=True)
    text = io.StringIO()
    sheet = csv.DictWriter(text, list(LINE))
    sheet.writeheader()
    sheet.writerows(lines)
    (folder / SHEET).write_text(text.getvalue(), encoding="utf-8")
    for name, content in (files or {"page.png": PICTURE, "pictures/small.png": PICTURE}).items():
        (folder / name).write_bytes(content)
    return folder


async def bring(settings: Settings, source: Path, *, store: bool = True) -> Report:
    async with collection(settings) as library:
        return await library.bring(source, store=store)


def counts(report: Report) -> tuple[int, int, int, int]:
    return report.added, report.changed, report.unchanged, len(report.refused)


async def test_an_item_and_its_files_are_stored_and_open_without_a_token(
    make_settings: MakeSettings, database_url: str, tmp_path: Path
) -> None:
    settings = make_settings()
    assert counts(await bring(settings, written(tmp_path / "in", LINE))) == (1, 0, 0, 0)
    async with running(create_app(settings)) as client:
        parent = await register(client)
        page = (await client.get("/api/v1/content", headers=parent.bearer)).json()
        (item,) = page["items"]
        stored_id = str(await value(database_url, "select id from content.content_items"))
        assert item == {
            "id": stored_id,
            "title": LINE["title"],
            "description": LINE["description"],
            "category": "stories",
            "ageRating": 3,
            "duration": 2,
            "thumbnailUrl": item["thumbnailUrl"],
            "contentUrl": item["contentUrl"],
            "tags": ["sea", "Big Ships"],
            "isEducational": True,
            "difficulty": "hard",
            "createdAt": "2024-05-01T08:00:00Z",
        }
        for url in (item["thumbnailUrl"], item["contentUrl"]):
            opened = await client.get(url)
            assert (opened.status_code, opened.headers["content-type"]) == (200, "image/png")
        assert (await client.get("/api/v1/files", headers=parent.bearer)).json()["data"] == []
        with_a_limit = {"family": {"maxAge": 3}}
        await client.put("/api/v1/content/filters", json=with_a_limit, headers=parent.bearer)
        assert (await client.get("/api/v1/content", headers=parent.bearer)).json()["totalItems"] == 0, "rated 4"
    for file in await rows(database_url, FILES):
        assert (file["is_system_image"], file["is_public"], file["child_id"]) == (True, True, None)


async def test_the_same_collection_again_changes_nothing(
    make_settings: MakeSettings, database_url: str, tmp_path: Path
) -> None:
    settings, folder = make_settings(), written(tmp_path / "in", LINE, {**LINE, "id": "second", "createdAt": ""})
    assert counts(await bring(settings, folder)) == (2, 0, 0, 0)
    before = [await rows(database_url, ITEMS), await rows(database_url, FILES)]
    assert counts(await bring(settings, folder)) == (0, 0, 2, 0)
    assert [await rows(database_url, ITEMS), await rows(database_url, FILES)] == before


async def test_a_changed_line_changes_its_item_and_a_changed_file_replaces_the_old_one(
    make_settings: MakeSettings, database_url: str, tmp_path: Path
) -> None:
    settings, folder = make_settings(), written(tmp_path / "in", LINE)
    await bring(settings, folder)
    (before,) = await rows(database_url, ITEMS)
    text = b"A text in place of the picture."
    changed = {**LINE, "title": "Another title", "content": "page.txt"}
    written(folder, changed, files={"page.txt": text})
    assert counts(await bring(settings, folder)) == (0, 1, 0, 0)
    (after,) = await rows(database_url, ITEMS)
    assert (after["id"], after["title"], after["thumbnail_url"]) == (
        before["id"],
        "Another title",
        before["thumbnail_url"],
    )
    assert after["url"] != before["url"]
    async with running(create_app(settings)) as client:
        assert (await client.get(after["url"])).content == text
        assert (await client.get(before["url"])).status_code == 404
        assert (await client.get(after["thumbnail_url"])).status_code == 200


async def test_a_dry_run_finds_everything_and_stores_nothing(
    make_settings: MakeSettings, database_url: str, tmp_path: Path
) -> None:
    settings = make_settings()
    folder = written(
        tmp_path / "in",
        LINE,
        {**LINE, "id": "fake", "content": "fake.png"},
        files={"page.png": PICTURE, "pictures/small.png": PICTURE, "fake.png": b"no picture at all"},
    )
    report = await bring(settings, folder, store=False)
    assert counts(report) == (1, 0, 0, 1)
    assert report.refused[0].id == "fake"
    assert await rows(database_url, ITEMS) == []
    assert await rows(database_url, FILES) == []
    assert not list((tmp_path / "uploads").rglob("*.*"))


async def test_refused_lines_do_not_keep_the_others_from_being_stored(
    make_settings: MakeSettings, database_url: str, tmp_path: Path
) -> None:
    (tmp_path / "secret.png").write_bytes(PICTURE)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "link.png").symlink_to(tmp_path / "secret.png")
    bad = {
        "no-title": {"title": " \u200b "},
        "category": {"category": "adults"},
        "ages": {"ageMin": "9", "ageMax": "3"},
        "age": {"ageMin": "-1"},
        "language": {"language": "english!"},
        "time": {"createdAt": "yesterday"},
        "flag": {"featured": "perhaps"},
        "difficulty": {"difficulty": "extreme"},
        "outside": {"content": "../secret.png"},
        "absolute": {"content": str(tmp_path / "secret.png")},
        "link": {"content": "link.png"},
        "missing": {"content": "nowhere.png"},
        "kind": {"content": "page.svg"},
        "http": {"content": "http://example.org/film.mp4"},
        "script": {"content": "javascript://example.org/"},
        "none": {"content": ""},
        "first": {"title": "A second line with the same id"},
        "bad id": {},
    }
    lines = [LINE, *({**LINE, "id": name, **changes} for name, changes in bad.items()), {**LINE, "id": "last"}]
    report = await bring(make_settings(), written(tmp_path / "in", *lines))
    assert (report.added, [refusal.id for refusal in report.refused]) == (2, sorted(bad, key=list(bad).index))
    assert all(refusal.reason and refusal.line for refusal in report.refused)
    assert [row["provider_id"] for row in await rows(database_url, ITEMS)] == ["first", "last"]


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("id,title\na,b\n", "lacks category"),
        ("", "lacks id"),
        (",".join([*LINE, "colour"]) + "\n", "unknown columns: 'colour'"),
        (",".join([*LINE, "id"]) + "\n", "twice"),
    ],
)
async def test_a_sheet_that_cannot_be_used_is_refused_as_a_whole(
    make_settings: MakeSettings, tmp_path: Path, text: str, why: str
) -> None:
    (tmp_path / "items.csv").write_text(text)
    report = await bring(make_settings(), tmp_path / "items.csv")
    assert (report.added, len(report.refused)) == (0, 1)
    assert why in report.refused[0].reason


async def test_a_missing_or_unreadable_sheet_is_said_in_a_sentence(make_settings: MakeSettings, tmp_path: Path) -> None:
    with pytest.raises(CollectionError, match="No such file"):
        await bring(make_settings(), tmp_path / "nowhere.csv")
    (tmp_path / SHEET).write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CollectionError, match="not UTF-8"):
        await bring(make_settings(), tmp_path)


async def test_an_exported_collection_can_be_imported_elsewhere_with_the_same_result(
    make_settings: MakeSettings, database_url: str, tmp_path: Path
) -> None:
    settings = make_settings()
    lines = [
        LINE,
        {**LINE, "id": "film", "content": "https://films.example.org/a.mp4", "thumbnail": "", "active": "false"},
    ]
    await bring(settings, written(tmp_path / "in", *lines))
    async with collection(settings) as library:
        assert await library.take(tmp_path / "out") == 2
        assert await library.take(tmp_path / "none", "somebody") == 0
        with pytest.raises(CollectionError, match="not an empty folder"):
            await library.take(tmp_path / "out")
    before = [comparable(row) for row in await rows(database_url, ITEMS)]
    assert counts(await bring(settings, tmp_path / "out")) == (0, 0, 2, 0)
    await rows(database_url, "delete from content.content_items")
    await rows(database_url, "delete from core.uploaded_files")
    shutil.rmtree(tmp_path / "uploads")
    assert counts(await bring(settings, tmp_path / "out")) == (2, 0, 0, 0)
    assert [comparable(row) for row in await rows(database_url, ITEMS)] == before
    async with running(create_app(settings)) as client:
        for row in await rows(database_url, "select url from content.content_items where url like '/files/%'"):
            opened = await client.get(row["url"])
            assert (opened.status_code, opened.headers["content-type"]) == (200, "image/png")


def comparable(row: Any) -> dict[str, Any]:
    """What an import decides: not ids, keys of files and times of writing."""
    left = {"id", "url", "thumbnail_url", "updated_at"}
    return {name: found for name, found in dict(row).items() if name not in left}


async def test_no_account_can_be_entered_through_the_owner_of_the_files(
    make_settings: MakeSettings, database_url: str, tmp_path: Path, app_client: httpx2.AsyncClient
) -> None:
    await bring(make_settings(), written(tmp_path / "in", LINE))
    (owner,) = await rows(database_url, "select * from core.users where email like '%.invalid'")
    assert (owner["password_hash"], owner["is_active"], owner["email_verified"]) == ("", False, False)
    for password in ("", " ", "Sunflower7"):
        login = {"email": owner["email"], "password": password}
        answer = await app_client.post("/api/v1/auth/parent/login", json=login)
        assert answer.status_code in {400, 401}
