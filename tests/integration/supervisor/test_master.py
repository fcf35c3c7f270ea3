"""When the master gives up: workers that cannot start, settings that workers refuse."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from wondernest.supervisor.master import START_ATTEMPTS, Master


@pytest.fixture
def starts(tmp_path: Path) -> Path:
    return tmp_path / "starts"


def master(starts: Path, exit_code: int) -> Master:
    program = f"import sys; open({str(starts)!r}, 'a').write('x'); sys.exit({exit_code})"
    return Master([sys.executable, "-c", program], [], count=1, grace_s=1.0, metrics=starts.parent)


async def test_it_gives_up_when_no_worker_was_ever_ready(starts: Path) -> None:
    assert "no worker could start (exit code 3)" in await master(starts, 3).run()
    assert len(starts.read_text()) == START_ATTEMPTS


async def test_a_setting_that_workers_refuse_is_not_retried(starts: Path) -> None:
    assert f"exit code {os.EX_CONFIG}" in await master(starts, os.EX_CONFIG).run()
    assert len(starts.read_text()) == 1
