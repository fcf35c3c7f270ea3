"""Commands on a read-only root: what stays writable, who runs them, and what is said where the machine cannot do it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.confining import Confinement
from wondernest.development.embedded.account import Account, identity

USER = 65_534


@pytest.fixture
def kept(server_folder: Path) -> Iterator[Path]:
    """A folder of the user's, for the confined command to write in."""
    folder = server_folder / "kept"
    folder.mkdir()
    if os.geteuid() == 0:
        os.chown(folder, USER, USER)
    yield folder
    (folder / "made").unlink(missing_ok=True)
    folder.rmdir()


@pytest.fixture
def confinement(kept: Path) -> Confinement:
    """A confinement, where this machine allows it."""
    confined = Confinement(identity(Account(USER, USER)), [kept])
    if os.geteuid() != 0 or not confined.alone:
        pytest.skip(f"a read-only root is not possible: {confined.reason or 'only root can do it'}")
    return confined


def test_only_the_given_folders_can_be_written_also_by_root(confinement: Confinement, kept: Path) -> None:
    places = [kept, kept.parent, Path("/"), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path.home()]
    assert confinement.written(places) == [str(kept)]


def test_a_command_is_the_first_process_runs_as_the_user_and_gains_no_rights(
    confinement: Confinement, kept: Path
) -> None:
    script = (
        'echo $$ $(id -u) $(grep NoNewPrivs /proc/self/status | cut -f2); echo done > "$0/made"; echo no > "$0/../made"'
    )
    done = subprocess.run(
        [*confinement.words, "sh", "-c", script, str(kept)],
        capture_output=True,
        text=True,
        check=False,
        **confinement.identity,
    )
    assert done.stdout.split() == ["1", str(USER), "1"]
    assert (kept / "made").read_text() == "done\n"
    assert not (kept.parent / "made").exists()


def test_without_root_it_says_so_and_adds_nothing(tmp_path: Path) -> None:
    confined = Confinement({}, [tmp_path])
    assert (confined.words, confined.identity, confined.reason) == ([], {}, "only root can do it")
