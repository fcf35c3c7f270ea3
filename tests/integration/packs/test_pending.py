"""Payments that stay pending: the gateway is asked about them, and what it answers is applied once, whatever its events say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx2
import psycopg
import pytest

from tests.fixtures.application import running
from tests.fixtures.auth import Parent, register
from tests.fixtures.files import run_job
from tests.fixtures.packs import CASTLE, SAFARI, buy, data_of, names, proof_of, stock
from tests.fixtures.payments import KEY, Gateway, deliver, payment_gateway
from wondernest.app import Background, background, create_app
from wondernest.packs.jobs import ASK
from wondernest.packs.metrics import ASK_RESULTS
from wondernest.packs.pending import MOST_FAILURES
from wondernest.settings import Settings

Connection = psycopg.Connection[Any]
MINUTES_LATER = timedelta(minutes=11)
DAY_LATER = timedelta(hours=25)
COUNTED = "wondernest_payment_asks_total"


class LaterClock:
    def __init__(self) -> None:
        self.later = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self.later


class Jobs:
    """The jobs process of an installation, at any time."""

    def __init__(self, settings: Settings) -> None:
        self.clock = LaterClock()
        self.work: Background = background(settings, clock=self.clock)

    async def ask(self, later: timedelta) -> None:
        self.clock.later = later
        await run_job(self.work, ASK)

    def results(self) -> dict[str, int]:
        """How often each answer was counted."""
        found = {
            result: self.work.metrics.registry.get_sample_value(COUNTED, {"result": result}) for result in ASK_RESULTS
        }
        return {result: int(times) for result, times in found.items() if times}


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with payment_gateway() as running_gateway:
        yield running_gateway


@pytest.fixture
def settings(make_settings: Callable[..., Settings], gateway: Gateway) -> Settings:
    return make_settings(**gateway.settings)


@pytest.fixture
def database(database_url: str) -> Iterator[Connection]:
    stock(database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
async def client(settings: Settings, database: Connection) -> AsyncIterator[httpx2.AsyncClient]:
    async with running(create_app(settings)) as started:
        yield started


@pytest.fixture
async def jobs(settings: Settings, database: Connection) -> AsyncIterator[Jobs]:
    made = Jobs(settings)
    yield made
    await made.work.rooms.stop()


async def pending(client: httpx2.AsyncClient, gateway: Gateway, pack: str = SAFARI) -> tuple[Parent, dict[str, Any]]:
    """A parent whose payment is pending, and what the gateway was asked."""
    parent = await register(client)
    assert (await buy(client, parent, pack, paymentMethod="pending")).status_code == 202
    return parent, gateway.asked[-1]


async def owned(client: httpx2.AsyncClient, parent: Parent) -> list[str]:
    return names((await data_of(client, parent, "/owned"))["packs"])


def standings(connection: Connection) -> list[str]:
    found = connection.execute("select standing from wondernest.pack_purchases order by began_at").fetchall()
    return [standing for (standing,) in found]


async def test_a_payment_whose_event_was_lost_is_asked_about_and_its_pack_given(
    client: httpx2.AsyncClient, gateway: Gateway, jobs: Jobs, database: Connection
) -> None:
    parent, asked = await pending(client, gateway)
    await jobs.ask(timedelta(minutes=1))
    assert gateway.asked_about == [], "its event may still come"
    gateway.states[asked["reference"]] = {"status": "authorised"}
    await jobs.ask(MINUTES_LATER)
    assert gateway.asked_about == [asked["reference"]]
    assert gateway.authorizations == {f"Bearer {KEY}"}
    assert (await owned(client, parent), standings(database)) == (["Safari Animals"], ["authorised"])
    await jobs.ask(DAY_LATER)
    assert len(gateway.asked_about) == 1, "what is settled is not asked about"
    assert jobs.results() == {"settled": 1}


@pytest.mark.parametrize(
    ("answer", "event", "shown", "standing"),
    [
        ("authorised", "authorised", ["Safari Animals"], "authorised"),
        ("authorised", "refunded", [], "refunded"),
        ("declined", "authorised", ["Safari Animals"], "authorised"),
        ("pending", "authorised", ["Safari Animals"], "authorised"),
        ("refunded", "authorised", [], "refunded"),
    ],
)
async def test_an_event_that_comes_late_after_all_changes_nothing_that_is_newer(
    client: httpx2.AsyncClient,
    gateway: Gateway,
    jobs: Jobs,
    database: Connection,
    answer: str,
    event: str,
    shown: list[str],
    standing: str,
) -> None:
    parent, asked = await pending(client, gateway)
    gateway.states[asked["reference"]] = {"status": answer}
    await jobs.ask(MINUTES_LATER)
    for _ in range(2):
        assert (await deliver(client, gateway.event(event, asked))).status_code == 200
    assert (await owned(client, parent), standings(database)) == (shown, [standing])
    counted = database.execute("select count(*) from public.user_pack_ownership").fetchone()
    assert counted == (len(shown),)


async def test_a_payment_that_the_gateway_does_not_know_is_ended_after_a_day_and_can_be_begun_anew(
    client: httpx2.AsyncClient, gateway: Gateway, jobs: Jobs, database: Connection
) -> None:
    parent, asked = await pending(client, gateway)
    del gateway.taken[asked["reference"]]
    await jobs.ask(MINUTES_LATER)
    assert standings(database) == ["pending"], "the gateway may still be about to take it"
    await jobs.ask(DAY_LATER)
    assert standings(database) == ["declined"]
    assert jobs.results() == {"unknown": 1, "ended": 1}
    assert (await buy(client, parent, SAFARI)).status_code == 200
    assert standings(database) == ["declined", "authorised"]
    assert len({asked["reference"] for asked in gateway.asked}) == 2


async def test_an_order_that_ended_before_the_gateway_was_asked_is_ended_too(
    make_settings: Callable[..., Settings],
    client: httpx2.AsyncClient,
    gateway: Gateway,
    jobs: Jobs,
    database: Connection,
) -> None:
    nowhere = {**gateway.settings, "PAYMENT_GATEWAY_URL": "http://127.0.0.1:1/v1"}
    parent = await register(client)
    proof = await proof_of(client, parent)
    async with running(create_app(make_settings(**nowhere))) as cut_off:
        assert (await buy(cut_off, parent, SAFARI, proof)).status_code == 503
    assert standings(database) == ["pending"]
    await jobs.ask(DAY_LATER)
    assert standings(database) == ["declined"]


async def test_a_payment_that_stays_pending_is_asked_about_ever_less_often(
    client: httpx2.AsyncClient, gateway: Gateway, jobs: Jobs
) -> None:
    await pending(client, gateway)
    days = 3
    for minutes in range(0, days * 24 * 60, 5):
        await jobs.ask(timedelta(minutes=minutes))
    assert 3 * days < len(gateway.asked_about) < 10 * days
    assert set(jobs.results()) == {"pending"}


@pytest.mark.parametrize(
    "wrong",
    [{"amountCents": 1}, {"currency": "EUR"}, {"reference": f"{uuid4()}.{uuid4()}"}],
    ids=["amount", "currency", "reference"],
)
async def test_an_answer_about_another_payment_is_not_believed(
    client: httpx2.AsyncClient, gateway: Gateway, jobs: Jobs, database: Connection, wrong: dict[str, Any]
) -> None:
    parent, asked = await pending(client, gateway)
    gateway.states[asked["reference"]] = {"status": "authorised", **wrong}
    await jobs.ask(MINUTES_LATER)
    assert (await owned(client, parent), standings(database)) == ([], ["pending"])
    assert jobs.results() == {"refused": 1}


@pytest.mark.parametrize(
    "answer",
    [
        (404, b"<html>no such page</html>"),
        (404, b"{}"),
        (404, b'{"reference":"x","status":"authorised"}'),
        (200, b'{"reference":"x","status":"unknown"}'),
        (200, b'{"reference":"x","status":"maybe"}'),
        (200, b"\xff"),
        (200, b"[" * 100_000),
        (302, b""),
        (402, b""),
        (500, b"{}"),
    ],
    ids=[
        "a page",
        "an empty object",
        "missing and authorised",
        "there and unknown",
        "a strange status",
        "no text",
        "too large",
        "elsewhere",
        "payment required",
        "an error",
    ],
)
async def test_an_answer_that_cannot_be_read_ends_no_payment(
    client: httpx2.AsyncClient, gateway: Gateway, jobs: Jobs, database: Connection, answer: tuple[int, bytes]
) -> None:
    await pending(client, gateway)
    gateway.raw = answer
    await jobs.ask(DAY_LATER)
    assert (standings(database), jobs.results()) == (["pending"], {"failed": 1})


async def test_a_gateway_that_is_away_is_asked_a_few_times_logged_once_and_asked_again_later(
    client: httpx2.AsyncClient,
    gateway: Gateway,
    jobs: Jobs,
    database: Connection,
    caplog: pytest.LogCaptureFixture,
) -> None:
    for _ in range(MOST_FAILURES + 2):
        await pending(client, gateway)
    gateway.raw = (503, b"")
    caplog.clear()
    for _ in range(2):
        await jobs.ask(MINUTES_LATER)
    assert len(gateway.asked_about) == MOST_FAILURES + 2, (
        "three in the first run; the second has two that were not asked about"
    )
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == ["dependency unavailable"]
    assert jobs.results() == {"failed": MOST_FAILURES + 2}
    gateway.raw = None
    for asked in gateway.asked:
        gateway.states[asked["reference"]] = {"status": "authorised"}
    await jobs.ask(2 * MINUTES_LATER)
    assert standings(database) == ["authorised"] * (MOST_FAILURES + 2)


async def test_a_slow_gateway_ends_a_run_early_and_the_next_one_goes_on(
    client: httpx2.AsyncClient, gateway: Gateway, jobs: Jobs, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        await pending(client, gateway)
    monkeypatch.setattr("wondernest.packs.pending.ENOUGH_S", 0.0)
    for number in (1, 2, 3, 3):
        await jobs.ask(MINUTES_LATER)
        assert len(set(gateway.asked_about)) == number
    assert jobs.results() == {"pending": 3}


async def test_one_payment_that_the_gateway_cannot_answer_about_does_not_stop_the_others(
    client: httpx2.AsyncClient, gateway: Gateway, jobs: Jobs, database: Connection
) -> None:
    _, stuck = await pending(client, gateway)
    _, asked = await pending(client, gateway, CASTLE)
    gateway.states = {stuck["reference"]: (500, b""), asked["reference"]: {"status": "authorised"}}
    await jobs.ask(MINUTES_LATER)
    assert standings(database) == ["pending", "authorised"]
    assert jobs.results() == {"failed": 1, "settled": 1}


async def test_a_payment_that_is_erased_while_the_gateway_is_asked_is_over(
    client: httpx2.AsyncClient, gateway: Gateway, jobs: Jobs, database: Connection
) -> None:
    parent, _ = await pending(client, gateway)
    proof = await proof_of(client, parent)
    gateway.pause_s = 0.6

    async def erase() -> None:
        await asyncio.sleep(0.2)
        database.execute("delete from wondernest.pack_purchases")

    await asyncio.gather(jobs.ask(MINUTES_LATER), erase())
    refused, _ = await asyncio.gather(buy(client, parent, CASTLE, proof), erase())
    assert (refused.status_code, refused.json()["error"]) == (400, "Purchase failed: Payment was declined")
    counted = database.execute("select count(*) from public.user_pack_ownership").fetchone()
    assert counted == (0,), "nothing is owned by nobody"


async def test_payments_of_another_gateway_are_not_asked_about_and_not_taken_up_again(
    client: httpx2.AsyncClient, gateway: Gateway, jobs: Jobs, database: Connection
) -> None:
    parent, _ = await pending(client, gateway)
    database.execute("update wondernest.pack_purchases set gateway = 'former'")
    await jobs.ask(DAY_LATER)
    assert gateway.asked_about == []
    assert (await buy(client, parent, SAFARI)).status_code == 200
    assert len({asked["reference"] for asked in gateway.asked}) == 2
    assert standings(database) == ["pending", "authorised"]


async def test_the_simulated_gateway_authorises_what_it_left_pending_and_without_one_nobody_is_asked(
    make_settings: Callable[..., Settings], database: Connection
) -> None:
    async with running(create_app(make_settings())) as simulated:
        parent = await register(simulated)
        assert (await buy(simulated, parent, SAFARI, paymentMethod="simulate_pending")).status_code == 202
        for kind, expected in (("none", []), ("simulated", ["Safari Animals"])):
            jobs = Jobs(make_settings(PAYMENT_GATEWAY=kind))
            await jobs.ask(MINUTES_LATER)
            await jobs.work.rooms.stop()
            assert await owned(simulated, parent) == expected, kind
