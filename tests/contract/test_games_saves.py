"""Saves on the wire, in both dialects and under both mounts (games contract §1, §3)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx2
import pytest

from tests.fixtures.auth import rows, value
from tests.fixtures.games import Player, literally, player

DOCUMENT = (
    '{"id": "1", "name": "Zoë 🦄 \\"q\\" \\n", "zero": 0.0, "color": 4278190080, "scale": 100.0, "rotation": 187.33332824707031,'
    ' "points": [{"x": 1.0, "y": 2}], "nothing": null, "text": "{\\"n\\":100.0}"}'
)


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient) -> Player:
    return await player(app_client)


@pytest.mark.parametrize("mount", ["/api/v1", "/api/v2"])
async def test_a_save_in_the_simple_dialect_echoes_its_key_under_both_mounts(mia: Player, mount: str) -> None:
    address = f"{mount}/games/children/{mia.child_id}/data"
    body = {"gameType": "story_adventure", "dataKey": "story_draft_1a2b3c4d", "dataValue": {"data": "{}"}}
    answer = await mia.ask("PUT", address, body)
    assert answer.status_code == 200
    assert answer.json() == {
        "success": True,
        "message": "Game data saved successfully",
        "childId": mia.child_id,
        "gameType": "story_adventure",
        "dataKey": "story_draft_1a2b3c4d",
    }
    item = (await mia.ask("GET", f"{address}/story_adventure/story_draft_1a2b3c4d")).json()
    assert list(item) == ["id", "childId", "gameType", "dataKey", "dataValue", "createdAt", "updatedAt"]


async def test_a_save_in_the_key_dialect_answers_with_the_whole_item(mia: Player) -> None:
    body = {"gameKey": "sticker_book", "dataKey": "sticker_project_1", "dataValue": {"scale": 1.0}}
    answer = (await mia.ask("PUT", mia.saves, body)).json()
    item = answer.pop("data")
    assert answer == {
        "success": True,
        "message": "Game data saved successfully",
        "childId": mia.child_id,
        "gameKey": "sticker_book",
        "dataKey": "sticker_project_1",
    }
    assert list(item) == [
        "id", "instanceId", "childId", "gameKey", "dataKey", "dataValue", "dataVersion", "createdAt", "updatedAt",
    ]  # fmt: skip
    assert (item["dataVersion"], item["dataValue"]) == (1, {"scale": 1.0})
    assert UUID(item["instanceId"])
    listed = (await mia.ask("GET", f"{mia.saves}?gameKey=sticker_book")).json()["gameData"]
    assert listed == [item]


async def test_a_game_outside_the_registry_has_no_instance(mia: Player) -> None:
    body = {"gameKey": "unheard_of", "dataKey": "k", "dataValue": {}}
    assert (await mia.ask("PUT", mia.saves, body)).json()["data"]["instanceId"] is None


async def test_with_both_names_the_game_type_wins(mia: Player) -> None:
    body = {"gameType": "a", "gameKey": "b", "dataKey": "k", "dataValue": {}}
    assert (await mia.ask("PUT", mia.saves, body)).json()["gameType"] == "a"
    listed = (await mia.ask("GET", f"{mia.saves}?gameType=a&gameKey=b")).json()["gameData"]
    assert [item["gameType"] for item in listed] == ["a"]


async def test_the_document_comes_back_exactly_as_sent(mia: Player) -> None:
    raw = b'{"gameType":"sticker_book","dataKey":"k","dataValue":' + DOCUMENT.encode() + b"}"
    assert (await mia.ask("PUT", mia.saves, raw)).status_code == 200
    item = literally((await mia.load()).text)
    assert item["dataValue"] == literally(DOCUMENT)
    [listed] = literally((await mia.ask("GET", mia.saves)).text)["gameData"]
    assert listed["dataValue"] == literally(DOCUMENT)


EXPONENTS = '{"a": 1E5, "b": [1e300, -1.5e3, 0e2, 1e0], "c": 1.25e-3, "d": "1E5", "e": {"\\"1e5": 2}}'


def doubles_of(text: str) -> list[float]:
    """The numbers of a JSON text that readers take for doubles, in order."""
    found: list[float] = []
    json.loads(text, parse_float=lambda number: found.append(float(number)))
    return found


@pytest.mark.parametrize("dialect", ["gameType", "gameKey"])
async def test_a_number_with_an_exponent_comes_back_as_a_double(mia: Player, dialect: str) -> None:
    expected = [1e5, 1e300, -1500.0, 0.0, 1.0, 0.00125]
    put = await mia.ask("PUT", mia.saves, f'{{"{dialect}":"g","dataKey":"k","dataValue":{EXPONENTS}}}'.encode())
    assert put.status_code == 200
    if dialect == "gameKey":
        assert doubles_of(put.text) == expected
    operation = f'{{"op":"put","{dialect}":"g","dataKey":"b","dataValue":{EXPONENTS}}}'
    await mia.ask("POST", f"{mia.saves}/batch", f'{{"operations":[{operation}]}}'.encode())
    for key in ("k", "b"):
        assert doubles_of((await mia.load(key, "g")).text) == expected
        assert (await mia.load(key, "g")).json()["dataValue"]["d"] == "1E5"
    assert doubles_of((await mia.ask("GET", f"{mia.saves}?{dialect}=g")).text) == expected * 2


async def test_a_large_save_with_exponents_comes_back_as_doubles(mia: Player) -> None:
    many = ",".join(['{"x":1e2,"t":"1e2"}'] * 20_000)
    put = await mia.ask("PUT", mia.saves, f'{{"gameType":"g","dataKey":"k","dataValue":{{"a":[{many}]}}}}'.encode())
    assert put.status_code == 200
    assert doubles_of((await mia.load("k", "g")).text) == [100.0] * 20_000


async def test_a_save_replaces_the_whole_document_and_keeps_id_and_creation_time(mia: Player) -> None:
    await mia.save({"a": 1, "b": 2})
    first = (await mia.load()).json()
    await mia.save({"a": 3})
    second = (await mia.load()).json()
    assert second["dataValue"] == {"a": 3}
    assert (second["id"], second["createdAt"]) == (first["id"], first["createdAt"])
    assert second["updatedAt"] > first["updatedAt"]


async def test_keys_may_hold_any_character(mia: Player) -> None:
    key = "story_instance:ü/%?#"
    assert (await mia.save({}, key)).status_code == 200
    assert (await mia.load("story_instance%3A%C3%BC%2F%25%3F%23")).json()["dataKey"] == key


@pytest.mark.parametrize("dots", [".", ".."])
@pytest.mark.parametrize("field", ["gameType", "gameKey", "dataKey"])
async def test_a_key_that_urls_cannot_name_is_refused(mia: Player, field: str, dots: str) -> None:
    body = {"dataKey": "k", "dataValue": {}, field: dots} | ({"gameType": "g"} if field == "dataKey" else {})
    answer = await mia.ask("PUT", mia.saves, body)
    assert (answer.status_code, answer.text) == (
        400,
        "Invalid request body: gameType and dataKey must not be . or ..",
    )
    operations = {"operations": [{"op": op, **body} for op in ("put", "delete")]}
    batch = await mia.ask("POST", f"{mia.saves}/batch", operations)
    assert [result["status"] for result in batch.json()["results"]] == [400, 400]
    assert (await mia.ask("GET", mia.saves)).json()["gameData"] == []


@pytest.mark.parametrize("key", ["...", ".a", "a..", "%2e", ". ", "./.."])
async def test_other_keys_of_dots_are_keys_like_any_other(mia: Player, key: str) -> None:
    assert (await mia.save({}, key)).status_code == 200
    assert (await mia.load(quote(key, safe=""))).json()["dataKey"] == key


@pytest.mark.parametrize("shortened", ["", "/", "//k"])
async def test_an_address_that_lost_its_key_deletes_nothing(mia: Player, shortened: str) -> None:
    await mia.save({})
    answer = await mia.ask("DELETE", mia.saves + shortened)
    assert answer.status_code in {404, 405}
    assert (await mia.load()).status_code == 200


async def test_a_key_of_dots_of_an_earlier_backend_is_listed(mia: Player, shared_database: str) -> None:
    await value(
        shared_database,
        "insert into games.simple_game_data (child_id, game_type, data_key, data_value) values ($1, '.', 'k', '{}') returning id",
        UUID(mia.child_id),
    )
    [item] = (await mia.ask("GET", mia.saves)).json()["gameData"]
    assert item["gameType"] == "."


async def test_the_list_is_newest_first_and_filters_by_type_and_key(mia: Player) -> None:
    for key, game_type in (("a", "x"), ("b", "x"), ("a", "y")):
        await mia.save({}, key, game_type)
    await mia.save({}, "a", "x")

    async def keys(query: str) -> list[tuple[str, str]]:
        items = (await mia.ask("GET", mia.saves + query)).json()["gameData"]
        return [(item["gameType"], item["dataKey"]) for item in items]

    assert await keys("") == [("x", "a"), ("y", "a"), ("x", "b")]
    assert await keys("?gameType=x") == [("x", "a"), ("x", "b")]
    assert await keys("?dataKey=a&gameType=") == [("x", "a"), ("y", "a")]
    assert await keys("?gameType=none") == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "Invalid request body: "),
        (b'{"gameType":', "Invalid request body: "),
        (b"[]", "Invalid request body: "),
        (b'{"dataKey":"k","dataValue":{}}', "Invalid request body: "),
        (b'{"gameType":"t","dataValue":{}}', "Invalid request body: "),
        (b'{"gameType":"t","dataKey":"k"}', "Invalid request body: "),
        (b'{"gameType":"t","dataKey":"k","dataValue":null}', "Invalid request body: "),
        (b'{"gameType":"t","dataKey":"k","dataValue":[]}', "Invalid request body: "),
        (b'{"gameType":"t","dataKey":"k","dataValue":"x"}', "Invalid request body: "),
        (b'{"gameType":"t","dataKey":"k","dataValue":{"a":"\\u0000"}}', "Invalid request body: "),
        (b'{"gameType":"t","dataKey":"k","dataValue":{"a":"\\ud800"}}', "Invalid request body: "),
        (b'{"gameType":"t","dataKey":"k","dataValue":{"a":"\xff"}}', "Invalid request body: "),
        (b'{"gameType":"t","dataKey":"k","dataValue":{"a":1e999999}}', "Invalid request body: "),
        (
            b'{"gameType":"t","dataKey":"k","dataValue":' + b'{"a":' * 50_000 + b"1" + b"}" * 50_001,
            "Invalid request body: ",
        ),
        (b'{"gameType":"t","dataKey":"k","dataValue":{"a":[' + b"1e131071," * 200 + b"0]}}", "Invalid request body: "),
        (b'{"gameType":"' + b"t" * 101 + b'","dataKey":"k","dataValue":{}}', "Invalid request body: "),
        (b'{"gameType":"t","dataKey":"' + b"k" * 201 + b'","dataValue":{}}', "Invalid request body: "),
        (b'{"gameType":"","dataKey":"k","dataValue":{}}', "Game type and data key are required"),
        (b'{"gameType":"t","dataKey":"","dataValue":{}}', "Game type and data key are required"),
    ],
)
async def test_what_cannot_be_stored_is_refused_with_a_plain_text(mia: Player, body: bytes, reason: str) -> None:
    answer = await mia.ask("PUT", mia.saves, body)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text.startswith(reason)
    assert (await mia.ask("GET", mia.saves)).json()["gameData"] == []


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "data", b"not json"),
        ("GET", "data", None),
        ("GET", "data/t/k", None),
        ("DELETE", "data/t/k", None),
        ("DELETE", "data/t", None),
        ("POST", "data/batch", b"{}"),
        ("GET", "history", None),
        ("GET", "active", None),
        ("GET", "instances", None),
        ("POST", "instances/sticker_book", None),
    ],
)
async def test_a_child_id_that_is_no_uuid_is_refused_before_anything_else(
    mia: Player, method: str, path: str, body: bytes | None
) -> None:
    answer = await mia.ask(method, f"/api/v2/games/children/guest_child/{path}", body)
    assert (answer.status_code, answer.text) == (400, "Invalid child ID format")


@pytest.mark.parametrize("form", [str.upper, lambda text: text.replace("-", "")])
async def test_a_child_id_in_another_form_is_echoed_in_the_canonical_one(mia: Player, form: Any) -> None:
    body = {"gameType": "t", "dataKey": "k", "dataValue": {}}
    answer = await mia.ask("PUT", f"/api/v2/games/children/{form(mia.child_id)}/data", body)
    assert answer.json()["childId"] == mia.child_id


async def test_a_number_where_a_name_is_expected_is_taken_as_written_and_the_document_stays_whole(mia: Player) -> None:
    answer = await mia.ask("PUT", mia.saves, b'{"gameType":7,"dataKey":1.50,"dataValue":{"x":100.0},"extra":[1]}')
    assert (answer.json()["gameType"], answer.json()["dataKey"]) == ("7", "1.50")
    assert '"x": 100.0' in (await mia.load("1.50", "7")).text


async def test_an_absent_save_is_a_404_with_its_own_text(mia: Player) -> None:
    for method in ("GET", "DELETE"):
        answer = await mia.ask(method, f"{mia.saves}/t/k")
        assert answer.status_code == 404
        body = answer.json()
        assert isinstance(body.pop("timestamp"), int)
        assert body == {"error": "NOT_FOUND", "message": "Game data not found"}


async def test_deleting_answers_what_was_deleted(mia: Player) -> None:
    for key in ("a", "b", "c"):
        await mia.save({}, key)
    one = await mia.ask("DELETE", f"{mia.saves}/sticker_book/a")
    assert one.json() == {
        "success": True,
        "message": "Game data deleted successfully",
        "childId": mia.child_id,
        "gameType": "sticker_book",
        "dataKey": "a",
    }
    rest = await mia.ask("DELETE", f"{mia.saves}/sticker_book")
    assert rest.json() == {
        "success": True,
        "message": "Deleted 2 game data items",
        "childId": mia.child_id,
        "gameType": "sticker_book",
        "dataKey": None,
    }
    none = await mia.ask("DELETE", f"{mia.saves}/sticker_book")
    assert none.json()["message"] == "Deleted 0 game data items"


async def test_a_foreign_an_unknown_and_an_archived_child_are_all_missing(
    mia: Player, app_client: httpx2.AsyncClient, shared_database: str
) -> None:
    foreign, archived = await player(app_client), await player(app_client)
    await foreign.save({"secret": 1})
    archived = Player(app_client, archived.parent, archived.child_id)
    statement = "update family.child_profiles set archived_at = now(), is_active = false where id = $1 returning 1"
    await value(shared_database, statement, UUID(archived.child_id))
    for asker, child in ((mia, foreign.child_id), (mia, str(uuid4())), (archived, archived.child_id)):
        other = Player(app_client, asker.parent, child)
        stored = await other.save({})
        assert (stored.status_code, stored.json()["message"]) == (404, "Child not found")
        assert (await other.ask("GET", other.saves)).json() == {"success": True, "gameData": []}
        assert (await other.load()).json()["message"] == "Game data not found"
        assert (await other.ask("DELETE", f"{other.saves}/sticker_book/k")).status_code == 404
        assert (await other.ask("DELETE", f"{other.saves}/sticker_book")).json()[
            "message"
        ] == "Deleted 0 game data items"
    assert (await foreign.load()).json()["dataValue"] == {"secret": 1}


async def test_a_child_whose_flags_are_null_is_active(mia: Player, shared_database: str) -> None:
    await value(
        shared_database,
        "update family.child_profiles set is_active = null where id = $1 returning 1",
        UUID(mia.child_id),
    )
    assert (await mia.save({})).status_code == 200


async def test_a_project_of_five_megabytes_comes_back_whole(mia: Player) -> None:
    document = {"strokes": [{"points": [[n + 0.5, n] for n in range(100)]} for _ in range(4_400)]}
    assert len(json.dumps(document)) > 5_000_000
    assert (await mia.save(document)).status_code == 200
    assert (await mia.load()).json()["dataValue"] == document


async def test_a_body_above_ten_mebibytes_is_413(mia: Player) -> None:
    answer = await mia.save({"text": "x" * (10 * 1024 * 1024)})
    assert answer.status_code == 413
    assert (answer.json()["error"], answer.json()["message"]) == ("PAYLOAD_TOO_LARGE", "Request body too large")


async def test_a_save_of_a_registered_game_updates_its_instance_and_counts_sessions_by_pauses(
    mia: Player, shared_database: str
) -> None:
    of_child = (
        "select first_played_at, last_played_at, session_count from games.child_game_instances where child_id = $1"
    )
    child = UUID(mia.child_id)
    back = "update games.child_game_instances set last_played_at = now() - $2::interval where child_id = $1 returning 1"
    await mia.save({})
    [first] = await rows(shared_database, of_child, child)
    await value(shared_database, back, child, timedelta(minutes=1))
    await mia.save({"n": 2})
    [second] = await rows(shared_database, of_child, child)
    assert (first["session_count"], second["session_count"]) == (1, 1)
    assert second["last_played_at"] > first["last_played_at"]
    assert second["first_played_at"] == first["first_played_at"]
    await value(shared_database, back, child, timedelta(minutes=31))
    await mia.save({"n": 3})
    [third] = await rows(shared_database, of_child, child)
    assert third["session_count"] == 2


async def test_a_row_without_any_date_is_served_saved_and_deleted(mia: Player, shared_database: str) -> None:
    await value(
        shared_database,
        "insert into games.simple_game_data (child_id, game_type, data_key, data_value, created_at, updated_at)"
        " values ($1, 'sticker_book', 'k', '{}', null, null) returning 1",
        UUID(mia.child_id),
    )
    loaded = await mia.load()
    assert loaded.json()["updatedAt"] == "1970-01-01T00:00:00Z"
    assert len((await mia.ask("GET", mia.saves)).json()["gameData"]) == 1
    body = {"gameKey": "sticker_book", "dataKey": "k", "dataValue": {"n": 1}}
    stored = await mia.ask("PUT", mia.saves, body, If_Match=loaded.headers["etag"])
    assert stored.status_code == 200
    assert stored.json()["data"]["createdAt"] == stored.json()["data"]["updatedAt"]
    assert (await mia.ask("DELETE", f"{mia.saves}/sticker_book/k")).status_code == 200
    assert {kept["reason"] for kept in await mia.kept()} == {"overwritten", "deleted"}


async def test_texts_of_the_registry_rooms_own_table_are_left_as_they_are(mia: Player, database_url: str) -> None:
    """Kotlin wrote every value of games.child_game_data as JSON text in a string (schema trap 10); none of our code reads it."""
    instances = f"/api/v2/games/children/{mia.child_id}/instances/sticker_book"
    instance = (await mia.ask("POST", instances)).json()["instance"]["id"]
    legacy = '{"a": "1", "b": "\\"x\\""}'
    await value(
        database_url,
        "insert into games.child_game_data (child_game_instance_id, data_key, data_value) values ($1, 'k', $2) returning 1",
        UUID(instance),
        legacy,
    )
    await mia.save({"a": 2})
    await mia.ask("DELETE", f"{mia.saves}/sticker_book")
    assert await value(database_url, "select data_value::text from games.child_game_data") == legacy


async def test_rows_of_the_older_backends_are_served_as_they_are(mia: Player, shared_database: str) -> None:
    await value(
        shared_database,
        "insert into games.simple_game_data (child_id, game_type, data_key, data_value, created_at, updated_at)"
        " values ($1, 'story_adventure', 'story_draft_x', $2, '2025-09-02 15:49:03.12+00', null) returning 1",
        UUID(mia.child_id),
        '{"data": "{\\"title\\":\\"kept as a string\\"}", "n": 10.0}',
    )
    item = (await mia.load("story_draft_x", "story_adventure")).json()
    assert item["dataValue"] == {"data": '{"title":"kept as a string"}', "n": 10.0}
    assert item["createdAt"] == item["updatedAt"] == "2025-09-02T15:49:03.120Z"
