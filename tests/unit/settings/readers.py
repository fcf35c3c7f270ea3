"""Finds in the source which fields of the settings tree the code reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import msgspec

from wondernest.settings import Settings

SOURCE = Path(__file__).parents[3] / "src" / "wondernest"
TREE = SOURCE / "settings"
GROUPS = {field.name: field.type for field in msgspec.structs.fields(Settings)}
NAMES = {group.__name__: name for name, group in GROUPS.items()}
ROOT = "the whole tree"


class _Reads(ast.NodeVisitor):
    """The `group.field` that one module reads, following annotations, assignments and attributes of self."""

    def __init__(self, module: ast.Module) -> None:
        self.found: set[str] = set()
        self._kinds: dict[str, str] = {}
        """The settings group that an expression holds, by the expression's text."""
        self._classes = dict(_imported_classes(module))
        for _ in range(2):  # an attribute may be read above the place where it is set
            self.visit(module)

    def visit_arg(self, node: ast.arg) -> None:
        kind = self._kind_of_annotation(node.annotation)
        if kind:
            self._kinds[node.arg] = kind
        else:
            self._kinds.pop(node.arg, None)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if kind := self._kind_of_annotation(node.annotation):
            self._kinds[_attribute_name(node.target)] = kind
        self.generic_visit(node)

    def visit_Assign(self, node: ast.Assign) -> None:
        pairs = [(target, node.value) for target in node.targets]
        if isinstance(node.targets[0], ast.Tuple) and isinstance(node.value, ast.Tuple):
            pairs = list(zip(node.targets[0].elts, node.value.elts, strict=True))
        for target, value in pairs:
            if kind := self._kind(value):
                self._kinds[_attribute_name(target)] = kind
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        kind = self._kind(node.value)
        if kind:
            self.found.add(node.attr if kind == ROOT else f"{kind}.{node.attr}")
        self.generic_visit(node)

    def _kind(self, node: ast.expr) -> str | None:
        if isinstance(node, ast.Call):
            called = ast.unparse(node.func)
            if called in self._classes:
                return self._classes[called]
            return ROOT if called.endswith(("load_settings", "_settings", "_settings_with_database")) else None
        if isinstance(node, ast.Attribute) and node.attr in GROUPS and self._kind(node.value) == ROOT:
            return node.attr
        if isinstance(node, ast.Attribute) and node.attr == "settings":
            return ROOT
        return self._kinds.get(_attribute_name(node))

    def _kind_of_annotation(self, annotation: ast.expr | None) -> str | None:
        return None if annotation is None else self._classes.get(ast.unparse(annotation).strip("'\""))


def _attribute_name(node: ast.expr) -> str:
    """`self._mail` for an attribute, `mail` for a variable."""
    return ast.unparse(node)


def _imported_classes(module: ast.Module) -> Iterator[tuple[str, str]]:
    for node in ast.walk(module):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("wondernest.settings"):
            for alias in node.names:
                kind = ROOT if alias.name == "Settings" else NAMES.get(alias.name)
                if kind:
                    yield alias.asname or alias.name, kind


def _fields_behind_properties() -> dict[str, set[str]]:
    """For each `group.property` of the tree, the fields that the property reads."""
    behind: dict[str, set[str]] = {}
    for group in [node for path in TREE.glob("*.py") for node in ast.parse(path.read_text(encoding="utf-8")).body]:
        if not isinstance(group, ast.ClassDef) or group.name not in {*NAMES, "Settings"}:
            continue
        prefix = f"{NAMES[group.name]}." if group.name in NAMES else ""
        for function in group.body:
            if isinstance(function, ast.FunctionDef):
                reads = {ast.unparse(n) for n in ast.walk(function) if isinstance(n, ast.Attribute)}
                behind[prefix + function.name] = {
                    prefix + read.removeprefix("self.") for read in reads if read.startswith("self.")
                }
    return behind


def read_fields() -> set[str]:
    """Every `group.field` that some module outside settings/ reads, directly or through a property of the tree."""
    found: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if SOURCE / "settings" not in path.parents:
            found |= _Reads(ast.parse(path.read_text(encoding="utf-8"))).found
    behind = _fields_behind_properties()
    while more := {field for name in found for field in behind.get(name, ())} - found:
        found |= more
    return found


def all_fields() -> set[str]:
    """Every `group.field` of the tree."""
    return {f"{name}.{field.name}" for name, group in GROUPS.items() for field in msgspec.structs.fields(group)}
