"""What the story routes answer when the database fails them: 500 with the route's own text and nothing else."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import httpx2
import pytest

from tests.fixtures.auth import rows
from tests.fixtures.games import Player, player
from tests.fixtures.stories import STORIES
from wondernest.stories.routes.templates import EXAMPLE

ID = str(uuid4())
PROGRESS = {
    "currentPage": 1, "customizations": {}, "progressData": {}, "vocabularyInteractions": {}, "comprehensionAnswers": {},
    "totalReadingTime": 1,
}  # fmt: skip
START = {"templateId": ID, "customizations": {}}
FAILURES: list[tuple[str, str, Any, str]] = [
    ("GET", "templates?childId={child}", None, "Failed to fetch story templates"),
    ("GET", f"templates/{ID}", None, "Failed to fetch story template"),
    ("POST", "templates", {**EXAMPLE, "creatorId": None}, "Failed to create story template"),
    ("PUT", f"templates/{ID}", EXAMPLE, "Failed to update story template"),
    ("DELETE", f"templates/{ID}", None, "Failed to delete story template"),
    ("GET", "children/{child}/data", None, "Failed to fetch child data"),
    ("POST", "children/{child}/initialize", None, "Failed to initialize Story Adventure"),
    ("PUT", "children/{child}/preferences", {}, "Failed to update preferences"),
    ("GET", "children/{child}/progress-report", None, "Failed to generate progress report"),
    ("GET", "instances/{child}", None, "Failed to fetch story instances"),
    ("POST", "instances/{child}/start", START, "Failed to start story instance"),
    ("PUT", f"instances/{ID}/progress", PROGRESS, "Failed to update story progress"),
    ("POST", f"instances/{ID}/complete", {"totalReadingTime": 1}, "Failed to complete story"),
    (
        "POST",
        "vocabulary/{child}/encounter",
        {"word": "a", "templateId": None},
        "Failed to record vocabulary encounter",
    ),
    ("GET", "vocabulary/{child}/progress", None, "Failed to fetch vocabulary progress"),
    ("GET", "vocabulary/{child}/stats", None, "Failed to fetch vocabulary stats"),
    ("GET", "vocabulary/{child}/practice", None, "Failed to fetch words needing practice"),
]


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient) -> Player:
    return await player(app_client)


async def test_a_server_error_has_the_routes_own_text(mia: Player, database_url: str) -> None:
    await rows(database_url, "alter table games.story_templates rename to gone")
    await rows(database_url, "alter table games.simple_game_data rename column data_value to gone")
    for method, path, body, text in FAILURES:
        answer = await mia.ask(method, f"{STORIES}/{path.format(child=mia.child_id)}", body)
        assert (answer.status_code, answer.json()) == (500, {"error": text}), path
