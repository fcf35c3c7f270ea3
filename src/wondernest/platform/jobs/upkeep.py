"""The queue's own maintenance job: it deletes old history."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from wondernest.platform.jobs.declarations import Job, Running, Schedule
from wondernest.platform.recording import Unrecorded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wondernest.platform.db.pool import Executor
    from wondernest.platform.personal_data import Subjects

FORGET: Final = "jobs.forget_history"
HISTORY_LIFE: Final = timedelta(days=7)
BATCH_ROWS: Final = 5_000
_FORGET_LOG: Final = """
    delete from wondernest.job_log where id in (
        select id from wondernest.job_log where created < now() - $1::interval order by created limit $2)"""
_FORGET_PROCESSES: Final = "delete from wondernest.job_processes where seen_at < now() - $1::interval"


_DROP_OF: Final = """
    delete from wondernest.jobs
     where status <> 'picked' and exists (select from unnest($1::text[]) id
                    where strpos(convert_from(payload, 'UTF8'), id) > 0 or strpos(dedupe_key, id) > 0)"""


class JobEraser:
    """Drops jobs that name people who are erased. One that runs meanwhile finds nobody."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    async def erase(self, subjects: Subjects) -> Mapping[str, int]:
        """Drop them, waiting or dead; returns how many."""
        ids = [str(person) for people in subjects.people.values() for person in people]
        tag = await self._database.execute(_DROP_OF, ids)
        return {"wondernest.jobs": int(tag.rpartition(" ")[2])} if not tag.endswith(" 0") else {}


class Upkeep:
    """The queue's own job."""

    def __init__(self, database: Executor) -> None:
        self._database = database

    def jobs(self) -> tuple[Job, ...]:
        """The declaration."""
        return (Job(FORGET, self.forget, unrecorded=Unrecorded.UPKEEP),)

    def schedules(self) -> tuple[Schedule, ...]:
        """Every hour."""
        return (Schedule(FORGET, "41 * * * *", FORGET),)

    async def forget(self, _: Running) -> None:
        """Delete the old log of jobs, and the rows of processes that ended without removing them."""
        while await self._database.execute(_FORGET_LOG, HISTORY_LIFE, BATCH_ROWS) == f"DELETE {BATCH_ROWS}":
            continue
        await self._database.execute(_FORGET_PROCESSES, HISTORY_LIFE)
