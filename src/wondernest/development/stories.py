"""The demo stories of the house: their pictures are files of the installation. Development only."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any, Final

import psycopg
from psycopg.types.json import Jsonb

from wondernest.development.house_files import house_files
from wondernest.development.story_texts import STORIES, Story

if TYPE_CHECKING:
    from wondernest.settings import Settings

TAG: Final = "story adventure"
CONNECT_TIMEOUT_S: Final = 10


def fill_shelf(settings: Settings) -> None:
    """Make sure that the demo stories have been added, which happens once: where one of them is, none is added. Raises LibraryError."""
    with psycopg.connect(settings.database.url, connect_timeout=CONNECT_TIMEOUT_S) as connection:
        ids = [story.id for story in STORIES]
        if connection.execute("select 1 from games.story_templates where id = any (%s)", [ids]).fetchone():
            return
        pictures = asyncio.run(_pictures(settings))
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


async def _pictures(settings: Settings) -> dict[str, str]:
    """Store the pictures that are not there yet; the addresses of all by name, without a host."""
    async with house_files(settings) as house:
        named = {_name(story, number): page.picture for story in STORIES for number, page in enumerate(story.pages, 1)}
        return {name: (await house.place(name, "image/jpeg", TAG, make)).path for name, make in named.items()}
