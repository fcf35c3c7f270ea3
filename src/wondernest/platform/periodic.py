"""Periodic tasks of one process. An error in one is logged, and the task runs again after its interval."""

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
"""Random share of the interval, so that the workers do not all run the task at the same time."""


class Periodic:
    """Runs a task at an interval, for the first time after one interval."""

    def __init__(self, name: str, interval_s: float, chore: Callable[[], Awaitable[None]]) -> None:
        self._name = name
        self._interval_s = interval_s
        self._chore = chore
        self._task: asyncio.Task[None] | None = None

    async def start(self, *, at_once: bool = False) -> None:
        """Start the task in the background. `at_once`: it runs before this returns, too; an error does not stop the start."""
        if at_once:
            await self._round()
        self._task = asyncio.create_task(self._run(), name=self._name)

    async def stop(self) -> None:
        """Cancel the task, even while it runs."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        while True:
            spread = random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing
            await asyncio.sleep(self._interval_s * spread)
            await self._round()

    async def _round(self) -> None:
        try:
            await self._chore()
        except DependencyUnavailable:
            pass  # already logged and counted by its source; the next round tries again
        except Exception:
            log.exception("chore failed", chore=self._name)
