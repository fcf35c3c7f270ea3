"""Runs the steps of the Dockerfile in a folder, without a container engine.

The folder stands for the root of each stage's image: paths of the Dockerfile are below it. The base image is the machine: its Python
and its shell. So what is proven is the steps, the files and the rights, not the base image.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from deploy.dockerfile import Stage, Step, read
from wondernest.development.embedded.account import Identity

PROJECT: Final = Path(__file__).parent.parent
UV_STAGE: Final = "uv"
SYSTEM_FOLDERS: Final = ("/usr/local/bin", "/usr/bin")
_OWN_PATHS: Final = re.compile(r"(?<![\w./-])(?=/(?:opt/wondernest|var/lib/wondernest|build)\b)")
"""Where an absolute path of ours begins. Others, such as those in PATH, are the machine's."""
_PRIVATE: Final = ("PYTHON", "VIRTUAL_ENV", "UV_PROJECT", "UV_COMPILE")
"""Variables of the caller that would change the steps."""


class BuildError(Exception):
    """A step failed; the message names it."""


class Image:
    """The last stage after its build: files below `root`, and how its process starts."""

    def __init__(self, root: Path, stage: Stage) -> None:
        self.root = root
        self._stage = stage

    @property
    def user(self) -> tuple[int, int]:
        """User and group ids of USER."""
        user, group = self._stage.last("USER").text.split(":")
        return int(user), int(group)

    @property
    def environment(self) -> dict[str, str]:
        """All of ENV."""
        return {name: self.placed(value) for step in self._stage.find("ENV") for name, value in step.pairs.items()}

    @property
    def folder(self) -> Path:
        """WORKDIR."""
        return Path(self.placed(self._stage.last("WORKDIR").text))

    @property
    def command(self) -> list[str]:
        """ENTRYPOINT and CMD."""
        return [*self.entrypoint, *self._stage.last("CMD").words]

    @property
    def entrypoint(self) -> list[str]:
        """ENTRYPOINT, to which a command is added."""
        return [self.placed(word) for word in self._stage.last("ENTRYPOINT").words]

    @property
    def health_check(self) -> list[str]:
        """The command of HEALTHCHECK."""
        words = Step("CMD", self._stage.last("HEALTHCHECK").text.removeprefix("CMD "), {}).words
        return [self.placed(word) for word in words]

    def placed(self, text: str) -> str:
        """A text of the Dockerfile with our paths below the root."""
        return _OWN_PATHS.sub(str(self.root), text)


def build(folder: Path, *, uv: Path, python: Path) -> Image:
    """Run all steps in the folder, which is empty. Raises BuildError.

    `uv` is in the place of the image of uv; `python` is the base image's interpreter, which the image's user must be able to run.
    """
    root = folder / "root"
    for stage in read():
        root.mkdir(mode=0o755)
        if stage.name == UV_STAGE:
            shutil.copy2(uv, root / "uv")
        else:
            _Builder(folder, root, stage, python).run()
        if stage.name:
            root.rename(folder / f"stage-{stage.name}")
    return Image(root, read()[-1])


class _Builder:
    def __init__(self, folder: Path, root: Path, stage: Stage, python: Path) -> None:
        self._folder = folder
        self._stage = stage
        self._image = Image(root, stage)
        self._directory = root
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_PRIVATE)}
        path = f"{root}/usr/local/bin{os.pathsep}{inherited.get('PATH', os.defpath)}"
        self._environment = {**inherited, "PATH": path, "UV_PYTHON": str(python)}

    def run(self) -> None:
        for step in self._stage.steps:
            if step.word == "WORKDIR":
                self._directory = self._target(step.text)
                self._directory.mkdir(parents=True, exist_ok=True)
            elif step.word == "ENV":
                self._environment |= {name: self._image.placed(value) for name, value in step.pairs.items()}
            elif step.word == "COPY":
                self._copy(step)
            elif step.word == "RUN":
                self._run(step)

    def _run(self, step: Step) -> None:
        shell = ["sh", "-e", "-c", self._image.placed(step.text)]
        done = subprocess.run(
            shell,
            cwd=self._directory,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0:
            raise BuildError(f"RUN {step.text}\n{done.stderr.decode(errors='replace')}")

    def _copy(self, step: Step) -> None:
        *sources, target = step.text.split()
        place = self._target(target)
        for source in sources:
            found = self._source(source, step.flags.get("from"))
            into = place / found.name if target.endswith("/") else place
            into.parent.mkdir(parents=True, exist_ok=True)
            if found.is_dir():
                shutil.copytree(found, into, symlinks=True, dirs_exist_ok=True, ignore=_ignored(found))
            else:
                shutil.copy2(found, into)
            if "chown" in step.flags and os.geteuid() == 0:
                _give(into, step.flags["chown"])

    def _source(self, source: str, stage: str | None) -> Path:
        if stage is not None:
            return self._folder / f"stage-{stage}" / source.lstrip("/")
        if source not in context():
            raise BuildError(f"COPY {source}: .dockerignore leaves it out")
        return PROJECT / source

    def _target(self, text: str) -> Path:
        root = self._image.root
        return root / text.lstrip("/") if text.startswith("/") else self._directory / text


def context() -> list[str]:
    """What `.dockerignore` lets into the build, which lists all of it."""
    lines = (PROJECT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    return [line.removeprefix("!") for line in lines if line.startswith("!")]


def _ignored(folder: Path) -> Callable[[str, list[str]], set[str]] | None:
    return shutil.ignore_patterns("__pycache__", "*.pyc") if folder.is_relative_to(PROJECT) else None


def _give(place: Path, owner: str) -> None:
    user, group = (int(part) for part in owner.split(":"))
    for path in (place, *place.rglob("*")):
        os.chown(path, user, group, follow_symlinks=False)


def runnable_python(identity: Identity) -> Path | None:
    """The first interpreter of the machine that is new enough and that this user can run; uv makes the environment with it."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    names = [os.path.realpath(sys.executable), *(f"{folder}/{version}" for folder in SYSTEM_FOLDERS)]
    for name in names:
        try:
            shown = subprocess.run([name, "-c", "import ssl"], cwd="/", capture_output=True, check=False, **identity)
        except OSError:
            continue
        if shown.returncode == 0:
            return Path(name)
    return None
