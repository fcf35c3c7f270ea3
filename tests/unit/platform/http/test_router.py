"""Paths find their endpoint: static segments first, exact, percent-decoded, no trailing-slash tolerance."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from tests.fixtures.endpoints import endpoint as declared
from tests.fixtures.endpoints import never_called
from wondernest.platform.http.endpoint import Endpoint
from wondernest.platform.http.errors import BadRequest, RouteNotFound
from wondernest.platform.http.paths import text_parameter
from wondernest.platform.http.router import Router


def endpoint(method: str, path: str, **options: Any) -> Endpoint:
    return declared(method=method, path=path, **({"mounts": ("/api",)} | options))


ROUTER = Router(
    [
        endpoint("GET", "/games"),
        endpoint("GET", "/games/types"),
        endpoint("GET", "/games/{gameKey}"),
        endpoint("GET", "/games/children/{childId}/data"),
        endpoint("PUT", "/games/children/{childId}/data"),
        endpoint("DELETE", "/games/children/{childId}/data/{gameType}"),
        endpoint("GET", "/games/children/{childId}/data/{gameType}/{dataKey}"),
        endpoint("GET", "/", mounts=("",)),
        endpoint("GET", "/health", mounts=("",)),
    ]
)


def found(path: str) -> tuple[str, list[str]] | None:
    match = ROUTER.find(path)
    if match is None:
        return None
    routes, values, _ = match
    return next(iter(routes.values())).template, values


@pytest.mark.parametrize(
    ("path", "template", "values"),
    [
        ("/", "/", []),
        ("/health", "/health", []),
        ("/api/games", "/api/games", []),
        ("/api/games/types", "/api/games/types", []),
        ("/api/games/sticker_book", "/api/games/{gameKey}", ["sticker_book"]),
        ("/api/games/children", "/api/games/{gameKey}", ["children"]),
        ("/api/games/children/c/data", "/api/games/children/{childId}/data", ["c"]),
        (
            "/api/games/children/c/data/t/a%3Ab%2Fc",
            "/api/games/children/{childId}/data/{gameType}/{dataKey}",
            ["c", "t", "a:b/c"],
        ),
        (
            "/api/games/children/c/data/t/%C3%BC",
            "/api/games/children/{childId}/data/{gameType}/{dataKey}",
            ["c", "t", "ü"],
        ),
    ],
)
def test_a_path_finds_its_template_and_values(path: str, template: str, values: list[str]) -> None:
    assert found(path) == (template, values)


@pytest.mark.parametrize(
    "path",
    [
        "/health/",
        "/api/games/",
        "/api//games",
        "/API/games",
        "/api/games/children//data",
        "/api/games/x/y",
    ],
)
def test_anything_else_finds_nothing(path: str) -> None:
    assert found(path) is None


@pytest.mark.parametrize(("segment", "value"), [("a%00b", "a\x00b"), ("%FF", "\x00"), ("%ED%A0%80", "\x00")])
def test_a_value_that_nobody_can_store_has_a_nul_which_its_parameter_refuses(segment: str, value: str) -> None:
    assert found(f"/api/games/{segment}") == ("/api/games/{gameKey}", [value])
    name = text_parameter("name")
    assert name.read("ab") == "ab"
    with pytest.raises(RouteNotFound):
        name.read(value)


def test_allow_names_every_method_with_head_for_get() -> None:
    match = ROUTER.find("/api/games/children/c/data")
    assert match is not None
    assert match[2] == "GET, HEAD, OPTIONS, PUT"


def test_two_endpoints_on_one_route_stop_the_start() -> None:
    with pytest.raises(ValueError, match="two endpoints"):
        Router([endpoint("GET", "/a"), endpoint("GET", "/a")])


def test_a_route_that_does_not_declare_its_caller_kind_stops_the_start() -> None:
    with pytest.raises(TypeError, match="caller"):
        Endpoint(method="GET", path="/a", handler=never_called, replies={}, summary="", tag="")  # pyright: ignore[reportCallIssue]


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/games/{gameKey}", ()),
        ("/games/{gameKey}", ("gamekey",)),
        ("/games/{gameKey}", ("gameKey", "childId")),
        ("/games", ("gameKey",)),
        ("/games/{gameKey}/{gameKey}", ("gameKey", "gameKey")),
    ],
)
def test_a_route_that_does_not_declare_each_parameter_of_its_path_once_stops_the_start(
    path: str, names: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match="declares the parameters"):
        endpoint("GET", path, parameters=tuple(text_parameter(name) for name in names))


class Purpose(Enum):
    """Why things are collected."""

    POSTCARDS = "postcards"


class Free(Enum):
    """Why nothing has to be permitted."""

    OWN = "the caller's own"


def test_a_route_has_no_purpose_without_an_error_for_it_and_is_not_exempt_besides() -> None:
    for more in ({}, {"unpermitted": BadRequest, "exempt": Free.OWN}):
        with pytest.raises(ValueError, match="has a purpose"):
            endpoint("POST", "/a", purpose=Purpose.POSTCARDS, **more)
