"""An export holds everything about a family, and nothing of another one."""

from __future__ import annotations

import io
import json
import re
import zipfile
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import TEST_SECRET
from tests.fixtures.auth import Parent, register, rows, value
from tests.fixtures.consent import give_consent
from tests.fixtures.consents import Page, assert_strict
from tests.fixtures.family import add_child
from tests.fixtures.files import drawing, run_job, store_story, upload_drawing
from tests.fixtures.privacy import PRIVACY, House, erase, founded_by, move_in, proven, run, save, whole
from tests.fixtures.trail import recorded
from wondernest.privacy.exporting import LINK_PAGE, link_of
from wondernest.privacy.rules import Export

EVENTS = """
    insert into analytics.analytics_events (child_id, user_id, event_type, event_data)
    select $1, $2, 'counted', jsonb_build_object('n', n) from generate_series(1, 10001) n"""


async def ask(house: House, bearer: dict[str, str]) -> str:
    answer = await house.client.post(f"{PRIVACY}/exports", headers=await proven(house.client, bearer))
    assert answer.status_code == 202, answer.text
    return answer.json()["data"]["id"]


async def make(house: House, user: object, export_id: str) -> None:
    await run_job(house.work, "privacy.make_export", user=str(user), export=export_id)


async def download(house: House, bearer: dict[str, str], export_id: str) -> zipfile.ZipFile:
    answer = await house.client.get(f"{PRIVACY}/exports/{export_id}/content", headers=bearer)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/zip"
    return zipfile.ZipFile(io.BytesIO(answer.content))


def link_to(parent: Parent, export_id: str, secret: bytes = TEST_SECRET.encode()) -> str:
    """The path of the letter's link."""
    export = Export(
        user_id=UUID(parent.user_id),
        id=UUID(export_id),
        family_id=None,
        asked_at=datetime.now(UTC),
        ready_at=None,
        expires_at=None,
        bytes=None,
    )
    return LINK_PAGE.format(link_of(secret, export, parent.email))


async def begin(house: House, link: str) -> httpx2.Response:
    """Press the button of the page, and follow where it leads."""
    page = await house.client.get(link)
    assert page.status_code == 200, page.text
    begun = await house.client.post(link + Page(page.text).action)
    assert begun.status_code == 303
    assert begun.headers["cache-control"] == "no-store"
    return await house.client.get(urljoin(link, begun.headers["location"]))


def rows_of(archive: zipfile.ZipFile, table: str) -> list[dict[str, Any]]:
    return json.loads(archive.read(f"data/{table}.json"))


async def test_an_export_holds_a_row_of_every_table_every_event_and_file_and_nothing_of_another_family(
    house: House,
) -> None:
    parent, people = await whole(house)
    _, others = await whole(house)
    await run(house.url, EVENTS, people.child, people.user)
    path = f"/api/v2/games/children/{people.child}/data"
    for text in ("one", "two", "three"):
        body = {"gameType": "sticker_book", "dataKey": "versioned", "dataValue": {"text": text}}
        assert (await house.client.put(path, json=body, headers=parent.bearer)).is_success
    export_id = await ask(house, parent.bearer)
    await make(house, people.user, export_id)
    archive = await download(house, parent.bearer, export_id)
    assert archive.testzip() is None
    empty = [table for table, row in people.rows.items() if row and not rows_of(archive, table)]
    assert empty == []
    events = await value(house.url, "select count(*) from analytics.analytics_events where child_id = $1", people.child)
    assert len(rows_of(archive, "analytics.analytics_events")) == events > 10_001
    kept = await value(house.url, "select count(*) from wondernest.save_versions where child_id = $1", people.child)
    assert len(rows_of(archive, "wondernest.save_versions")) == kept > 0
    files = await rows(house.url, "select id from core.uploaded_files where child_id = $1", people.child)
    names = archive.namelist()
    assert [name for name in names if name.startswith("files/")], names
    stored = [name for name in names if name.startswith("files/") and not name.endswith(".html")]
    assert {UUID(name.rpartition(".")[0][-36:]) for name in stored} <= {row["id"] for row in files}
    whole_text = b"".join(archive.read(name) for name in names).decode(errors="replace").lower()
    for foreign in (others.user, others.family, others.child, others.mark):
        assert str(foreign) not in whole_text
    account = rows_of(archive, "core.users")[0]
    assert "password_hash" not in account
    assert account["email"]
    page = archive.read("index.html").decode()
    assert re.search(rf'href="\./made/[^"/]+-{people.child}/1\.html"', page)
    assert "http" not in page.replace("http-equiv", "")
    linked = {unquote(address) for address in re.findall(r'href="\./([^"]+)"', page)}
    assert linked <= set(names)
    assert {name for name in names if name.startswith(("data/", "tables/"))} <= linked


async def test_a_sticker_project_is_drawn(house: House) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    canvas = {
        "canvasSize": {"width": 800.0, "height": 600.0},
        "stickers": [{"sticker": {"emoji": "🦄"}, "position": {"x": 10.0, "y": 20.0}, "scale": 1.0, "rotation": 0.0}],
        "drawings": [{"points": [{"x": 1, "y": 2}], "color": 4278190080, "strokeWidth": 5.0}],
        "texts": [{"text": "<b>Hi</b>", "position": {"x": 5, "y": 5}}],
    }
    document = {"originalProject": {"infiniteCanvas": canvas}}
    body = {"gameType": "sticker_book", "dataKey": "sticker_project_1", "dataValue": document}
    path = f"/api/v2/games/children/{child}/data"
    assert (await house.client.put(path, json=body, headers=parent.bearer)).is_success
    export_id = await ask(house, parent.bearer)
    await make(house, parent.user_id, export_id)
    archive = await download(house, parent.bearer, export_id)
    [name] = [name for name in archive.namelist() if name.startswith("made/")]
    assert name.endswith(f"-{child}/1.html")
    page = archive.read(name).decode()
    assert "<svg" in page
    assert "🦄" in page
    assert "&lt;b&gt;Hi&lt;/b&gt;" in page
    assert "#000000" in page


HOSTILE = """\"><script src="//evil.example/x"></script><img src=x onerror=alert(1)><a href='javascript:x'>x</a>"""


class Loaded(HTMLParser):
    """The elements of a page, and every address in it."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: set[str] = set()
        self.addresses: set[str] = set()
        self.attributes: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.addresses |= {value or "" for name, value in attrs if name in {"href", "src"}}


async def test_the_pages_of_an_export_are_in_the_familys_language_and_nothing_in_it_becomes_markup(
    house: House,
) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent, name=f"CON. {HOSTILE[:20]}"))["id"]
    tale = {"title": f"The Owl {HOSTILE}", "content": {"pages": [{"textBlocks": [{"text": HOSTILE}, {"text": "Hoo"}]}]}}
    await store_story(house.client, parent, child, {"data": json.dumps(tale)})
    await save(house.client, parent.bearer, child, HOSTILE)
    picture = await upload_drawing(house.client, parent)
    rename = "update core.uploaded_files set original_name = $1 where id = $2"
    await run(house.url, rename, f"../..\\nul.{HOSTILE}.png", UUID(picture["id"]))
    for language, words in (
        ("en", "Everything that is stored"),
        ("de", "Alles, was"),
        ("es", "Todo lo que"),
        ("fr", "Tout ce qui"),
    ):
        await run(
            house.url,
            "insert into wondernest.family_locales (family_id, language, updated_at) select family_id, $1, now()"
            " from family.family_members where user_id = $2"
            " on conflict (family_id) do update set language = excluded.language",
            language,
            UUID(parent.user_id),
        )
        export_id = await ask(house, parent.bearer)
        await make(house, parent.user_id, export_id)
        archive = await download(house, parent.bearer, export_id)
        assert words in archive.read("index.html").decode()
        assert_harmless(archive, language)
    [made] = [archive.read(name).decode() for name in archive.namelist() if name.startswith("made/")]
    assert "<p>Hoo</p>" in made
    [stored] = [name for name in archive.namelist() if name.startswith("files/") and name.endswith(".png")]
    assert archive.read(stored) == drawing()
    assert len(rows_of(archive, "games.simple_game_data")) == 2


def assert_harmless(archive: zipfile.ZipFile, language: str) -> None:
    """The pages are in a language, run nothing and lead to nothing but files beside them, whose names are safe."""
    names = archive.namelist()
    assert not [name for name in names if ".." in name or set(name) & set('\\:*?"<>|')]
    pages = {name: archive.read(name).decode() for name in names if name.endswith(".html")}
    assert len(pages) == 3
    for name, text in pages.items():
        page = Loaded(text)
        assert f'<html lang="{language}">' in text
        assert not page.elements & {"script", "iframe", "object", "link", "base", "form"}
        assert not {attribute for attribute in page.attributes if attribute.startswith("on") or attribute == "style"}
        for address in page.addresses:
            target = unquote(urljoin(f"http://x/{name}", address)).removeprefix("http://x/")
            assert target in names, "every address is a file beside the page"


async def test_the_link_of_the_letter_works_once_and_ends(house: House) -> None:
    parent, stranger = await register(house.client), await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    export_id = await ask(house, parent.bearer)
    assert await ask(house, parent.bearer) == export_id, "while one is being made"
    waiting = await house.client.get(f"{PRIVACY}/exports/{export_id}/content", headers=parent.bearer)
    assert waiting.status_code == 404
    await make(house, parent.user_id, export_id)
    foreign = await house.client.get(f"{PRIVACY}/exports/{export_id}/content", headers=stranger.bearer)
    assert foreign.status_code == 404
    link = link_to(parent, export_id)
    assert (await house.client.get(link_to(parent, export_id, b"other"))).status_code == 410
    assert (await begin(house, link)).content == (await house.client.get(f"{link}/file")).content
    house.clock.shift += timedelta(hours=20)
    part = await house.client.get(f"{link}/file", headers={"Range": "bytes=2-"})
    assert part.status_code == 206, "a download that broke off goes on"
    assert await recorded(house.url, child) == {"adult:export": 1, "adult:download": 3}
    assert (await begin(house, link)).status_code == 200
    house.clock.shift += timedelta(hours=5)
    for answer in (
        await house.client.get(link),
        await house.client.post(link),
        await house.client.get(f"{link}/file"),
    ):
        assert answer.status_code == 410
        assert "no longer valid" in answer.text
    house.clock.shift = timedelta(days=7, minutes=1)
    await run_job(house.work, "privacy.forget_exports")
    assert await value(house.url, "select count(*) from wondernest.exports") == 0
    assert not list(house.uploads.glob("exports/*"))


async def test_a_get_of_the_link_changes_nothing_because_scanners_of_mail_do_it(house: House) -> None:
    parent = await register(house.client)
    export_id = await ask(house, parent.bearer)
    await make(house, parent.user_id, export_id)
    link = link_to(parent, export_id)
    before = await rows(house.url, "select * from wondernest.exports")
    for language in ("en", "es", "de", "fr"):
        page = await house.client.get(f"{link}?language={language}")
        Page(page.text).assert_readable(language)
        assert_strict(page)
        assert page.headers["cache-control"] == "no-store"
        assert (await house.client.head(link)).status_code == 200
        assert (await house.client.get(f"{link}/file")).status_code == 410, "nobody pressed the button"
    assert await rows(house.url, "select * from wondernest.exports") == before
    house.clock.shift += timedelta(days=6, hours=23)
    assert (await begin(house, link)).status_code == 200
    house.clock.shift += timedelta(hours=2)
    assert (await house.client.get(f"{link}/file")).status_code == 410, "the seven days are over"


@pytest.mark.parametrize("change", ["is_active = false", "email = 'other@example.com'"])
async def test_the_link_of_a_deactivated_account_or_to_an_earlier_address_opens_nothing(
    house: House, change: str
) -> None:
    parent = await register(house.client)
    export_id = await ask(house, parent.bearer)
    await make(house, parent.user_id, export_id)
    link = link_to(parent, export_id)
    assert (await begin(house, link)).status_code == 200
    await run(house.url, f"update core.users set {change} where id = $1", UUID(parent.user_id))
    assert (await house.client.get(link)).status_code == 410
    assert (await house.client.post(link)).status_code == 410
    assert (await house.client.get(f"{link}/file")).status_code == 410


async def test_an_export_holds_no_traces_of_the_other_parent_and_a_parent_who_left_gets_none(house: House) -> None:
    ann, ben = await register(house.client), await register(house.client)
    child = (await add_child(house.client, ann))["id"]
    family = await founded_by(house.url, ann)
    await move_in(house.url, ben, family)
    left = "delete from family.family_members where user_id = $1 and family_id <> $2"
    await run(house.url, left, UUID(ben.user_id), family)
    agent = {"User-Agent": "anns-telephone"}
    await give_consent(house.client, {**ann.bearer, **agent}, child)
    exports: dict[str, str] = {}
    for parent in (ann, ben):
        exports[parent.user_id] = await ask(house, parent.bearer)
        await make(house, parent.user_id, exports[parent.user_id])
    shown = [
        rows_of(await download(house, one.bearer, exports[one.user_id]), "compliance.coppa_consent")[0]
        for one in (ann, ben)
    ]
    assert [(row["parent_id"], row["user_agent"]) for row in shown] == [
        (ann.user_id, "anns-telephone"),
        (ann.user_id, None),
    ]
    assert [row["ip_address"] is None for row in shown] == [False, True]
    link, content = link_to(ben, exports[ben.user_id]), f"{PRIVACY}/exports/{exports[ben.user_id]}/content"
    assert (await begin(house, link)).status_code == 200
    await run(house.url, "update family.family_members set role = 'member' where user_id = $1", UUID(ben.user_id))
    refused = [await house.client.get(link), await house.client.post(link), await house.client.get(f"{link}/file")]
    assert [answer.status_code for answer in refused] == [410, 410, 410]
    assert (await house.client.get(content, headers=ben.bearer)).status_code == 404
    assert (await house.client.get(f"{PRIVACY}/exports", headers=ben.bearer)).json()["data"] == []
    own = await ask(house, ben.bearer)
    await make(house, ben.user_id, own)
    younger = (await add_child(house.client, ann))["id"]
    assert (await begin(house, link_to(ben, own))).status_code == 200
    assert await recorded(house.url, younger) == {}, "nothing of a child is in the file of a member"
    assert child not in str((await download(house, ben.bearer, own)).namelist()), "a member gets what is about them"


@pytest.mark.parametrize("token", ["x", "A" * 86, "A" * 88, "%C3%A4", "=" * 86, "A" * 5000])
async def test_a_link_that_we_did_not_make_opens_nothing(app_client: httpx2.AsyncClient, token: str) -> None:
    for answer in (
        await app_client.get(f"/privacy/exports/{token}"),
        await app_client.post(f"/privacy/exports/{token}"),
        await app_client.get(f"/privacy/exports/{token}/file"),
    ):
        assert answer.status_code == 410
        assert_strict(answer)


async def test_an_erased_child_is_in_no_export_any_more(house: House) -> None:
    parent = await register(house.client)
    child = (await add_child(house.client, parent))["id"]
    export_id = await ask(house, parent.bearer)
    await make(house, parent.user_id, export_id)
    await erase(house.client, parent.bearer, f"children/{child}")
    await run(house.url, "update wondernest.erasures set due_at = now() - interval '1 minute'")
    await house.run_due()
    assert not list(house.uploads.glob("exports/*"))
    assert await value(house.url, "select count(*) from wondernest.exports") == 0
