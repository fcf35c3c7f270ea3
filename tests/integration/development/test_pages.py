"""The pages of development: the first page, and the outbox of mails that are not sent."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from html import unescape
from pathlib import Path

import httpx2
import pytest

from tests.fixtures.application import running
from wondernest.app import create_app
from wondernest.development.library import fill_library
from wondernest.development.pictures import PICTURES
from wondernest.development.room import build
from wondernest.development.seed import CLIENTS_CHILD, DEMO_EMAIL, DEMO_PASSWORD, seed
from wondernest.platform.clock import SystemClock
from wondernest.platform.mail import OutboxMailer
from wondernest.platform.mail.letter import Letter
from wondernest.settings import Settings

MakeSettings = Callable[..., Settings]
SENDER = "WonderNest <no-reply@example.org>"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "outbox"


@pytest.fixture
def outbox(folder: Path) -> OutboxMailer:
    return OutboxMailer(folder, SENDER, SystemClock(timedelta()))


@pytest.fixture
async def client(make_settings: MakeSettings, folder: Path) -> AsyncIterator[httpx2.AsyncClient]:
    settings = make_settings(APP_ENV="development", MAIL_OUTBOX_PATH=str(folder))
    async with running(create_app(settings, more=(build,))) as client:
        yield client


async def test_the_first_page_shows_the_demo_login_and_links(client: httpx2.AsyncClient) -> None:
    page = await client.get("/")
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    for told in (DEMO_EMAIL, DEMO_PASSWORD, CLIENTS_CHILD, "1234"):
        assert f"<code>{told}</code>" in page.text
    links = re.findall(r'href="([^"]+)"', page.text)
    assert {"/swagger", "/openapi.yaml", "/dev/outbox", "/health"} <= set(links)
    for link in links:
        assert (await client.get(link)).status_code == 200, link


async def test_the_first_page_shows_the_demo_family_s_pictures(make_settings: MakeSettings) -> None:
    settings = make_settings(APP_ENV="development")
    await asyncio.to_thread(seed, settings)
    await asyncio.to_thread(fill_library, settings)
    async with running(create_app(settings, more=(build,))) as client:
        page = await client.get("/")
        assert "img-src 'self'" in page.headers["content-security-policy"]
        pictures = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', page.text)
        assert {unescape(name) for _, name in pictures} == {picture.name for picture in PICTURES}
        for path, _ in pictures:
            assert (await client.get(path)).headers["content-type"].startswith("image/"), path


async def test_the_first_page_is_shown_without_a_database(make_settings: MakeSettings) -> None:
    settings = make_settings(APP_ENV="development", DATABASE_URL="postgresql://nobody@127.0.0.1:1/none")
    async with running(create_app(settings, more=(build,))) as client:
        page = await client.get("/")
    assert (page.status_code, DEMO_EMAIL in page.text, "<img" in page.text) == (200, True, False)


async def test_the_pages_are_no_part_of_the_documented_api(client: httpx2.AsyncClient) -> None:
    paths = (await client.get("/openapi.json")).json()["paths"]
    assert not {"/", "/dev/outbox"} & set(paths)


async def test_the_first_page_has_no_outbox_link_where_mail_is_sent(make_settings: MakeSettings) -> None:
    application = create_app(make_settings(APP_ENV="development", SMTP_HOST="localhost"), more=(build,))
    async with running(application) as client:
        assert "/dev/outbox" not in (await client.get("/")).text
        assert (await client.get("/dev/outbox")).status_code == 404


@pytest.mark.parametrize("environment", ["production", "staging"])
async def test_outside_development_there_is_no_page(make_settings: MakeSettings, environment: str) -> None:
    async with running(create_app(make_settings(APP_ENV=environment), more=(build,))) as client:
        for path in ("/", "/dev/outbox"):
            assert (await client.get(path)).status_code == 404


async def test_the_service_itself_answers_the_contracts_404(make_settings: MakeSettings) -> None:
    async with running(create_app(make_settings(APP_ENV="development"))) as client:
        reply = await client.get("/")
    assert (reply.status_code, reply.json()["error"]) == (404, "NOT_FOUND")


async def test_the_outbox_lists_mails_with_their_text_escaped(client: httpx2.AsyncClient, outbox: OutboxMailer) -> None:
    await outbox.send(Letter("ann@example.com", "<b>bold</b>", "<script>alert(1)</script> {braces}"))
    page = (await client.get("/dev/outbox")).text
    assert "ann@example.com" in page
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt; {braces}" in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page


async def test_the_outbox_shows_html_in_a_frame_without_scripts_and_the_address_that_ends_it(
    client: httpx2.AsyncClient, outbox: OutboxMailer
) -> None:
    end = "https://api.example.com/end?token=a&lang=en"
    html = '<p style="color:red">"Mia" & <script>alert(1)</script></p>'
    await outbox.send(Letter("ann@example.com", "x", "y", html=html, headers={"List-Unsubscribe": f"<{end}>"}))
    await outbox.send(Letter("bob@example.com", "x", "y", headers={"List-Unsubscribe": "<javascript:alert(2)>"}))
    page = (await client.get("/dev/outbox")).text
    [frame] = re.findall(r"<iframe [^>]*>", page)
    assert " sandbox " in frame
    assert unescape(frame.split('srcdoc="')[1].removesuffix('">')).strip() == html
    assert f'<a href="{end.replace("&", "&amp;")}">' in page
    assert 'href="javascript' not in page


async def test_an_empty_outbox_has_a_note(client: httpx2.AsyncClient) -> None:
    assert "No mail yet." in (await client.get("/dev/outbox")).text
