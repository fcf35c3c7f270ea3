"""N devices in random interleavings: every acknowledged document is current or a kept version."""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Callable
from typing import Any
from uuid import UUID

import asyncpg
import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.games import Player, player
from wondernest.app import create_app
from wondernest.settings import Settings

FEW = 2
DEVICES = 6
STEPS = 25
KEYS = ("a", "b", "c")
ENOUGH = "1000"
"""The number of kept versions: more than one run writes, so that every acknowledged document must still be there."""


class Device:
    """Acts at random and records which documents were acknowledged."""

    def __init__(self, name: str, mia: Player, chance: random.Random) -> None:
        self.name = name
        self.mia = mia
        self.chance = chance
        self.acknowledged: dict[str, list[str]] = {key: [] for key in (*KEYS, "lonely")}
        """In the order in which they were acknowledged."""
        self.made = 0
        self.named: dict[str, str] = {"X_Device_Id": name}

    async def play(self) -> None:
        for _ in range(STEPS):
            key = self.chance.choice(KEYS)
            await self.chance.choice(
                (self.save, self.save, self.save_if, self.delete, self.restore, self.retry, self.batch)
            )(key)

    async def overwrite(self) -> None:
        """Write only: nothing is deleted or restored."""
        for _ in range(STEPS):
            await self.chance.choice((self.save, self.save_if, self.retry, self.batch))(self.chance.choice(KEYS))

    def document(self) -> dict[str, Any]:
        self.made += 1
        return {"mark": f"{self.name}-{self.made}", "scale": 1.0}

    def stored(self, key: str, document: dict[str, Any], answer: httpx2.Response) -> None:
        assert answer.status_code in {200, 409}, answer.text
        if answer.status_code == 200:
            self.acknowledged[key].append(document["mark"])

    async def save(self, key: str) -> None:
        document = self.document()
        self.stored(key, document, await self.mia.save(document, key, **self.named))

    async def save_if(self, key: str) -> None:
        seen = await self.mia.load(key)
        condition = {"If_Match": seen.headers["etag"]} if seen.status_code == 200 else {"If_None_Match": "*"}
        document = self.document()
        self.stored(key, document, await self.mia.save(document, key, **condition, **self.named))

    async def delete(self, key: str) -> None:
        answer = await self.mia.ask("DELETE", f"{self.mia.saves}/sticker_book/{key}")
        assert answer.status_code in {200, 404}, answer.text

    async def restore(self, key: str) -> None:
        kept = await self.mia.kept(key)
        if kept:
            version = self.chance.choice(kept)["version"]
            answer = await self.mia.ask("POST", f"{self.mia.history}/sticker_book/{key}/{version}/restore")
            assert answer.status_code == 200, answer.text

    async def retry(self, key: str) -> None:
        document = self.document()
        for _ in range(2):
            self.stored(
                key, document, await self.mia.save(document, key, Idempotency_Key=document["mark"], **self.named)
            )

    async def batch(self, key: str) -> None:
        others = {name: self.document() for name in self.chance.sample(KEYS, 2)}
        puts = [
            {"op": "put", "gameType": "sticker_book", "dataKey": name, "dataValue": value}
            for name, value in others.items()
        ]
        answer = await self.mia.ask("POST", f"{self.mia.saves}/batch", {"operations": puts}, **self.named)
        assert answer.status_code == 200, answer.text
        for result, (name, value) in zip(answer.json()["results"], others.items(), strict=True):
            if result["status"] == 200:
                self.acknowledged[name].append(value["mark"])


async def marks(url: str, child_id: str, key: str) -> set[str]:
    """The marks of every document of a key that is current or kept."""
    connection = await asyncpg.connect(url)
    try:
        found = await connection.fetch(
            "select data_value::text as document from games.simple_game_data where child_id = $1 and data_key = $2"
            " union all select data_value::text from wondernest.save_versions where child_id = $1 and data_key = $2",
            UUID(child_id),
            key,
        )
        return {json.loads(row["document"])["mark"] for row in found}
    finally:
        await connection.close()


@pytest.mark.parametrize("seed", range(4))
async def test_every_acknowledged_document_is_current_or_kept(
    make_settings: Callable[..., Settings], database_url: str, seed: int
) -> None:
    settings = make_settings(SAVE_KEPT_VERSIONS=ENOUGH)
    async with running(create_app(settings)) as first, running(create_app(settings)) as second:
        mia = await player(first)
        servers = (mia, Player(second, mia.parent, mia.child_id))
        devices = [Device(f"d{n}", servers[n % 2], random.Random(seed * 100 + n)) for n in range(DEVICES)]
        await asyncio.gather(*(device.play() for device in devices))
        for key in KEYS:
            told = set[str]().union(*(device.acknowledged[key] for device in devices))
            assert told
            assert told <= await marks(database_url, mia.child_id, key)
            versions = [kept["version"] for kept in await mia.kept(key)]
            assert len(set(versions)) == len(versions)


@pytest.mark.parametrize("seed", range(4))
async def test_what_another_device_overwrote_is_not_thinned(
    make_settings: Callable[..., Settings], database_url: str, seed: int
) -> None:
    """All is written within ten minutes, so of what a device overwrote itself only the newest versions need to stay."""
    settings = make_settings(SAVE_KEPT_VERSIONS=str(FEW))
    async with running(create_app(settings)) as first, running(create_app(settings)) as second:
        mia = await player(first)
        servers = (mia, Player(second, mia.parent, mia.child_id))
        devices = [Device(f"d{n}", servers[n % 2], random.Random(seed * 100 + n)) for n in range(DEVICES)]
        await asyncio.gather(*(device.overwrite() for device in devices))
        lonely = Device("lonely", mia, random.Random(seed))
        for _ in range(3 * FEW):
            await lonely.save("lonely")
        for key in KEYS:
            there = await marks(database_url, mia.child_id, key)
            last = {device.acknowledged[key][-1] for device in devices if device.acknowledged[key]}
            assert last <= there, "the last document of each device is current, or another device overwrote it"
        kept = await marks(database_url, mia.child_id, "lonely")
        written = lonely.acknowledged["lonely"]
        assert {*written[-FEW - 1 :]} <= kept
        assert len(kept) < len(written)


async def test_our_documents_survive_an_older_backend_that_writes_the_same_key(
    make_settings: Callable[..., Settings], database_url: str
) -> None:
    """Kotlin's and Rust's statements keep no versions: all documents that they did not replace must be there."""
    stop = asyncio.Event()
    child: list[UUID] = []
    taken: set[str] = set()

    async def theirs() -> None:
        connection = await asyncpg.connect(database_url)
        count = 0

        async def run(statement: str, *arguments: object) -> None:
            # the document that it replaced or deleted; null where it wrote a new row
            for row in await connection.fetch(statement, child[0], *arguments):
                if row["gone"] is not None:
                    taken.add(json.loads(row["gone"])["mark"])

        try:
            while not stop.is_set():
                count += 1
                await run(
                    "insert into games.simple_game_data (child_id, game_type, data_key, data_value) values ($1, 'sticker_book', $3, $2)"
                    " on conflict (child_id, game_type, data_key) do update set data_value = excluded.data_value"
                    " returning old.data_value::text as gone",
                    json.dumps({"mark": f"theirs-{count}"}),
                    f"fresh-{count}",
                )
                await run(
                    "delete from games.simple_game_data where child_id = $1 and data_key = $2"
                    " returning data_value::text as gone",
                    f"fresh-{count - 3}",
                )
        finally:
            await connection.close()

    async with running(create_app(make_settings(SAVE_KEPT_VERSIONS=ENOUGH))) as client:
        mia = await player(client)
        child.append(UUID(mia.child_id))
        other = asyncio.create_task(theirs())
        told: dict[str, set[str]] = {}
        for n in range(150):
            key = f"fresh-{n}"
            answers = await asyncio.gather(*(mia.save({"mark": f"ours-{n}-{turn}"}, key) for turn in range(3)))
            assert {answer.status_code for answer in answers} == {200}
            told[key] = {f"ours-{n}-{turn}" for turn in range(3)}
        stop.set()
        await other
        for key, ours in told.items():
            assert ours <= taken | await marks(database_url, mia.child_id, key)
