"""Enqueuing: one SQL call on the caller's executor, so that the job commits with the data or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor
    from wondernest.platform.jobs.declarations import Job, Schedule

Args: TypeAlias = Mapping[str, UUID | int | None]
"""Ids and small numbers. No text: a job holds nothing personal and no usable secret."""

ENQUEUE_FUNCTION: Final = "wondernest.enqueue_job"
"""`(name text, args jsonb, key text) returns bigint`: for a repository whose one statement also enqueues."""
_ENQUEUE: Final = f"select {ENQUEUE_FUNCTION}($1, $2, $3)"


class UnknownJob(Exception):
    """A room sends or schedules a job that no room declares."""


class Sender(Protocol):
    """Enqueues one kind of job."""

    @property
    def job(self) -> str:
        """The job's name, for a statement that enqueues by itself."""
        ...

    async def __call__(self, executor: Executor, args: Args, *, key: str | None = None) -> None:
        """Enqueue within the executor's transaction. While a job with the same key waits or runs, nothing is added."""
        ...


class Jobs(Protocol):
    """Where rooms get their senders."""

    def sender(self, job: str) -> Sender:
        """What enqueues the job of that name; the name is checked against the declared jobs at the start."""
        ...


class QueuedSender:
    """Enqueues one kind of job in PostgreSQL."""

    __slots__ = ("_job",)

    def __init__(self, job: str) -> None:
        self._job = job

    @property
    def job(self) -> str:
        """The job's name."""
        return self._job

    async def __call__(self, executor: Executor, args: Args, *, key: str | None = None) -> None:
        """As `Sender`; raises TypeError for arguments that are neither ids nor numbers."""
        strange = [
            name
            for name, value in args.items()
            if not isinstance(value, UUID | int | None)  # pyright: ignore[reportUnnecessaryIsInstance] - a promise worth keeping
        ]
        if strange:
            raise TypeError(f"{self._job}: neither an id nor a number: {', '.join(strange)}")
        await executor.fetchval(_ENQUEUE, self._job, msgspec.json.encode(args), key)


class QueuedJobs:
    """Hands out senders and remembers their names."""

    def __init__(self) -> None:
        self._sent: set[str] = set()

    def sender(self, job: str) -> Sender:
        """As `Jobs`."""
        self._sent.add(job)
        return QueuedSender(job)

    def check(self, jobs: Iterable[Job], schedules: Iterable[Schedule]) -> None:
        """Raise UnknownJob for a name that is sent or scheduled but not declared, or declared twice."""
        names = [job.name for job in jobs]
        schedules = tuple(schedules)
        twice = [name for name in set(names) if names.count(name) > 1]
        strange = {*self._sent, *(schedule.job for schedule in schedules)} - set(names)
        if twice or strange:
            raise UnknownJob(f"declared twice: {sorted(twice)}; declared by no room: {sorted(strange)}")
