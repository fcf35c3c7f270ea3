"""Every command and every process refuses what it cannot use before it does anything, in one line for each variable."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.application import TEST_ENVIRONMENT
from wondernest.development.embedded.process import free_port

PROCESSES = (["serve"], ["work"], ["migrate"], ["doctor"], ["jobs", "list"], ["tune"])
WRONG = {
    "DATABASE_URL": "postgresql://u:hidden@h:5432/d?channel_binding=require",
    "REDIS_ENABLED": "true",
    "REDIS_URL": "redis://h/zero",
    "OAUTH_GOOGLE_JWKS": "none",
    "PUBLIC_BASE_URL": "none",
    "SERVER_PORT": "notaport",
}


def run(folder: Path, arguments: list[str], **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-P", "-m", "wondernest", *arguments],
        cwd=folder,
        env={"PATH": os.defpath, **TEST_ENVIRONMENT, **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize("arguments", PROCESSES, ids=" ".join)
def test_all_that_is_wrong_is_said_by_all_processes_alike(tmp_path: Path, arguments: list[str]) -> None:
    done = run(tmp_path, arguments, **WRONG)
    assert done.returncode == os.EX_CONFIG
    lines = done.stderr.removeprefix("wondernest: ").splitlines()
    assert {line.split(":")[0] for line in lines} == {*WRONG} - {"REDIS_ENABLED"}
    assert "DATABASE_URL: the value of the parameter channel_binding is not supported" in lines
    assert "hidden" not in done.stderr + done.stdout


@pytest.mark.parametrize("temporary", ["missing", "file", "/proc"])
def test_a_temporary_folder_that_cannot_be_written_is_one_line(tmp_path: Path, temporary: str) -> None:
    (tmp_path / "file").write_text("")
    done = run(
        tmp_path, ["serve"], TMPDIR=str(tmp_path / temporary), SERVER_HOST="127.0.0.1", SERVER_PORT=str(free_port())
    )
    assert done.returncode == os.EX_CONFIG
    assert done.stderr.startswith("wondernest: TMPDIR: no folder can be made in ")
    assert len(done.stderr.splitlines()) == 1
