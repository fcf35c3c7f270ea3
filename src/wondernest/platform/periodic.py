"""Periodic tasks of one process. An error in one is logged, and the task runs again after its interval."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from wondernest.platform.faults import DependencyUnavailable
from wondernest.platform.jitter import spread
from wondernest.platform.telemetry.events import get_logger

log = get_logger(__name__)


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
            await asyncio.sleep(spread(self._interval_s))
            await self._round()

    async def _round(self) -> None:
        try:
            await self._chore()
        except DependencyUnavailable:
            pass  # already logged and counted by its source; the next round tries again
        except Exception:
            log.exception("chore failed", chore=self._name)
