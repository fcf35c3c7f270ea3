"""The background sender: retries, bounds, and a stop that finishes what it can."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import pytest

from wondernest.platform.mail import Delivery, MailFailed, MailRefused, Message
from wondernest.platform.mail import delivery as module
from wondernest.platform.telemetry.metrics import Metrics

PATIENCE_S = 5.0


class Postbox:
    """A mailer that keeps what it was given; the first sends fail as told."""

    def __init__(self, *faults: Exception) -> None:
        self.sent: list[str] = []
        self._faults = list(faults)
        self.changed = asyncio.Event()
        self.tries = 0

    async def send(self, message: Message) -> None:
        self.tries += 1
        self.changed.set()
        if self._faults:
            raise self._faults.pop(0)
        self.sent.append(message.to)

    async def wait_for(self, tries: int) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while self.tries < tries:
                self.changed.clear()
                await self.changed.wait()


def failures(metrics: Metrics) -> float:
    return metrics.registry.get_sample_value("wondernest_dependency_failures_total", {"dependency": "mail"}) or 0


async def letter() -> Message:
    return Message("ann@example.com", "Hello", "Hello")


async def nothing() -> None:
    return None


@asynccontextmanager
async def delivering(postbox: Postbox, metrics: Metrics) -> AsyncGenerator[Delivery]:
    delivery = Delivery(postbox, metrics, pauses_s=(0.0, 0.0))
    await delivery.start()
    try:
        yield delivery
    finally:
        await delivery.stop()


async def test_a_stop_sends_what_was_taken() -> None:
    postbox, metrics = Postbox(), Metrics()
    async with delivering(postbox, metrics) as delivery:
        for _ in range(20):
            assert delivery.submit(letter)
        assert delivery.submit(nothing)
    assert len(postbox.sent) == 20
    assert failures(metrics) == 0


async def test_a_passing_fault_is_tried_again_and_counted() -> None:
    postbox, metrics = Postbox(MailFailed(), MailFailed()), Metrics()
    async with delivering(postbox, metrics) as delivery:
        delivery.submit(letter)
        await postbox.wait_for(3)
    assert postbox.sent == ["ann@example.com"]
    assert failures(metrics) == 2


async def test_a_refused_mail_is_not_tried_again() -> None:
    postbox, metrics = Postbox(MailRefused()), Metrics()
    async with delivering(postbox, metrics) as delivery:
        delivery.submit(letter)
        await postbox.wait_for(1)
        delivery.submit(letter)
    assert (postbox.tries, len(postbox.sent), failures(metrics)) == (2, 1, 1)


async def test_a_mail_is_given_up_after_the_last_pause() -> None:
    postbox, metrics = Postbox(*[MailFailed()] * 3), Metrics()
    async with delivering(postbox, metrics) as delivery:
        delivery.submit(letter)
        await postbox.wait_for(3)
        delivery.submit(letter)
    assert (postbox.tries, len(postbox.sent), failures(metrics)) == (4, 1, 3)


async def test_a_mail_that_cannot_be_composed_yet_is_composed_again() -> None:
    postbox, metrics = Postbox(), Metrics()
    faults = [OSError()]

    async def late() -> Message:
        if faults:
            raise faults.pop()
        return await letter()

    async with delivering(postbox, metrics) as delivery:
        delivery.submit(late)
        await postbox.wait_for(1)
    assert postbox.sent == ["ann@example.com"]


async def test_a_full_queue_takes_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CAPACITY", 2)
    postbox, metrics = Postbox(), Metrics()
    delivery = Delivery(postbox, metrics)
    assert [delivery.submit(letter) for _ in range(3)] == [True, True, False]
    assert failures(metrics) == 1
    await delivery.start()
    await delivery.stop()
    assert len(postbox.sent) == 2


async def test_a_stop_gives_up_mails_that_wait_for_a_retry() -> None:
    postbox = Postbox(MailFailed())
    delivery = Delivery(postbox, Metrics(), pauses_s=(3600.0,))
    await delivery.start()
    delivery.submit(letter)
    await postbox.wait_for(1)
    async with asyncio.timeout(PATIENCE_S):
        await delivery.stop()
    assert postbox.sent == []
