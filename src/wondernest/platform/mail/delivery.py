"""Sends mail in the background: a bounded queue, a few workers, retries; no request ever waits for it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from wondernest.platform.mail.message import Mailer, MailRefused, Message
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from wondernest.platform.telemetry.metrics import Metrics

log = get_logger(__name__)

CAPACITY: Final = 1_000
"""Mails waiting or being sent; beyond it a mail is not taken."""
WORKERS: Final = 2
RETRY_PAUSES_S: Final = (1.0, 5.0, 30.0, 120.0)
DRAIN_S: Final = 5.0
"""How long a stop waits for mails under way. One that waits for a retry is given up."""

Compose: TypeAlias = Callable[[], Awaitable[Message | None]]
"""Makes the mail when its turn comes: looks up what it needs; None when there is nothing to send."""


class _Item(Struct):
    compose: Compose
    message: Message | None = None
    tries: int = 0


class Delivery:
    """Takes mails and gets them out; a fault is logged once, counted, and retried."""

    def __init__(self, mailer: Mailer, metrics: Metrics, *, pauses_s: Sequence[float] = RETRY_PAUSES_S) -> None:
        self._mailer = mailer
        self._metrics = metrics
        self._pauses_s = pauses_s
        self._queue: asyncio.Queue[_Item] = asyncio.Queue()
        self._outstanding = 0
        self._workers: list[asyncio.Task[None]] = []
        self._retries: set[asyncio.Task[None]] = set()
        self._failing = False

    async def start(self) -> None:
        """Begin to send."""
        self._workers = [asyncio.create_task(self._work(), name="mail") for _ in range(WORKERS)]

    async def stop(self) -> None:
        """Send what is under way, then end."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_S):
                await self._queue.join()
        tasks = [*self._workers, *self._retries]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._outstanding:
            log.warning("mails given up at the stop", mails=self._outstanding)

    def submit(self, compose: Compose) -> bool:
        """Take a mail to be composed and sent; False, and counted, when too many are waiting."""
        if self._outstanding >= CAPACITY:
            self._metrics.dependency_failures.labels("mail").inc()
            return False
        self._outstanding += 1
        self._queue.put_nowait(_Item(compose))
        return True

    async def _work(self) -> None:
        while True:
            item = await self._queue.get()
            try:
                await self._deliver(item)
            except MailRefused as refusal:
                self._outstanding -= 1
                self._metrics.dependency_failures.labels("mail").inc()
                log.warning("mail refused", reason=str(refusal))
            except Exception as error:  # the network, the server, the database a mail looks things up in
                self._failed(item, error)
            else:
                self._outstanding -= 1
            finally:
                self._queue.task_done()

    async def _deliver(self, item: _Item) -> None:
        if item.message is None:
            item.message = await item.compose()
        if item.message is None:
            return
        await self._mailer.send(item.message)
        if self._failing:
            self._failing = False
            log.info("mail goes out again")

    def _failed(self, item: _Item, error: Exception) -> None:
        self._metrics.dependency_failures.labels("mail").inc()
        if not self._failing:
            self._failing = True
            log.error("mail cannot be sent", error=type(error).__name__)
        if item.tries >= len(self._pauses_s):
            self._outstanding -= 1
            log.error("mail given up", tries=item.tries + 1)
            return
        pause = self._pauses_s[item.tries]
        item.tries += 1
        retry = asyncio.create_task(self._later(item, pause), name="mail retry")
        self._retries.add(retry)
        retry.add_done_callback(self._retries.discard)

    async def _later(self, item: _Item, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        self._queue.put_nowait(item)
