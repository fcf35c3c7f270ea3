"""One attempt at a job: the result for the queue, the log and the metrics."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime
from uuid import uuid4

import msgspec
import pytest

from wondernest.platform.jobs import Handler, Job, Retry, Running, Unrecoverable
from wondernest.platform.jobs.attempts import INTERRUPTED, Attempts, Dead, Delivered, Done, LeftOut, RetryLater, Verdict
from wondernest.platform.jobs.instruments import JobInstruments
from wondernest.platform.telemetry.metrics import Metrics

NAME = "a.job"
SECRET = "ann@example.com"
BEGAN = datetime(2026, 11, 1, tzinfo=UTC)


class Trial:
    """A kind of job and the results of its attempts."""

    def __init__(
        self, handler: Handler, time_limit_s: float = 60.0, *, by_age: bool = False, ahead: bool = False
    ) -> None:
        self.metrics = Metrics()
        self.ahead = ahead
        job = Job(NAME, handler, Retry(attempts=3), time_limit_s, by_age=by_age)
        self.attempts = Attempts([job], JobInstruments(self.metrics), self.is_ahead)

    async def is_ahead(self) -> bool:
        return self.ahead

    async def __call__(self, times: int = 1, payload: bytes | None = b"{}") -> Verdict:
        return await self.attempts.attempt(Delivered(7, NAME, payload, BEGAN, times))

    def counted(self, result: str) -> float | None:
        return self.metrics.registry.get_sample_value("wondernest_jobs_total", {"job": NAME, "result": result})


async def fails(_: Running) -> None:
    raise ValueError(SECRET)


async def succeeds(_: Running) -> None:
    return None


async def never_ends(_: Running) -> None:
    await asyncio.Event().wait()


async def test_a_handler_sees_its_arguments_and_a_name_that_stays_the_same() -> None:
    seen: list[Running] = []

    async def handler(job: Running) -> None:
        seen.append(job)

    user, trial = uuid4(), Trial(handler)
    payload = msgspec.json.encode({"user": user, "count": 3, "nobody": None})
    assert isinstance(await trial(1, payload), Done)
    assert isinstance(await trial(2, payload), Done)
    assert [(job.uuid("user"), job.args["count"], job.uuid("nobody")) for job in seen] == [(user, 3, None)] * 2
    assert [job.attempt for job in seen] == [1, 2]
    assert len({job.reference for job in seen}) == 1
    assert trial.counted("done") == 2


async def test_a_failed_attempt_is_followed_by_another_and_the_last_one_by_none(
    caplog: pytest.LogCaptureFixture,
) -> None:
    trial = Trial(fails)
    first, second, last = [await trial(times) for times in (1, 2, 3)]
    assert isinstance(first, RetryLater)
    assert isinstance(second, RetryLater)
    assert 16 <= second.pause_s <= 24
    assert isinstance(last, Dead)
    assert last.reason.startswith("ValueError at fails:")
    assert (trial.counted("retried"), trial.counted("dead")) == (2, 1)
    assert [record.message for record in caplog.records] == ["job fails and is retried", "job is dead"]
    assert SECRET not in caplog.text + repr(first) + repr(last)


async def test_an_unrecoverable_failure_is_not_retried() -> None:
    async def refuses(_: Running) -> None:
        raise Unrecoverable("mail refused: 550")

    assert await Trial(refuses)() == Dead("mail refused: 550")


async def test_a_job_that_killed_its_process_each_time_is_dead_without_another_run() -> None:
    trial = Trial(fails)
    assert await trial(4) == Dead("its process ended during every attempt")


async def test_a_handler_beyond_its_time_is_ended_and_tried_again() -> None:
    verdict = await Trial(never_ends, time_limit_s=0.01)()
    assert isinstance(verdict, RetryLater)
    assert verdict.reason == "not done within 0.01 s"


async def test_an_interrupted_job_goes_back_at_once(caplog: pytest.LogCaptureFixture) -> None:
    trial = Trial(never_ends)
    running = asyncio.create_task(trial())
    await asyncio.sleep(0)
    trial.attempts.interrupt()
    assert await running == RetryLater(0.0, INTERRUPTED)
    assert caplog.records == []


async def test_recovery_is_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    faults: list[Exception] = [OSError(), OSError()]

    async def recovers(_: Running) -> None:
        if faults:
            raise faults.pop()

    trial = Trial(recovers)
    with caplog.at_level(logging.INFO):
        for _ in range(4):
            await trial(1)
    assert [record.message for record in caplog.records] == ["job fails and is retried", "job succeeds again"]


def test_pauses_double_up_to_the_longest() -> None:
    retry = Retry(attempts=10, first_pause_s=10.0, longest_pause_s=100.0)
    for failures, pause_s in ((1, 10), (2, 20), (3, 40), (4, 80), (5, 100), (500, 100)):
        assert 0.8 * pause_s <= retry.pause_s(failures) <= 1.2 * pause_s


@pytest.mark.parametrize("by_age", [True, False])
@pytest.mark.parametrize("ahead", [True, False])
async def test_a_job_that_goes_by_age_is_left_out_while_the_clock_is_ahead(*, by_age: bool, ahead: bool) -> None:
    done: list[int] = []

    async def work(job: Running) -> None:
        done.append(job.id)

    trial = Trial(work, by_age=by_age, ahead=ahead)
    left_out = by_age and ahead
    assert await trial(times=3) == (LeftOut() if left_out else Done())
    assert done == ([] if left_out else [7])
    assert trial.counted("left_out" if left_out else "done") == 1
