"""Templates of stories (games contract §5, 1 to 5, defects 1 and 2)."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.auth import rows, value
from tests.fixtures.family import add_child
from tests.fixtures.games import Player, player
from tests.fixtures.stories import STORIES, TEMPLATES, parents_template, started, system_template
from wondernest.stories.routes.templates import EXAMPLE
from wondernest.stories.rules import MAX_LIMIT, MAX_TEMPLATES

FIELDS = [
    "id", "title", "description", "creatorId", "ageGroup", "difficulty", "content", "vocabularyWords", "pageCount",
    "estimatedReadTime", "language", "version", "isPremium", "isMarketplace", "isActive", "isPrivate", "educationalGoals",
    "themes", "tags", "createdAt", "updatedAt",
]  # fmt: skip


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient) -> Player:
    return await player(app_client)


@pytest.fixture
async def leo(app_client: httpx2.AsyncClient) -> Player:
    """A child of another family."""
    return await player(app_client)


async def listed(reader: Player, query: str = "") -> dict[str, Any]:
    answer = await reader.ask("GET", f"{TEMPLATES}?childId={reader.child_id}{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def titles(shelf: dict[str, Any]) -> list[str]:
    return sorted(template["title"] for template in shelf["templates"])


async def test_the_list_answers_with_templates_a_total_and_whether_there_are_more(mia: Player) -> None:
    shelf = await listed(mia)
    assert list(shelf) == ["templates", "totalCount", "hasMore"]
    assert titles(shelf) == ["Ocean Adventure", "The Magic Garden", "Welcome to Story Adventure"]
    assert (shelf["totalCount"], shelf["hasMore"]) == (3, False)
    assert list(shelf["templates"][0]) == FIELDS
    assert shelf["templates"][0]["creatorId"] is None
    assert shelf["templates"][0]["content"]["pages"]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("&ageGroup=6-8", ["Ocean Adventure"]),
        ("&ageGroup=", ["Ocean Adventure", "The Magic Garden", "Welcome to Story Adventure"]),
        ("&difficulty=emerging", ["The Magic Garden", "Welcome to Story Adventure"]),
        ("&category=NATURE", ["The Magic Garden"]),
        ("&category=ocean&ageGroup=3-5", []),
        ("&ageGroup=nobody", []),
    ],
)
async def test_the_list_and_its_total_are_filtered_alike(mia: Player, query: str, expected: list[str]) -> None:
    shelf = await listed(mia, query)
    assert (titles(shelf), shelf["totalCount"]) == (expected, len(expected))


async def test_pages_go_through_all_templates_once_and_say_when_they_end(mia: Player, database_url: str) -> None:
    for number in range(5):
        await system_template(database_url, f"Number {number}")
    seen: list[str] = []
    for offset in range(0, 8, 3):
        shelf = await listed(mia, f"&limit=3&offset={offset}")
        seen += [template["id"] for template in shelf["templates"]]
        assert (shelf["totalCount"], shelf["hasMore"]) == (8, offset + 3 < 8)
    assert len(set(seen)) == len(seen) == 8
    beyond = await listed(mia, "&offset=100")
    assert beyond == {"templates": [], "totalCount": 8, "hasMore": False}


@pytest.mark.parametrize(
    "query", ["&limit=0", "&limit=-5", "&limit=x", "&offset=-1", "&limit=99999999999999", "&offset=x"]
)
async def test_a_page_out_of_bounds_is_clamped(mia: Player, query: str) -> None:
    shelf = await listed(mia, query)
    assert shelf["totalCount"] == 3
    assert 1 <= len(shelf["templates"]) <= MAX_LIMIT


async def test_the_list_requires_a_child_of_the_callers(mia: Player, leo: Player) -> None:
    for query in ("", "?childId=", "?childId=nobody"):
        refused = await mia.ask("GET", TEMPLATES + query)
        assert (refused.status_code, refused.text) == (400, "Missing or invalid childId parameter")
        assert refused.headers["content-type"].startswith("text/plain")
    for child in (leo.child_id, str(uuid4())):
        missing = await mia.ask("GET", f"{TEMPLATES}?childId={child}")
        assert (missing.status_code, missing.json()["error"], missing.json()["message"]) == (
            404, "NOT_FOUND", "Child not found",
        )  # fmt: skip


async def test_a_list_and_a_template_carry_a_tag_and_answer_304(mia: Player) -> None:
    for address in (f"{TEMPLATES}?childId={mia.child_id}", f"{TEMPLATES}/{(await listed(mia))['templates'][0]['id']}"):
        first = await mia.ask("GET", address)
        same = await mia.ask("GET", address, If_None_Match=first.headers["etag"])
        assert (same.status_code, same.content) == (304, b"")
    await parents_template(mia)
    changed = await mia.ask("GET", f"{TEMPLATES}?childId={mia.child_id}", If_None_Match=first.headers["etag"])
    assert changed.status_code == 200


async def test_a_template_is_found_by_its_id_with_its_own_content(mia: Player) -> None:
    for template in (await listed(mia))["templates"]:
        found = await mia.ask("GET", f"{TEMPLATES}/{template['id']}")
        assert (found.status_code, found.json()) == (200, template)
    missing = await mia.ask("GET", f"{TEMPLATES}/{uuid4()}")
    assert (missing.status_code, missing.json()["message"]) == (404, "Story template not found")
    bad = await mia.ask("GET", f"{TEMPLATES}/mock")
    assert (bad.status_code, bad.text) == (400, "Invalid template ID")


async def test_a_template_is_stored_as_it_was_sent_and_its_author_is_the_caller(mia: Player, leo: Player) -> None:
    form = {**EXAMPLE, "creatorId": leo.parent.user_id}
    answer = await mia.ask("POST", TEMPLATES, form)
    assert answer.status_code == 201
    assert (answer.json()["success"], answer.json()["message"]) == (True, "Story template created successfully")
    made = answer.json()["data"]
    assert list(made) == FIELDS
    assert made == {**made, **EXAMPLE, "creatorId": mia.parent.user_id}
    assert (await mia.ask("GET", f"{TEMPLATES}/{made['id']}")).json() == made


async def test_defaults_of_a_new_template_are_those_of_the_contract(mia: Player) -> None:
    given = (
        "title",
        "description",
        "ageGroup",
        "difficulty",
        "content",
        "vocabularyWords",
        "pageCount",
        "estimatedReadTime",
    )
    form = {name: EXAMPLE[name] for name in given}
    made = (await mia.ask("POST", TEMPLATES, {**form, "creatorId": None})).json()["data"]
    assert {name: made[name] for name in made if name not in {*given, "id", "creatorId", "createdAt", "updatedAt"}} == {
        "language": "en", "version": "1.0.0", "isPremium": False, "isMarketplace": False, "isActive": True,
        "isPrivate": False, "educationalGoals": [], "themes": [], "tags": [],
    }  # fmt: skip
    for name in (*given, "creatorId"):
        partial = {key: value for key, value in {**form, "creatorId": None}.items() if key != name}
        refused = await mia.ask("POST", TEMPLATES, partial)
        assert (refused.status_code, refused.text) == (400, "Invalid request body"), name


@pytest.mark.parametrize(
    "change",
    [
        {"ageGroup": "2-4"}, {"ageGroup": ""}, {"difficulty": "hard"}, {"title": " "}, {"title": "x" * 256},
        {"pageCount": -1}, {"estimatedReadTime": 10**9}, {"language": "english"}, {"version": "1.0.0-alpha.1"},
        {"tags": ["x"] * 201}, {"vocabularyWords": ["x" * 101]}, {"content": {"pages": ["x" * 300_000]}},
        {"description": "x" * 2_001},
    ],
    ids=lambda change: next(iter(change)),
)  # fmt: skip
async def test_a_template_that_does_not_fit_is_refused_with_a_result(mia: Player, change: dict[str, Any]) -> None:
    template = await parents_template(mia)
    for method, address, extra in (
        ("POST", TEMPLATES, {"creatorId": None}),
        ("PUT", f"{TEMPLATES}/{template['id']}", {}),
    ):
        refused = await mia.ask(method, address, {**EXAMPLE, **extra, **change})
        assert refused.status_code == 400, refused.text
        assert list(refused.json()) == ["success", "message", "data"]
        assert (refused.json()["success"], refused.json()["data"]) == (False, None)
    assert (await mia.ask("GET", f"{TEMPLATES}/{template['id']}")).json() == template


async def test_an_author_replaces_and_deletes_their_template(mia: Player) -> None:
    template = await parents_template(mia)
    address = f"{TEMPLATES}/{template['id']}"
    changed = await mia.ask("PUT", address, {**EXAMPLE, "title": "The Snail's Way Back", "pageCount": 7})
    assert (changed.status_code, changed.json()["message"]) == (200, "Story template updated successfully")
    assert (changed.json()["data"]["title"], changed.json()["data"]["pageCount"]) == ("The Snail's Way Back", 7)
    assert (await mia.ask("GET", address)).json() == changed.json()["data"]
    incomplete = {name: value for name, value in EXAMPLE.items() if name != "tags"}
    assert (await mia.ask("PUT", address, incomplete)).text == "Invalid request body"
    gone = await mia.ask("DELETE", address)
    assert gone.json() == {"success": True, "message": "Story template deleted successfully", "data": None}
    assert (await mia.ask("GET", address)).status_code == 404
    for again in (await mia.ask("DELETE", address), await mia.ask("PUT", address, EXAMPLE)):
        assert (again.status_code, again.json()["message"]) == (400, "Story template not found")


async def test_nobody_but_the_author_changes_a_template(mia: Player, leo: Player, database_url: str) -> None:
    own = await parents_template(mia, isPrivate=False)
    system = await system_template(database_url)
    for template_id in (own["id"], system, str(uuid4())):
        for refused in (
            await leo.ask("PUT", f"{TEMPLATES}/{template_id}", EXAMPLE),
            await leo.ask("DELETE", f"{TEMPLATES}/{template_id}"),
        ):
            assert (refused.status_code, refused.json()) == (
                400, {"success": False, "message": "Story template not found", "data": None},
            )  # fmt: skip
    assert (await mia.ask("GET", f"{TEMPLATES}/{own['id']}")).json() == own


async def test_a_template_that_somebody_sold_is_switched_off_instead_of_deleted(mia: Player, database_url: str) -> None:
    template = await parents_template(mia)
    listing = await value(
        database_url,
        "insert into games.marketplace_listings (template_id, seller_id, price, status) values ($1, $2, 1, 'approved') returning id",
        UUID(template["id"]), UUID(mia.parent.user_id),
    )  # fmt: skip
    await value(
        database_url,
        "insert into games.story_purchases (buyer_id, listing_id, price_paid) values ($1, $2, 1) returning id",
        uuid4(), listing,
    )  # fmt: skip
    assert (await mia.ask("DELETE", f"{TEMPLATES}/{template['id']}")).status_code == 200
    assert (await mia.ask("GET", f"{TEMPLATES}/{template['id']}")).status_code == 404
    [kept] = await rows(database_url, "select is_active from games.story_templates where id = $1", UUID(template["id"]))
    assert kept["is_active"] is False


async def test_a_familys_template_is_seen_by_that_family_alone(mia: Player, leo: Player) -> None:
    for private in (True, False):
        template = await parents_template(mia, isPrivate=private, isMarketplace=True)
        address = f"{TEMPLATES}/{template['id']}"
        assert template["id"] in {one["id"] for one in (await listed(mia))["templates"]}
        theirs = await listed(leo, "&includeMarketplace=true&includeFamily=true")
        assert (titles(theirs), theirs["totalCount"]) == (
            ["Ocean Adventure", "The Magic Garden", "Welcome to Story Adventure"], 3,
        )  # fmt: skip
        assert (await leo.ask("GET", address)).status_code == 404
        body = {"templateId": template["id"], "customizations": {}}
        refused = await leo.ask("POST", f"{STORIES}/instances/{leo.child_id}/start", body)
        assert (refused.status_code, refused.json()["message"]) == (400, "Story template not found")


async def test_what_an_operator_approved_is_shown_to_others_without_its_authors_name(
    mia: Player, leo: Player, database_url: str
) -> None:
    template = await parents_template(mia, isPrivate=False, title="Approved")
    await value(
        database_url,
        "insert into games.marketplace_listings (template_id, seller_id, price, status) values ($1, $2, 0, 'approved') returning id",
        UUID(template["id"]), UUID(mia.parent.user_id),
    )  # fmt: skip
    assert "Approved" not in titles(await listed(leo))
    shelf = await listed(leo, "&includeMarketplace=TRUE")
    [shown] = [one for one in shelf["templates"] if one["title"] == "Approved"]
    assert (shown["creatorId"], shelf["totalCount"]) == (None, 4)
    assert mia.parent.user_id not in (await leo.ask("GET", f"{TEMPLATES}/{template['id']}")).text
    assert (await started(leo, template["id"]))["templateTitle"] == "Approved"
    await value(database_url, "update games.marketplace_listings set status = 'suspended' returning id")
    assert "Approved" not in titles(await listed(leo, "&includeMarketplace=true"))


async def test_inactive_templates_are_nowhere(mia: Player, database_url: str) -> None:
    template = await parents_template(mia, isActive=False)
    await value(
        database_url, "update games.story_templates set is_active = false where title = 'Ocean Adventure' returning id"
    )
    shelf = await listed(mia)
    assert (titles(shelf), shelf["totalCount"]) == (["The Magic Garden", "Welcome to Story Adventure"], 2)
    assert (await mia.ask("GET", f"{TEMPLATES}/{template['id']}")).status_code == 404
    back = await mia.ask("PUT", f"{TEMPLATES}/{template['id']}", EXAMPLE)
    assert back.status_code == 200
    assert (await mia.ask("GET", f"{TEMPLATES}/{template['id']}")).status_code == 200


async def test_a_family_makes_a_bounded_number_of_templates(mia: Player, database_url: str) -> None:
    fill = """
        insert into games.story_templates (title, age_group, difficulty, creator_id)
        select 'filling', '3-5', 'emerging', $1 from generate_series(1, $2) returning id"""
    await rows(database_url, fill, UUID(mia.parent.user_id), MAX_TEMPLATES - 1)
    await parents_template(mia)
    refused = await mia.ask("POST", TEMPLATES, {**EXAMPLE, "creatorId": None})
    assert (refused.status_code, refused.json()["message"]) == (
        400, f"A family has at most {MAX_TEMPLATES} story templates",
    )  # fmt: skip
    usage = (await mia.ask("GET", "/api/v1/family/usage")).json()
    assert '"storyTemplates"' in json.dumps(usage)


async def test_a_repeated_request_with_a_key_makes_one_template(mia: Player, database_url: str) -> None:
    form = {**EXAMPLE, "creatorId": None}
    first, second = [await mia.ask("POST", TEMPLATES, form, Idempotency_Key="once") for _ in range(2)]
    assert first.json() == second.json()
    assert await value(database_url, "select count(*) from games.story_templates where creator_id is not null") == 1


async def publish(reader: Player, story: Any, key: str = "story_published_1a2b3c4d", child: str | None = None) -> None:
    body = {"gameType": "story_adventure", "dataKey": key, "dataValue": story}
    answer = await reader.ask("PUT", f"/api/v2/games/children/{child or reader.child_id}/data", body)
    assert answer.status_code == 200, answer.text


def site_story(title: str = "Grandma's Boat", age: int = 7) -> dict[str, Any]:
    return {
        "title": title,
        "description": "Told at bedtime.",
        "content": {"version": "1.0", "pages": [{"pageNumber": 1, "textBlocks": []}, {"pageNumber": 2, "textBlocks": []}]},
        "metadata": {
            "targetAge": [age, age + 2], "educationalGoals": ["reading"], "estimatedReadTime": 150,
            "vocabularyList": ["boat", {"word": "tide"}],
        },
    }  # fmt: skip


async def test_a_story_that_the_family_published_is_read_as_a_template_by_all_its_children(
    app_client: httpx2.AsyncClient, mia: Player, leo: Player
) -> None:
    sister = await add_child(app_client, mia.parent, name="Ida")
    await publish(mia, {"data": json.dumps(site_story()), "status": "published"})
    await publish(mia, {"data": json.dumps(site_story("A Draft"))}, "story_draft_1a2b3c4d")
    assert (await listed(mia))["totalCount"] == 3
    for child_id in (mia.child_id, sister["id"]):
        answer = await mia.ask("GET", f"{TEMPLATES}?childId={child_id}&includeFamily=true")
        shelf = answer.json()
        assert shelf["totalCount"] == 4
        [story] = [one for one in shelf["templates"] if one["tags"] == ["family"]]
        assert list(story) == FIELDS
        assert (story["title"], story["ageGroup"], story["difficulty"]) == ("Grandma's Boat", "6-8", "developing")
        assert (story["pageCount"], story["estimatedReadTime"], story["vocabularyWords"]) == (2, 3, ["boat", "tide"])
        assert (story["isPrivate"], story["educationalGoals"], story["content"]["version"]) == (
            True,
            ["reading"],
            "1.0",
        )
        assert (await mia.ask("GET", f"{TEMPLATES}/{story['id']}")).json() == story
        begun = await mia.ask(
            "POST", f"{STORIES}/instances/{child_id}/start", {"templateId": story["id"], "customizations": {}}
        )
        assert (begun.json()["data"]["templateTitle"], begun.json()["data"]["totalPages"]) == ("Grandma's Boat", 2)
    assert (await listed(leo, "&includeFamily=true"))["totalCount"] == 3
    assert (await leo.ask("GET", f"{TEMPLATES}/{story['id']}")).status_code == 404


async def test_a_published_story_keeps_its_id_when_it_is_published_again(mia: Player, database_url: str) -> None:
    seen: set[str] = set()
    for title in ("First", "Second"):
        await publish(mia, {"data": json.dumps(site_story(title))})
        await value(
            database_url, "update games.simple_game_data set id = gen_random_uuid() returning id"
        )  # as Kotlin does
        [story] = [one for one in (await listed(mia, "&includeFamily=true"))["templates"] if one["title"] == title]
        seen.add(story["id"])
    assert len(seen) == 1


@pytest.mark.parametrize(
    "damaged",
    [
        {"data": "no json"}, {"data": "[1]"}, {"data": 5}, {}, {"data": {"content": {"pages": {}}}}, {"data": '{"content":'},
        {"data": '"\\ud800"'},
    ],
    ids=repr,
)  # fmt: skip
async def test_a_damaged_story_is_left_out_and_hides_no_other(mia: Player, damaged: Any) -> None:
    await publish(mia, damaged, "story_published_00000000")
    odd = {**site_story("Odd"), "metadata": {"targetAge": [3, 1e300], "estimatedReadTime": -3, "vocabularyList": "no"}}
    await publish(mia, odd)
    shelf = await listed(mia, "&includeFamily=true")
    assert (shelf["totalCount"], "Odd" in titles(shelf)) == (4, True)
