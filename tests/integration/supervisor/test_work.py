"""`wondernest work`: the jobs process alone, as under a service manager."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from tests.fixtures.application import TEST_ENVIRONMENT
from tests.fixtures.processes import wait_for

Start = Callable[..., subprocess.Popen[bytes]]


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Start]:
    """Yields a function that starts `wondernest work` with only the variables given; output in `work.log`."""
    started: list[subprocess.Popen[bytes]] = []

    def start(**environ: str) -> subprocess.Popen[bytes]:
        with (tmp_path / "work.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "wondernest", "work"],
                cwd=tmp_path,
                env={"PATH": os.defpath, **environ},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        started.append(process)
        return process

    yield start
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_does_the_jobs_of_other_machines_until_sigterm(
    work: Start, database_url: str, number: signal.Signals
) -> None:
    process = work(**TEST_ENVIRONMENT, DATABASE_URL=database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("select wondernest.enqueue_job('jobs.forget_history', '{}', null)")
        done = "select from wondernest.job_log where entrypoint = 'jobs.forget_history' and status = 'successful'"
        wait_for(lambda: connection.execute(done).rowcount, "the job is done")
        process.send_signal(number)
        assert process.wait(30) == os.EX_OK
        assert connection.execute("select from wondernest.job_processes").rowcount == 0


@pytest.mark.parametrize(
    "environ", [{"JOBS_CONCURRENCY": "1"}, {"JOBS_LEASE_S": "soon"}, {"DATABASE_URL": ""}], ids=lambda e: next(iter(e))
)
def test_a_bad_setting_is_named_in_one_line(work: Start, tmp_path: Path, environ: dict[str, str]) -> None:
    process = work(**{"APP_ENV": "test", "DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none", **environ})
    assert process.wait(60) == os.EX_CONFIG
    (line,) = (tmp_path / "work.log").read_text().splitlines()
    assert line.startswith(f"wondernest: {next(iter(environ))}: ")
