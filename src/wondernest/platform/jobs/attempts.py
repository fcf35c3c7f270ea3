"""One attempt at a job: its time limit, its result, and what is logged about it."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Awaitable, Callable, Iterable
from typing import TYPE_CHECKING, Final, TypeAlias

import msgspec
from msgspec import Struct

from wondernest.platform.clock import monotonic
from wondernest.platform.jobs.declarations import Job, Running, Unrecoverable
from wondernest.platform.telemetry.events import get_logger

if TYPE_CHECKING:
    from datetime import datetime

    from wondernest.platform.jobs.instruments import JobInstruments

log = get_logger(__name__)

CANCEL_S: Final = 5.0
"""How long a cancelled handler may take to end."""
INTERRUPTED: Final = "interrupted by a stop"


class Done(Struct, frozen=True):
    """The work is done."""


class LeftOut(Struct, frozen=True):
    """The job was not begun, because the clock of this process is ahead. Its schedule enqueues it again."""


class RetryLater(Struct, frozen=True):
    """The job is to be run again after a pause."""

    pause_s: float
    reason: str


class Dead(Struct, frozen=True):
    """The job is not retried; it is kept until an operator decides."""

    reason: str


Arguments: TypeAlias = dict[str, str | int | None]
Verdict: TypeAlias = Done | LeftOut | RetryLater | Dead
Ahead: TypeAlias = Callable[[], Awaitable[bool]]
"""Whether the clock of this process is ahead of the database's."""


class Delivered(Struct, frozen=True):
    """A job that was taken from the queue."""

    id: int
    name: str
    payload: bytes | None
    created_at: datetime
    times: int
    """How often it was taken from the queue, including this time."""


class Attempts:
    """Runs handlers. The message of an error is never logged or stored: it may contain personal data."""

    def __init__(self, jobs: Iterable[Job], instruments: JobInstruments, ahead: Ahead) -> None:
        self._ahead = ahead
        self._jobs = {job.name: job for job in jobs}
        self._instruments = instruments
        self._interrupted = asyncio.Event()
        self._failing: set[str] = set()

    def interrupt(self) -> None:
        """Cancel the running jobs. The next jobs process runs them again."""
        self._interrupted.set()

    async def attempt(self, delivered: Delivered) -> Verdict:
        """Run the handler; returns what is to happen with the job."""
        job = self._jobs[delivered.name]
        began = monotonic()
        if delivered.times > job.retry.attempts:
            verdict: Verdict = Dead("its process ended during every attempt")
        elif (args := _arguments(delivered)) is None:
            verdict = Dead("its arguments cannot be read")
        elif job.by_age and await self._ahead():
            verdict = LeftOut()
        else:
            verdict = await self._run(job, delivered, args)
        result = {Done: "done", LeftOut: "left_out", RetryLater: "retried", Dead: "dead"}[type(verdict)]
        self._instruments.finished(job.name, result, monotonic() - began)  # pyright: ignore[reportArgumentType]
        self._log_outcome(delivered, verdict)
        return verdict

    async def _run(self, job: Job, delivered: Delivered, args: Arguments) -> Verdict:
        running = Running(delivered.id, delivered.name, args, delivered.times, delivered.created_at)
        handler = asyncio.ensure_future(job.handler(running))
        stop = asyncio.create_task(self._interrupted.wait())
        try:
            await asyncio.wait((handler, stop), timeout=job.time_limit_s, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stop.cancel()
            ended = handler.done()
            if not ended:
                handler.cancel()
                await asyncio.wait((handler,), timeout=CANCEL_S)
        if not ended:
            if self._interrupted.is_set():
                return RetryLater(0.0, INTERRUPTED)
            return self._failed(job, delivered, f"not done within {job.time_limit_s:g} s")
        if handler.cancelled():
            return self._failed(job, delivered, "cancelled itself")
        error = handler.exception()
        if error is None:
            return Done()
        if isinstance(error, Unrecoverable):
            return Dead(str(error))
        return self._failed(job, delivered, _kind_and_place(error))

    @staticmethod
    def _failed(job: Job, delivered: Delivered, reason: str) -> Verdict:
        if delivered.times >= job.retry.attempts:
            return Dead(reason)
        return RetryLater(job.retry.pause_s(delivered.times), reason)

    def _log_outcome(self, delivered: Delivered, verdict: Verdict) -> None:
        """Log the first failure of a kind of job and its first success after that, and every dead job."""
        name = delivered.name
        if isinstance(verdict, Dead):
            log.error("job is dead", job=name, id=delivered.id, attempts=delivered.times, reason=verdict.reason)
        elif isinstance(verdict, LeftOut):
            log.error("job is left out: the clock of this machine is ahead of the database's", job=name)
        elif isinstance(verdict, Done):
            if name in self._failing:
                self._failing.discard(name)
                log.info("job succeeds again", job=name)
        elif verdict.reason != INTERRUPTED and name not in self._failing:
            self._failing.add(name)
            log.warning("job fails and is retried", job=name, id=delivered.id, reason=verdict.reason)


def _arguments(delivered: Delivered) -> Arguments | None:
    try:
        return msgspec.json.decode(delivered.payload or b"{}", type=Arguments)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _kind_and_place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].name}:{frames[-1].lineno}" if frames else ""
    return f"{type(error).__name__}{place}"
