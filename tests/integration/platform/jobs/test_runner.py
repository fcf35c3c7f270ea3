"""Jobs are done at least once, retried, kept when dead, and shared by any number of processes."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from wondernest.platform.clock import SystemClock
from wondernest.platform.db.pool import Database
from wondernest.platform.db.unit import UnitOfWork
from wondernest.platform.jobs import Job, QueuedJobs, Retry, Running, Schedule, Unrecoverable

if TYPE_CHECKING:
    from tests.integration.platform.jobs.conftest import Bench

QUICK = Retry(attempts=3, first_pause_s=0.05)
EVERY_YEAR = "0 0 1 1 *"


class Recorder:
    """A handler that records its arguments; the first attempts may fail."""

    def __init__(self, *faults: Exception) -> None:
        self.seen: list[Running] = []
        self._faults = list(faults)

    async def __call__(self, job: Running) -> None:
        self.seen.append(job)
        if self._faults:
            raise self._faults.pop(0)


class Gate:
    """A handler that waits until the test releases it."""

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.open = asyncio.Event()
        self.ended = 0

    async def __call__(self, _: Running) -> None:
        self.entered.set()
        await self.open.wait()
        self.ended += 1


async def test_a_job_commits_with_the_data_or_not_at_all(bench: Bench) -> None:
    database = Database(bench.settings.database, bench.metrics)
    send, seen = QueuedJobs().sender("a.job"), Recorder()
    for keep in (False, True):
        unit = UnitOfWork(database)
        await send(unit, {"number": int(keep)})
        await (unit.commit() if keep else unit.rollback(ValueError()))
    await database.close()
    async with bench.running(Job("a.job", seen)):
        await bench.until(lambda: bench.statuses() == [], "the job is done and gone")
    assert [job.args for job in seen.seen] == [{"number": 1}]


async def test_a_failing_job_is_tried_again_and_a_dead_one_is_kept_with_its_reason(bench: Bench) -> None:
    flaky, hopeless, refusing = (
        Recorder(OSError()),
        Recorder(*[OSError("ann@example.com")] * 9),
        Recorder(Unrecoverable("no")),
    )
    jobs = Job("a.flaky", flaky, QUICK), Job("a.hopeless", hopeless, QUICK), Job("a.refusing", refusing, QUICK)
    for job in jobs:
        await bench.send(job.name)
    async with bench.running(*jobs):
        await bench.until(lambda: bench.statuses() == ["failed", "failed"], "one is done, two are dead")
    assert [len(recorder.seen) for recorder in (flaky, hopeless, refusing)] == [2, 3, 1]
    assert [job.attempt for job in hopeless.seen] == [1, 2, 3]
    reasons = bench.rows("select traceback::text from wondernest.job_log where traceback is not null")
    assert "OSError at __call__" in repr(reasons)
    assert "ann@example.com" not in repr(reasons)


async def test_a_poison_job_does_not_hold_up_those_behind_it(bench: Bench) -> None:
    poison, others = Recorder(*[ValueError()] * 99), Recorder()
    for _ in range(3):
        await bench.send("a.poison")
    for _ in range(20):
        await bench.send("a.job")
    forever = Retry(attempts=50, first_pause_s=0.05, longest_pause_s=0.05)
    async with bench.running(Job("a.poison", poison, forever), Job("a.job", others)):
        await bench.until(lambda: len(others.seen) == 20, "the others are done")


async def test_a_job_with_unreadable_arguments_becomes_dead_without_delaying_others(bench: Bench) -> None:
    bench.rows(
        "insert into wondernest.jobs (priority, entrypoint, payload, status) values (9, 'a.job', 'no json', 'queued')"
    )
    await bench.send("a.job")
    seen = Recorder()
    async with bench.running(Job("a.job", seen, QUICK)):
        await bench.until(lambda: seen.seen and bench.statuses() == ["failed"], "one done, one dead")


async def test_a_job_of_a_dead_process_is_taken_again_when_its_lease_ends(bench: Bench) -> None:
    await bench.send("a.job")
    bench.rows(
        "with taken as (update wondernest.jobs set status = 'picked', queue_manager_id = gen_random_uuid() returning id)"
        " insert into wondernest.job_log (job_id, status, entrypoint, priority) select id, 'picked', 'a.job', 0 from taken"
    )
    seen = Recorder()
    async with bench.running(Job("a.job", seen)):
        await bench.until(lambda: bench.statuses() == [], "done by another runner")
    assert [job.attempt for job in seen.seen] == [2]


async def test_a_job_that_runs_longer_than_its_lease_is_not_taken_by_another(bench: Bench) -> None:
    gate = Gate()
    await bench.send("a.job")
    job = Job("a.job", gate)
    async with bench.running(job), bench.running(job):
        await gate.entered.wait()
        taken = "select count(*) from wondernest.job_log where status = 'picked'"
        beaten = "select heartbeat > created + interval '3 seconds' from wondernest.jobs"
        await bench.until(lambda: bench.rows(beaten) == [(True,)], "its lease was renewed for three times its length")
        gate.open.set()
        await bench.until(lambda: bench.statuses() == [], "the job is done")
    assert (gate.ended, bench.rows(taken)) == (1, [(1,)])


async def test_a_schedule_that_is_due_runs_once_for_all_processes(bench: Bench) -> None:
    seen = Recorder()
    job, schedule = Job("a.chore", seen), Schedule("a.chore", EVERY_YEAR, "a.chore")
    async with bench.running(job, schedules=[schedule]):
        await bench.until(lambda: bench.rows("select 1 from wondernest.job_schedules"), "the schedule is known")
    bench.rows("update wondernest.job_schedules set next_run = now() - interval '1 day'")
    await bench.send("a.chore", number=1)
    async with bench.running(job, schedules=[schedule]), bench.running(job, schedules=[schedule]):
        await bench.until(lambda: len(seen.seen) >= 2 and bench.statuses() == [], "both are done")
    assert sorted(job.args.get("number") or 0 for job in seen.seen) == [0, 1]
    assert bench.rows("select next_run > now() from wondernest.job_schedules") == [(True,)]


async def test_a_schedule_whose_last_run_still_waits_adds_no_run(bench: Bench) -> None:
    for _ in range(3):
        await bench.send("a.chore", key="schedule a.chore")
    assert bench.statuses() == ["queued"]


async def test_schedules_that_are_no_longer_declared_are_forgotten(bench: Bench) -> None:
    job = Job("a.chore", Recorder())
    for name in ("an.old", "a.new"):
        async with bench.running(job, schedules=[Schedule(name, EVERY_YEAR, "a.chore")]):
            await bench.until(
                lambda name=name: bench.rows("select entrypoint from wondernest.job_schedules") == [(name,)], name
            )


async def test_a_job_that_goes_by_age_waits_for_its_schedule_while_the_clock_is_ahead(bench: Bench) -> None:
    by_age, other = Recorder(), Recorder()
    jobs = Job("by.age", by_age, by_age=True), Job("an.other", other)
    for clock, seen in ((SystemClock(timedelta(hours=1)), [1, 0]), (SystemClock(-timedelta(hours=1)), [2, 1])):
        async with bench.running(*jobs, clock=clock):
            for job in jobs:
                await bench.send(job.name)
            await bench.until(lambda: bench.statuses() == [], "both jobs are gone from the queue")
        assert [len(other.seen), len(by_age.seen)] == seen


async def test_a_stop_lets_running_jobs_end_and_takes_no_more(bench: Bench) -> None:
    gate = Gate()
    for _ in range(9):
        await bench.send("a.job")
    async with bench.running(Job("a.job", gate)) as runner:
        await gate.entered.wait()
        await bench.until(lambda: bench.statuses().count("picked") == 4, "as many run as may")
        runner.stop()
        gate.open.set()
    assert (gate.ended, bench.statuses()) == (4, ["queued"] * 5)
    assert bench.rows("select 1 from wondernest.job_processes") == []


async def test_an_immediate_stop_puts_running_jobs_back_into_the_queue(bench: Bench) -> None:
    gate = Gate()
    await bench.send("a.job")
    async with bench.running(Job("a.job", gate)) as runner:
        await gate.entered.wait()
        runner.stop()
        runner.stop()
    assert (gate.ended, bench.statuses()) == (0, ["queued"])


async def test_a_lost_listener_delays_jobs_only_briefly(bench: Bench) -> None:
    seen = Recorder()
    listeners = (
        "select pid from pg_stat_activity where datname = current_database() and starts_with(lower(query), 'listen')"
    )
    async with bench.running(Job("a.job", seen)):
        await bench.until(lambda: bench.rows(listeners), "it listens")
        bench.rows(f"select pg_terminate_backend(pid) from ({listeners}) listening")
        await bench.send("a.job")
        await bench.until(lambda: seen.seen, "the job is done without notifications")


async def test_the_process_records_that_it_is_alive_and_measures_the_queue(bench: Bench) -> None:
    await bench.send("nobody.knows")
    alive: Any = "select seen_at > now() - interval '10 seconds' from wondernest.job_processes"
    async with bench.running(Job("a.job", Recorder())):
        await bench.until(lambda: bench.rows(alive) == [(True,)], "it is alive")
    assert bench.statuses() == ["queued"], "a job of another release waits for it"
