"""The registry of games and children's copies of them (games contract §4)."""

from __future__ import annotations

import json
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.auth import rows, value
from tests.fixtures.games import Player, literally, player
from wondernest.games.rules import MAX_INSTANCE_SETTINGS_BYTES

GAMES = "/api/v2/games"


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient) -> Player:
    return await player(app_client)


async def test_active_games_are_listed_and_found_by_key(mia: Player, database_url: str) -> None:
    listed = (await mia.ask("GET", GAMES)).json()
    assert listed["success"]
    [game] = listed["games"]
    assert list(game) == [
        "id", "gameKey", "displayName", "description", "gameType", "category", "minAgeMonths", "maxAgeMonths", "isActive",
    ]  # fmt: skip
    assert (game["gameKey"], game["displayName"], game["gameType"], game["category"]) == (
        "sticker_book", "Sticker Book", "creative_game", "sticker_books",
    )  # fmt: skip
    assert (await mia.ask("GET", f"{GAMES}/sticker_book")).json() == game
    await value(database_url, "update games.game_registry set is_active = false returning 1")
    for key in ("sticker_book", "story-adventure"):
        missing = await mia.ask("GET", f"{GAMES}/{key}")
        assert (missing.status_code, missing.json()["message"]) == (404, "Game not found")
    assert (await mia.ask("GET", GAMES)).json()["games"] == []


async def test_kinds_and_categories_are_listed_by_name_and_win_over_a_games_key(mia: Player) -> None:
    types = (await mia.ask("GET", f"{GAMES}/types")).json()
    assert [kind["name"] for kind in types["gameTypes"]] == [
        "collection",
        "creative",
        "creative_game",
        "educational",
        "puzzle",
    ]
    categories = (await mia.ask("GET", f"{GAMES}/categories")).json()
    names = [category["name"] for category in categories["categories"]]
    assert len(names) == 7
    assert set(categories["categories"][0]) == {"id", "name", "parentCategoryId"}


async def test_an_instance_is_created_once_and_returned_again(mia: Player) -> None:
    address = f"{GAMES}/children/{mia.child_id}/instances"
    first = (await mia.ask("POST", f"{address}/sticker_book")).json()
    second = (await mia.ask("POST", f"{address}/sticker_book")).json()
    assert (first["success"], first["message"]) == (True, "Game instance ready")
    assert first == second
    instance = first["instance"]
    assert (instance["childId"], instance["settings"], instance["preferences"]) == (mia.child_id, {}, {})
    assert (instance["isUnlocked"], instance["totalPlayTimeMinutes"], instance["sessionCount"]) == (True, 0, 0)
    assert instance["lastPlayedAt"] is None
    assert (await mia.ask("GET", address)).json() == {"success": True, "instances": [instance]}


async def test_an_unknown_game_and_an_unknown_child_have_different_errors(mia: Player) -> None:
    unknown = await mia.ask("POST", f"{GAMES}/children/{mia.child_id}/instances/chess")
    assert (unknown.status_code, unknown.json()["message"]) == (404, "Game 'chess' not found")
    nobody = await mia.ask("POST", f"{GAMES}/children/{uuid4()}/instances/sticker_book")
    assert (nobody.status_code, nobody.json()["message"]) == (404, "Child not found")
    assert (await mia.ask("GET", f"{GAMES}/children/{uuid4()}/instances")).json() == {"success": True, "instances": []}


async def test_settings_of_an_instance_do_not_grow_without_end(mia: Player) -> None:
    address = f"{GAMES}/children/{mia.child_id}/instances/sticker_book"
    await mia.ask("POST", address)
    fitting = {"text": "x" * (MAX_INSTANCE_SETTINGS_BYTES - len('{"text":""}'))}
    assert (await mia.ask("PUT", f"{address}/settings", {"settings": fitting})).status_code == 200
    fitting["text"] += "x"
    refused = await mia.ask("PUT", f"{address}/settings", {"settings": fitting})
    assert (refused.status_code, refused.text) == (
        400,
        f"Invalid request body: settings must not exceed {MAX_INSTANCE_SETTINGS_BYTES} bytes",
    )


SENT_AND_STORED = [
    ("true", "true"),
    ("null", "null"),
    ("1.0", "1.0"),
    ("1E5", "100000.0"),
    ("1e300", "1" + "0" * 300 + ".0"),
    ("-0.0", "-0.0"),
    ("12345678901234567890123", "12345678901234567890123"),
    ('"dark"', '"dark"'),
    ('"true"', '"true"'),
    ('""', '""'),
    ('"\\"q\\" \\u00e9 🦄"', '"\\"q\\" \\u00e9 🦄"'),
    ('{ "deep" : [ 1 , {"x": 100.0} ] }', '{"deep":[1,{"x":100.0}]}'),
    ("[]", "[]"),
]
"""A value as JSON, and the text that is stored for it."""


@pytest.mark.parametrize(("sent", "text"), SENT_AND_STORED)
async def test_settings_are_stored_as_kotlin_reads_them_and_shown_as_sent(
    mia: Player, shared_database: str, sent: str, text: str
) -> None:
    address = f"{GAMES}/children/{mia.child_id}/instances/sticker_book"
    await mia.ask("POST", address)
    answer = await mia.ask("PUT", f"{address}/settings", f'{{"settings":{{"it":{sent}}}}}'.encode())
    assert answer.json() == {"success": True, "message": "Settings updated successfully"}
    stored = await value(
        shared_database, "select settings from games.child_game_instances where child_id = $1", UUID(mia.child_id)
    )
    assert json.loads(stored) == {"it": text}
    for shown in (await mia.ask("POST", address), await mia.ask("GET", f"{GAMES}/children/{mia.child_id}/instances")):
        assert f'"settings":{{"it":{text}}}' in shown.text


@pytest.mark.parametrize("column", ["settings", "preferences"])
async def test_settings_of_the_kotlin_backend_are_shown_as_the_values_they_stand_for(
    mia: Player, shared_database: str, column: str
) -> None:
    address = f"{GAMES}/children/{mia.child_id}/instances"
    await mia.ask("POST", f"{address}/sticker_book")
    theirs = {
        "sound": "true",
        "theme": '"dark"',
        "plain": "dark",
        "empty": "",
        "odd": "01",
        "n": "1E5",
        "own": [1.0, None],
    }
    await value(
        shared_database,
        f"update games.child_game_instances set {column} = $2 where child_id = $1 returning id",
        UUID(mia.child_id),
        json.dumps(theirs),
    )
    [instance] = literally((await mia.ask("GET", address)).text)["instances"]
    assert instance[column] == {
        "sound": True, "theme": "dark", "plain": "dark", "empty": "", "odd": "01", "n": "float 1E5", "own": ["float 1.0", None],
    }  # fmt: skip


@pytest.mark.parametrize("document", ["null", "[]", "5", '"text"', '{"deep":' + "[" * 2000 + "]" * 2000 + "}"])
async def test_settings_that_nobody_can_read_do_not_hide_the_instance(
    mia: Player, shared_database: str, document: str
) -> None:
    address = f"{GAMES}/children/{mia.child_id}/instances"
    await mia.ask("POST", f"{address}/sticker_book")
    await value(
        shared_database,
        "update games.child_game_instances set settings = $2::text::jsonb where child_id = $1 returning id",
        UUID(mia.child_id),
        document,
    )
    answer = await mia.ask("GET", address)
    assert answer.status_code == 200
    assert answer.json()["instances"][0]["settings"] == {}


async def test_settings_that_cannot_be_read_are_refused(mia: Player) -> None:
    address = f"{GAMES}/children/{mia.child_id}/instances/sticker_book"
    missing = await mia.ask("PUT", f"{address}/settings", {"settings": {}})
    assert (missing.status_code, missing.json()["message"]) == (404, "Game instance not found")
    await mia.ask("POST", address)
    for body in (
        b"{}",
        b'{"settings":[]}',
        b'{"settings":null}',
        b"x",
        b'{"settings":{"a":"\xff"}}',
        b'{"settings":{"a":"\\ud800"}}',
    ):
        refused = await mia.ask("PUT", f"{address}/settings", body)
        assert refused.status_code == 400
        assert refused.text.startswith("Invalid request body: ")


async def test_an_instance_was_last_played_with_the_last_save(mia: Player) -> None:
    address = f"{GAMES}/children/{mia.child_id}"
    for n in range(3):
        await mia.save({"n": n})
    saved = (await mia.load()).json()["updatedAt"]
    assert (await mia.ask("GET", f"{address}/instances")).json()["instances"][0]["lastPlayedAt"] == saved
    assert (await mia.ask("POST", f"{address}/instances/sticker_book")).json()["instance"]["lastPlayedAt"] == saved
    active = (await mia.ask("GET", f"{address}/active")).json()["activeGames"][0]
    assert active["lastPlayedAt"] == active["lastDataUpdate"] == saved


async def test_active_games_are_those_with_saves_last_saved_first(mia: Player, database_url: str) -> None:
    address = f"{GAMES}/children/{mia.child_id}/active"
    assert (await mia.ask("GET", address)).json() == {"success": True, "activeGames": []}
    await value(
        database_url,
        "insert into games.game_registry (game_key, display_name, game_type_id, is_active)"
        " select 'memory', 'Memory', id, true from games.game_types where name = 'puzzle' returning 1",
    )
    for game in ("sticker_book", "memory", "unregistered"):
        await mia.save({}, game_type=game)
    active = (await mia.ask("GET", address)).json()["activeGames"]
    assert [game["gameKey"] for game in active] == ["memory", "sticker_book"]
    assert set(active[0]) == {"gameKey", "displayName", "totalPlayTimeMinutes", "lastPlayedAt", "lastDataUpdate"}
    assert active[0]["lastDataUpdate"] is not None
    assert (await mia.ask("GET", f"{GAMES}/children/{uuid4()}/active")).json()["activeGames"] == []
    assert len(await rows(database_url, "select 1 from games.child_game_instances")) == 2
