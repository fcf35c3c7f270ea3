"""The synchronous standby is lost: nothing is acknowledged that only one server has, also not to a client that asks again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import httpx2

from tests.fixtures.application import TEMPLATE, running
from tests.fixtures.files import UPLOAD, drawing
from tests.fixtures.games import Player, player
from tests.fixtures.replication import Replicated
from wondernest.app import create_app
from wondernest.settings import Settings

Write = Callable[[Player], Awaitable[httpx2.Response]]
PICTURE = drawing()


def event(mia: Player, **fields: Any) -> dict[str, Any]:
    data = {"timestamp": 1_756_828_143_123}
    return {
        "eventType": "score_update",
        "childId": mia.child_id,
        "contentId": "memory_match",
        "eventData": data,
        **fields,
    }


WRITES: dict[str, Write] = {
    "a save": lambda mia: mia.save({"n": 2}),
    "a new save": lambda mia: mia.save({"n": 1}, "other"),
    "a save with a key": lambda mia: mia.save({"n": 2}, Idempotency_Key="save"),
    "a batch with a key": lambda mia: mia.ask(
        "POST",
        mia.saves + "/batch",
        {"operations": [{"op": "put", "gameType": "sticker_book", "dataKey": "k", "dataValue": {"n": 2}}]},
        Idempotency_Key="batch",
    ),
    "a deletion": lambda mia: mia.ask("DELETE", mia.saves + "/sticker_book/k"),
    "an event": lambda mia: mia.ask("POST", "/api/v1/analytics/events", event(mia)),
    "an event with a key": lambda mia: mia.ask(
        "POST", "/api/v1/analytics/events", event(mia, eventData={}), Idempotency_Key="event"
    ),
    "events of a batch": lambda mia: mia.ask("POST", "/api/v1/analytics/events/batch", {"events": [event(mia)]}),
    "a child with a key": lambda mia: mia.ask(
        "POST", "/api/v1/family/children", {"name": "Ada", "birthDate": "2019-03-15"}, Idempotency_Key="child"
    ),
    "an upload with a key": lambda mia: mia.client.post(
        UPLOAD, files={"file": ("cat.png", PICTURE, "image/png")}, headers=mia.parent.bearer | {"idempotency-key": "up"}
    ),
}


async def test_what_one_server_alone_has_is_acknowledged_to_nobody(
    replicated: Replicated, make_settings: Callable[..., Settings]
) -> None:
    settings = make_settings(DATABASE_URL=replicated.primary.tcp_url(TEMPLATE), DATABASE_STATEMENT_TIMEOUT_S="1")
    async with running(create_app(settings)) as client:
        children = {name: await player(client) for name in WRITES}
        for mia in children.values():
            assert (await mia.save({"n": 1})).status_code == 200
        replicated.wait_until_synchronous()
        replicated.standby.kill()
        for _ in range(3):
            answers = await asyncio.gather(*(write(children[name]) for name, write in WRITES.items()))
            assert {name: answer.status_code for name, answer in zip(WRITES, answers, strict=True)} == dict.fromkeys(
                WRITES, 503
            ), [answer.text for answer in answers]
