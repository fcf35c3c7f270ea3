"""The table of variables in docs/deployment.md, made from the settings tree, the Dockerfile, compose.yaml and the chart's values.

`python -m deploy.environment` writes it; with `--check` it only says whether it is up to date.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from enum import Enum
from pathlib import Path
from typing import Any, Final

import msgspec
import yaml

from deploy.dockerfile import read
from wondernest.settings import PLACEHOLDER_SECRETS, Secret, Settings

FOLDER: Final = Path(__file__).parent
PAGE: Final = FOLDER.parent / "docs" / "deployment.md"
BEGIN: Final = "<!-- made by `python -m deploy.environment` -->\n"
END: Final = "<!-- end -->\n"
HEAD: Final = ("variable", "default", "secret", "image", "compose", "chart")
NONE: Final = "–"
_WHOLE: Final = re.compile(r"\$\{[A-Z0-9_]+:-(?P<default>[^}]*)\}")
_REQUIRED: Final = ":?"


class Variable(msgspec.Struct, frozen=True):
    """One setting."""

    name: str
    secret: bool
    default: object


def variables() -> Iterator[Variable]:
    """Every setting, in the order of the tree."""
    for group in msgspec.structs.fields(Settings):
        for field in msgspec.structs.fields(group.type):
            kinds = (field.type, *getattr(field.type, "__args__", ()))
            yield Variable(field.encode_name, secret=Secret in kinds, default=field.default)


def shown_default(variable: Variable) -> str:
    """A default as the tables write it; a published placeholder is no value to copy."""
    default = variable.default
    if default in PLACEHOLDER_SECRETS:
        return "a published placeholder"
    if isinstance(default, tuple):
        default = ",".join(str(part) for part in default)  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
    if isinstance(default, Enum):
        default = default.value
    if default is None or default == "":
        return NONE
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def table() -> str:
    """The whole table."""
    image = {name: value for step in read()[-1].find("ENV") for name, value in step.pairs.items()}
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text(encoding="utf-8"))["services"]["api"]["environment"]
    values = yaml.safe_load((FOLDER / "chart" / "values.yaml").read_text(encoding="utf-8"))
    rows = [HEAD, ("---",) * len(HEAD)]
    for variable in variables():
        name = variable.name
        given = f"`{image[name]}`" if name in image else ""
        rows.append(
            (
                *(f"`{name}`", shown_default(variable), "yes" if variable.secret else "", given),
                *(_in_compose(compose.get(name)), _in_chart(name, values)),
            )
        )
    return "".join(f"| {' | '.join(row)} |\n" for row in rows)


def _in_compose(text: str | None) -> str:
    if text is None:
        return ""
    if _REQUIRED in text:
        return "required"
    if whole := _WHOLE.fullmatch(text):
        return f"`{whole['default']}`, can be set" if whole["default"] else "can be set"
    return f"`{text}`"


def _in_chart(name: str, values: dict[str, Any]) -> str:
    if name in values["secrets"]["required"]:
        return "Secret, required"
    if name in values["secrets"]["optional"]:
        return "Secret"
    if name == "SHUTDOWN_GRACE_S":
        return f"`{values['stop']['graceSeconds']}`"
    given = {**values["environment"], **values["serve"]["environment"]}
    if name not in given:
        return ""
    return f"`{given[name]}`" if given[name] else "to set"


def page() -> str:
    """docs/deployment.md with the table as it must be. Raises ValueError if its place is gone."""
    text = PAGE.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    _, after = rest.split(END)
    return f"{before}{BEGIN}{table()}{END}{after}"


def main(arguments: Sequence[str]) -> int:
    """The command."""
    fresh = page()
    if "--check" in arguments:
        good = fresh == PAGE.read_text(encoding="utf-8")
        sys.stdout.write(
            "docs/deployment.md is up to date\n"
            if good
            else "docs/deployment.md: its table of variables is not up to date: python -m deploy.environment\n"
        )
        return 0 if good else 1
    PAGE.write_text(fresh, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
