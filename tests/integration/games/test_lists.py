"""Lists of saves: small ones share a statement, large ones are read alone, and the answers do not differ."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from random import Random
from typing import Any

import msgspec

from tests.fixtures.application import running
from tests.fixtures.games import Player, player
from wondernest.app import create_app
from wondernest.games import wire
from wondernest.games.rules import LIST_TOGETHER_BYTES, LIST_TOGETHER_SAVES
from wondernest.platform.json import encode
from wondernest.settings import Settings

PIECE_CHARS = LIST_TOGETHER_BYTES // 3


def incompressible(chance: Random) -> dict[str, str]:
    return {"drawing": chance.randbytes(PIECE_CHARS // 2).hex()}


async def listed(who: Player, query: str = "") -> list[tuple[str, str, Any]]:
    answer = await who.ask("GET", who.saves + query)
    assert answer.status_code == 200, answer.text
    kind = "gameKey" if "gameKey" in query else "gameType"
    shape = wire.KeySaveList if kind == "gameKey" else wire.SimpleSaveList
    assert encode(msgspec.json.decode(answer.content, type=shape)) == answer.content  # byte by byte as of one piece
    return [(item[kind], item["dataKey"], item["dataValue"]) for item in answer.json()["gameData"]]


async def test_a_list_is_whole_and_in_order_however_large(make_settings: Callable[..., Settings]) -> None:
    chance = Random(7)
    async with running(create_app(make_settings())) as client:
        mia = await player(client)
        stored: list[tuple[str, str, Any]] = []
        for number in range(10):
            document = incompressible(chance)
            assert (await mia.save(document, f"k{number}")).status_code == 200
            stored.insert(0, ("sticker_book", f"k{number}", document))
            assert await listed(mia) == stored
            assert await listed(mia, "?gameKey=sticker_book") == stored
        assert await listed(mia, "?gameType=sticker_book&dataKey=k3") == stored[6:7]
        assert await listed(mia, "?gameType=puzzle") == []


async def test_lists_asked_for_at_once_do_not_mix(make_settings: Callable[..., Settings]) -> None:
    chance = Random(8)
    async with running(create_app(make_settings())) as client:
        children = [await player(client) for _ in range(6)]
        stored: list[list[tuple[str, str, Any]]] = []
        for place, child in enumerate(children):
            documents = [incompressible(chance) if place % 3 == 0 else {"of": place, "n": n} for n in range(place + 1)]
            for number, document in enumerate(documents):
                assert (await child.save(document, f"k{number}")).status_code == 200
            items = [("sticker_book", f"k{number}", document) for number, document in enumerate(documents)]
            stored.append(items[::-1])
        stranger = Player(client, children[0].parent, children[1].child_id)
        for query in ("", "?gameType=sticker_book", "?gameKey=sticker_book"):
            asked = [*children, stranger] * 3
            answers = await asyncio.gather(*(listed(who, query) for who in asked))
            assert answers == [*stored, []] * 3


async def test_a_child_of_many_saves_is_listed_whole(make_settings: Callable[..., Settings]) -> None:
    async with running(create_app(make_settings())) as client:
        mia, tom = [await player(client) for _ in range(2)]
        for first in range(0, LIST_TOGETHER_SAVES + 1, 25):
            puts = [
                {"op": "put", "gameType": "puzzle", "dataKey": f"k{number}", "dataValue": {"n": number}}
                for number in range(first, min(first + 25, LIST_TOGETHER_SAVES + 1))
            ]
            assert (await mia.ask("POST", f"{mia.saves}/batch", {"operations": puts})).status_code == 200
        assert (await mia.save({"n": "last"}, "last")).status_code == 200
        assert (await tom.save({"n": "only"}, "only")).status_code == 200
        queries = ("", "?gameType=puzzle", "?gameType=sticker_book", "?gameType=none", "?gameType=puzzle&dataKey=k7")
        asked = [(who, query) for query in queries for who in (mia, tom)]
        answers = await asyncio.gather(*(listed(who, query) for who, query in asked))
        counts = [len(answer) for answer in answers]
        assert counts == [LIST_TOGETHER_SAVES + 2, 1, LIST_TOGETHER_SAVES + 1, 0, 1, 1, 0, 0, 1, 0]
