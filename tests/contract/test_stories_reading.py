"""What a child reads (games contract §5, 6 to 13, defects 3 to 8)."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.auth import rows, value
from tests.fixtures.family import add_child
from tests.fixtures.games import Player, player
from tests.fixtures.stories import (
    STORIES,
    met,
    parents_template,
    progressed,
    started,
    stored,
    system_template,
    written_by_kotlin,
)

INSTANCE_FIELDS = [
    "id", "childId", "templateId", "templateTitle", "status", "currentPage", "totalPages", "customizations", "readingMode",
    "audioEnabled", "progressData", "vocabularyInteractions", "comprehensionAnswers", "startedAt", "lastAccessedAt",
    "completedAt", "totalReadingTime", "readingSpeedWpm", "comprehensionScore", "vocabularyScore",
]  # fmt: skip
DEFAULT_PREFERENCES = {
    "autoNarration": True, "narrationSpeed": 1.0, "vocabularyHints": True, "comprehensionQuizzes": True,
    "readingTimer": False, "difficulty": "adaptive", "fontSize": "medium", "theme": "default", "soundEffects": True,
    "parentalControls": {
        "allowMarketplacePurchases": False, "requireParentForNewStories": True, "maxDailyReadingTime": 60,
    },
}  # fmt: skip
KOTLINS_S = 1_756_828_143
KOTLINS_TIME = "2025-09-02T15:49:03Z"


def kotlins_instance(instance_id: str, template_id: str, **changes: Any) -> dict[str, Any]:
    """An instance as the earlier backend stores it."""
    return {
        "instanceId": instance_id, "templateId": template_id, "templateTitle": "Mock Template", "status": "in_progress",
        "currentPage": 3, "totalPages": 10, "customizations": {"size": 100.0}, "readingMode": "self_paced",
        "audioEnabled": True, "progressData": {}, "vocabularyInteractions": {"fox": 2}, "comprehensionAnswers": {},
        "startedAt": KOTLINS_S - 60, "lastAccessedAt": KOTLINS_S, "completedAt": None, "totalReadingTime": 40,
        "readingSpeedWpm": 0, "comprehensionScore": 0, "vocabularyScore": 0, "of a later release": 1.50, **changes,
    }  # fmt: skip


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient) -> Player:
    return await player(app_client)


@pytest.fixture
async def leo(app_client: httpx2.AsyncClient) -> Player:
    """A child of another family."""
    return await player(app_client)


@pytest.fixture
async def template(mia: Player) -> dict[str, Any]:
    return await parents_template(mia, pageCount=8)


async def complete(reader: Player, instance_id: str, **form: Any) -> httpx2.Response:
    body = {"totalReadingTime": 100, **form}
    return await reader.ask("POST", f"{STORIES}/instances/{instance_id}/complete", body)


async def listed(reader: Player, query: str = "") -> list[dict[str, Any]]:
    answer = await reader.ask("GET", f"{STORIES}/instances/{reader.child_id}{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()["instances"]


def of_child(reader: Player, path: str) -> str:
    return f"{STORIES}/children/{reader.child_id}/{path}"


async def test_a_new_reader_gets_what_the_contract_says(mia: Player) -> None:
    answer = await mia.ask("POST", of_child(mia, "initialize"))
    assert answer.status_code == 201
    begun = answer.json()
    assert (begun["success"], begun["message"]) == (True, "Story Adventure initialized for child")
    assert list(begun["data"]) == ["childId", "gameType", "initializedAt"]
    assert (begun["data"]["childId"], begun["data"]["gameType"]) == (mia.child_id, "story-adventure")
    assert await stored(mia, "preferences") == DEFAULT_PREFERENCES
    history, words = await stored(mia, "story_history"), await stored(mia, "vocabulary_progress")
    assert (history["completedStories"], history["totalCompletedStories"], history["totalReadingTime"]) == ([], 0, 0)
    assert (words["words"], words["totalWords"], words["masteredWords"]) == ({}, 0, 0)
    assert isinstance(words["lastUpdated"], int)


async def test_initializing_again_changes_nothing_that_is_there(mia: Player, template: dict[str, Any]) -> None:
    preferences = {"fontSize": "large"}
    await mia.ask("PUT", of_child(mia, "preferences"), preferences)
    await met(mia, "snail")
    await complete(mia, (await started(mia, template["id"]))["id"])
    before = [await stored(mia, key) for key in ("preferences", "vocabulary_progress", "story_history")]
    assert before[0] == preferences
    answers = await asyncio.gather(*(mia.ask("POST", of_child(mia, "initialize")) for _ in range(4)))
    assert {answer.status_code for answer in answers} == {201}
    assert [await stored(mia, key) for key in ("preferences", "vocabulary_progress", "story_history")] == before


async def test_preferences_are_stored_also_for_a_child_without_any(mia: Player) -> None:
    sent = b'{"narrationSpeed": 1.0, "theme": "night", "parentalControls": {"maxDailyReadingTime": 30}}'
    answer = await mia.ask("PUT", of_child(mia, "preferences"), sent)
    assert answer.status_code == 200
    assert (answer.json()["success"], answer.json()["message"]) == (True, "Preferences updated successfully")
    assert b'"narrationSpeed": 1.0' in answer.content
    assert await stored(mia, "preferences") == answer.json()["data"]
    assert (await mia.ask("GET", of_child(mia, "data"))).json()["preferences"] == answer.json()["data"]
    for body in (b"[]", b"null", b"1", b"{", b""):
        refused = await mia.ask("PUT", of_child(mia, "preferences"), body)
        assert (refused.status_code, refused.text) == (400, "Invalid request body"), body


async def test_a_child_without_data_has_none_to_show(mia: Player) -> None:
    data, report = [await mia.ask("GET", of_child(mia, path)) for path in ("data", "progress-report")]
    assert (data.status_code, data.json()["message"]) == (404, "No Story Adventure data found for child")
    assert (report.status_code, report.json()["message"]) == (404, "No progress data found for child")
    assert await listed(mia) == []


async def test_a_story_begins_with_the_mode_and_sound_that_were_chosen(mia: Player, template: dict[str, Any]) -> None:
    body = {
        "templateId": template["id"],
        "customizations": {"hero": "Mia"},
        "readingMode": "guided",
        "audioEnabled": False,
    }
    answer = await mia.ask("POST", f"{STORIES}/instances/{mia.child_id}/start", body)
    assert (answer.status_code, answer.json()["message"]) == (201, "Story reading session started")
    instance = answer.json()["data"]
    assert list(instance) == INSTANCE_FIELDS
    assert (instance["readingMode"], instance["audioEnabled"]) == ("guided", False)
    assert (instance["templateTitle"], instance["totalPages"]) == (template["title"], 8)
    assert (instance["status"], instance["currentPage"], instance["completedAt"]) == ("in_progress", 1, None)
    assert (instance["customizations"], instance["progressData"]) == ({"hero": "Mia"}, {})
    document = await stored(mia, f"story_instance:{template['id']}")
    assert (document["readingMode"], document["audioEnabled"], document["instanceId"]) == (
        "guided",
        False,
        instance["id"],
    )
    assert await listed(mia) == [instance]


async def test_beginning_a_story_again_goes_on_and_after_its_end_begins_anew(
    mia: Player, template: dict[str, Any]
) -> None:
    first = await started(mia, template["id"])
    await progressed(mia, first["id"], currentPage=5, vocabularyInteractions={"fox": 1})
    again = await started(mia, template["id"], readingMode="narrated")
    assert (again["id"], again["currentPage"], again["readingMode"]) == (first["id"], 5, "narrated")
    assert again["vocabularyInteractions"] == {"fox": 1}
    await complete(mia, first["id"])
    anew = await started(mia, template["id"])
    assert anew["id"] != first["id"]
    assert (anew["currentPage"], anew["status"], anew["totalReadingTime"]) == (1, "in_progress", 0)
    stale = await progressed(mia, first["id"], currentPage=7)
    assert (stale.status_code, stale.json()["message"]) == (400, "Story instance not found")
    assert [version["dataKey"] for version in await mia.kept(f"story_instance:{template['id']}")]


async def test_an_unknown_template_is_refused_whatever_its_id_is(mia: Player) -> None:
    for template_id in (str(uuid4()), "mock", ""):
        body = {"templateId": template_id, "customizations": {}}
        refused = await mia.ask("POST", f"{STORIES}/instances/{mia.child_id}/start", body)
        assert (refused.status_code, refused.json()) == (
            400, {"success": False, "message": "Story template not found", "data": None},
        )  # fmt: skip
    for body in ({}, {"templateId": str(uuid4())}, {"customizations": {}}):
        refused = await mia.ask("POST", f"{STORIES}/instances/{mia.child_id}/start", body)
        assert (refused.status_code, refused.text) == (400, "Invalid request body")


async def test_progress_is_stored_and_shown(mia: Player, template: dict[str, Any]) -> None:
    instance = await started(mia, template["id"])
    answer = await progressed(
        mia, instance["id"], currentPage=3, customizations={"hero": "Leo"}, progressData={"seen": [1, 2]},
        vocabularyInteractions={"fox": {"seen": 2}}, comprehensionAnswers={"1": "b"}, totalReadingTime=75,
        readingSpeedWpm=60, comprehensionScore=70, vocabularyScore=80,
    )  # fmt: skip
    assert (answer.status_code, answer.json()["message"]) == (200, "Progress updated successfully")
    after = answer.json()["data"]
    assert list(after) == INSTANCE_FIELDS
    assert (after["currentPage"], after["totalReadingTime"], after["readingSpeedWpm"]) == (3, 75, 60)
    assert (after["comprehensionScore"], after["vocabularyScore"]) == (70, 80)
    assert (after["customizations"], after["progressData"]) == ({"hero": "Leo"}, {"seen": [1, 2]})
    assert (after["vocabularyInteractions"], after["comprehensionAnswers"]) == ({"fox": {"seen": 2}}, {"1": "b"})
    assert await listed(mia) == [after]
    kept = (await progressed(mia, instance["id"], currentPage=4, totalReadingTime=80)).json()["data"]
    assert (kept["readingSpeedWpm"], kept["comprehensionScore"]) == (60, 70)
    refused = await mia.ask("PUT", f"{STORIES}/instances/{instance['id']}/progress", {"currentPage": 1})
    assert (refused.status_code, refused.text) == (400, "Invalid request body")


async def test_instances_are_filtered_and_the_last_read_comes_first(mia: Player, database_url: str) -> None:
    first, second = [await started(mia, await system_template(database_url, title)) for title in ("A", "B")]
    await value(
        database_url,
        "update games.simple_game_data set data_value = jsonb_set(data_value, '{lastAccessedAt}', '1756828143')"
        " where data_value ->> 'instanceId' = $1 returning id",
        second["id"],
    )  # fmt: skip
    await complete(mia, first["id"])
    assert [one["id"] for one in await listed(mia)] == [first["id"], second["id"]]
    assert [one["id"] for one in await listed(mia, "?status=completed")] == [first["id"]]
    assert [one["id"] for one in await listed(mia, "?status=in_progress")] == [second["id"]]
    assert await listed(mia, "?status=paused") == []
    assert [one["id"] for one in await listed(mia, f"?templateId={second['templateId']}")] == [second["id"]]
    assert len(await listed(mia, "?templateId=mock")) == 2
    found = await mia.ask("GET", f"{STORIES}/instances/{mia.child_id}")
    same = await mia.ask("GET", f"{STORIES}/instances/{mia.child_id}", If_None_Match=found.headers["etag"])
    assert same.status_code == 304


async def test_a_finished_story_adds_its_time_to_the_history(mia: Player, database_url: str) -> None:
    for seconds in (100, 250):
        instance = await started(mia, await system_template(database_url, str(seconds)))
        form = {"comprehensionScore": 90, "readingSpeedWpm": 70, "rating": 5, "feedback": "Again!"}
        answer = await complete(mia, instance["id"], totalReadingTime=seconds, **form)
        assert (answer.status_code, answer.json()["message"]) == (200, "Story completed successfully")
        done = answer.json()["data"]
        assert (done["status"], done["totalReadingTime"], done["currentPage"]) == ("completed", seconds, 4)
        assert done["completedAt"] is not None
    history = await stored(mia, "story_history")
    assert (history["totalCompletedStories"], history["totalReadingTime"]) == (2, 350)
    assert [story["totalReadingTime"] for story in history["completedStories"]] == [250, 100]
    assert set(history["completedStories"][0]) == {
        "templateId", "completedAt", "totalReadingTime", "comprehensionScore", "vocabularyScore", "readingSpeedWpm",
    }  # fmt: skip
    document = await stored(mia, f"story_instance:{instance['templateId']}")
    assert (document["rating"], document["feedback"]) == (5, "Again!")


async def test_a_completion_that_arrives_several_times_counts_once(mia: Player, template: dict[str, Any]) -> None:
    instance = await started(mia, template["id"])
    answers = await asyncio.gather(*(complete(mia, instance["id"]) for _ in range(5)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.text for answer in answers}) == 1
    history = await stored(mia, "story_history")
    assert (history["totalCompletedStories"], history["totalReadingTime"]) == (1, 100)
    late = await progressed(mia, instance["id"], currentPage=2, totalReadingTime=20)
    assert (late.json()["data"]["status"], late.json()["data"]["totalReadingTime"]) == ("completed", 100)


async def test_two_stories_that_end_at_the_same_time_are_both_in_the_history(mia: Player, database_url: str) -> None:
    instances = [await started(mia, await system_template(database_url, str(number))) for number in range(6)]
    await asyncio.gather(*(complete(mia, instance["id"], totalReadingTime=10) for instance in instances))
    history = await stored(mia, "story_history")
    assert (history["totalCompletedStories"], history["totalReadingTime"]) == (6, 60)
    assert {story["templateId"] for story in history["completedStories"]} == {one["templateId"] for one in instances}


async def test_what_kotlin_wrote_is_read_in_seconds_and_changed_so_that_it_can_read_it(
    mia: Player, database_url: str
) -> None:
    instance_id, template_id = str(uuid4()), str(uuid4())
    key = f"story_instance:{template_id}"
    await written_by_kotlin(database_url, mia.child_id, key, kotlins_instance(instance_id, template_id))
    [instance] = await listed(mia)
    assert (instance["startedAt"], instance["lastAccessedAt"]) == ("2025-09-02T15:48:03Z", KOTLINS_TIME)
    data = (await mia.ask("GET", of_child(mia, "data"))).json()
    assert (data["lastActivity"], data["activeStoryCount"]) == (KOTLINS_TIME, 1)
    after = await progressed(mia, instance_id, currentPage=4, vocabularyInteractions={"owl": 1}, totalReadingTime=10)
    assert after.status_code == 200, after.text
    assert after.json()["data"]["vocabularyInteractions"] == {"fox": 2, "owl": 1}
    raw = await value(database_url, "select data_value::text from games.simple_game_data where data_key = $1", key)
    assert '"of a later release": 1.5' in raw
    document = await stored(mia, key)
    assert set(document) == set(kotlins_instance(instance_id, template_id))
    for name in ("startedAt", "lastAccessedAt", "currentPage", "totalPages", "totalReadingTime"):
        assert type(document[name]) is int, name
    assert (document["startedAt"], document["totalReadingTime"], document["completedAt"]) == (KOTLINS_S - 60, 40, None)
    assert await mia.kept(key), "what Kotlin wrote is kept as a version"


async def test_a_history_of_kotlins_is_added_to(mia: Player, template: dict[str, Any], database_url: str) -> None:
    entry = {"templateId": str(uuid4()), "completedAt": KOTLINS_S, "totalReadingTime": 30, "comprehensionScore": 80}
    history = {
        "completedStories": [entry],
        "totalCompletedStories": 4,
        "totalReadingTime": 500,
        "lastUpdated": KOTLINS_S,
    }
    await written_by_kotlin(database_url, mia.child_id, "story_history", history)
    data = (await mia.ask("GET", of_child(mia, "data"))).json()
    assert data["readingStats"] == {"completedStories": 4, "totalReadingTime": 500}
    assert data["lastActivity"] == KOTLINS_TIME
    await complete(mia, (await started(mia, template["id"]))["id"], totalReadingTime=60)
    after = await stored(mia, "story_history")
    assert (after["totalCompletedStories"], after["totalReadingTime"]) == (5, 560)
    assert after["completedStories"][1] == entry


@pytest.mark.parametrize(
    "damaged", [{}, {"instanceId": 5}, {"words": []}, {"completedStories": {"a": 1}, "totalReadingTime": "x"}]
)
async def test_a_damaged_document_breaks_no_route(mia: Player, shared_database: str, damaged: Any) -> None:
    for key in ("preferences", "vocabulary_progress", "story_history", f"story_instance:{uuid4()}"):
        await written_by_kotlin(shared_database, mia.child_id, key, damaged)
    for path in ("data", "progress-report"):
        assert (await mia.ask("GET", of_child(mia, path))).status_code == 200
    assert await listed(mia) == []
    assert (await met(mia, "fox")).status_code == 200


async def test_an_instance_is_found_among_the_callers_own_children_alone(
    app_client: httpx2.AsyncClient, mia: Player, leo: Player, template: dict[str, Any], database_url: str
) -> None:
    instance = await started(mia, template["id"])
    key = f"story_instance:{template['id']}"
    twin = {**(await stored(mia, key)), "currentPage": 6}
    await written_by_kotlin(database_url, leo.child_id, key, twin)
    theirs = await progressed(leo, instance["id"], currentPage=7)
    assert (theirs.status_code, theirs.json()["data"]["childId"]) == (200, leo.child_id)
    assert (await listed(mia))[0]["currentPage"] == 1
    await value(database_url, "delete from games.simple_game_data where child_id = $1 returning id", UUID(leo.child_id))
    for refused in (await progressed(leo, instance["id"]), await complete(leo, instance["id"])):
        assert (refused.status_code, refused.json()) == (
            400, {"success": False, "message": "Story instance not found", "data": None},
        )  # fmt: skip
    sister = await add_child(app_client, mia.parent, name="Ida")
    await value(
        database_url,
        "update family.child_profiles set archived_at = now() where id = $1 returning id",
        UUID(mia.child_id),
    )
    assert (await progressed(mia, instance["id"])).status_code == 400
    assert sister


async def test_a_foreign_child_is_a_missing_child_on_every_route(
    mia: Player, leo: Player, template: dict[str, Any]
) -> None:
    await started(leo, (await parents_template(leo))["id"])
    routes: list[tuple[str, str, Any]] = [
        ("GET", "children/{child}/data", None),
        ("GET", "children/{child}/progress-report", None),
        ("POST", "children/{child}/initialize", None),
        ("PUT", "children/{child}/preferences", {}),
        ("GET", "instances/{child}", None),
        ("POST", "instances/{child}/start", {"templateId": template["id"], "customizations": {}}),
        ("POST", "vocabulary/{child}/encounter", {"word": "a", "templateId": None}),
        ("GET", "vocabulary/{child}/progress", None),
        ("GET", "vocabulary/{child}/stats", None),
        ("GET", "vocabulary/{child}/practice", None),
    ]
    for method, path, body in routes:
        for child in (leo.child_id, str(uuid4())):
            answer = await mia.ask(method, f"{STORIES}/{path.format(child=child)}", body)
            assert (answer.status_code, answer.json()["message"]) == (404, "Child not found"), path
        bad = await mia.ask(method, f"{STORIES}/{path.format(child='nobody')}", body)
        assert (bad.status_code, bad.text) == (400, "Invalid child ID"), path
    for path, method in (("progress", "PUT"), ("complete", "POST")):
        bad = await mia.ask(method, f"{STORIES}/instances/nobody/{path}", {})
        assert (bad.status_code, bad.text) == (400, "Invalid instance ID")


async def test_the_report_is_computed_from_what_is_stored(mia: Player, database_url: str) -> None:
    for score, speed in ((80, 40), (90, 70), (0, 0)):
        instance = await started(mia, await system_template(database_url, str(score)))
        scores = {"comprehensionScore": score, "readingSpeedWpm": speed}
        await complete(mia, instance["id"], totalReadingTime=100, **scores)
    await started(mia, await system_template(database_url, "still reading"))
    for _ in range(4):
        await met(mia, "garden", "correct")
    for word in "abcdef":
        await met(mia, word, "incorrect")
    answer = await mia.ask("GET", of_child(mia, "progress-report"))
    assert answer.status_code == 200
    report = answer.json()
    assert list(report) == [
        "childId", "generatedAt", "vocabularyProgress", "readingProgress", "engagementMetrics",
        "achievementRecommendations", "parentRecommendations",
    ]  # fmt: skip
    words = report["vocabularyProgress"]
    assert words == {
        "totalWords": 7, "masteredWords": 1, "learningWords": 0, "difficultWords": 6,
        "averageMastery": pytest.approx((90 + 6 * 5) / 7), "recentlyMastered": words["recentlyMastered"],
    }  # fmt: skip
    assert [(word["word"], word["masteryLevel"]) for word in words["recentlyMastered"]] == [("garden", 90)]
    assert report["readingProgress"] == {
        "storiesCompleted": 3, "storiesInProgress": 1, "totalReadingTime": 300, "averageComprehension": 85.0,
        "averageReadingSpeed": 55.0, "readingLevelProgression": ["emerging", "developing"],
    }  # fmt: skip
    assert report["engagementMetrics"]["totalSessions"] == 4
    assert report["engagementMetrics"]["engagementScore"] == 60
    assert report["achievementRecommendations"] == []
    assert report["parentRecommendations"] == [
        "Consider practicing difficult words together during reading time",
        "Celebrate reading achievements to maintain motivation",
    ]


async def test_documents_of_stories_count_towards_the_familys_usage(mia: Player, database_url: str) -> None:
    await met(mia, "fox")
    await met(mia, "fox")
    [usage] = await rows(
        database_url, "select saves, versions from wondernest.child_usage where child_id = $1", UUID(mia.child_id)
    )
    assert (usage["saves"], usage["versions"]) == (1, 1)


@pytest.mark.parametrize("value", [None, [], [1.0, "a"], "text", 1.50, True, {"deep": {"er": [None]}}], ids=repr)
async def test_what_the_client_keeps_in_an_instance_may_be_any_json(
    mia: Player, template: dict[str, Any], value: Any
) -> None:
    instance = await started(mia, template["id"], customizations=value)
    assert instance["customizations"] == value
    fields = {"progressData": value, "vocabularyInteractions": value, "comprehensionAnswers": value}
    once, after = [
        (await progressed(mia, instance["id"], customizations=value, **fields)).json()["data"] for _ in range(2)
    ]
    assert {**once, "lastAccessedAt": None} == {**after, "lastAccessedAt": None}
    assert (after["customizations"], after["progressData"]) == (value, value)
    empty = [{}, None, []]
    assert after["vocabularyInteractions"] == value or (after["vocabularyInteractions"] in empty and value in empty)
