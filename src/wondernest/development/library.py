"""The demo family's pictures and story, stored through the service's own routes. Development only."""

from __future__ import annotations

import asyncio
import http
import json
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Final

import httpx2
from msgspec.structs import replace

from wondernest.app import create_app
from wondernest.development.pictures import PICTURES, Picture
from wondernest.development.seed import CLIENTS_CHILD, DEMO_EMAIL, DEMO_PASSWORD
from wondernest.settings import Settings

STORY_ID: Final = "de305701"
STORY_TITLE: Final = "The Owl Who Could Not Sleep"
GAME: Final = "story_adventure"
PUBLISHED: Final = f"story_published_{STORY_ID}"
DRAFT: Final = f"story_draft_{STORY_ID}"
SAVES: Final = f"/api/v2/games/children/{CLIENTS_CHILD}/data"
TIMEOUT_S: Final = 60.0
_PAGES: Final = (
    ("owl at night", (), "The little owl sat on her branch. The moon was bright, and she could not sleep."),
    ("little house", ("orange cat",), "In the little house a cat was still awake. “Come and play!” said the cat."),
    ("sailing boat", ("sun",), "They sailed away in a red boat, until the sun came up."),
    (
        "apple tree",
        ("orange cat", "owl at night"),
        "Under the apple tree they were tired at last. Good night, little owl!",
    ),
)
"""Background, pictures that pop up, and text of each page."""


class LibraryError(Exception):
    """The service refused the demo data; the message says what it answered."""


def fill_library(settings: Settings) -> None:
    """Make sure that the demo family, which must exist, has had its pictures and its story. Raises LibraryError.

    The story is stored last: where it is, nothing is added, so what a developer deletes stays deleted.
    """
    asyncio.run(_fill(settings))


async def _fill(settings: Settings) -> None:
    async with client_of(settings) as client:
        login = {"email": DEMO_EMAIL, "password": DEMO_PASSWORD}
        tokens = (await ask(client, "POST", "/api/v1/auth/parent/login", json=login))["data"]
        client.headers["Authorization"] = f"Bearer {tokens['accessToken']}"
        try:
            if (await client.get(f"{SAVES}/{GAME}/{PUBLISHED}")).status_code == http.HTTPStatus.OK:
                return
            listed = (await ask(client, "GET", "/api/v1/files"))["data"]
            urls: dict[str, str] = {file["originalName"]: file["url"] for file in listed}
            for picture in PICTURES:
                if picture.name not in urls:
                    urls[picture.name] = await _upload(client, picture)
            by_title = {picture.title: urls[picture.name] for picture in PICTURES}
            for key in (DRAFT, PUBLISHED):
                value = {"data": json.dumps(story(by_title, published=key == PUBLISHED), ensure_ascii=False)}
                await ask(client, "PUT", SAVES, json={"gameType": GAME, "dataKey": key, "dataValue": value})
        finally:
            await client.post("/api/v1/auth/parent/logout", json={"refreshToken": tokens["refreshToken"]})


def story(urls: Mapping[str, str], *, published: bool) -> dict[str, Any]:
    """The demo story as the site stores it (games contract §8). `urls`: addresses of pictures by title.

    The draft, which the site's editor opens, holds no more than the contract shows of one.
    """
    pages: list[dict[str, Any]] = [
        {
            "pageNumber": number,
            "background": urls[background],
            "textBlocks": [{"id": f"text-{number}", "text": text, "position": {"x": 50, "y": 80}}] if published else [],
            "popupImages": [
                {"id": f"popup-{number}-{place}", "imageUrl": urls[title], "position": {"x": 25 + 40 * place, "y": 30}}
                for place, title in enumerate(popups if published else ())
            ],
        }
        for number, (background, popups, text) in enumerate(_PAGES, 1)
    ]
    told: dict[str, Any] = {
        "title": STORY_TITLE,
        "description": "A bedtime story with a cat, a boat and the sun.",
        "thumbnail": urls["owl at night"],
        "content": {"version": "1.0", "pages": pages},
        "metadata": {"targetAge": [4, 6], "educationalGoals": [], "estimatedReadTime": 60, "vocabularyList": []},
        "collaborators": [],
        "version": 1,
    }
    return {**told, "originalDraftId": STORY_ID, "status": "published"} if published else told


async def _upload(client: httpx2.AsyncClient, picture: Picture) -> str:
    """Upload a picture; its address."""
    content = await asyncio.to_thread(picture.content)
    options = {"category": picture.category, "tags": ",".join(picture.tags), "childId": CLIENTS_CHILD}
    form = {"file": (picture.name, content, picture.media_type)}
    reply = await ask(client, "POST", "/api/v1/files/upload", params=options, files=form)
    url: str = reply["data"]["url"]
    return url


async def ask(client: httpx2.AsyncClient, method: str, path: str, **content: Any) -> Any:
    """The JSON of the answer; raises LibraryError if that is a refusal."""
    answer = await client.request(method, path, **content)
    if not answer.is_success:
        raise LibraryError(f"demo data: {method} {path}: {answer.status_code} {answer.text}")
    return answer.json()


@asynccontextmanager
async def client_of(settings: Settings) -> AsyncGenerator[httpx2.AsyncClient]:
    """A client of the service in this process, without limits of requests, at the address that addresses of files will have."""
    application = create_app(
        replace(
            settings,
            server=replace(settings.server, allowed_hosts=()),
            cache=replace(settings.cache, enabled=False),
            limits=replace(settings.limits, enabled=False),
            log=replace(settings.log, requests=False),
        )
    )
    await application.start()
    try:
        base = f"http://localhost:{settings.server.port}"
        transport = httpx2.ASGITransport(application)
        async with httpx2.AsyncClient(transport=transport, base_url=base, timeout=TIMEOUT_S) as client:
            yield client
    finally:
        await application.stop()
