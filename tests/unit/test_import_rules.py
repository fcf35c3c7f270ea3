"""Import rules of docs/architecture.md that hold for every room by pattern, so that a new room needs no entry in a list."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import wondernest

SOURCE = Path(wondernest.__file__).parent
ROOT = "wondernest"
COMPOSITION = f"{ROOT}.app"
SPEAKING_HTTP = frozenset({"routes", "errors", "room", "documents"})
"""The parts of a room that may import `platform.http`; `documents` is the room of the web's OpenAPI document."""
NOT_ROOMS = frozenset({"platform", "settings", "server", "supervisor", "commands", "development", "access"})
"""Packages that are no rooms. `access` holds SQL conditions that repositories use in their statements."""
SQL = re.compile(
    r"\s*(select\s.*\bfrom\b|select\s+[\w.]+\(|insert\s+into\s|update\s+\S+(\s+(as\s+)?\w+)?\s+set\s|delete\s+from\s"
    r"|with\s+(recursive\s+)?\w+\s*(\([^)]*\)\s*)?as\b)",
    re.IGNORECASE | re.DOTALL,
)


def modules() -> Iterator[tuple[str, Path]]:
    """Every module of the service, by its name."""
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        yield ".".join([ROOT, *parts]).removesuffix(".__init__"), path


def room_of(module: str) -> str | None:
    name = module.split(".")[1] if "." in module else ""
    return name if name not in NOT_ROOMS and (SOURCE / name).is_dir() else None


def repository_of(module: str) -> str | None:
    """The room whose repository the module is, or is a part of."""
    parts = module.split(".")
    return parts[1] if len(parts) > 2 and parts[2] == "repository" else None


def imported(tree: ast.Module) -> Iterator[str]:
    """The modules and names that a module imports; relative imports are forbidden (ruff)."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def texts(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """The string constants of a module except docstrings, with their lines; an f-string as a whole, with `?` for each value."""
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield (
                node.lineno,
                "".join(str(part.value) if isinstance(part, ast.Constant) else "?" for part in node.values),
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements | inner:
            yield node.lineno, node.value


def foreign_imports(module: str, tree: ast.Module) -> list[str]:
    """The names that a module imports from another room's repository."""
    allowed = {room_of(module)} if module != COMPOSITION else {repository_of(name) for name in imported(tree)}
    return [name for name in imported(tree) if repository_of(name) not in {None, *allowed}]


def sql(tree: ast.Module) -> list[int]:
    """The lines of a module on which SQL begins."""
    return [line for line, text in texts(tree) if SQL.match(text)]


def parsed() -> Iterator[tuple[str, ast.Module]]:
    for module, path in modules():
        yield module, ast.parse(path.read_text(encoding="utf-8"))


def test_a_rooms_repository_is_imported_by_its_room_and_the_composition_root_alone() -> None:
    assert {module: names for module, tree in parsed() if (names := foreign_imports(module, tree))} == {}


def test_of_a_room_only_routes_errors_and_its_declaration_import_platform_http() -> None:
    found = {
        module
        for module, tree in parsed()
        if room_of(module) and any(name.startswith(f"{ROOT}.platform.http") for name in imported(tree))
    }
    assert {module for module in found if module.split(".")[2] not in SPEAKING_HTTP} == set()
    assert found


def test_sql_stands_in_repositories_alone() -> None:
    found = {module: sql(tree) for module, tree in parsed() if room_of(module) and repository_of(module) is None}
    assert {module: lines for module, lines in found.items() if lines} == {}


def test_sql_is_found_in_every_repository() -> None:
    """Shows that the search above finds SQL."""
    holding = {repository_of(module) for module, tree in parsed() if sql(tree)}
    assert holding >= {room for room in map(repository_of, dict(modules())) if room}


@pytest.mark.parametrize(
    "text",
    [
        "select true from core.users",
        "\n    select set_config('a', 'b', true)",
        "insert into a values (1)",
        "update core.users u set a = 1",
        "delete from a",
        "with known as (select 1)",
    ],
)
def test_sql_is_recognised_by_its_beginning(text: str) -> None:
    assert sql(ast.parse(f"A = {text!r}"))
    assert sql(ast.parse(f"A = f'''{text}{{B}}'''"))


@pytest.mark.parametrize("text", ["Select a child.", "Update a child's settings", "Delete a save", "with others"])
def test_prose_is_not_sql(text: str) -> None:
    assert not sql(ast.parse(f"A = {text!r}"))
    assert not sql(ast.parse(f'"""{text} from here, update it set"""'))


def test_an_import_of_another_rooms_repository_is_detected_in_every_form() -> None:
    for line in ("import wondernest.games.repository.saves", "from wondernest.games.repository import SaveRepository"):
        assert foreign_imports(f"{ROOT}.analytics.service", ast.parse(line))
        assert not foreign_imports(f"{ROOT}.games.routes.saves", ast.parse(line))
        assert not foreign_imports(COMPOSITION, ast.parse(line))
    assert foreign_imports(f"{ROOT}.platform.x", ast.parse("from wondernest.games import repository"))
