"""C-03: the notices and the pages of consent: public, in four languages, readable without scripts and by a screen reader."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable
from itertools import product
from typing import Any
from urllib.parse import urljoin

import httpx2
import pytest

from tests.fixtures.auth import rows
from tests.fixtures.consents import Nest, Page, after, assert_strict, nest
from tests.fixtures.family import register_with_child
from wondernest.coppa.upkeep import SECONDS
from wondernest.platform.languages import LANGUAGES
from wondernest.settings import Settings

NOTICES = "/api/v1/coppa/notices"
NOTICE = "/coppa/notice"
NEWEST = 2
"""The version of the newest notice."""


@pytest.fixture
async def home(make_settings: Callable[..., Settings], database_url: str) -> AsyncIterator[Nest]:
    environ: dict[str, Any] = {
        "COPPA_OPERATOR": "Nest & <Sons>",
        "COPPA_CONTACT": "1 Main St <b>, {operator} x@y.example",
    }
    async with nest(make_settings, database_url, **environ) as running:
        yield running


async def every_page(home: Nest, language: str) -> AsyncIterator[tuple[str, httpx2.Response]]:
    """Each page that a parent may see, by its name."""
    client, query = home.client, f"?language={language}"
    ann, mia = await register_with_child(client)
    await home.ask(ann, mia, permissions={"dataCollection": True, "<b>": True})
    link = await home.link(ann)
    yield "gone", await client.get("/coppa/consents/" + "A" * 64 + query)
    page = await client.get(link + query)
    yield "ask", page
    yield "done", await client.post(link + Page(page.text).action)
    yield "already", await client.get(link + query)
    await home.run(SECONDS, after(hours=25))
    undo = await home.link(ann, "You gave your consent")
    page = await client.get(undo + query)
    yield "undo", page
    yield "undone", await client.post(undo + Page(page.text).action)


@pytest.mark.parametrize("language", LANGUAGES)
async def test_every_page_is_readable_and_strict_in_every_language(home: Nest, language: str) -> None:
    titles: set[str] = set()
    async for name, answer in every_page(home, language):
        page = Page(answer.text)
        page.assert_readable(language)
        assert_strict(answer)
        assert answer.headers["cache-control"] == "no-store", name
        assert "<b>" not in answer.text.replace("&lt;b&gt;", ""), name
        titles.add(page.texts["h1"][0])
    assert len(titles) == 6
    if language != "en":
        assert not [title for title in titles if "consent" in title.lower().split()]


@pytest.mark.parametrize("language", LANGUAGES)
async def test_the_notice_is_a_public_page_that_may_be_kept(home: Nest, language: str) -> None:
    answer = await home.client.get(f"{NOTICE}?language={language}")
    page = Page(answer.text)
    page.assert_readable(language)
    assert_strict(answer)
    assert answer.headers["cache-control"] == "no-cache"
    assert "Nest & <Sons>" in page.texts["p"][2]
    assert "1 Main St <b>, {operator} x@y.example" in page.texts["main"][0], "settings are text, never form"
    data, *others = page.attributes("a")
    held = await home.client.get(urljoin(NOTICE, data["href"]))
    Page(held.text).assert_readable(language)
    assert "16 CFR 312.2" in held.text, "the notice leads to the internal operations"
    assert [link["lang"] for link in others] == [*LANGUAGES]
    assert (await home.client.get(f"{NOTICE}?language={language}&version={NEWEST}")).text == answer.text
    for version in ("0", f"{NEWEST + 1}", "x", "9" * 30):
        assert (await home.client.get(f"{NOTICE}?version={version}")).status_code == 404


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("de-AT, en;q=0.5", "de"),
        ("pt, es;q=0.8, en;q=0.7", "es"),
        ("en;q=0.2, fr;q=0.9", "fr"),
        ("fr;q=0, *", "en"),
        ("pt-BR", "en"),
        ("", "en"),
        (";;;,=", "en"),
        ("DE", "de"),
        ("x" * 5000, "en"),
    ],
)
async def test_the_language_is_that_of_the_reader(home: Nest, header: str, language: str) -> None:
    answer = await home.client.get(NOTICE, headers={"Accept-Language": header})
    assert Page(answer.text).attributes("html") == [{"lang": language}]
    assert "Accept-Language" in answer.headers["vary"]
    shown = await home.client.get(f"{NOTICES}/1", headers={"Accept-Language": header})
    assert shown.json()["language"] == language


async def test_letters_are_in_the_language_of_the_account(home: Nest) -> None:
    ann, mia = await register_with_child(home.client, language="de")
    await home.ask(ann, mia)
    letter = await home.letter(ann, "Ihre Einwilligung wird gebraucht")
    assert "Das Öffnen der Seite erlaubt nichts." in letter


async def test_the_notices_are_listed_with_their_hashes(home: Nest) -> None:
    answer = await home.client.get(NOTICES)
    body = answer.json()
    assert body["languages"] == [*LANGUAGES]
    versions = body["versions"]
    assert [(one["version"], one["material"]) for one in versions] == [(2, False), (1, True)]
    for version, language in product(versions, LANGUAGES):
        shown = (await home.client.get(f"{NOTICES}/{version['version']}?language={language}")).json()
        assert shown["hash"] == version["hashes"][language] == hashlib.sha256(shown["document"].encode()).hexdigest()
        assert shown["operator"]["name"] == "Nest & <Sons>"
        assert shown["operator"]["recordingDays"] == "90"
    known = await home.client.get(NOTICES, headers={"If-None-Match": answer.headers["etag"]})
    assert (known.status_code, known.content) == (304, b"")
    missing = await home.client.get(f"{NOTICES}/{NEWEST + 1}")
    assert (missing.status_code, missing.json()) == (404, {"message": "No such notice", "warning": None})


async def test_a_fault_is_a_page_too(home: Nest, database_url: str) -> None:
    await rows(database_url, "alter table wondernest.consents rename to gone")
    answer = await home.client.get("/coppa/consents/" + "A" * 64)
    assert (answer.status_code, answer.headers["content-type"]) == (500, "text/html; charset=utf-8")
    for language in LANGUAGES:
        assert f'<p lang="{language}">' in answer.text
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
