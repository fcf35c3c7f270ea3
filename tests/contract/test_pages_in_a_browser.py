"""Every page for people in a real browser, as wide as a phone, in each language and without scripts.

axe finds nothing to complain about, nothing scrolls sideways, the keyboard reaches everything in reading order, and buttons work.
"""

from __future__ import annotations

import asyncio
import json
import socket
import zipfile
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.application import TEST_SECRET, jobs_running
from tests.fixtures.auth import MAIL_TIMEOUT_S, Parent, rows, value
from tests.fixtures.browser import Phone, needs_chromium, phone
from tests.fixtures.consents import Nest, after
from tests.fixtures.family import register_with_child
from tests.fixtures.files import upload_drawing
from tests.fixtures.privacy import PRIVACY, proven
from wondernest.app import create_app
from wondernest.coppa.upkeep import SECONDS
from wondernest.letters.signing import EndTokens
from wondernest.platform.languages import LANGUAGES
from wondernest.privacy.exporting import LINK_PAGE, link_of
from wondernest.privacy.rules import Export
from wondernest.server.listener import HttpServer
from wondernest.settings import Settings

TIMEOUT_MS: Final = 30_000
BUTTON_HEIGHT_PX: Final = 44
"""WCAG 2.2, target size (enhanced); also shows that the policy lets the style apply."""
FEWEST_PASSES: Final = 5
BACKLOG: Final = 16
DISK: Final = ""
"""The host of addresses of files."""
PAGES_INSIDE: Final = 3
TITLE_SIZE: Final = "25.6px"
"""Of the pages' style (1.6 rem): their policy lets it apply."""
TITLES: Final = 11
"""Of different pages: both links that are gone say the same."""

pytestmark = [needs_chromium, pytest.mark.timeout(180)]  # a browser that starts on a busy machine


@dataclass
class Site:
    """The service on a port, with its jobs."""

    nest: Nest
    url: str

    async def exported(self, parent: Parent) -> str:
        """The path of the link to an export of a parent's, once it is ready."""
        client = self.nest.client
        asked = await client.post(f"{PRIVACY}/exports", headers=await proven(client, parent.bearer))
        export_id = UUID(asked.json()["data"]["id"])
        ready = "select ready_at from wondernest.exports where id = $1"
        async with asyncio.timeout(MAIL_TIMEOUT_S):
            while await value(self.nest.database_url, ready, export_id) is None:
                await asyncio.sleep(0.05)
        export = Export(
            user_id=UUID(parent.user_id),
            id=export_id,
            family_id=None,
            asked_at=datetime.now(UTC),
            ready_at=None,
            expires_at=None,
            bytes=None,
        )
        return LINK_PAGE.format(link_of(TEST_SECRET.encode(), export, parent.email))


@asynccontextmanager
async def site(make_settings: Callable[..., Settings], database_url: str) -> AsyncGenerator[Site]:
    settings = make_settings(COPPA_CONFIRMATION="required", SHUTDOWN_GRACE_S="1")
    application = create_app(settings)
    listener = socket.create_server(("127.0.0.1", 0))
    server = HttpServer(application, max_connections=100, grace_s=1.0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}"
    async with jobs_running(settings):
        await application.start()
        await server.start([listener], BACKLOG)
        try:
            async with httpx2.AsyncClient(base_url=url) as client:
                yield Site(Nest(client, settings, database_url), url)
        finally:
            await server.shut_down(asyncio.Event())
            await application.stop()


async def assert_fit(reader: Phone, name: str) -> None:
    """The page can be read and used by everybody."""
    assert await reader.tab_order() == await reader.focusable(), name
    found = await reader.examine()
    assert (found["violations"], found["too_wide"]) == ([], False), name
    assert found["passes"] > FEWEST_PASSES, name


async def press(reader: Phone) -> None:
    """Press the page's only button."""
    button = reader.page.locator("button")
    box = await button.bounding_box()
    assert box is not None
    assert box["height"] >= BUTTON_HEIGHT_PX
    await button.click(timeout=TIMEOUT_MS)


async def played(nest: Nest, parent: Parent, child: str, language: str) -> None:
    """The child made a drawing and a story, and the parent has a picture; the family chose a language."""
    database = nest.database_url
    locale = "insert into wondernest.family_locales (family_id, language, updated_at) select family_id, $1, now()"
    await rows(database, f"{locale} from family.family_members where user_id = $2", language, UUID(parent.user_id))
    canvas = {"stickers": [{"sticker": {"emoji": "🦉"}, "position": {"x": -20, "y": 90}}], "drawings": [], "texts": []}
    for game, key, document in (
        ("sticker_book", "sticker_project_1", {"name": "Owl", "originalProject": {"infiniteCanvas": canvas}}),
        ("story_adventure", "story_draft_1", {"data": {"title": "Bo", "content": {"pages": [{"text": "Once"}]}}}),
        ("memory", "level", {"level": 3}),
    ):
        saved = "insert into games.simple_game_data (child_id, game_type, data_key, data_value) values ($1, $2, $3, $4)"
        await rows(database, saved, UUID(child), game, key, json.dumps(document))
    await upload_drawing(nest.client, parent)


async def look_inside(reader: Phone, folder: Path, language: str) -> None:
    """The pages of an export are read from a disk: each fits, and leads to the others and to the files."""
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) == PAGES_INSIDE
    for path in pages:
        name = str(path.relative_to(folder))
        await reader.page.goto(path.as_uri(), timeout=TIMEOUT_MS)
        assert await reader.page.locator("html").get_attribute("lang") == language, name
        await assert_fit(reader, name)
        assert await reader.page.locator("h1").evaluate("one => getComputedStyle(one).fontSize") == TITLE_SIZE, name
        for picture in await reader.page.locator("img").all():
            assert await picture.evaluate("one => one.naturalWidth") > 0, "it is shown"
        for link in await reader.page.locator("a").all():
            target = unquote(urlsplit(urljoin(path.as_uri(), await link.get_attribute("href") or "")).path)
            assert Path(target).is_file(), target
    assert await reader.page.locator("svg").count() == 1
    assert await reader.page.locator("h2").count() == 3


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_fits_a_phone_and_works_without_scripts(
    make_settings: Callable[..., Settings], database_url: str, language: str, tmp_path: Path
) -> None:
    async with site(make_settings, database_url) as running, phone(language) as reader:
        nest, seen = running.nest, set[str]()

        async def see(name: str, path: str | None = None) -> None:
            """Look at a page: of an address, or the one that is shown."""
            if path is not None:
                await reader.page.goto(running.url + path, timeout=TIMEOUT_MS)
            assert await reader.page.locator("html").get_attribute("lang") == language, name
            await assert_fit(reader, name)
            seen.add(await reader.page.locator("h1").inner_text())

        await see("notice", "/coppa/notice")
        await see("catalogue", "/privacy/catalogue")
        ann, mia = await register_with_child(nest.client)
        await nest.ask(ann, mia)
        await see("ask", await nest.link(ann))
        await press(reader)
        await see("done")
        await see("already", await nest.link(ann))
        await nest.run(SECONDS, after(hours=25))
        await see("undo", await nest.link(ann, "You gave your consent"))
        await press(reader)
        await see("undone")
        await see("gone", "/coppa/consents/" + "A" * 64)
        await played(nest, ann, mia, language)
        link = await running.exported(ann)
        await see("export", link)
        async with reader.page.expect_download(timeout=TIMEOUT_MS) as download:
            await press(reader)
        with zipfile.ZipFile(await (await download.value).path()) as archive:
            archive.extractall(tmp_path)
        await see("export, gone", "/privacy/exports/" + "A" * 86)
        token = EndTokens(TEST_SECRET).token(UUID(ann.user_id))
        await see("end of the weekly letter", f"/api/v1/letters/weekly/end?token={token}&lang={language}")
        await press(reader)
        await see("ended")
        assert len(seen) == TITLES
        await look_inside(reader, tmp_path, language)
        here = running.url.removeprefix("http://")
        assert reader.hosts == {here, DISK}, "nothing is loaded from anywhere else"
        assert [text for text in reader.complaints if "410" not in text] == []


async def test_the_browser_finds_what_is_wrong() -> None:
    async with phone("en") as reader:
        wrong = '<h1></h1><img src="data:,"><div style="width:900px">Wide</div><a href="#x" tabindex="2">b</a>'
        await reader.page.set_content(wrong + '<a href="#y" tabindex="1">c</a>')
        found = await reader.examine()
        assert {"image-alt", "document-title", "html-has-lang"} <= {name for name, _ in found["violations"]}
        assert found["too_wide"]
        assert await reader.tab_order() != await reader.focusable()
