"""Two servers, six workers, one database: concurrent writes, requests sent twice, and changes visible everywhere at once."""

from __future__ import annotations

import dataclasses
from concurrent.futures import ThreadPoolExecutor
from itertools import cycle
from threading import Barrier
from typing import TYPE_CHECKING, Any

import httpx2
import psycopg
import pytest

from tests.faults.devices import Devices
from tests.faults.household import Household, register_household_through, save

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.fixtures.bad_days import BadDay
    from tests.fixtures.crew import Crew

INCREMENTS_EACH = 8
KEY = "shared"
PROFILE = "/api/v1/family/profile"
CHILDREN = "/api/v1/family/children"
_NUMBERS = """
    select (data_value ->> 'n')::int from games.simple_game_data where child_id = %(child)s and data_key = %(key)s
    union all
    select (data_value ->> 'n')::int from wondernest.save_versions where child_id = %(child)s and data_key = %(key)s"""


@pytest.fixture
def household(workers: list[httpx2.Client]) -> Household:
    """A family for whose parent every client acts."""
    family = register_household_through(workers[0])
    for worker in workers:
        worker.headers.update(family.bearer)
    return family


def at_once(workers: list[httpx2.Client], request: Callable[[httpx2.Client], Any]) -> list[Any]:
    """Send the same request to every worker at the same time."""
    start = Barrier(len(workers))

    def ask(worker: httpx2.Client) -> Any:
        start.wait()
        return request(worker)

    with ThreadPoolExecutor(len(workers)) as people:
        return list(people.map(ask, workers))


def test_conditional_writers_at_every_worker_never_overwrite_each_other(
    workers: list[httpx2.Client], household: Household, crew: Crew, bad_day: BadDay
) -> None:
    first = save(workers[0], household, KEY, {"n": 0})
    assert first.status_code == 200
    place = f"{household.saves}/sticker_book/{KEY}"
    seen: list[int] = []

    def count_up(worker: httpx2.Client) -> list[int]:
        told: list[int] = []
        while len(told) < INCREMENTS_EACH:
            read = worker.get(place)
            number = read.json()["dataValue"]["n"] + 1
            form = {"gameType": "sticker_book", "dataKey": KEY, "dataValue": {"n": number}}
            status = worker.put(household.saves, json=form, headers={"If-Match": read.headers["etag"]}).status_code
            assert status in {200, 409}
            seen.append(status)
            if status == 200:
                told.append(number)
        return told

    ledger = [number for told in at_once(workers, count_up) for number in told]
    last = INCREMENTS_EACH * len(workers)
    assert sorted(ledger) == list(range(1, last + 1)), "each number was acknowledged to one writer"
    assert {worker.get(place).json()["dataValue"]["n"] for worker in workers} == {last}
    with psycopg.connect(crew.database_url) as connection:
        stored = connection.execute(_NUMBERS, {"child": household.child_id, "key": KEY}).fetchall()
    assert sorted(number for (number,) in stored) == list(range(last + 1)), "current or kept, once each"
    bad_day.record("six writers of one save with If-Match, at six workers of two servers", None, saw=seen)


def test_devices_at_both_servers_lose_nothing_acknowledged(
    workers: list[httpx2.Client], household: Household, crew: Crew
) -> None:
    elsewhere = register_household_through(workers[-1])
    with Devices(household, count=3) as here, Devices(elsewhere, count=3) as there:
        here.wait_for_saves(15)
        there.wait_for_saves(15)
    assert here.refusals() == there.refusals() == []
    here.ledger.check(dataclasses.replace(household, base_url=elsewhere.base_url), crew.database_url)
    there.ledger.check(dataclasses.replace(elsewhere, base_url=household.base_url), crew.database_url)


def test_one_request_sent_to_every_worker_at_once_is_done_once_and_answered_alike(
    workers: list[httpx2.Client], household: Household, crew: Crew
) -> None:
    form = {"gameType": "sticker_book", "dataKey": KEY, "dataValue": {"n": 1}}
    once = {"Idempotency-Key": "one-save"}
    saved = at_once(workers, lambda worker: worker.put(household.saves, json=form, headers=once))
    assert [answer.status_code for answer in saved] == [200] * len(workers)
    assert len({answer.text for answer in saved}) == 1
    assert len({answer.headers["etag"] for answer in saved}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in saved) == len(workers) - 1
    with psycopg.connect(crew.database_url) as connection:
        stored = connection.execute(_NUMBERS, {"child": household.child_id, "key": KEY}).fetchall()
    assert stored == [(1,)]

    child = {"name": "Mia", "birthDate": "2019-03-15"}
    once = {"Idempotency-Key": "one-child"}
    added = at_once(workers, lambda worker: worker.post(CHILDREN, json=child, headers=once))
    assert [answer.status_code for answer in added] == [201] * len(workers)
    assert len({answer.json()["data"]["id"] for answer in added}) == 1
    assert len(children(workers[-1])) == 2


def test_a_key_used_at_one_server_is_refused_for_another_request_at_both(
    workers: list[httpx2.Client], household: Household
) -> None:
    once = {"Idempotency-Key": "used"}
    form = {"gameType": "sticker_book", "dataKey": KEY, "dataValue": {"n": 1}}
    assert workers[0].put(household.saves, json=form, headers=once).status_code == 200
    form["dataValue"] = {"n": 2}
    for worker in workers:
        assert worker.put(household.saves, json=form, headers=once).status_code == 409
    assert workers[-1].get(f"{household.saves}/sticker_book/{KEY}").json()["dataValue"] == {"n": 1}


def test_a_change_at_one_worker_is_visible_at_all_at_once(workers: list[httpx2.Client], household: Household) -> None:
    turns = cycle(workers)
    for round_number in range(len(workers)):
        name, other = f"Mia{round_number}", f"Ida{round_number}"
        added = next(turns).post(CHILDREN, json={"name": name, "birthDate": "2019-03-15"})
        assert added.status_code == 201, added.text
        child = added.json()["data"]["id"]
        place = f"/api/v2/games/children/{child}/data"
        form = {"gameType": "sticker_book", "dataKey": "page", "dataValue": {}}
        for worker in workers:
            assert children(worker)[child] == name
            assert worker.put(place, json=form).status_code == 200
        renamed = next(turns).put(f"{CHILDREN}/{child}", json={"name": other})
        assert renamed.status_code == 200, renamed.text
        for worker in workers:
            assert children(worker)[child] == other
        assert next(turns).delete(f"{CHILDREN}/{child}").is_success
        for worker in workers:
            assert child not in children(worker)
            assert worker.put(place, json=form).status_code in {403, 404}
    assert list(children(workers[0])) == [household.child_id]


def children(worker: httpx2.Client) -> dict[str, str]:
    """The family's children as one worker lists them: names by id."""
    answer = worker.get(CHILDREN)
    assert answer.status_code == 200, answer.text
    return {child["id"]: child["name"] for child in answer.json()["data"]}
