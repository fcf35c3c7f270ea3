"""The tables of variables: the one in docs/deployment.md is made from the settings tree, the one in docs/configuration.md agrees with it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from deploy import environment
from tests.fixtures.deploying import FIELDS, PROJECT, SECRETS

STATED = re.compile(r"(?m)^\| `(?P<name>[A-Z0-9_]+)` \| (?P<default>[^|]*?) \|")


def rows() -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in environment.table().splitlines()[2:]]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_the_table_in_the_document_is_up_to_date(capsys: pytest.CaptureFixture[str]) -> None:
    assert environment.main(["--check"]) == 0, capsys.readouterr().out


def test_a_document_that_lacks_a_variable_is_noticed_and_mended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = tmp_path / "deployment.md"
    whole = environment.PAGE.read_text(encoding="utf-8")
    page.write_text("".join(line for line in whole.splitlines(keepends=True) if not line.startswith("| `JWT_SECRET`")))
    monkeypatch.setattr(environment, "PAGE", page)
    assert environment.main(["--check"]) == 1
    assert environment.main([]) == 0
    assert page.read_text(encoding="utf-8") == whole


def test_every_setting_has_a_row_and_secrets_are_marked() -> None:
    assert set(rows()) == set(FIELDS)
    assert {name for name, row in rows().items() if row[1] == "yes"} == SECRETS


def test_what_an_installation_has_to_give_is_told() -> None:
    assert rows()["JWT_SECRET"] == ["a published placeholder", "yes", "", "required", "Secret, required"]
    assert rows()["PUBLIC_BASE_URL"] == ["–", "", "", "`http://localhost:8080`, can be set", "to set"]
    assert rows()["APP_ENV"] == ["`unknown`", "", "`production`", "", ""]


def test_the_defaults_that_the_reference_states_are_those_of_the_settings_tree() -> None:
    page = (PROJECT / "docs" / "configuration.md").read_text(encoding="utf-8").split("\n## Variables\n")[1]
    stated = {match["name"]: match["default"] for match in STATED.finditer(page)}
    defaults = {variable.name: environment.shown_default(variable) for variable in environment.variables()}
    assert set(stated) == set(defaults)
    plain = {name: text for name, text in stated.items() if re.fullmatch(r"`[^`]*`|–", text)}
    assert len(plain) > len(stated) * 0.85  # the others explain: on outside production, Google's
    assert {name: text for name, text in plain.items() if defaults[name] != text} == {}
