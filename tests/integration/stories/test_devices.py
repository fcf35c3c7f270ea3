"""Devices of one child that report at the same time, to two processes of the service on one database: no word is lost."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import value
from tests.fixtures.games import Player, player
from tests.fixtures.stories import STORIES, met, parents_template, progressed, started, stored
from wondernest.app import create_app
from wondernest.settings import Settings

PROCESSES = 3
EMPTY_REPORT = {
    "currentPage": 1, "customizations": {}, "progressData": {}, "vocabularyInteractions": {}, "comprehensionAnswers": {},
    "totalReadingTime": 0,
}  # fmt: skip


@pytest.fixture
async def devices(make_settings: Callable[..., Settings]) -> AsyncIterator[list[Player]]:
    """One child; each player speaks to another process."""
    async with AsyncExitStack() as stack:
        clients: list[httpx2.AsyncClient] = [
            await stack.enter_async_context(running(create_app(make_settings()))) for _ in range(PROCESSES)
        ]
        mia = await player(clients[0])
        yield [replace(mia, client=client) for client in clients]


async def test_every_encounter_with_a_word_counts(devices: list[Player], database_url: str) -> None:
    each = 8
    sent = [
        met(device, word, "correct", X_Device_Id=f"device {place}")
        for place, device in enumerate(devices)
        for word in (*["shared"] * each, *(f"word {place} {number}" for number in range(each)))
    ]
    answers = await asyncio.gather(*sent)
    assert {answer.status_code for answer in answers} == {200}, {answer.text for answer in answers}
    words = (await stored(devices[0], "vocabulary_progress"))["words"]
    assert len(words) == 1 + PROCESSES * each
    assert (words["shared"]["encounters"], words["shared"]["correctUses"]) == (PROCESSES * each, PROCESSES * each)
    version = await value(
        database_url, "select data_version from games.simple_game_data where data_key = 'vocabulary_progress'"
    )
    assert version == len(sent), "each was merged with what was stored before it"


async def test_concurrent_progress_keeps_the_words_of_every_device(devices: list[Player]) -> None:
    instance = await started(devices[0], (await parents_template(devices[0], pageCount=50))["id"])
    reports = [
        progressed(
            device,
            instance["id"],
            currentPage=number + 1,
            vocabularyInteractions={f"word {place} {number}": 1, "shared": number},
            comprehensionAnswers={str(number): "a"},
            totalReadingTime=10 * number,
        )
        for number, (place, device) in itertools.product(range(5), enumerate(devices))
    ]
    answers = await asyncio.gather(*reports)
    assert {answer.status_code for answer in answers} == {200}, {answer.text for answer in answers}
    after = await stored(devices[0], f"story_instance:{instance['templateId']}")
    expected = {f"word {place} {number}": 1 for place in range(PROCESSES) for number in range(5)} | {"shared": 4}
    assert after["vocabularyInteractions"] == expected
    assert after["comprehensionAnswers"] == {str(number): "a" for number in range(5)}
    assert after["totalReadingTime"] == 40


async def test_what_the_other_device_wrote_is_kept_as_a_version(devices: list[Player]) -> None:
    instance = await started(devices[0], (await parents_template(devices[0], pageCount=50))["id"])
    key = f"story_instance:{instance['templateId']}"
    for number in range(6):
        report = {"currentPage": number + 2, "progressData": {"of": number}}
        answer = await devices[number % 2].ask(
            "PUT",
            f"{STORIES}/instances/{instance['id']}/progress",
            {**EMPTY_REPORT, **report},
            X_Device_Id=f"device {number % 2}",
        )
        assert answer.status_code == 200, answer.text
    kept = await devices[2].kept(key)
    assert [version["version"] for version in kept] == [6, 5, 4, 3, 2, 1], "all that was written over, the newest first"


@pytest.mark.parametrize("delayed_first", [True, False])
async def test_a_delayed_report_adds_its_words_and_turns_no_page_back(
    devices: list[Player], delayed_first: bool
) -> None:
    instance = await started(devices[0], (await parents_template(devices[0], pageCount=50))["id"])
    reports: list[dict[str, Any]] = [
        {"currentPage": 3, "vocabularyInteractions": {"owl": 3, "fox": 1}, "lastAccessedAt": "2000-01-01T00:00:00Z"},
        {"currentPage": 9, "vocabularyInteractions": {"owl": 1, "hen": 1}},
    ]
    for report in reports if delayed_first else reversed(reports):
        assert (await progressed(devices[0], instance["id"], **report)).status_code == 200
    after = await stored(devices[1], f"story_instance:{instance['templateId']}")
    assert (after["currentPage"], after["vocabularyInteractions"]) == (9, {"owl": 3, "fox": 1, "hen": 1})


async def test_progress_during_a_completion_is_part_of_it(devices: list[Player]) -> None:
    instance = await started(devices[0], (await parents_template(devices[0], pageCount=50))["id"])
    address = f"{STORIES}/instances/{instance['id']}/complete"
    answers = await asyncio.gather(
        *(progressed(device, instance["id"], vocabularyInteractions={f"w{n}": 1}) for n, device in enumerate(devices)),
        *(device.ask("POST", address, {"totalReadingTime": 120}) for device in devices),
    )
    assert {answer.status_code for answer in answers} == {200}, {answer.text for answer in answers}
    after = await stored(devices[0], f"story_instance:{instance['templateId']}")
    assert (after["status"], set(after["vocabularyInteractions"])) == ("completed", {f"w{n}" for n in range(PROCESSES)})
    history = await stored(devices[0], "story_history")
    assert (history["totalCompletedStories"], history["totalReadingTime"]) == (1, 120)


async def test_devices_that_begin_the_same_story_read_the_same_instance(devices: list[Player]) -> None:
    template = await parents_template(devices[0])
    begun = await asyncio.gather(*(started(device, template["id"]) for device in devices * 2))
    assert len({instance["id"] for instance in begun}) == 1


async def test_a_save_of_another_backend_between_read_and_write_is_merged_with(
    devices: list[Player], database_url: str
) -> None:
    await met(devices[0], "fox")
    other = """
        update games.simple_game_data
           set data_value = jsonb_set(data_value, array['words', $1::text], '{"encounters": 1}'), updated_at = now()
         where data_key = 'vocabulary_progress' returning id"""
    words = [f"kotlin {number}" for number in range(6)]
    await asyncio.gather(
        *(value(database_url, other, word) for word in words), *(met(device, "owl") for device in devices * 4)
    )
    known = (await stored(devices[0], "vocabulary_progress"))["words"]
    assert set(known) == {"fox", "owl", *words}
    assert known["owl"]["encounters"] == PROCESSES * 4
