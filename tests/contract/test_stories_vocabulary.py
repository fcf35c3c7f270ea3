"""A child's vocabulary (games contract §5, 14 to 17, defect 7)."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest

from tests.contract.test_stories_reading import KOTLINS_S, KOTLINS_TIME
from tests.fixtures.auth import value
from tests.fixtures.games import Player, player
from tests.fixtures.stories import STORIES, met, stored, written_by_kotlin

WORD_FIELDS = [
    "childId", "word", "encounters", "correctUses", "incorrectUses", "masteryLevel", "lastSeenIn", "definitionViewedCount",
    "pronunciationPlayedCount", "firstEncountered", "lastEncountered", "masteredAt",
]  # fmt: skip


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient) -> Player:
    return await player(app_client)


def of_kotlin(child_id: str, **levels: int) -> dict[str, Any]:
    """A vocabulary as the earlier backend stores it: words with a level, each met one second later."""
    words = {
        word: {
            "childId": child_id, "word": word, "encounters": 2, "correctUses": 1, "incorrectUses": 0, "masteryLevel": level,
            "lastSeenIn": None, "definitionViewedCount": 0, "pronunciationPlayedCount": 0, "firstEncountered": KOTLINS_S - 60,
            "lastEncountered": KOTLINS_S + place, "masteredAt": KOTLINS_S + place if level >= 80 else None, "seenBy": "owl",
        }
        for place, (word, level) in enumerate(levels.items())
    }  # fmt: skip
    return {
        "words": words,
        "totalWords": len(words),
        "masteredWords": 0,
        "averageMasteryLevel": 1.0,
        "lastUpdated": KOTLINS_S,
    }


async def got(reader: Player, path: str) -> Any:
    answer = await reader.ask("GET", f"{STORIES}/vocabulary/{reader.child_id}/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(
    ("interaction", "counted"),
    [
        ("correct", "correctUses"), ("INCORRECT", "incorrectUses"), ("definition", "definitionViewedCount"),
        ("Pronunciation", "pronunciationPlayedCount"), ("encountered", None), ("sung", None), ("", None),
    ],
)  # fmt: skip
async def test_an_encounter_counts_what_was_done_with_the_word(
    mia: Player, interaction: str, counted: str | None
) -> None:
    answer = await met(mia, "garden", interaction)
    assert (answer.status_code, answer.json()["message"]) == (200, "Vocabulary encounter recorded")
    word = answer.json()["data"]
    assert list(word) == WORD_FIELDS
    assert (word["childId"], word["word"], word["encounters"]) == (mia.child_id, "garden", 1)
    counts = {name: word[name] for name in WORD_FIELDS if name.endswith(("Uses", "Count"))}
    assert counts == {name: int(name == counted) for name in counts}
    assert word["masteryLevel"] == (75 if counted == "correctUses" else 5)


async def test_a_word_is_mastered_once_and_keeps_the_moment(mia: Player) -> None:
    assert (await met(mia, "garden", "correct")).json()["data"]["masteredAt"] is None
    mastered = (await met(mia, "Garden ", "correct")).json()["data"]
    assert (mastered["word"], mastered["masteryLevel"], mastered["encounters"]) == ("garden", 80, 2)
    assert mastered["masteredAt"] is not None
    for _ in range(3):
        await met(mia, "garden", "correct")
    last = (await met(mia, "garden", "correct")).json()["data"]
    assert (last["masteryLevel"], last["masteredAt"]) == (100, mastered["masteredAt"])
    assert last["encounters"] == 6
    document = await stored(mia, "vocabulary_progress")
    assert (document["totalWords"], document["masteredWords"], document["averageMasteryLevel"]) == (1, 1, 100.0)
    assert type(document["words"]["garden"]["lastEncountered"]) is int


async def test_words_of_kotlin_are_read_in_seconds_and_added_to(mia: Player, shared_database: str) -> None:
    await written_by_kotlin(
        shared_database, mia.child_id, "vocabulary_progress", of_kotlin(mia.child_id, fox=40, owl=85)
    )
    words = (await got(mia, "progress"))["vocabulary"]
    assert [(word["word"], word["lastEncountered"]) for word in words] == [
        ("owl", "2025-09-02T15:49:04Z"), ("fox", KOTLINS_TIME),
    ]  # fmt: skip
    assert words[0]["masteredAt"] == "2025-09-02T15:49:04Z"
    stats = await got(mia, "stats")
    assert [word["lastEncountered"] for word in stats["recentWords"]] == ["2025-09-02T15:49:04Z", KOTLINS_TIME]
    after = (await met(mia, "FOX", "correct")).json()["data"]
    assert (after["word"], after["encounters"], after["correctUses"]) == ("fox", 3, 2)
    assert after["firstEncountered"] == "2025-09-02T15:48:03Z"
    document = await stored(mia, "vocabulary_progress")
    assert set(document["words"]) == {"fox", "owl"}
    assert document["words"]["owl"] == of_kotlin(mia.child_id, fox=40, owl=85)["words"]["owl"]
    assert document["words"]["fox"]["seenBy"] == "owl"


async def test_words_are_listed_from_a_level_on_and_in_pages(mia: Player, shared_database: str) -> None:
    await written_by_kotlin(
        shared_database, mia.child_id, "vocabulary_progress", of_kotlin(mia.child_id, a=10, b=50, c=90)
    )
    listed = {
        "": "cba", "?masteryLevel=50": "cb", "?masteryLevel=91": "", "?limit=1": "c", "?limit=2&offset=1": "ba",
        "?offset=9": "", "?limit=0": "c", "?limit=x&offset=x&masteryLevel=x": "cba", "?offset=-4": "cba",
    }  # fmt: skip
    for query, expected in listed.items():
        words = (await got(mia, f"progress{query}"))["vocabulary"]
        assert "".join(word["word"] for word in words) == expected, query


async def test_statistics_count_mastered_learning_and_difficult_words(mia: Player, shared_database: str) -> None:
    levels = {"a": 80, "b": 100, "c": 79, "d": 30, "e": 29, "f": 0}
    await written_by_kotlin(shared_database, mia.child_id, "vocabulary_progress", of_kotlin(mia.child_id, **levels))
    stats = await got(mia, "stats")
    assert list(stats) == [
        "totalWords", "masteredWords", "learningWords", "difficultWords", "averageMastery", "totalEncounters", "recentWords",
    ]  # fmt: skip
    assert (stats["totalWords"], stats["masteredWords"], stats["learningWords"], stats["difficultWords"]) == (
        6,
        2,
        2,
        2,
    )
    assert (stats["averageMastery"], stats["totalEncounters"]) == (53.0, 12)
    assert [word["word"] for word in stats["recentWords"]] == list("fedcb")
    assert list(stats["recentWords"][0]) == ["word", "masteryLevel", "lastEncountered"]


async def test_practice_lists_the_least_known_words_first(mia: Player, shared_database: str) -> None:
    levels = {"a": 59, "b": 60, "c": 3, "d": 40}
    await written_by_kotlin(shared_database, mia.child_id, "vocabulary_progress", of_kotlin(mia.child_id, **levels))
    assert [word["word"] for word in (await got(mia, "practice"))["words"]] == ["c", "d", "a"]
    assert [word["word"] for word in (await got(mia, "practice?limit=2"))["words"]] == ["c", "d"]


async def test_a_child_without_words_has_empty_lists(mia: Player) -> None:
    assert await got(mia, "progress") == {"vocabulary": []}
    assert await got(mia, "practice") == {"words": []}
    stats = await got(mia, "stats")
    assert (stats["totalWords"], stats["averageMastery"], stats["recentWords"]) == (0, 0.0, [])


async def test_what_is_no_word_is_refused(mia: Player) -> None:
    address = f"{STORIES}/vocabulary/{mia.child_id}/encounter"
    for body in ({}, {"word": "a"}, {"templateId": None}, {"word": None, "templateId": None}, []):
        refused = await mia.ask("POST", address, body)
        assert (refused.status_code, refused.text) == (400, "Invalid request body"), body
    for word in (" ", "", "x" * 101):
        refused = await mia.ask("POST", address, {"word": word, "templateId": None})
        assert (refused.status_code, refused.json()["success"], refused.json()["data"]) == (400, False, None)


async def test_a_vocabulary_has_a_bounded_number_of_words(mia: Player, shared_database: str) -> None:
    fill = """
        insert into games.simple_game_data (child_id, game_type, data_key, data_value)
        select $1, 'story-adventure', 'vocabulary_progress', jsonb_build_object('words', (
            select jsonb_object_agg('w' || n, jsonb_build_object('encounters', 1)) from generate_series(1, 3000) n)) returning id"""
    await value(shared_database, fill, mia.child_id)
    refused = await met(mia, "another")
    assert (refused.status_code, refused.json()["message"]) == (400, "A child's vocabulary has at most 3000 words")
    assert (await met(mia, "w7")).json()["data"]["encounters"] == 2


async def test_a_repeated_delivery_with_a_key_counts_once(mia: Player) -> None:
    first, second = [await met(mia, "fox", Idempotency_Key="once") for _ in range(2)]
    assert (first.json(), first.json()["data"]["encounters"]) == (second.json(), 1)
    assert (await met(mia, "fox")).json()["data"]["encounters"] == 2


async def test_a_document_too_large_to_read_is_neither_read_nor_overwritten(mia: Player, shared_database: str) -> None:
    large = {"words": {"fox": {"encounters": 1, "masteryLevel": 5}}, "filling": "x" * 2_200_000}
    await written_by_kotlin(shared_database, mia.child_id, "vocabulary_progress", large)
    assert await got(mia, "progress") == {"vocabulary": []}
    refused = await met(mia, "fox")
    assert refused.status_code == 400
    assert refused.text.startswith("Invalid request body: the stored document has more than")
    assert await stored(mia, "vocabulary_progress") == large


async def test_many_large_instances_do_not_hide_the_newest(mia: Player, shared_database: str) -> None:
    for number in range(4):
        filling = {"instanceId": str(number), "templateId": str(number), "progressData": "x" * 1_300_000}
        await written_by_kotlin(shared_database, mia.child_id, f"story_instance:{number}", filling)
    answer = await mia.ask("GET", f"{STORIES}/instances/{mia.child_id}")
    assert answer.status_code == 200
    assert {instance["id"] for instance in answer.json()["instances"]} == {"1", "2", "3"}
