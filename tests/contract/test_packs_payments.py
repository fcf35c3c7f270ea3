"""Packs that cost money: paid once, given when they are paid, taken back when they are refunded."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register, row, rows, value
from tests.fixtures.family import add_child, register_with_child
from tests.fixtures.packs import (
    CASTLE,
    PACKS,
    PURCHASE,
    SAFARI,
    VEHICLES,
    buy,
    data_of,
    names,
    proof_of,
    stock,
    store_pack,
)
from tests.fixtures.payments import EVENTS, KEY, Gateway, deliver, payment_gateway
from wondernest.app import create_app
from wondernest.settings import Settings

MakeSettings = Callable[..., Settings]
CREATED_AT_ONCE = 8


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with payment_gateway() as running_gateway:
        yield running_gateway


@pytest.fixture
async def client(make_settings: MakeSettings, database_url: str, gateway: Gateway) -> AsyncIterator[httpx2.AsyncClient]:
    stock(database_url)
    async with running(create_app(make_settings(**gateway.settings))) as started:
        yield started


@pytest.fixture
async def simulated(make_settings: MakeSettings, database_url: str) -> AsyncIterator[httpx2.AsyncClient]:
    stock(database_url)
    async with running(create_app(make_settings())) as started:
        yield started


def refusal(answer: httpx2.Response) -> tuple[int, str]:
    body = answer.json()
    assert (body["success"], body["data"]) == (False, None)
    return answer.status_code, body["error"]


async def owned(client: httpx2.AsyncClient, parent: Parent) -> list[str]:
    return names((await data_of(client, parent, "/owned"))["packs"])


async def standings(url: str) -> list[str]:
    return [
        found["standing"]
        for found in await rows(url, "select standing from wondernest.pack_purchases order by began_at")
    ]


# The gateway decides -----------------------------------------------------------------------------------------------------


async def test_an_authorised_payment_makes_the_pack_owned(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str
) -> None:
    parent = await register(client)
    answer = await buy(client, parent, SAFARI, paymentMethod="tok_1")
    bought = PURCHASE(answer.json()["data"])
    assert (answer.status_code, bought["success"], bought["transactionId"]) == (200, True, "pay_0")
    held = bought["ownership"]
    assert (held["acquisitionType"], held["purchasePriceCents"], held["transactionId"]) == ("purchase", 299, "pay_0")
    [asked] = gateway.asked
    assert (asked["amountCents"], asked["currency"], asked["method"]) == (299, "USD", "tok_1")
    assert gateway.authorizations == {f"Bearer {KEY}"}
    assert await standings(database_url) == ["authorised"]


async def test_a_declined_payment_gives_nothing_and_another_attempt_is_another_payment(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str
) -> None:
    parent = await register(client)
    declined = await buy(client, parent, SAFARI, paymentMethod="declined")
    assert refusal(declined) == (400, "Purchase failed: Payment was declined")
    assert await owned(client, parent) == []
    assert (await buy(client, parent, SAFARI)).status_code == 200
    assert len({asked["reference"] for asked in gateway.asked}) == 2
    assert await standings(database_url) == ["declined", "authorised"]


async def test_the_statuses_of_http_decide_where_the_answer_says_nothing(
    client: httpx2.AsyncClient, gateway: Gateway
) -> None:
    parent = await register(client)
    gateway.raw = 402, b""
    assert refusal(await buy(client, parent, SAFARI)) == (400, "Purchase failed: Payment was declined")
    for raw in ((500, b"{}"), (302, b""), (200, b"<html>"), (200, b'{"status":"maybe"}'), (200, b"[" * 100_000)):
        gateway.raw = raw
        answer = await buy(client, parent, SAFARI)
        assert refusal(answer) == (503, "Service temporarily unavailable"), raw
        assert answer.headers["retry-after"]
    gateway.raw = None
    assert (await buy(client, parent, SAFARI)).status_code == 200, "the same payment is asked for again"
    assert len({asked["reference"] for asked in gateway.asked[1:]}) == 1


async def test_a_gateway_that_is_away_or_slow_is_asked_again_about_the_same_payment(
    make_settings: MakeSettings, database_url: str, gateway: Gateway
) -> None:
    stock(database_url)
    nowhere = {**gateway.settings, "PAYMENT_GATEWAY_URL": "http://127.0.0.1:1/v1"}
    async with running(create_app(make_settings(**nowhere))) as client:
        parent = await register(client)
        assert (await buy(client, parent, SAFARI)).status_code == 503
    gateway.pause_s = 1.0
    async with running(create_app(make_settings(**{**gateway.settings, "PAYMENT_TIMEOUT_S": "0.2"}))) as client:
        assert (await buy(client, parent, SAFARI)).status_code == 503
        assert (await client.get(f"{PACKS}/owned", headers=parent.bearer)).status_code == 200
    gateway.pause_s = 0.0
    async with running(create_app(make_settings(**gateway.settings))) as client:
        assert (await buy(client, parent, SAFARI)).status_code == 200
    assert len(gateway.taken) == 1
    assert await standings(database_url) == ["authorised"]


async def test_a_pending_payment_is_no_ownership_until_it_is_authorised(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str
) -> None:
    parent = await register(client)
    answer = await buy(client, parent, SAFARI, paymentMethod="pending")
    body = answer.json()
    assert (answer.status_code, body["success"], body["error"]) == (202, False, "Payment is pending")
    assert (PURCHASE(body["data"])["success"], body["data"]["ownership"]) == (False, None)
    assert await owned(client, parent) == []
    assert (await buy(client, parent, SAFARI, paymentMethod="pending")).status_code == 202
    assert len(gateway.taken) == 1, "sent again, it is the same payment"
    assert (await deliver(client, gateway.event("authorised", gateway.asked[0]))).status_code == 200
    assert await owned(client, parent) == ["Safari Animals"]
    assert await standings(database_url) == ["authorised"]


async def test_orders_at_the_same_moment_are_paid_once(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str
) -> None:
    parent = await register(client)
    gateway.pause_s = 0.1
    proof = await proof_of(client, parent)
    answers = await asyncio.gather(*(buy(client, parent, SAFARI, proof) for _ in range(CREATED_AT_ONCE)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["data"]["ownership"]["id"] for answer in answers}) == 1
    assert len(gateway.taken) == 1
    assert await value(database_url, "select count(*) from public.user_pack_ownership") == 1


@pytest.mark.parametrize("index", ["as installed", "left to the owner"])
async def test_free_packs_that_are_ordered_at_the_same_moment_are_owned_once(
    client: httpx2.AsyncClient, database_url: str, index: str
) -> None:
    if index == "left to the owner":
        with psycopg.connect(database_url) as connection:
            connection.execute("drop index public.idx_user_pack_ownership_for_all")
    parent = await register(client)
    answers = await asyncio.gather(*(buy(client, parent, VEHICLES) for _ in range(CREATED_AT_ONCE)))
    assert len({answer.json()["data"]["ownership"]["id"] for answer in answers}) == 1
    assert await value(database_url, "select count(*) from public.user_pack_ownership") == 1


async def test_of_rows_that_are_there_twice_one_is_shown_and_none_is_added(
    client: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(client)
    with psycopg.connect(database_url) as connection:
        connection.execute("drop index public.idx_user_pack_ownership_for_all")
        for _ in range(2):
            connection.execute(
                "insert into public.user_pack_ownership (user_id, pack_id) values (%s, %s)", [parent.user_id, SAFARI]
            )
    assert await owned(client, parent) == ["Safari Animals"]
    assert (await buy(client, parent, SAFARI)).status_code == 200
    assert await value(database_url, "select count(*) from public.user_pack_ownership") == 2


async def test_a_user_begins_so_many_payments_a_day(
    make_settings: MakeSettings, database_url: str, gateway: Gateway
) -> None:
    stock(database_url)
    async with running(create_app(make_settings(**gateway.settings, PACK_PURCHASES_PER_USER_AND_DAY="2"))) as client:
        parent, other = await register(client), await register(client)
        for _ in range(2):
            assert (await buy(client, parent, SAFARI, paymentMethod="declined")).status_code == 400
        refused = await buy(client, parent, SAFARI)
        assert refusal(refused) == (429, "Purchase failed: Too many purchases today")
        assert 0 < int(refused.headers["retry-after"]) <= 86_400
        assert (await buy(client, parent, VEHICLES)).status_code == 200, "free packs are not payments"
        assert (await buy(client, other, SAFARI)).status_code == 200
        assert len(gateway.asked) == 3


# Events --------------------------------------------------------------------------------------------------------------------


async def test_a_refund_ends_the_ownership_and_the_pack_can_be_bought_again(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str
) -> None:
    parent = await register(client)
    await buy(client, parent, SAFARI)
    await buy(client, parent, CASTLE)
    await buy(client, parent, VEHICLES)
    assert (await deliver(client, gateway.event("refunded", gateway.asked[0]))).status_code == 200
    assert await owned(client, parent) == ["Happy Vehicles", "Magical Castle"]
    assert (await client.get(f"{PACKS}/{SAFARI}/assets", headers=parent.bearer)).status_code == 403
    assert (await buy(client, parent, SAFARI)).status_code == 200
    assert await standings(database_url) == ["refunded", "authorised", "authorised"]
    assert len(gateway.taken) == 3


async def test_events_may_come_in_any_order_and_twice(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str
) -> None:
    kinds = ("declined", "authorised", "refunded")
    final = {1: {"declined": [], "authorised": ["Safari Animals"], "refunded": []}}
    for order in itertools.permutations(kinds):
        parent = await register(client)
        await buy(client, parent, SAFARI, paymentMethod="pending")
        asked = gateway.asked[-1]
        for number, kind in enumerate((*order, *order), 1):
            event = gateway.event(kind, asked)
            assert (await deliver(client, event)).json()["data"]["message"] == "Event received"
            if number in final:
                assert await owned(client, parent) == final[number][kind], order
        assert await owned(client, parent) == [], order
        stands = await value(
            database_url, "select standing from wondernest.pack_purchases where user_id::text = $1", parent.user_id
        )
        assert stands == "refunded"
    noted = await value(database_url, "select count(*) from wondernest.payment_events")
    assert noted == 6 * len(kinds), "a repeated event is not noted again"


async def test_a_repeated_event_changes_nothing_even_after_the_pack_was_given_back_by_hand(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str
) -> None:
    parent = await register(client)
    await buy(client, parent, SAFARI, paymentMethod="pending")
    event = gateway.event("authorised", gateway.asked[0])
    assert (await deliver(client, event)).status_code == 200
    with psycopg.connect(database_url) as connection:
        connection.execute("delete from public.user_pack_ownership")
    assert (await deliver(client, event)).status_code == 200
    assert await owned(client, parent) == []


async def test_what_was_paid_twice_stays_owned_until_both_are_refunded(
    client: httpx2.AsyncClient, gateway: Gateway
) -> None:
    parent = await register(client)
    await buy(client, parent, SAFARI, paymentMethod="declined")
    await buy(client, parent, SAFARI)
    first, second = gateway.asked
    await deliver(client, gateway.event("authorised", first))
    await deliver(client, gateway.event("refunded", first))
    assert await owned(client, parent) == ["Safari Animals"]
    await deliver(client, gateway.event("refunded", second))
    assert await owned(client, parent) == []


async def test_events_at_the_same_moment_are_applied_once(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str
) -> None:
    parent = await register(client)
    await buy(client, parent, SAFARI, paymentMethod="pending")
    event = gateway.event("authorised", gateway.asked[0])
    answers = await asyncio.gather(*(deliver(client, event) for _ in range(CREATED_AT_ONCE)))
    assert {answer.status_code for answer in answers} == {200}
    assert await value(database_url, "select count(*) from wondernest.payment_events") == 1
    assert await owned(client, parent) == ["Safari Animals"]


async def test_only_the_gateways_own_events_are_accepted(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str
) -> None:
    parent = await register(client)
    await buy(client, parent, SAFARI, paymentMethod="pending")
    event = gateway.event("authorised", gateway.asked[0])
    wrong = (403, "Invalid signature")
    assert refusal(await deliver(client, event, secret="another")) == wrong
    assert refusal(await deliver(client, event, at=time.time() - 301)) == wrong
    assert refusal(await deliver(client, event, at=time.time() + 320)) == wrong
    for header in (
        "",
        "t=,v1=",
        "v1=00",
        f"t={int(time.time())}",
        f"t=1,t={int(time.time())},v1=00",
        "t=" + "9" * 40 + ",v1=0",
    ):
        assert refusal(await client.post(EVENTS, content=b"{}", headers={"Payment-Signature": header})) == wrong, header
    assert refusal(await client.post(EVENTS, content=b"{}")) == wrong
    assert await owned(client, parent) == []
    assert await value(database_url, "select count(*) from wondernest.payment_events") == 0


async def test_events_that_cannot_be_applied_are_refused_and_strange_ones_are_ignored(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str
) -> None:
    parent = await register(client)
    await buy(client, parent, SAFARI, paymentMethod="pending")
    asked = gateway.asked[0]
    user, _, purchase = asked["reference"].partition(".")
    mismatch = "Invalid event: the amount is not that of the payment"
    for changes, expected in (
        ({"amountCents": 1}, (400, mismatch)),
        ({"currency": "EUR"}, (400, mismatch)),
        ({"amountCents": -1}, (400, "Invalid event: it has no amount in cents")),
        ({"id": ""}, (400, "Invalid event: its id is empty or too long")),
        ({"id": "x" * 300}, (400, "Invalid event: its id is empty or too long")),
        ({"id": None}, (400, "Invalid event: it is no event")),
        ({"reference": "x"}, (404, "Unknown payment")),
        ({"reference": f"{user}.{uuid4()}"}, (404, "Unknown payment")),
        ({"reference": f"{uuid4()}.{purchase}"}, (404, "Unknown payment")),
    ):
        assert refusal(await deliver(client, gateway.event("authorised", asked, **changes))) == expected, changes
    for body in (b"", b"{", b"[]", b"\xff"):
        assert refusal(await deliver(client, body)) == (400, "Invalid event: it is no event"), body
    assert (await deliver(client, gateway.event("disputed", asked))).status_code == 200
    assert (await deliver(client, b"x" * (64 * 1024 + 1))).status_code == 413
    assert await owned(client, parent) == []
    assert await standings(database_url) == ["pending"]


async def test_where_no_gateway_reports_there_are_no_events(simulated: httpx2.AsyncClient) -> None:
    assert refusal(await deliver(simulated, b"{}")) == (404, "Payment events are not configured")


# Whose money ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("whom", ["a child", "the family"])
async def test_money_is_spent_only_with_a_step_up_proof_whomever_it_is_spent_for(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str, whom: str
) -> None:
    parent, child = await register_with_child(client, birth_date="2020-01-15")
    target = child if whom == "a child" else None

    async def send(**headers: str) -> httpx2.Response:
        return await buy(client, parent, SAFARI, headers, childId=target)

    assert refusal(await send()) == (403, "STEP_UP_REQUIRED")
    assert refusal(await send(**{"X-Step-Up": "step_up_guessed"})) == (403, "STEP_UP_REQUIRED")
    other = await register(client)
    assert refusal(await send(**await proof_of(client, other))) == (403, "STEP_UP_REQUIRED")
    assert (gateway.asked, await standings(database_url)) == ([], []), "nothing was begun"
    answer = await send(**await proof_of(client, parent))
    assert (answer.status_code, answer.json()["data"]["ownership"]["childId"]) == (200, target)
    assert (await send()).status_code == 200, "what is owned is shown without a proof"
    assert (await buy(client, parent, VEHICLES, childId=target)).status_code == 200, (
        "what is free costs nobody anything"
    )


async def test_a_member_who_is_no_parent_buys_nothing(
    client: httpx2.AsyncClient, gateway: Gateway, database_url: str
) -> None:
    parent = await register(client)
    with psycopg.connect(database_url) as connection:
        connection.execute("update family.family_members set role = 'member'")
    for pack in (SAFARI, VEHICLES):
        assert refusal(await buy(client, parent, pack)) == (403, "access_denied")
    assert gateway.asked == []


async def test_a_pack_that_may_not_be_shown_to_the_child_is_not_bought_for_it(
    client: httpx2.AsyncClient, database_url: str
) -> None:
    parent, child = await register_with_child(client, birth_date="2024-01-15")
    with psycopg.connect(database_url, autocommit=True) as connection:
        old = store_pack(connection, name="For tens", age_min=10, age_max=14)
    assert refusal(await buy(client, parent, old, childId=child)) == (400, "Pack not found")
    assert (await buy(client, parent, old)).status_code == 200


# Without a gateway, and the simulated one ----------------------------------------------------------------------------------------


async def test_without_a_gateway_only_free_packs_are_got(make_settings: MakeSettings, database_url: str) -> None:
    stock(database_url)
    async with running(create_app(make_settings(PAYMENT_GATEWAY="none"))) as client:
        parent = await register(client)
        assert refusal(await buy(client, parent, SAFARI)) == (400, "Purchase failed: Payment is not available")
        assert (await buy(client, parent, VEHICLES)).status_code == 200
    assert await standings(database_url) == []


async def test_the_simulated_gateway_authorises_unless_it_is_asked_for_something_else(
    simulated: httpx2.AsyncClient, database_url: str
) -> None:
    parent = await register(simulated)
    declined = await buy(simulated, parent, SAFARI, paymentMethod="simulate_declined")
    assert refusal(declined) == (400, "Purchase failed: Payment was declined")
    assert (await buy(simulated, parent, SAFARI, paymentMethod="simulate_pending")).status_code == 202
    answer = await buy(simulated, parent, SAFARI)
    assert answer.json()["data"]["transactionId"].startswith("txn-")
    stored = await row(database_url, "select gateway, currency, price_cents from wondernest.pack_purchases limit 1")
    assert tuple(stored) == ("simulated", "USD", 299)


async def test_each_child_has_its_own_ownership(simulated: httpx2.AsyncClient, database_url: str) -> None:
    parent = await register(simulated)
    children = [(await add_child(simulated, parent))["id"] for _ in range(2)]
    proven = await proof_of(simulated, parent)
    held: list[Any] = []
    for child in (*children, *children):
        answer = await buy(simulated, parent, SAFARI, proven, childId=child)
        held.append(answer.json()["data"]["ownership"]["id"])
    assert held[:2] == held[2:]
    assert len(set(held)) == 2
    assert len(await standings(database_url)) == 2
