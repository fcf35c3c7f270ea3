"""What a room declares: jobs, their retries, and schedules."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from wondernest.platform.ids import parse_uuid
from wondernest.platform.jitter import spread
from wondernest.platform.recording import Unrecorded, undeclared


class Unrecoverable(Exception):
    """No later attempt can succeed: the job is dead at once. The message is shown to operators and holds nothing personal."""


class Retry(Struct, frozen=True):
    """How often a job is attempted. Each pause is twice the one before, up to the longest."""

    attempts: int = 8
    first_pause_s: float = 10.0
    longest_pause_s: float = 3600.0

    def pause_s(self, failures: int) -> float:
        """The pause after so many failed attempts, with jitter."""
        pause_s = min(self.first_pause_s * 2 ** min(failures - 1, 32), self.longest_pause_s)
        return spread(pause_s)


class Running(Struct, frozen=True):
    """A running job, as its handler sees it."""

    id: int
    name: str
    args: Mapping[str, str | int | None]
    attempt: int
    """1 for the first attempt. An attempt whose process was killed counts."""
    created_at: datetime

    @property
    def reference(self) -> str:
        """A unique name of this job, the same in every attempt."""
        return f"{self.name}.{self.id}.{int(self.created_at.timestamp() * 1_000_000)}"

    def uuid(self, name: str) -> UUID | None:
        """An argument that is an id; None if it is absent."""
        value = self.args.get(name)
        return parse_uuid(value) if isinstance(value, str) else None


Handler: TypeAlias = Callable[[Running], Awaitable[None]]
"""Does a job. It must be idempotent: it runs again if its process is killed before the result is stored."""


class Job(Struct, frozen=True):
    """A kind of job."""

    name: str
    """`room.what`"""
    handler: Handler
    retry: Retry = Retry()
    time_limit_s: float = 60.0
    by_age: bool = False
    """Whether it deletes, ends or decides what is old or due, which nothing takes back: it is left out while the clock of its process is
    ahead of the database's. Only for jobs of a schedule, which come again."""
    accesses: Enum | None = None
    """How it uses data about a person, for the record of who did: its handler writes that."""
    unrecorded: Unrecorded | None = None
    """Why that is not recorded. Every job declares one of them: otherwise the application does not start."""

    @property
    def is_declared(self) -> bool:
        """Whether one of them is declared."""
        return not undeclared(self.accesses, self.unrecorded)


class Schedule(Struct, frozen=True):
    """Enqueues a job at fixed times: once for the whole installation, however many jobs processes run."""

    name: str
    cron: str
    """Minute, hour, day of month, month, day of week, in UTC."""
    job: str
