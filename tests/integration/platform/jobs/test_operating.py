"""Jobs for operators: listing, retry and drop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fixtures.application import declared
from tests.integration.platform.jobs.test_runner import QUICK, Recorder
from wondernest.commands.doctor import doctor
from wondernest.commands.jobs import age, listing
from wondernest.platform.jobs import Job, Unrecoverable
from wondernest.platform.jobs.operating import dead_jobs, drop, kinds, retry

if TYPE_CHECKING:
    from tests.integration.platform.jobs.conftest import Bench


async def test_dead_jobs_are_listed_retried_and_dropped(bench: Bench) -> None:
    url = bench.settings.database.url
    assert list(listing(url)) == ["no job waits, runs or is dead"]
    handler = Recorder(*[Unrecoverable("mail refused: 550")] * 2)
    for _ in range(2):
        await bench.send("a.job")
    async with bench.running(Job("a.job", handler, QUICK)):
        await bench.until(lambda: bench.statuses() == ["failed"] * 2, "both are dead")
    (first, second) = dead_jobs(url)
    assert (first.name, first.attempts, first.reason) == ("a.job", 1, "mail refused: 550")
    assert "\n".join(listing(url)).endswith("1 attempts: mail refused: 550")
    assert drop(url, [str(first.id)]) == [first.id]
    assert retry(url, ["a.job", "a.stranger", "999999"]) == [second.id]
    (kind,) = kinds(url)
    assert (kind.waiting, kind.running, kind.dead) == (1, 0, 0)
    async with bench.running(Job("a.job", handler, QUICK)):
        await bench.until(lambda: bench.statuses() == [], "both are done")
    assert [job.attempt for job in handler.seen] == [1, 1, 1], "counted anew after an operator's word"


async def test_of_dead_jobs_with_the_same_key_one_is_retried(bench: Bench) -> None:
    url = bench.settings.database.url
    for _ in range(2):
        await bench.send("a.job", key="only one")
        bench.rows("update wondernest.jobs set status = 'failed'")
    assert len(retry(url, ["a.job"])) == 1
    assert retry(url, ["a.job"]) == []
    assert sorted(bench.statuses()) == ["failed", "queued"]


async def test_the_doctor_names_dead_jobs_and_whether_a_process_is_alive(bench: Bench) -> None:
    said: list[str] = []
    await bench.send("a.job")
    bench.rows("update wondernest.jobs set status = 'failed'")
    await bench.send("a.job")
    await in_thread(bench, said)
    assert any(line.startswith("jobs      no jobs process is alive, 1 waiting") for line in said)
    assert any(line.startswith("jobs      1 dead of a.job") for line in said)
    said.clear()
    async with bench.running(Job("another.job", Recorder())):
        await bench.until(lambda: bench.rows("select 1 from wondernest.job_processes"), "it is alive")
        await in_thread(bench, said)
    assert "jobs      good (1 running, 1 waiting)" in said


async def in_thread(bench: Bench, said: list[str]) -> None:
    import asyncio

    assert await asyncio.to_thread(doctor, bench.settings, declared().rooms, said.append)


def test_ages_are_shown_in_one_unit() -> None:
    assert [age(seconds) for seconds in (0.4, 59, 60, 7199, 90_000)] == ["0 s", "59 s", "1 min", "1 h", "1 d"]
