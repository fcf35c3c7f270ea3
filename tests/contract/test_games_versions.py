"""Versions, preconditions, history, restore, batch and safe retries: additions to the contract."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import httpx2
import pytest

from tests.fixtures.auth import rows, value
from tests.fixtures.games import Player, player


@pytest.fixture
async def mia(app_client: httpx2.AsyncClient) -> Player:
    return await player(app_client)


async def test_the_etag_of_a_write_is_that_of_the_read_after_it(mia: Player) -> None:
    written = (await mia.save({"b": 1, "a": 100.0})).headers["etag"]
    assert (await mia.load()).headers["etag"] == written
    assert (await mia.load(If_None_Match=written)).status_code == 304
    assert (await mia.save({"b": 1, "a": 100.0})).headers["etag"] != written


async def test_a_write_with_a_stale_etag_is_409_with_both_versions_metadata(mia: Player) -> None:
    stale = (await mia.save({"n": 1})).headers["etag"]
    fresh = (await mia.save({"n": 22})).headers["etag"]
    answer = await mia.save({"n": 333}, If_Match=stale)
    assert answer.status_code == 409
    body = answer.json()
    assert (body["error"], body["yours"]) == ("VERSION_CONFLICT", {"ifMatch": stale, "sizeBytes": 10})
    current = body["current"]
    assert (current["version"], current["etag"], current["sizeBytes"]) == (2, fresh, 9)
    assert (await mia.load()).json()["updatedAt"] == current["updatedAt"]
    assert (await mia.save({"n": 333}, If_Match=f'"x", {fresh}')).status_code == 200


def book(operation: dict[str, Any]) -> dict[str, Any]:
    return operation | {"gameType": "sticker_book"}


CHANGED_BY_PROXIES = ['W/"{}"', '"{}-gzip"', 'W/"{}-br"', '"x", W/"{}"', ' , "{}"']


@pytest.mark.parametrize("form", CHANGED_BY_PROXIES)
async def test_an_etag_that_a_proxy_changed_is_still_ours(mia: Player, form: str) -> None:
    async def sent() -> str:
        return form.format((await mia.load()).headers["etag"].strip('"'))

    await mia.save({"n": 1})
    stale = await sent()
    assert (await mia.load(If_None_Match=stale)).status_code == 304
    assert (await mia.save({"n": 2}, If_Match=stale)).status_code == 200
    assert (await mia.save({"n": 3}, If_Match=stale)).status_code == 409
    assert (await mia.load(If_None_Match=stale)).status_code == 200
    operations = await batch(mia, book(put("k", {"n": 4}, ifMatch=await sent())), book(gone("k", ifMatch=stale)))
    assert [result["status"] for result in operations["results"]] == [200, 409]
    restore = f"{mia.history}/sticker_book/k/1/restore"
    assert (await mia.ask("POST", restore, If_Match=stale)).status_code == 409
    assert (await mia.ask("POST", restore, If_Match=await sent())).status_code == 200
    address = f"{mia.saves}/sticker_book/k"
    assert (await mia.ask("DELETE", address, If_Match=stale)).status_code == 409
    assert (await mia.ask("DELETE", address, If_Match=await sent())).status_code == 200


@pytest.mark.parametrize("name", ["If-Match", "If-None-Match"])
async def test_etags_on_two_lines_are_one_list(mia: Player, name: str) -> None:
    etag = (await mia.save({"n": 1})).headers["etag"]
    body = {"gameType": "sticker_book", "dataKey": "k", "dataValue": {"n": 1}}
    for order in (1, -1):
        lines = [*mia.parent.bearer.items(), *((name, tag) for tag in [etag, '"x"'][::order])]
        if name == "If-None-Match":
            answer = await mia.client.get(f"{mia.saves}/sticker_book/k", headers=lines)
            assert answer.status_code == 304
        else:
            answer = await mia.client.put(mia.saves, json=body, headers=lines)
            assert answer.status_code == 200
            etag = answer.headers["etag"]


async def test_unquoted_and_broken_tags_name_nothing(mia: Player) -> None:
    etag = (await mia.save({"n": 1})).headers["etag"]
    for broken in (etag.strip('"'), etag[1:], etag[:-1], "w/" + etag, etag + "x", f"'{etag}'"):
        assert (await mia.save({"n": 2}, If_Match=broken)).status_code == 409
        assert (await mia.load(If_None_Match=broken)).status_code == 200


async def test_a_save_cannot_be_there_and_not_there(mia: Player) -> None:
    etag = (await mia.save({"n": 1})).headers["etag"]
    assert (await mia.save({"n": 2}, If_Match=etag, If_None_Match="*")).status_code == 409
    assert (await mia.save({"n": 2}, "new", If_Match="*", If_None_Match="*")).status_code == 409


async def test_create_only_and_change_only(mia: Player) -> None:
    missing = await mia.save({}, If_Match="*")
    assert (missing.status_code, missing.json()["current"]) == (409, None)
    assert (await mia.save({}, If_None_Match="*")).status_code == 200
    assert (await mia.save({}, If_None_Match="*")).status_code == 409
    assert (await mia.save({"n": 1}, If_Match="*")).status_code == 200


async def test_of_ten_conditional_writes_at_once_exactly_one_wins(mia: Player) -> None:
    etag = (await mia.save({"n": 0})).headers["etag"]
    answers = await asyncio.gather(*(mia.save({"n": n}, If_Match=etag) for n in range(1, 11)))
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 9
    created = await asyncio.gather(*(mia.save({"n": n}, "new", If_None_Match="*") for n in range(10)))
    assert sorted(answer.status_code for answer in created) == [200] + [409] * 9


async def test_a_conditional_delete_leaves_a_changed_save_alone(mia: Player) -> None:
    stale = (await mia.save({"n": 1})).headers["etag"]
    fresh = (await mia.save({"n": 2})).headers["etag"]
    address = f"{mia.saves}/sticker_book/k"
    assert (await mia.ask("DELETE", address, If_Match=stale)).status_code == 409
    assert (await mia.load()).status_code == 200
    assert (await mia.ask("DELETE", address, If_Match=fresh)).status_code == 200


async def test_a_write_by_an_older_backend_changes_the_etag_and_what_it_wrote_is_kept(
    mia: Player, shared_database: str
) -> None:
    etag = (await mia.save({"n": 1})).headers["etag"]
    theirs = "update games.simple_game_data set data_value = $2 where child_id = $1 returning data_version"
    assert await value(shared_database, theirs, UUID(mia.child_id), '{"kotlin": 1}') == 1
    assert (await mia.save({"n": 2}, If_Match=etag)).status_code == 409
    assert (await mia.save({"n": 2})).status_code == 200
    [kept] = await mia.kept()
    document = await mia.ask("GET", f"{mia.history}/sticker_book/k/{kept['version']}")
    assert document.json()["dataValue"] == {"kotlin": 1}


async def test_versions_continue_after_an_older_backend_deleted_and_recreated_the_row(
    mia: Player, shared_database: str
) -> None:
    child = UUID(mia.child_id)
    for n in range(3):
        await mia.save({"n": n})
    await value(shared_database, "delete from games.simple_game_data where child_id = $1 returning 1", child)
    anew = "insert into games.simple_game_data (child_id, game_type, data_key, data_value) values ($1, 'sticker_book', 'k', '{}') returning 1"
    await value(shared_database, anew, child)
    await mia.save({"n": 9})
    versions = [kept["version"] for kept in await mia.kept()]
    assert versions == [3, 2, 1]


async def test_an_overwritten_save_is_listed_read_and_restored(mia: Player) -> None:
    for n in range(3):
        await mia.save({"n": n}, X_Device_Id=f"tablet {n}")
    versions = await mia.kept()
    assert [(kept["version"], kept["reason"], kept["replacedByDevice"]) for kept in versions] == [
        (2, "overwritten", "tablet 2"),
        (1, "overwritten", "tablet 1"),
    ]
    assert versions[0]["sizeBytes"] == len('{"n": 1}')
    first = await mia.ask("GET", f"{mia.history}/sticker_book/k/1")
    assert first.json()["dataValue"] == {"n": 0}
    restored = (await mia.ask("POST", f"{mia.history}/sticker_book/k/1/restore")).json()
    assert (restored["restoredVersion"], restored["version"]) == (1, 4)
    loaded = await mia.load()
    assert (loaded.json()["dataValue"], loaded.headers["etag"]) == ({"n": 0}, restored["etag"])
    assert (await mia.kept())[0]["reason"] == "restored"


async def test_a_deleted_save_is_kept_and_restored_and_its_versions_continue(mia: Player) -> None:
    await mia.save({"n": 1})
    await mia.ask("DELETE", f"{mia.saves}/sticker_book/k")
    [kept] = await mia.kept()
    assert (kept["version"], kept["reason"]) == (1, "deleted")
    restored = await mia.ask("POST", f"{mia.history}/sticker_book/k/1/restore", If_None_Match="*")
    assert restored.json()["version"] == 2
    await mia.save({"n": 2})
    await mia.ask("DELETE", f"{mia.saves}/sticker_book")
    assert [kept["version"] for kept in await mia.kept()] == [3, 2, 1]


async def test_the_same_document_again_raises_the_version_but_adds_no_history(mia: Player) -> None:
    for _ in range(3):
        await mia.save({"x": 1.0})
    assert await mia.kept() == []
    await mia.save({"x": 1})
    [kept] = await mia.kept()
    assert kept["version"] == 3
    assert '"x": 1.0' in (await mia.ask("GET", f"{mia.history}/sticker_book/k/3")).text


async def test_the_newest_five_are_kept_for_each_key_and_older_ones_thinned_to_one_in_ten_minutes(
    mia: Player, database_url: str
) -> None:
    for n in range(12):
        await mia.save({"n": n})
        await mia.save({"n": -n}, "other")
    for key in ("k", "other"):
        versions = [kept["version"] for kept in await mia.kept(key)]
        assert versions[:5] == [11, 10, 9, 8, 7]
        await age(database_url, mia, minutes=10)
    for n in range(12, 24):
        await mia.save({"n": n})
    versions = [kept["version"] for kept in await mia.kept()]
    assert versions[:5] == [23, 22, 21, 20, 19]
    assert [version for version in versions if version < 12], "what was kept ten minutes ago is still there"


async def test_what_another_device_overwrote_is_not_thinned(mia: Player) -> None:
    for n in range(4):
        await mia.save({"n": n}, X_Device_Id="tablet")
    await mia.save({"n": 4}, X_Device_Id="phone")
    for n in range(5, 20):
        await mia.save({"n": n}, X_Device_Id="phone")
    versions = [kept["version"] for kept in await mia.kept()]
    assert 4 in versions, "the tablet's last document, which the phone overwrote"
    assert 5 not in versions


async def test_saving_the_same_document_repeatedly_drops_no_history(mia: Player) -> None:
    for n in range(6):
        await mia.save({"n": n})
    before = [kept["version"] for kept in await mia.kept()]
    for _ in range(25):
        await mia.save({"n": 5})
    assert [kept["version"] for kept in await mia.kept()] == before
    await mia.save({"n": 6})
    assert [kept["version"] for kept in await mia.kept()][:5] == [31, *before[:4]]


async def age(database_url: str, mia: Player, *, minutes: int) -> None:
    """Let the kept versions be older than they are."""
    statement = "update wondernest.save_versions set kept_at = kept_at - make_interval(mins => $2) where child_id = $1"
    await rows(database_url, statement, UUID(mia.child_id), minutes)


async def test_versions_kept_at_the_same_time_stay_on_one_page(mia: Player) -> None:
    await mia.save({}, "first")
    await mia.ask("DELETE", f"{mia.saves}/sticker_book/first")
    for key in ("a", "b", "c"):
        await mia.save({}, key)
    await mia.ask("DELETE", f"{mia.saves}/sticker_book")
    page = (await mia.ask("GET", f"{mia.history}?limit=1")).json()["versions"]
    assert [kept["dataKey"] for kept in page] == ["a", "b", "c"]
    rest = (await mia.ask("GET", f"{mia.history}?limit=1&before={page[-1]['keptAt']}")).json()["versions"]
    assert [kept["dataKey"] for kept in rest] == ["first"]


async def test_unknown_versions_are_missing(mia: Player) -> None:
    await mia.save({})
    for version in ("7", "0", "-1", "x", "99999999999999", "9" * 5000):
        for method, tail in (("GET", ""), ("POST", "/restore")):
            answer = await mia.ask(method, f"{mia.history}/sticker_book/k/{version}{tail}")
            assert (answer.status_code, answer.json()["message"]) == (404, "Game data version not found")


async def test_history_is_paged_and_bad_query_values_are_ignored(mia: Player) -> None:
    for n in range(5):
        await mia.save({"n": n})
    first = (await mia.ask("GET", f"{mia.history}?limit=2")).json()["versions"]
    before = first[-1]["keptAt"]
    second = (await mia.ask("GET", f"{mia.history}?limit=2&before={before}")).json()["versions"]
    assert [kept["version"] for kept in first + second] == [4, 3, 2, 1]
    for query in ("limit=x&before=yesterday", f"limit={'9' * 5000}", "before=0001-01-01T00:00:00%2B14:00"):
        assert len((await mia.ask("GET", f"{mia.history}?{query}")).json()["versions"]) == 4


async def batch(mia: Player, *operations: Any, **headers: str) -> dict[str, Any]:
    answer = await mia.ask("POST", f"{mia.saves}/batch", {"operations": list(operations)}, **headers)
    assert answer.status_code == 200, answer.text
    return answer.json()


def put(key: str, document: Any, **more: Any) -> dict[str, Any]:
    return {"op": "put", "gameType": "t", "dataKey": key, "dataValue": document, **more}


def gone(key: str, **more: Any) -> dict[str, Any]:
    return {"op": "delete", "gameType": "t", "dataKey": key, **more}


async def test_a_batch_writes_many_keys_with_a_result_for_each(mia: Player) -> None:
    answer = await batch(
        mia, put("a", {"n": 1.0}), put("b", {}), {**put("c", {}), "gameKey": "t"}, gone("a"), put("b", {"n": 2})
    )
    assert answer["success"]
    assert [(result["index"], result["status"], result["dataKey"]) for result in answer["results"]] == [
        (0, 200, "a"), (1, 200, "b"), (2, 200, "c"), (3, 200, "a"), (4, 200, "b"),
    ]  # fmt: skip
    assert [result["version"] for result in answer["results"]] == [1, 1, 1, None, 2]
    assert (await mia.load("b", "t")).headers["etag"] == answer["results"][4]["etag"]
    assert (await mia.load("a", "t")).status_code == 404


async def test_a_refused_operation_does_not_affect_the_others(mia: Player) -> None:
    etag = (await mia.save({"n": 0}, "a", "t")).headers["etag"]
    await mia.save({"n": 1}, "a", "t")
    answer = await batch(
        mia,
        put("a", {"n": 2}, ifMatch=etag),
        put("b", {}),
        gone("absent"),
        {"op": "rename", "dataKey": "x"},
        put("c", []),
        put("", {}),
        put("d", {"big": 1}),
        put("b", {"n": 1}, ifNoneMatch="*"),
    )
    assert not answer["success"]
    statuses = [result["status"] for result in answer["results"]]
    assert statuses == [409, 200, 404, 400, 400, 400, 200, 409]
    assert answer["results"][0]["current"]["version"] == 2
    assert (await mia.load("a", "t")).json()["dataValue"] == {"n": 1}
    assert (await mia.load("d", "t")).json()["dataValue"] == {"big": 1}


async def test_a_document_the_database_cannot_hold_fails_alone_in_a_batch(mia: Player) -> None:
    too_large = '{"op":"put","gameType":"t","dataKey":"x","dataValue":{"n":1e999999}}'
    body = '{"operations":[{"op":"put","gameType":"t","dataKey":"a","dataValue":{}},' + too_large + "]}"
    answer = await mia.ask("POST", f"{mia.saves}/batch", body.encode())
    assert [result["status"] for result in answer.json()["results"]] == [200, 400]
    assert (await mia.load("a", "t")).status_code == 200


async def test_a_batch_has_one_to_fifty_operations(mia: Player) -> None:
    for operations in ([], [put(str(n), {}) for n in range(51)]):
        answer = await mia.ask("POST", f"{mia.saves}/batch", {"operations": operations})
        assert answer.status_code == 400
        assert answer.text.startswith("Invalid request body: ")
    assert (await batch(mia, *(put(str(n), {}) for n in range(50))))["success"]


async def test_batches_with_the_same_keys_in_other_order_all_succeed(mia: Player) -> None:
    keys = [str(n) for n in range(8)]
    forward = [put(key, {"n": 1}) for key in keys] + [gone("x")]
    backward = [put(key, {"n": 2}) for key in reversed(keys)] + [gone("y")]
    for _ in range(5):
        answers = await asyncio.gather(*(batch(mia, *operations) for operations in (forward, backward) * 4))
        assert all([result["status"] for result in answer["results"]] == [200] * 8 + [404] for answer in answers)


async def test_a_retry_with_the_same_key_acts_once_and_gets_the_first_answer(mia: Player) -> None:
    first = await mia.save({"n": 1}, Idempotency_Key="once")
    await mia.save({"n": 2})
    again = await mia.save({"n": 1}, Idempotency_Key="once")
    assert (again.status_code, again.text, again.headers["etag"]) == (200, first.text, first.headers["etag"])
    assert again.headers["idempotent-replayed"] == "true"
    assert (await mia.load()).json()["dataValue"] == {"n": 2}
    other = await mia.save({"n": 3}, Idempotency_Key="once")
    assert (other.status_code, other.json()["error"]) == (409, "IDEMPOTENCY_KEY_REUSED")


async def test_two_concurrent_requests_with_one_key_act_once(mia: Player) -> None:
    answers = await asyncio.gather(*(mia.save({"n": 1}, Idempotency_Key="twin") for _ in range(6)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.headers["etag"] for answer in answers}) == 1


async def test_a_refused_request_does_not_use_up_its_key(mia: Player) -> None:
    assert (await mia.save({"n": 1}, If_Match='"none"', Idempotency_Key="free")).status_code == 409
    assert (await mia.save({"n": 1}, Idempotency_Key="free")).status_code == 200
