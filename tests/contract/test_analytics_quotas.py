"""How many events a child may have on a day, and what an event may leave behind."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from tests.fixtures.analytics import Player, coins, player
from tests.fixtures.application import running
from tests.fixtures.family import add_child
from wondernest.analytics import rules
from wondernest.app import create_app
from wondernest.platform.db.batch import PARALLEL_BATCHES
from wondernest.settings import Settings

MOST = 5
REFUSED = {"message": "Storage quota exceeded"}


class SteppedClock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.moment = datetime.now(UTC).replace(hour=12, minute=0, second=0, microsecond=0)

    def now(self) -> datetime:
        """The time that was set."""
        return self.moment


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
async def zoe(make_settings: Callable[..., Settings], clock: SteppedClock, database_url: str) -> AsyncIterator[Player]:
    limits = {"EVENTS_PER_CHILD_AND_DAY": str(MOST), "EVENT_BYTES_PER_CHILD_AND_DAY": "5000"}
    settings = make_settings(**limits, JWT_EXPIRES_IN=str(7 * 24 * 3600 * 1000))
    async with running(create_app(settings, clock=clock)) as client:
        yield await player(client, database_url)


def used(zoe: Player) -> tuple[int, int]:
    [counted] = zoe.rows("select events, bytes from wondernest.event_usage where child_id = %s", zoe.child_id)
    return counted["events"], counted["bytes"]


def numbered(number: int, **data: Any) -> dict[str, Any]:
    return {"eventData": {"timestamp": number, **data}}


def statuses(answers: list[httpx2.Response]) -> Counter[int]:
    return Counter(answer.status_code for answer in answers)


def test_a_child_has_twenty_thousand_events_a_day_unless_it_is_configured() -> None:
    assert (Settings().quotas.events, Settings().quotas.event_bytes) == (20_000, 64 * 1024 * 1024)


async def test_events_beyond_the_number_of_the_day_are_refused_until_the_next(zoe: Player, clock: SteppedClock) -> None:
    for number in range(MOST):
        assert (await zoe.report(**numbered(number))).status_code == 201
    refused = await zoe.report(**numbered(99))
    assert (refused.status_code, refused.json()) == (413, REFUSED)
    assert int(refused.headers["retry-after"]) == 12 * 3600
    assert len(zoe.events()) == MOST
    clock.moment += timedelta(seconds=int(refused.headers["retry-after"]))
    assert (await zoe.report(**numbered(99))).status_code == 201
    assert (len(zoe.events()), used(zoe)[0]) == (MOST + 1, 1)


async def test_a_refused_event_can_be_delivered_later_under_the_same_identity(zoe: Player, clock: SteppedClock) -> None:
    for number in range(MOST + 3):
        await zoe.report(**numbered(number))
    clock.moment += timedelta(days=1)
    for number in range(MOST, MOST + 3):
        assert (await zoe.report(**numbered(number))).status_code == 201
    assert len(zoe.events()) == MOST + 3


async def test_a_repeated_event_does_not_count_and_is_acknowledged_at_the_limit(zoe: Player) -> None:
    for _ in range(4):
        assert (await zoe.report(**numbered(1))).status_code == 201
    assert used(zoe)[0] == 1
    for number in range(2, MOST + 1):
        await zoe.report(**numbered(number))
    assert (await zoe.report(**numbered(1))).status_code == 201
    assert (await zoe.report(**numbered(77))).status_code == 413
    assert (used(zoe)[0], len(zoe.events())) == (MOST, MOST)


async def test_gathered_events_stop_at_the_limit_and_those_of_a_sibling_are_stored(zoe: Player) -> None:
    """Statements that run at the same time may exceed it; the events of one statement do not."""
    for number in range(MOST - 2):
        assert (await zoe.report(**numbered(number))).status_code == 201
    sibling = (await add_child(zoe.client, zoe.parent))["id"]
    asked = [zoe.report(**numbered(number)) for number in range(100, 140)]
    of_sibling = [zoe.report(childId=sibling, **numbered(number)) for number in range(MOST)]
    answers = await asyncio.gather(*asked, *of_sibling)
    stored = statuses(answers[:40])[201]
    assert 2 <= stored <= 2 * PARALLEL_BATCHES
    assert statuses(answers[:40]) == {201: stored, 413: 40 - stored}
    assert statuses(answers[40:]) == {201: MOST}
    assert len(zoe.events()) == used(zoe)[0] == MOST - 2 + stored
    assert (await zoe.report(**numbered(999))).status_code == 413


async def test_every_copy_of_a_refused_event_is_refused(zoe: Player) -> None:
    for number in range(MOST):
        await zoe.report(**numbered(number))
    answers = await asyncio.gather(*(zoe.report(**numbered(50)) for _ in range(10)))
    assert statuses(answers) == {413: 10}


async def test_the_bytes_of_a_day_are_limited_too(zoe: Player) -> None:
    assert (await zoe.report(**numbered(1, text="x" * 4000))).status_code == 201
    refused = await zoe.report(**numbered(2, text="x" * 4000))
    assert (refused.status_code, refused.json()) == (413, REFUSED)
    assert (await zoe.report(**numbered(3))).status_code == 201
    assert used(zoe)[0] == 2


async def test_an_event_with_consequences_counts_and_a_refused_one_has_none(zoe: Player) -> None:
    for number in range(MOST):
        await zoe.report("virtual_currency_updated", eventData=coins(number, [], number))
    refused = await zoe.report("virtual_currency_updated", eventData=coins(1_000_000, [], 9_999))
    assert refused.status_code == 413
    [balance] = zoe.rows("select balance from games.virtual_currency where child_id = %s", zoe.child_id)
    assert balance["balance"] == MOST - 1


async def test_a_day_that_a_server_with_a_faster_clock_began_is_not_begun_again(zoe: Player) -> None:
    for number in range(MOST):
        await zoe.report(**numbered(number))
    zoe.execute("update wondernest.event_usage set day = day + 1")
    assert (await zoe.report(**numbered(70))).status_code == 413


async def test_a_childs_milestones_and_coin_history_end_somewhere(zoe: Player) -> None:
    zoe.execute(
        "insert into analytics.learning_insights (child_id, insight_type, title)"
        " select %s, 'milestone', 'm' || n from generate_series(1, %s) n",
        zoe.child_id,
        rules.MAX_MILESTONES - 1,
    )
    for title in ("one more", "too many"):
        assert (await zoe.report("milestone_achieved", eventData={"title": title})).status_code == 201
    titles = zoe.rows("select title from analytics.learning_insights where child_id = %s", zoe.child_id)
    assert len(titles) == rules.MAX_MILESTONES
    assert {"title": "too many"} not in titles

    zoe.execute(
        "insert into games.currency_transactions (child_id, amount, transaction_type, created_at)"
        " select %s, 1, 'earned', now() - make_interval(secs => n) from generate_series(1, %s) n",
        zoe.child_id,
        rules.MAX_KEPT_TRANSACTIONS - 1,
    )
    history = [{"amount": 1, "reason": "a", "timestamp": f"2026-01-0{day}T00:00:00"} for day in (1, 2, 3)]
    assert (await zoe.report("virtual_currency_updated", eventData=coins(3, history, 1))).status_code == 201
    [kept] = zoe.rows("select count(*) as n from games.currency_transactions where child_id = %s", zoe.child_id)
    assert kept["n"] == rules.MAX_KEPT_TRANSACTIONS


def test_the_rest_of_a_day_is_counted_in_whole_seconds() -> None:
    assert rules.seconds_left_of_day(datetime(2026, 5, 1, 0, 0, 0, tzinfo=UTC)) == 24 * 3600
    assert rules.seconds_left_of_day(datetime(2026, 5, 1, 23, 59, 59, 999_999, tzinfo=UTC)) == 1
