"""Finds the endpoint of a method and path: a tree of path segments; static segments win over parameters."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from urllib.parse import unquote

from wondernest.platform.http.endpoint import Endpoint
from wondernest.platform.http.paths import NUL


@dataclass(frozen=True, slots=True)
class Route:
    """An endpoint at one of its mounts."""

    endpoint: Endpoint
    template: str
    names: tuple[str, ...]


@dataclass(slots=True)
class _Node:
    branches: dict[str, _Node] = field(default_factory=dict)
    wildcard: _Node | None = None
    routes: dict[str, Route] = field(default_factory=dict)
    allow: str = ""


class Router:
    """Finds routes; immutable once built. Raises ValueError for two endpoints with the same path and method."""

    def __init__(self, endpoints: Iterable[Endpoint]) -> None:
        self._root = _Node()
        self.routes: list[Route] = []
        for endpoint in endpoints:
            for template in endpoint.templates():
                self._add(endpoint, template)

    def find(self, path: str) -> tuple[dict[str, Route], list[str], str] | None:
        """For a raw (percent-encoded) path: its routes by method, its parameter values, and its Allow header. None: no such path."""
        values: list[str] = []
        segments = path[1:].split("/")
        found = self._find_directly(segments, values)
        if found is None:
            values.clear()
            found = self._walk(self._root, segments, 0, values)
        return None if found is None else (found.routes, values, found.allow)

    def _find_directly(self, segments: list[str], values: list[str]) -> _Node | None:
        """Search without backtracking. If it finds a node, `_walk` would find the same: both try static segments first."""
        node = self._root
        for segment in segments:
            branch = node.branches.get(segment)
            if branch is None:
                branch = node.wildcard
                if branch is None or not segment or "%" in segment:
                    return None
                values.append(segment)
            node = branch
        return node if node.routes else None

    def _walk(self, node: _Node, segments: list[str], depth: int, values: list[str]) -> _Node | None:
        if depth == len(segments):
            return node if node.routes else None
        segment = segments[depth]
        if not segment and depth + 1 == len(segments) == 1:
            return node if node.routes else None
        if (branch := node.branches.get(segment)) is not None:
            found = self._walk(branch, segments, depth + 1, values)
            if found is not None:
                return found
        if node.wildcard is None or not segment:
            return None
        values.append(_decode(segment))
        found = self._walk(node.wildcard, segments, depth + 1, values)
        if found is None:
            values.pop()
        return found

    def _add(self, endpoint: Endpoint, template: str) -> None:
        node = self._root
        names: list[str] = []
        for segment in template.strip("/").split("/") if template != "/" else []:
            if segment.startswith("{"):
                names.append(segment[1:-1])
                node.wildcard = node.wildcard or _Node()
                node = node.wildcard
            else:
                node = node.branches.setdefault(segment, _Node())
        if endpoint.method in node.routes:
            raise ValueError(f"two endpoints for {endpoint.method} {template}")
        route = Route(endpoint, template, tuple(names))
        node.routes[endpoint.method] = route
        methods = {*node.routes, "OPTIONS"}
        if "GET" in methods:
            methods.add("HEAD")
        node.allow = ", ".join(sorted(methods))
        self.routes.append(route)


def _decode(segment: str) -> str:
    """The decoded segment; NUL for one that is not UTF-8. A value with NUL is refused by its parameter (`PathParameter.read`)."""
    if "%" not in segment:
        return segment
    try:
        return unquote(segment, errors="strict")
    except UnicodeDecodeError:
        return NUL
