"""The demo stories of the house: their pictures are system files, stored through the service's own routes. Development only."""

from __future__ import annotations

import asyncio
import secrets
from typing import TYPE_CHECKING, Any, Final

import bcrypt
import psycopg
from psycopg.types.json import Jsonb

from wondernest.development.library import ask, client_of
from wondernest.development.story_texts import STORIES, Story

if TYPE_CHECKING:
    import httpx2

    from wondernest.settings import Settings

LIBRARIAN: Final = "librarian@wondernest.dev"
"""Owns the pictures. Its password is made anew each time and known to nobody."""
CATEGORY: Final = "game_asset"
TAG: Final = "story adventure"
CONNECT_TIMEOUT_S: Final = 10


def fill_shelf(settings: Settings) -> None:
    """Make sure that the demo stories have been added, which happens once: where one of them is, none is added. Raises LibraryError."""
    with psycopg.connect(settings.database.url, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        ids = [story.id for story in STORIES]
        if connection.execute("select 1 from games.story_templates where id = any (%s)", [ids]).fetchone():
            return
        password = secrets.token_urlsafe(32)
        _engage(connection, password, settings.auth.bcrypt_cost)
        connection.commit()
        pictures = asyncio.run(_pictures(settings, password))
        for story in STORIES:
            _add(connection, story, pictures)


def content_of(story: Story, pictures: dict[str, str]) -> dict[str, Any]:
    """The content of a template, in the form that the stories of the shared schema have. `pictures`: addresses by name."""
    return {
        "pages": [
            {
                "pageNumber": number,
                "text": page.text,
                "imageUrl": pictures[_name(story, number)],
                "vocabularyWords": [{"word": word, "definition": meaning} for word, meaning in page.words.items()],
            }
            for number, page in enumerate(story.pages, 1)
        ]
    }


def _name(story: Story, number: int) -> str:
    return f"{story.slug}-{number}.jpg"


def _engage(connection: psycopg.Connection, password: str, cost: int) -> None:
    digest = bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()
    connection.execute(
        "insert into core.users (email, password_hash, first_name, last_name, email_verified, role)"
        " values (%s, %s, 'Demo', 'Librarian', true, 'admin')"
        " on conflict (email) do update set password_hash = excluded.password_hash",
        [LIBRARIAN, digest],
    )


def _add(connection: psycopg.Connection, story: Story, pictures: dict[str, str]) -> None:
    connection.execute(
        "insert into games.story_templates (id, title, description, age_group, difficulty, content, vocabulary_words, page_count,"
        " estimated_read_time, educational_goals, themes, tags) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        [
            story.id,
            story.title,
            story.description,
            story.age_group,
            story.difficulty,
            Jsonb(content_of(story, pictures)),
            story.words,
            len(story.pages),
            story.minutes,
            list(story.goals),
            list(story.themes),
            list(story.tags),
        ],
    )


async def _pictures(settings: Settings, password: str) -> dict[str, str]:
    """Upload the pictures that are not there yet; the addresses of all by name."""
    async with client_of(settings) as client:
        login = {"email": LIBRARIAN, "password": password}
        tokens = (await ask(client, "POST", "/api/v1/auth/login", json=login))["data"]
        client.headers["Authorization"] = f"Bearer {tokens['accessToken']}"
        try:
            listed = (await ask(client, "GET", "/api/v1/files", params={"limit": 500}))["data"]
            urls: dict[str, str] = {file["originalName"]: file["url"] for file in listed}
            for story in STORIES:
                for number, page in enumerate(story.pages, 1):
                    name = _name(story, number)
                    if name not in urls:
                        content = await asyncio.to_thread(page.picture)
                        urls[name] = await _upload(client, name, content)
        finally:
            await client.post("/api/v1/auth/parent/logout", json={"refreshToken": tokens["refreshToken"]})
    return urls


async def _upload(client: httpx2.AsyncClient, name: str, content: bytes) -> str:
    options = {"category": CATEGORY, "tags": TAG, "isPublic": "true", "isSystemImage": "true"}
    form = {"file": (name, content, "image/jpeg")}
    reply = await ask(client, "POST", "/api/v1/files/upload", params=options, files=form)
    url: str = reply["data"]["url"]
    return url
