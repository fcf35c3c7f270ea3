"""The Dockerfile's steps, run as an unprivileged user with a read-only tree, end with the README's example answered."""

from __future__ import annotations

import importlib.util
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.rehearsal import rehearse, remove
from tests.fixtures.deploying import PROJECT


@pytest.fixture
def folder() -> Iterator[Path]:
    """An empty folder that other users may enter, unlike pytest's."""
    place = Path(tempfile.mkdtemp(prefix="wondernest-rehearsal-"))
    place.chmod(0o755)
    yield place
    remove(place)


def find_uv() -> Path:
    """The uv that the commands in bin/ use."""
    spec = importlib.util.spec_from_file_location("environment_of_bin", PROJECT / "bin" / "_environment.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return Path(module.find_uv())


@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("curl") is None, reason="the README's example needs curl")
def test_the_image_serves_the_readmes_example_without_root_and_without_writing_to_its_tree(folder: Path) -> None:
    said: list[str] = []
    rehearse(folder, find_uv(), said.append)
    told = "\n".join(said)
    assert "doctor: exit code 0; good: settings, database, schema, cache, storage" in told
    assert "read-only root: " in told or "read-only root, first process of its own: skipped, " in told
    assert "README: the save is loaded as it was saved" in told
    assert "SIGTERM: exit code 0" in told
