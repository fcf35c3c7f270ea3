"""The trail of who looked at data of a child, besides the child's own devices; parents read it.

A look by a parent is counted in memory and stored every few seconds, so that no request waits for it: a process that is killed loses those of
its last seconds. What changes something is written in the transaction of the change.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from wondernest.coppa.repository.trail import Access, Looked, TrailRepository
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.periodic import Periodic

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database, Executor

KEPT: Final = timedelta(days=365)
FLUSH_INTERVAL_S: Final = 5.0
MAX_PENDING: Final = 10_000
"""Kinds of looks that a process holds between two flushes; beyond it they are not counted."""
FORGET: Final = "coppa.forget_accesses"
LIMIT_S: Final = 600.0


class Look(StrEnum):
    """What an adult did."""

    FIGURES = "figures"
    """Saw figures, insights, milestones or activities."""
    SUMMARY = "summary"
    """Saw what is held, in numbers."""
    EXPORT = "export"
    """Had everything made into a file."""
    ERASURE = "erasure"
    """Asked to erase the child."""
    RESTORE = "restore"
    """Took the child out of the archive, or its erasure back."""


class Trail:
    """Notes who looked, and shows it."""

    def __init__(self, rows: TrailRepository, database: Database, clock: Clock) -> None:
        self._rows = rows
        self._database = database
        self._clock = clock
        self._pending: dict[Looked, tuple[int, datetime]] = {}
        self._flushing = Periodic("accesses to children's data", FLUSH_INTERVAL_S, self.flush)

    def note(self, actor_id: UUID, child_id: UUID, look: Look) -> None:
        """Count a look; it is stored soon. At once and without I/O."""
        now = self._clock.now()
        looked = Looked(child_id, _hour(now), actor_id, look.value)
        if looked in self._pending or len(self._pending) < MAX_PENDING:
            self._pending[looked] = (self._pending.get(looked, (0, now))[0] + 1, now)

    async def append(self, unit: Executor, actor_id: UUID, children: Iterable[UUID], look: Look) -> None:
        """Write, in the transaction of what was done, that it was done to the children."""
        now = self._clock.now()
        looked = [Looked(child_id, _hour(now), actor_id, look.value) for child_id in children]
        if looked:
            await self._rows.add(unit, [Access(one, 1, now) for one in looked])

    async def of_child(self, actor_id: UUID, child_id: UUID, after: Looked | None, limit: int) -> list[Access] | None:
        """Who looked at a child's data, the newest first; None unless the adult is a parent of the child."""
        if not await self._rows.may_see(self._database, child_id, actor_id):
            return None
        return await self._rows.page(self._database, child_id, after, limit)

    async def start(self) -> None:
        """Begin to store looks."""
        await self._flushing.start()

    async def stop(self) -> None:
        """Store what is counted, if the database answers."""
        await self._flushing.stop()
        await self.flush()

    async def flush(self) -> None:
        """Store what is counted. What cannot be stored is counted again with the next."""
        pending, self._pending = self._pending, {}
        if not pending:
            return
        try:
            await self._rows.add(self._database, [Access(one, *counted) for one, counted in pending.items()])
        except BaseException:
            for one, (times, last_at) in pending.items():
                more, later = self._pending.get(one, (0, last_at))
                if one in self._pending or len(self._pending) < MAX_PENDING:
                    self._pending[one] = (times + more, max(last_at, later))
            raise

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(FORGET, self.forget, time_limit_s=LIMIT_S, by_age=True),)

    def schedules(self) -> tuple[Schedule, ...]:
        """Every night."""
        return (Schedule(FORGET, "23 4 * * *", FORGET),)

    async def forget(self, _: Running) -> None:
        """Remove what is older than a year, in small batches."""
        before = self._clock.now() - KEPT
        while await self._rows.forget(self._database, before):
            continue


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
