"""What a room declares: its jobs, how they are retried, and when work comes round by itself."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import TypeAlias
from uuid import UUID

from msgspec import Struct

from wondernest.platform.ids import parse_uuid

JITTER = 0.2
"""Share of a pause by which retries drift apart."""


class Unrecoverable(Exception):
    """No later attempt can succeed: the job is dead at once. The message is shown to operators and holds nothing personal."""


class Retry(Struct, frozen=True):
    """How often a job is attempted, and the pauses between: each twice the one before, up to the longest."""

    attempts: int = 8
    first_pause_s: float = 10.0
    longest_pause_s: float = 3600.0

    def pause_s(self, failures: int) -> float:
        """The pause after so many failed attempts, spread a little."""
        pause_s = min(self.first_pause_s * 2 ** min(failures - 1, 32), self.longest_pause_s)
        return pause_s * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - spreads load, guards nothing


class Running(Struct, frozen=True):
    """A job as its handler sees it."""

    id: int
    name: str
    args: Mapping[str, str | int | None]
    attempt: int
    """1 the first time; also after a process was killed amid the attempt before."""
    created_at: datetime

    @property
    def reference(self) -> str:
        """What names this job and no other, the same at every attempt."""
        return f"{self.name}.{self.id}.{int(self.created_at.timestamp() * 1_000_000)}"

    def uuid(self, name: str) -> UUID | None:
        """An id among the arguments; None where it is absent."""
        value = self.args.get(name)
        return parse_uuid(value) if isinstance(value, str) else None


Handler: TypeAlias = Callable[[Running], Awaitable[None]]
"""Does a job. It may run again after it ended (its process was killed before that was noted), so it is idempotent."""


class Job(Struct, frozen=True):
    """A kind of work."""

    name: str
    """`room.what`"""
    handler: Handler
    retry: Retry = Retry()
    time_limit_s: float = 60.0


class Schedule(Struct, frozen=True):
    """Work that comes round by itself, once for the whole installation however many processes run it."""

    name: str
    cron: str
    """Minute, hour, day of month, month, day of week, in UTC."""
    job: str
