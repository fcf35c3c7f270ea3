"""`wondernest jobs list`: waiting, running and dead jobs as text."""

from __future__ import annotations

from collections.abc import Iterator

from wondernest.platform.jobs.operating import SHOWN, dead_jobs, kinds

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86_400


def listing(database_url: str) -> Iterator[str]:
    """A line for each kind of job in the queue and for each dead job; raises psycopg.Error."""
    found = kinds(database_url)
    if not found:
        yield "no job waits, runs or is dead"
        return
    width = max(len(kind.name) for kind in found)
    yield f"{'job':{width}}  waiting  running  dead  oldest"
    for kind in found:
        yield f"{kind.name:{width}}  {kind.waiting:7}  {kind.running:7}  {kind.dead:4}  {age(kind.oldest_s)}"
    dead = dead_jobs(database_url)
    if dead:
        yield ""
        yield "dead:"
    for job in dead:
        yield f"  {job.id}  {job.name}  {age(job.age_s)} old, {job.attempts} attempts: {job.reason or 'unknown'}"
    if len(dead) == SHOWN:
        yield f"  and perhaps more: the oldest {SHOWN} are shown"


def age(seconds: float) -> str:
    """A time span in its largest whole unit."""
    for unit_s, unit in ((DAY_S, "d"), (HOUR_S, "h"), (MINUTE_S, "min")):
        if seconds >= unit_s:
            return f"{int(seconds // unit_s)} {unit}"
    return f"{int(seconds)} s"
