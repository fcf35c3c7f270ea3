"""Events on databases of other shapes than ours (schema.md §2, games contract §6)."""

from __future__ import annotations

import httpx2
import pytest

from tests.fixtures.analytics import HISTORY, Player, coins, player


@pytest.fixture
async def zoe(app_client: httpx2.AsyncClient, database_url: str) -> Player:
    return await player(app_client, database_url)


async def test_the_older_shape_of_the_ledger_is_tolerated(zoe: Player) -> None:
    zoe.execute("alter table games.currency_transactions rename column source to source_reference")
    zoe.execute("alter table games.virtual_currency add column created_at timestamptz default now()")
    answer = await zoe.report("virtual_currency_updated", eventData=coins(30, HISTORY, 1))
    assert answer.status_code == 201
    assert len(zoe.rows("select source_reference from games.currency_transactions")) == 2


async def test_an_event_whose_effect_fails_is_not_stored_and_can_be_sent_again(zoe: Player) -> None:
    zoe.execute("alter table games.virtual_currency add constraint broken check (balance < 10)")
    failed = await zoe.report("virtual_currency_updated", eventData=coins(30, HISTORY, 1))
    assert (failed.status_code, failed.json()) == (500, {"message": "Failed to track event"})
    assert zoe.events() == []
    zoe.execute("alter table games.virtual_currency drop constraint broken")
    assert (await zoe.report("virtual_currency_updated", eventData=coins(30, HISTORY, 1))).status_code == 201
    assert len(zoe.rows("select from games.currency_transactions")) == 2
