"""The parental filter on stories: what is filtered is in no list, no total, by no id, and cannot be begun."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.contract.test_stories_templates import listed, publish, site_story, titles
from tests.fixtures.auth import value
from tests.fixtures.family import add_child
from tests.fixtures.games import Player, player
from tests.fixtures.stories import STORIES, TEMPLATES, parents_template, started

LIMIT = """
    insert into content.content_filters (family_id, name, min_age, max_age, {column})
    select c.family_id, 'ours', 0, 18, $2 from family.child_profiles c where c.id = $1 returning id"""
LANGUAGES = """
    insert into wondernest.family_content_limits (family_id, languages)
    select c.family_id, $2 from family.child_profiles c where c.id = $1 returning family_id"""
BLOCKED_BY: dict[str, tuple[str, Any]] = {
    "blocked keyword of the text": (LIMIT.format(column="blocked_keywords"), ["slowly"]),
    "blocked keyword of the title": (LIMIT.format(column="blocked_keywords"), ["snail"]),
    "blocked category": (LIMIT.format(column="blocked_categories"), ["stories"]),
    "blocked theme": (LIMIT.format(column="blocked_categories"), ["animals"]),
    "allowed category": (LIMIT.format(column="allowed_categories"), ["music"]),
    "allowed provider": (LIMIT.format(column="allowed_providers"), ["wondernest"]),
    "duration": (LIMIT.format(column="max_duration_minutes"), 1),
    "language": (LANGUAGES, ["fr"]),
}


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient) -> Player:
    return await player(app_client)


async def set_limit(url: str, reader: Player, how: str) -> None:
    statement, limit = BLOCKED_BY[how]
    await value(url, statement, UUID(reader.child_id), limit)


async def assert_nowhere(
    reader: Player, template: dict[str, Any], expected_total: int, *, for_the_child_alone: bool = False
) -> None:
    template_id = template["id"]
    shelf = await listed(reader, "&includeFamily=true&includeMarketplace=true")
    assert template_id not in {one["id"] for one in shelf["templates"]}
    assert shelf["totalCount"] == expected_total
    for query in ("", f"?childId={reader.child_id}")[for_the_child_alone:]:
        assert (await reader.ask("GET", f"{TEMPLATES}/{template_id}{query}")).status_code == 404
    body = {"templateId": template_id, "customizations": {}}
    refused = await reader.ask("POST", f"{STORIES}/instances/{reader.child_id}/start", body)
    assert (refused.status_code, refused.json()["message"]) == (400, "Story template not found")


@pytest.mark.parametrize("how", BLOCKED_BY)
async def test_what_the_familys_filter_refuses_is_nowhere(mia: Player, database_url: str, how: str) -> None:
    await value(database_url, "with gone as (delete from games.story_templates) select 1")
    template = await parents_template(mia)
    assert (await listed(mia))["totalCount"] == 1
    await set_limit(database_url, mia, how)
    await assert_nowhere(mia, template, 0)


async def test_a_published_story_of_the_family_passes_the_same_filter(mia: Player, database_url: str) -> None:
    await publish(mia, site_story("The Snail's House", age=4))
    shelf = await listed(mia, "&includeFamily=true")
    [story] = [one for one in shelf["templates"] if one["title"] == "The Snail's House"]
    await set_limit(database_url, mia, "blocked keyword of the title")
    await assert_nowhere(mia, story, 3)


async def test_a_template_too_old_for_one_child_is_shown_to_the_other(
    app_client: httpx2.AsyncClient, mia: Player
) -> None:
    year = datetime.now(UTC).year
    young = await add_child(app_client, mia.parent, name="Ida", birthDate=f"{year - 3}-01-01")
    old = await add_child(app_client, mia.parent, name="Max", birthDate=f"{year - 10}-01-01")
    template = await parents_template(mia, ageGroup="9-12")
    await assert_nowhere(Player(mia.client, mia.parent, young["id"]), template, 2, for_the_child_alone=True)
    reader = Player(mia.client, mia.parent, old["id"])
    assert template["title"] in titles(await listed(reader))
    assert (await mia.ask("GET", f"{TEMPLATES}/{template['id']}")).status_code == 200, "the parent"
    assert (await started(reader, template["id"]))["templateId"] == template["id"]


async def test_a_story_that_a_child_reads_already_keeps_its_progress_when_it_is_blocked(
    mia: Player, database_url: str
) -> None:
    template = await parents_template(mia)
    instance = await started(mia, template["id"])
    await set_limit(database_url, mia, "blocked category")
    found = await mia.ask("GET", f"{STORIES}/instances/{mia.child_id}")
    assert [one["id"] for one in found.json()["instances"]] == [instance["id"]]
    body = {"totalReadingTime": 60}
    done = await mia.ask("POST", f"{STORIES}/instances/{instance['id']}/complete", body)
    assert done.status_code == 200
