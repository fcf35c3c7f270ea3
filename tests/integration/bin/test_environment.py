"""The bootstrap of bin/: an up-to-date environment needs no tools, and a failure names its remedy."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[3]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A checkout whose environment is up to date, with one command in bin/."""
    shutil.copytree(PROJECT / "bin", tmp_path / "bin", ignore=shutil.ignore_patterns("__pycache__"))
    command = "import sys\nfrom _environment import run\nrun(['group=test'], ['-c', 'import os; print(os.getcwd())'])\n"
    (tmp_path / "bin" / "where").write_text(command)
    (tmp_path / "pyproject.toml").write_text("[project]\n")
    (tmp_path / "uv.lock").write_text("version = 1\n")
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    digest = hashlib.sha256(b"[project]\nversion = 1\n").hexdigest()
    (tmp_path / ".venv" / ".synced.json").write_text(
        json.dumps({"digest": digest, "parts": ["extra=dev", "group=test"]})
    )
    return tmp_path


def where(clone: Path) -> subprocess.CompletedProcess[str]:
    """Run the command from another folder, without uv or any other tool on PATH and without a package index."""
    return subprocess.run(
        [sys.executable, clone / "bin" / "where"],
        cwd="/",
        env={"PATH": "/nonexistent", "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""},
        capture_output=True,
        text=True,
        check=False,
    )


def test_an_environment_that_is_up_to_date_is_used_as_it_is(clone: Path) -> None:
    run = where(clone)
    assert (run.returncode, run.stdout, run.stderr) == (0, f"{clone}\n", "")


def test_a_changed_lock_file_needs_uv_and_the_error_explains_how_to_get_it(clone: Path) -> None:
    (clone / "uv.lock").write_text("version = 2\n")
    run = where(clone)
    assert run.returncode == 1
    assert "making the environment from uv.lock (extra=dev, group=test)" in run.stderr
    assert "install uv yourself (https://docs.astral.sh/uv)" in run.stderr
    assert "Traceback" not in run.stderr
