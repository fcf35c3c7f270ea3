"""As PID 1: inherited processes are waited for, signals are passed on, and the exit code is the service's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fixtures.processes import wait_for
from wondernest.supervisor.first_process import as_first_process

SUBREAPER = 36
"""PR_SET_CHILD_SUBREAPER: the process inherits orphans, as PID 1 does."""
PROGRAM = """
import ctypes, os, pathlib, signal, subprocess, sys, time
from wondernest.supervisor.first_process import as_first_process

def service():
    heard = []
    signal.signal(signal.SIGTERM, lambda number, _: (heard.append(number), sys.exit(7)))
    signal.signal(signal.SIGHUP, lambda number, _: pathlib.Path("heard").write_text(str(os.getpid())))
    for _ in range(3):
        subprocess.run(["sh", "-c", "sleep 0.1 & echo $! >> orphans"], check=True)
    pathlib.Path("ready").write_text("")
    while True:
        time.sleep(60)

assert ctypes.CDLL(None).prctl({subreaper}, 1) == 0
sys.exit(as_first_process(service, first=True))
""".replace("{subreaper}", str(SUBREAPER))

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lets a test inherit orphans")


@pytest.fixture
def first(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that inherits orphans, with a service whose children leave some."""
    process = subprocess.Popen([sys.executable, "-c", PROGRAM], cwd=tmp_path, start_new_session=True)
    try:
        wait_for((tmp_path / "ready").exists, "the service runs")
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(30)


def test_orphans_leave_the_process_table(first: subprocess.Popen[bytes], tmp_path: Path) -> None:
    orphans = (tmp_path / "orphans").read_text().split()
    assert len(orphans) == 3
    wait_for(lambda: not any(Path("/proc", pid).exists() for pid in orphans), "every orphan is waited for")
    assert first.poll() is None
    first.terminate()
    first.wait(30)


def test_signals_reach_the_service_and_its_exit_code_is_that_of_the_process(
    first: subprocess.Popen[bytes], tmp_path: Path
) -> None:
    first.send_signal(signal.SIGHUP)
    wait_for((tmp_path / "heard").exists, "the service heard SIGHUP")
    first.terminate()
    assert first.wait(30) == 7


def test_a_service_that_is_killed_is_reported_as_shells_do(first: subprocess.Popen[bytes], tmp_path: Path) -> None:
    first.send_signal(signal.SIGHUP)
    wait_for(lambda: (tmp_path / "heard").exists() and (tmp_path / "heard").read_text(), "the service heard SIGHUP")
    os.kill(int((tmp_path / "heard").read_text()), signal.SIGKILL)
    assert first.wait(30) == 128 + signal.SIGKILL


def test_any_other_process_runs_the_service_itself() -> None:
    here: list[int] = []
    assert as_first_process(lambda: here.append(os.getpid()) or 3) == 3
    assert here == [os.getpid()]
