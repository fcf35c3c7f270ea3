"""The queue's own maintenance job: it deletes old history."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.platform.jobs.declarations import Job, Running, Schedule

if TYPE_CHECKING:
    from wondernest.platform.db.pool import Executor

FORGET: Final = "jobs.forget_history"
HISTORY_LIFE: Final = timedelta(days=7)
BATCH_ROWS: Final = 5_000
_FORGET_LOG: Final = """
    delete from wondernest.job_log where id in (
        select id from wondernest.job_log where created < now() - $1::interval order by created limit $2)"""
_FORGET_PROCESSES: Final = "delete from wondernest.job_processes where seen_at < now() - $1::interval"


class Upkeep:
    """The queue's own job."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(FORGET, self.forget),)

    def schedules(self) -> tuple[Schedule, ...]:
        """Every hour."""
        return (Schedule(FORGET, "41 * * * *", FORGET),)

    async def forget(self, _: Running) -> None:
        """Delete the old log of jobs, and the rows of processes that ended without removing them."""
        while await self._database.execute(_FORGET_LOG, HISTORY_LIFE, BATCH_ROWS) == f"DELETE {BATCH_ROWS}":
            continue
        await self._database.execute(_FORGET_PROCESSES, HISTORY_LIFE)
