"""How often a child's consent may be granted or changed; withdrawing it is never refused, and no record is deleted."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import value
from tests.fixtures.family import add_child, register_with_child
from tests.fixtures.games import Player
from wondernest.app import create_app
from wondernest.coppa import rules
from wondernest.settings import Settings

CONSENT = "/api/v1/coppa/consent"
MOST = 3
TOO_OFTEN = {"message": "Consent was changed too often today", "warning": "Consent can still be revoked"}
TOO_MANY = {
    "message": "There must not be more than 100 permissions with names of 100 characters",
    "warning": None,
}
ALL = {"dataCollection": True, "analytics": True, "marketing": True}


class SteppedClock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC)

    def now(self) -> datetime:
        """The time that was set."""
        return self.moment


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def mia(make_settings: Callable[..., Settings], clock: SteppedClock) -> AsyncIterator[Player]:
    settings = make_settings(CONSENTS_PER_CHILD_AND_DAY=str(MOST), JWT_EXPIRES_IN=str(7 * 24 * 3600 * 1000))
    async with running(create_app(settings, clock=clock)) as client:
        parent, child_id = await register_with_child(client)
        yield Player(client, parent, child_id)


async def grant(mia: Player, child_id: str | None = None, **fields: Any) -> httpx2.Response:
    form = {"consentType": "full", "permissions": ALL, "verificationMethod": "credit_card"}
    return await mia.ask("POST", CONSENT, {"childId": child_id or mia.child_id, **form, **fields})


async def change(mia: Player, **permissions: bool) -> httpx2.Response:
    return await mia.ask("PUT", f"{CONSENT}/{mia.child_id}", {"permissions": permissions})


async def status(mia: Player) -> str:
    answer = await mia.ask("GET", f"{CONSENT}/{mia.child_id}")
    return answer.json()["consentStatus"]


async def test_consent_is_recorded_a_number_of_times_a_day_and_the_last_one_stays_open(
    mia: Player, clock: SteppedClock, database_url: str
) -> None:
    for _ in range(MOST):
        assert (await grant(mia)).status_code == 201
    for refused in (await grant(mia), await change(mia, location=True)):
        assert (refused.status_code, refused.json(), refused.headers["retry-after"]) == (429, TOO_OFTEN, "86400")
    assert await status(mia) == "GRANTED"
    assert await value(database_url, "select count(*) from compliance.coppa_consent") == MOST
    clock.moment += timedelta(days=1)
    assert (await grant(mia)).status_code == 201
    assert await value(database_url, "select count(*) from compliance.coppa_consent") == MOST + 1


async def test_withdrawing_is_possible_whatever_was_recorded_today(mia: Player) -> None:
    for _ in range(MOST):
        assert (await grant(mia)).status_code == 201
    assert (await change(mia, marketing=False)).status_code == 200
    assert (await change(mia, analytics=False)).status_code == 200
    again = await change(mia, analytics=False)
    assert (again.status_code, again.json()) == (429, TOO_OFTEN)
    assert (await change(mia, analytics=True)).status_code == 429
    assert (await mia.ask("DELETE", f"{CONSENT}/{mia.child_id}")).status_code == 200
    assert await status(mia) == "REVOKED"


async def test_parallel_grants_stop_exactly_at_the_limit_and_one_is_open(mia: Player, database_url: str) -> None:
    answers = await asyncio.gather(*(grant(mia) for _ in range(12)))
    assert Counter(answer.status_code for answer in answers) == {201: MOST, 429: 12 - MOST}
    open_ones = "select count(*) from compliance.coppa_consent where revoked_at is null"
    assert await value(database_url, open_ones) == 1


async def test_each_child_has_its_own_number(mia: Player) -> None:
    sibling = (await add_child(mia.client, mia.parent))["id"]
    for _ in range(MOST):
        assert (await grant(mia)).status_code == 201
    assert (await grant(mia)).status_code == 429
    assert (await grant(mia, sibling)).status_code == 201


async def test_permissions_are_a_hundred_short_names(mia: Player) -> None:
    many = {f"p{number}": True for number in range(rules.MAX_PERMISSIONS + 1)}
    for permissions in (many, {"x" * (rules.MAX_PERMISSION_CHARS + 1): True}):
        refused = await grant(mia, permissions=permissions)
        assert (refused.status_code, refused.json()) == (400, TOO_MANY)
    del many["p0"]
    assert (await grant(mia, permissions=many)).status_code == 201


async def test_changes_do_not_make_the_permissions_grow_without_end(mia: Player) -> None:
    assert (await grant(mia)).status_code == 201
    more = {f"p{number}": False for number in range(rules.MAX_PERMISSIONS - len(ALL))}
    assert (await change(mia, **more)).status_code == 200
    refused = await change(mia, one_more=False)
    assert (refused.status_code, refused.json()) == (400, TOO_MANY)


async def test_a_consent_with_more_permissions_from_before_can_still_be_withdrawn_in_part(
    mia: Player, database_url: str
) -> None:
    assert (await grant(mia)).status_code == 201
    await value(
        database_url,
        "update compliance.coppa_consent set consent_text = jsonb_build_object('permissions',"
        " (select jsonb_object_agg('p' || n, true) from generate_series(1, 150) n))::text returning 1",
    )
    await value(database_url, "delete from wondernest.consents returning 1")  # it was given to an earlier release
    assert (await change(mia, p1=False)).status_code == 200
    assert (await change(mia, another=True)).status_code == 400


def test_a_change_that_gives_nothing_and_takes_something_only_withdraws() -> None:
    def only_withdraws(known: dict[str, bool], new: dict[str, bool]) -> bool:
        return rules.only_withdraws(rules.Permits(known, "full"), rules.Permits(new, "full"))

    assert only_withdraws({"a": True, "b": True}, {"a": True, "b": False})
    assert not only_withdraws({"a": True}, {"a": True})
    assert not only_withdraws({"a": True, "b": True}, {"a": True, "c": True})
    assert not only_withdraws({"a": False}, {"a": False, "b": False})
    assert rules.only_withdraws(rules.Permits({}, "audio_monitoring"), rules.Permits({}, "full"))
