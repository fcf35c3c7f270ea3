"""Operators' commands on jobs: list them, retry dead ones, drop them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import psycopg
from msgspec import Struct
from psycopg.rows import class_row

from wondernest.platform.db.drivers import open_for_command

SHOWN: Final = 100
"""How many dead jobs are listed one by one."""

_KINDS: Final = """
    select entrypoint as name, count(*) filter (where status = 'queued') as waiting,
           count(*) filter (where status = 'picked') as running, count(*) filter (where status = 'failed') as dead,
           coalesce(extract(epoch from now() - min(created)), 0)::float8 as oldest_s
      from wondernest.jobs group by entrypoint order by entrypoint"""
_DEAD: Final = """
    select job.id, job.entrypoint as name, extract(epoch from now() - job.created)::float8 as age_s,
           (select count(*) from wondernest.job_log log where log.job_id = job.id and log.status = 'picked') as attempts,
           coalesce((select log.traceback ->> 'exception_message' from wondernest.job_log log
                      where log.job_id = job.id and log.traceback is not null order by log.id desc limit 1), '') as reason
      from wondernest.jobs job where job.status = 'failed' order by job.id limit %s"""
_CHOSEN: Final = "(id = any(%(ids)s) or entrypoint = any(%(names)s))"
_RETRY: Final = f"""
    with chosen as (
        select distinct on (coalesce(dedupe_key, id::text)) id from wondernest.jobs job
         where status = 'failed' and {_CHOSEN}
           and (dedupe_key is null or not exists (
               select from wondernest.jobs other
                where other.dedupe_key = job.dedupe_key and other.status in ('queued', 'picked')))
         order by coalesce(dedupe_key, id::text), id desc),
    queued as (
        update wondernest.jobs job
           set status = 'queued', execute_after = now(), updated = now(), attempts = 0, queue_manager_id = null
          from chosen where job.id = chosen.id and job.status = 'failed'
        returning job.id, job.entrypoint, job.priority),
    logged as (
        insert into wondernest.job_log (job_id, status, entrypoint, priority)
        select id, 'queued', entrypoint, priority from queued)
    select id from queued order by id"""  # noqa: S608 - our own constants
"""Of dead jobs with the same dedupe key only the newest is retried: at most one job with a key may wait or run."""
_DROP: Final = f"""
    with dropped as (
        delete from wondernest.jobs where status in ('failed', 'queued') and {_CHOSEN}
        returning id, entrypoint, priority),
    logged as (
        insert into wondernest.job_log (job_id, status, entrypoint, priority)
        select id, 'deleted', entrypoint, priority from dropped)
    select id from dropped order by id"""  # noqa: S608 - as above


class Kind(Struct, frozen=True):
    """The jobs of one name."""

    name: str
    waiting: int
    running: int
    dead: int
    oldest_s: float


class DeadJob(Struct, frozen=True):
    """A job that is not retried automatically."""

    id: int
    name: str
    age_s: float
    attempts: int
    reason: str


def kinds(database_url: str) -> list[Kind]:
    """The numbers of jobs, by name; raises psycopg.Error."""
    with _connect(database_url) as connection, connection.cursor(row_factory=class_row(Kind)) as cursor:
        return cursor.execute(_KINDS).fetchall()


def dead_jobs(database_url: str) -> list[DeadJob]:
    """The oldest dead jobs; raises psycopg.Error."""
    with _connect(database_url) as connection, connection.cursor(row_factory=class_row(DeadJob)) as cursor:
        return cursor.execute(_DEAD, [SHOWN]).fetchall()


def retry(database_url: str, which: Sequence[str]) -> list[int]:
    """Put dead jobs, by id or by name, back into the queue; returns the ids of the retried jobs."""
    return _ids(database_url, _RETRY, which)


def drop(database_url: str, which: Sequence[str]) -> list[int]:
    """Remove dead and waiting jobs, by id or by name; returns the ids of the removed jobs."""
    return _ids(database_url, _DROP, which)


def _ids(database_url: str, statement: str, which: Sequence[str]) -> list[int]:
    numbers = [int(text) for text in which if text.isdecimal()]
    names = [text for text in which if not text.isdecimal()]
    with _connect(database_url) as connection:
        return [row[0] for row in connection.execute(statement.encode(), {"ids": numbers, "names": names}).fetchall()]


def _connect(database_url: str) -> psycopg.Connection:
    return open_for_command(database_url, "jobs")
