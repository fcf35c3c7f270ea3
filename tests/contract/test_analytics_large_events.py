"""Large events, alone, with others at once and in a batch: what is stored is what was sent (games contract §6)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2
import pytest

from tests.fixtures.analytics import Player, player
from tests.fixtures.games import literally
from wondernest.analytics.envelope import MAX_DATA_BYTES
from wondernest.platform.large_work import LARGE_BYTES

BATCH = "/api/v1/analytics/events/batch"
AT_ONCE = 8
NUMBERS = (
    '"e":1e5,"E":-2.5E-3,"whole":100.0,"int":100,"big":12345678901234567890,"tiny":1e-7,"deep":[{"y":0.50,"x":1.0}]'
)
"""Numbers that a careless reader would write in another way."""
STORED_NUMBERS = '"e":100000.0,"E":-0.0025,"whole":100.0,"int":100,"big":12345678901234567890,"tiny":0.0000001,"deep":[{"y":0.50,"x":1.0}]'
"""As PostgreSQL writes them: without exponents, and each of the same kind."""
Send = Callable[[Player, list[str]], Awaitable[None]]


@pytest.fixture
async def zoe(app_client: httpx2.AsyncClient, database_url: str) -> Player:
    return await player(app_client, database_url)


async def one_by_one(zoe: Player, events: list[str]) -> None:
    """Each event in a request, after the one before."""
    for event in events:
        assert (await zoe.post(event.encode())).status_code == 201


async def at_once(zoe: Player, events: list[str]) -> None:
    """Each event in a request, all at the same time."""
    answers = await asyncio.gather(*(zoe.post(event.encode()) for event in events))
    assert {answer.status_code for answer in answers} == {201}


async def in_a_batch(zoe: Player, events: list[str]) -> None:
    """All events in one request."""
    body = f'{{"events":[{",".join(events)}]}}'
    answer = await zoe.client.post(BATCH, content=body.encode(), headers=zoe.parent.bearer)
    assert [result["code"] for result in answer.json()["results"]] == [201] * len(events), answer.text


each_way = pytest.mark.parametrize("send", [one_by_one, at_once, in_a_batch])


def event(zoe: Player, kind: str, data: str) -> str:
    """The body of an event, its data as written."""
    return f'{{"eventType":"{kind}","childId":"{zoe.child_id}","contentId":"sticker_book","eventData":{data}}}'


def texts(zoe: Player) -> dict[int, str]:
    """The stored data of each event as text, by its timestamp."""
    rows = zoe.rows(
        "select (event_data -> 'eventData' ->> 'timestamp')::int as number, event_data::text as stored"
        " from analytics.analytics_events where child_id = %s",
        zoe.child_id,
    )
    return {row["number"]: row["stored"] for row in rows}


@each_way
@pytest.mark.parametrize("filling", [10, MAX_DATA_BYTES - 1_000], ids=["small", "almost 64 KiB"])
async def test_data_up_to_64_kib_is_stored_whole_and_literally(zoe: Player, send: Send, filling: int) -> None:
    def data(numbers: str, number: int) -> str:
        return f'{{"z":"é🦄 {number}",{numbers},"a":"{"x" * filling}","timestamp":{number}}}'

    await send(zoe, [event(zoe, "score_update", data(NUMBERS, number)) for number in range(1, AT_ONCE + 1)])
    stored = texts(zoe)
    assert len(stored) == AT_ONCE
    for number, text in stored.items():
        assert literally(text)["eventData"] == literally(data(STORED_NUMBERS, number))
        assert "truncated" not in json.loads(text)


@each_way
async def test_of_data_beyond_64_kib_the_small_values_are_stored_literally(zoe: Player, send: Send) -> None:
    large = f'"drawing":[{",".join(["1.0"] * 30_000)}]'

    def data(numbers: str, number: int, *more: str) -> str:
        return f'{{{",".join([*more, numbers])},\n  "timestamp" : {number}}}'

    await send(zoe, [event(zoe, "score_update", data(NUMBERS, number, large)) for number in range(1, AT_ONCE + 1)])
    stored = texts(zoe)
    assert len(stored) == AT_ONCE
    for number, text in stored.items():
        assert literally(text)["eventData"] == literally(data(STORED_NUMBERS, number))
        assert json.loads(text)["truncated"] is True


@each_way
@pytest.mark.parametrize("as_text", [False, True], ids=["object", "text"])
@pytest.mark.parametrize("filling", [10, LARGE_BYTES + 1, 110_000])
async def test_a_project_in_an_event_comes_back_as_it_was_sent(
    zoe: Player, send: Send, as_text: bool, filling: int
) -> None:
    def project(numbers: str, number: int) -> str:
        return f'{{"name":"\\"Sea\\" {number}",{numbers},"filling":"{"y" * filling}","last":{{"scale":1.0}}}}'

    def data(number: int) -> str:
        sent = project(NUMBERS, number)
        written = json.dumps(sent) if as_text else sent
        return f'{{"gameType":"sticker_book","projectId":"p{number}","fullProjectData":{written},"timestamp":{number}}}'

    await send(zoe, [event(zoe, "save_project", data(number)) for number in range(1, AT_ONCE + 1)])
    for number in range(1, AT_ONCE + 1):
        path = f"/api/v2/games/children/{zoe.child_id}/data/sticker_book/sticker_project_p{number}"
        shown = await zoe.client.get(path, headers=zoe.parent.bearer)
        assert shown.status_code == 200, shown.text
        assert literally(shown.text)["dataValue"] == literally(project(STORED_NUMBERS, number))
    for number, text in texts(zoe).items():
        kept: dict[str, Any] = json.loads(text)["eventData"]
        assert kept == {"gameType": "sticker_book", "projectId": f"p{number}", "timestamp": number}
