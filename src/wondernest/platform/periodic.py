"""Small recurring chores of one process: they never fail a request and survive their own faults."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from typing import Final

from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.telemetry.events import get_logger

log = get_logger(__name__)

JITTER: Final = 0.2
"""Share of the interval by which workers drift apart, so that they do not all knock at once."""


class Periodic:
    """Runs a chore every so often, the first time after one interval."""

    def __init__(self, name: str, interval_s: float, chore: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._interval_s = interval_s
        self._chore = chore
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin; returns at once."""
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """End, also in the middle of the chore."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
            await asyncio.sleep(self._interval_s * spread)
            try:
                await self._chore()
            except DependencyUnavailable:
                continue  # already logged and counted where it was seen; the next round tries again
            except Exception:
                log.exception("chore failed", chore=self._name)
