"""A private story template, and an instance of it that the child reads."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID, uuid5

import httpx2
import psycopg
from psycopg.types.json import Jsonb

from tests.security.households import succeed
from tests.security.unsuitable import MARK
from wondernest.stories.routes.templates import EXAMPLE

STORIES = "/api/v2/games/story-adventure"
IDS: Final = UUID("5709e5f0-0000-4000-8000-000000000000")
GOOD: Final[dict[str, Any]] = {
    "description": "In the garden.",
    "age_group": "6-8",
    "content": {"pages": [{"text": "A snail."}]},
    "estimated_read_time": 10,
    "language": "en",
    "educational_goals": ["reading"],
    "themes": ["garden"],
    "tags": [],
}
UNSUITABLE: Final[dict[str, dict[str, Any]]] = {
    "tagged": {"themes": ["garden", "Horror"]},
    "tagged-with-spaces": {"tags": ["  horror "]},
    "keyword": {"content": {"pages": [{"text": "Two MONSTERS came."}]}},
    "keyword-in-word": {"description": "Of supermonsters."},
    "keyword-in-tag": {"tags": ["mónster"]},
    "long": {"estimated_read_time": 21},
    "language": {"language": "de"},
    "not-educational": {"educational_goals": []},
    "without-length": {"estimated_read_time": 0},
    "without-language": {"language": None},
    "child-rated": {"age_group": "9-12"},
    "child-tagged": {"themes": ["scary"]},
    "child-keyword": {"content": {"pages": [{"text": "A ghost."}]}},
    "child-long": {"estimated_read_time": 16},
}
"""Templates of the house that the limits of `unsuitable.py` hide, by the ways in which they do."""


async def furnish(client: httpx2.AsyncClient, bearer: dict[str, str], child_id: str) -> dict[str, str]:
    form = {**EXAMPLE, "creatorId": None}
    made = await succeed(client.post(f"{STORIES}/templates", json=form, headers=bearer))
    template_id = made.json()["data"]["id"]
    start = {"templateId": template_id, "customizations": {}}
    begun = await succeed(client.post(f"{STORIES}/instances/{child_id}/start", json=start, headers=bearer))
    return {"templateId": template_id, "instanceId": begun.json()["data"]["id"]}


def store_unsuitable(url: str) -> None:
    """A template for each way of being hidden."""
    with psycopg.connect(url) as connection:
        for name, changes in UNSUITABLE.items():
            row = {**GOOD, **changes}
            row["content"] = Jsonb(row["content"])
            columns, places = ", ".join(row), ", ".join(["%s"] * len(row))
            statement = f"insert into games.story_templates (id, title, difficulty, {columns}) values (%s, %s, 'fluent', {places})"
            connection.execute(statement.encode(), [uuid5(IDS, name), f"{MARK}-{name}", *row.values()])


def unsuitable_paths() -> Iterator[dict[str, str]]:
    """Path parameters that name the templates."""
    for name in UNSUITABLE:
        yield {"templateId": str(uuid5(IDS, name))}
