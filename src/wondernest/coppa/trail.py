"""The record of who used data of a child, besides the child's own devices (`access/accesses.py` says which is which); parents read it.

A read by an adult is counted in memory and stored every few seconds, so that no request waits for it: a process that is killed loses the
reads of its last seconds. Changes, jobs and commands are written in the transaction of what they do.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.access.accesses import Actor, Operator, Service
from wondernest.coppa.repository.trail import Access, Looked, TrailRepository
from wondernest.platform.jobs import Job, Running, Schedule
from wondernest.platform.periodic import Periodic
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from enum import Enum
    from uuid import UUID

    from wondernest.access.accesses import Look
    from wondernest.platform.caller import Caller
    from wondernest.platform.clock import Clock
    from wondernest.platform.db.pool import Database, Executor

KEPT: Final = timedelta(days=365)
FLUSH_INTERVAL_S: Final = 5.0
MAX_PENDING: Final = 10_000
"""Kinds of reads that a process holds between two flushes; beyond it they are not counted."""
FORGET: Final = "coppa.forget_accesses"
LIMIT_S: Final = 600.0


class Trail:
    """Writes who used data of children, and shows it. The application's `Recorder`."""

    def __init__(self, rows: TrailRepository, database: Database, clock: Clock) -> None:
        self._rows = rows
        self._database = database
        self._clock = clock
        self._pending: dict[Looked, tuple[int, datetime]] = {}
        self._flushing = Periodic("accesses to children's data", FLUSH_INTERVAL_S, self.flush)

    def note(self, caller: Caller, kind: Enum, people: Collection[UUID] | None) -> None:
        """Count a read by an adult. `people`: children; None: those of the family that the adult acts for."""
        now = self._clock.now()
        for looked in self._looked(caller, kind, people, now):
            self._count(looked, 1, now)

    async def write(self, executor: Executor, caller: Caller, kind: Enum, people: Collection[UUID] | None) -> None:
        """Write, in the transaction of what was done, that an adult did it; `people` as in `note`."""
        now = self._clock.now()
        await self._add(executor, [Access(looked, 1, now) for looked in self._looked(caller, kind, people, now)])

    async def append(self, executor: Executor, actor_id: UUID, children: Iterable[UUID], look: Look) -> None:
        """As `write`, for an adult who acts without a token: by a letter's link, or by a job that they asked for."""
        now = self._clock.now()
        await self._add(
            executor, [Access(Looked(child, _hour(now), actor_id, look.value), 1, now) for child in set(children)]
        )

    async def by_service(self, executor: Executor, children: Iterable[UUID], what: Service) -> None:
        """Write, in the transaction of what was done, that a job did it."""
        await self._by(executor, Actor.SERVICE, what.value, children)

    async def by_operator(self, executor: Executor, what: Operator, children: Iterable[UUID] | None = None) -> None:
        """Write that the operator did something with data of the children; None: of all children."""
        if children is not None:
            await self._by(executor, Actor.OPERATOR, what.value, children)
            return
        now = self._clock.now()
        await self._rows.add_common(executor, Actor.OPERATOR, what.value, _hour(now), now)

    async def by_operator_in(self, executor: Executor, what: Operator, family_id: UUID) -> None:
        """As `by_operator`, for the children of a family."""
        await self.by_operator(executor, what, await self._rows.children(executor, family_id))

    async def of_child(self, actor_id: UUID, child_id: UUID, after: Looked | None, limit: int) -> list[Access] | None:
        """Who used a child's data, the newest first; None unless the adult is a parent of the child."""
        if not await self._rows.may_see(self._database, child_id, actor_id):
            return None
        return await self._rows.page(self._database, child_id, after, limit)

    async def start(self) -> None:
        """Begin to store reads."""
        await self._flushing.start()

    async def stop(self) -> None:
        """Store what is counted, if the database answers."""
        await self._flushing.stop()
        await self.flush()

    async def flush(self) -> None:
        """Store what is counted. What cannot be stored is counted again with the next."""
        pending, self._pending = self._pending, {}
        try:
            await self._add(self._database, [Access(one, *counted) for one, counted in pending.items()])
        except BaseException:
            for one, (times, last_at) in pending.items():
                self._count(one, times, last_at)
            raise

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(FORGET, self.forget, time_limit_s=LIMIT_S, unrecorded=Unrecorded.UPKEEP, by_age=True),)

    def schedules(self) -> tuple[Schedule, ...]:
        """Every night."""
        return (Schedule(FORGET, "23 4 * * *", FORGET),)

    async def forget(self, _: Running) -> None:
        """Remove what is older than a year, in small batches."""
        before = self._clock.now() - KEPT
        while await self._rows.forget(self._database, before):
            continue

    def _count(self, looked: Looked, times: int, last_at: datetime) -> None:
        if looked in self._pending or len(self._pending) < MAX_PENDING:
            known, latest = self._pending.get(looked, (0, last_at))
            self._pending[looked] = (known + times, max(latest, last_at))

    async def _add(self, executor: Executor, accesses: list[Access]) -> None:
        if accesses:
            await self._rows.add(executor, accesses)

    async def _by(self, executor: Executor, actor: Actor, kind: str, children: Iterable[UUID]) -> None:
        found, now = list(children), self._clock.now()
        if found:
            await self._rows.add_others(executor, found, actor, kind, _hour(now), now)

    @staticmethod
    def _looked(caller: Caller, kind: Enum, people: Collection[UUID] | None, now: datetime) -> list[Looked]:
        hour, what = _hour(now), str(kind.value)
        if people is None:
            return [Looked(None, hour, caller.user_id, what, caller.family_id)]
        return [Looked(child_id, hour, caller.user_id, what) for child_id in set(people)]


def _hour(moment: datetime) -> datetime:
    return moment.replace(minute=0, second=0, microsecond=0)
