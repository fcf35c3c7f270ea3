"""Reads a Dockerfile: its stages and their steps. For the rehearsal and the tests; knows what ours uses, not everything that exists."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

DOCKERFILE: Final = Path(__file__).parent / "Dockerfile"
_FLAG: Final = re.compile(r"--(?P<name>[a-z-]+)=(?P<value>\S+)\s+")
_FROM: Final = re.compile(r"(?P<image>\S+)(?:\s+AS\s+(?P<name>\S+))?")


class Step(NamedTuple):
    """One instruction."""

    word: str
    text: str
    """What follows the word and its flags."""
    flags: dict[str, str]

    @property
    def words(self) -> list[str]:
        """The arguments of the exec form; raises ValueError for the shell form."""
        return [str(word) for word in json.loads(self.text)]

    @property
    def pairs(self) -> dict[str, str]:
        """`NAME=value` of ENV, ARG and LABEL."""
        return dict(word.split("=", 1) for word in shlex.split(self.text))


class Stage(NamedTuple):
    """One FROM and what follows it."""

    name: str
    image: str
    """The image or the stage that it begins with."""
    steps: list[Step]

    def find(self, word: str) -> list[Step]:
        """The steps with this word, in order."""
        return [step for step in self.steps if step.word == word]

    def last(self, word: str) -> Step:
        """The step that counts where a later one replaces an earlier one; raises IndexError."""
        return self.find(word)[-1]


def read(path: Path = DOCKERFILE) -> list[Stage]:
    """The stages, in order."""
    stages: list[Stage] = []
    for line in _logical_lines(path.read_text(encoding="utf-8")):
        word, _, rest = line.partition(" ")
        flags: dict[str, str] = {}
        rest = rest.strip()
        while match := _FLAG.match(rest):
            flags[match["name"]] = match["value"]
            rest = rest[match.end() :]
        if word == "FROM":
            begins = _FROM.fullmatch(rest)
            assert begins is not None, line
            stages.append(Stage(begins["name"] or "", begins["image"], []))
        else:
            stages[-1].steps.append(Step(word, rest, flags))
    return stages


def _logical_lines(text: str) -> Iterator[str]:
    whole = ""
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        whole += line.strip().removesuffix("\\").rstrip() + " "
        if not line.rstrip().endswith("\\"):
            yield whole.strip()
            whole = ""
