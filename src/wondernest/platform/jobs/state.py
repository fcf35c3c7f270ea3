"""Reads the state of the queue, for the gauges and the doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    import asyncpg

    from wondernest.platform.db.pool import Executor, Row

ALIVE_S: Final = 30.0
"""A jobs process with a heartbeat within this time is alive; it sends one every few seconds."""

_STATE: Final = """
    select count(*) filter (where status in ('queued', 'picked')) as waiting,
           coalesce(extract(epoch from now() - min(execute_after) filter (where status = 'queued')), 0) as late_s,
           (select count(*) from wondernest.job_processes where seen_at > now() - make_interval(secs => $1)) as processes
      from wondernest.jobs"""
_DEAD: Final = """
    select entrypoint as name, count(*) as count from wondernest.jobs where status = 'failed' group by 1 order by 1"""


class QueueState(Struct, frozen=True):
    """Jobs that wait or run, seconds that the longest due job is late, live jobs processes, dead jobs by name."""

    waiting: int
    late_s: float
    processes: int
    dead: dict[str, int]


async def queue_state(connection: Executor | asyncpg.Connection[Row]) -> QueueState:
    """Read the state; raises what the connection raises."""
    row = await connection.fetchrow(_STATE, ALIVE_S)
    assert row is not None
    dead = {each["name"]: each["count"] for each in await connection.fetch(_DEAD)}
    return QueueState(row["waiting"], max(0.0, float(row["late_s"])), row["processes"], dead)
