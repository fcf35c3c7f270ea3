"""Enqueues jobs with one SQL call in the caller's transaction, so that the job is committed with the data or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Final, Protocol, TypeAlias
from uuid import UUID

import msgspec

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor
    from wondernest.platform.jobs.declarations import Job, Schedule

Args: TypeAlias = Mapping[str, UUID | int | None]
"""Ids and small numbers. No text: a job contains no personal data and no usable secret."""

ENQUEUE_FUNCTION: Final = "wondernest.enqueue_job"
"""`(name text, args jsonb, key text) returns bigint`: for a repository that enqueues within its own statement."""
_ENQUEUE: Final = f"select {ENQUEUE_FUNCTION}($1, $2, $3)"


class UnknownJob(Exception):
    """A room sends or schedules a job that no room declares."""


class Sender(Protocol):
    """Enqueues one kind of job."""

    @property
    def job(self) -> str:
        """The job's name, for a statement that calls ENQUEUE_FUNCTION itself."""
        ...

    async def __call__(self, executor: Executor, args: Args, *, key: str | None = None) -> None:
        """Enqueue in the executor's transaction. Does nothing while a job with the same key waits or runs."""
        ...


class Jobs(Protocol):
    """Gives rooms their senders."""

    def sender(self, job: str) -> Sender:
        """A sender for the job of that name. The start fails if no room declares the job."""
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
        wrong = [
            name
            for name, value in args.items()
            if not isinstance(value, UUID | int | None)  # pyright: ignore[reportUnnecessaryIsInstance] - checked at run time too
        ]
        if wrong:
            raise TypeError(f"{self._job}: neither an id nor a number: {', '.join(wrong)}")
        await executor.fetchval(_ENQUEUE, self._job, msgspec.json.encode(args), key)


class QueuedJobs:
    """Gives out senders and collects their job names for `check`."""

    def __init__(self) -> None:
        self._sent: set[str] = set()

    def sender(self, job: str) -> Sender:
        """As `Jobs`."""
        self._sent.add(job)
        return QueuedSender(job)

    def check(self, jobs: Iterable[Job], schedules: Iterable[Schedule]) -> None:
        """Raise UnknownJob for a name that is sent or scheduled but not declared, or declared twice, and for a job by age without a schedule.

        ValueError for a job that declares neither its access to people's data nor why that is not recorded.
        """
        jobs = tuple(jobs)
        names = [job.name for job in jobs]
        schedules = tuple(schedules)
        twice = [name for name in set(names) if names.count(name) > 1]
        wrong = {*self._sent, *(schedule.job for schedule in schedules)} - set(names)
        if twice or wrong:
            raise UnknownJob(f"declared twice: {sorted(twice)}; declared by no room: {sorted(wrong)}")
        lost = {job.name for job in jobs if job.by_age} - {schedule.job for schedule in schedules}
        if lost:
            raise UnknownJob(f"goes by age, and no schedule brings it again: {sorted(lost)}")
        if silent := [job.name for job in jobs if not job.is_declared]:
            raise ValueError(f"jobs that declare no access, and no reason to record none: {silent}")
