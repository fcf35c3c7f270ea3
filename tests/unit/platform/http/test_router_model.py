"""The router agrees with a simple model that tries every template."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.fixtures.endpoints import endpoint
from wondernest.platform.http.router import Router

WORDS = ["a", "b", "data", "ü"]
PARTS = st.sampled_from([*WORDS, "{one}", "{two}"])
UNIQUE_NAMES = st.lists(PARTS, max_size=4).filter(lambda parts: max(map(parts.count, ["{one}", "{two}"])) < 2)
TEMPLATES = UNIQUE_NAMES.map(lambda parts: "/" + "/".join(parts))
METHODS = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"])
Declared = list[tuple[str, str]]


def shape(template: str) -> str:
    """The template without its parameters' names, which must be unique."""
    return "/".join("{}" if part.startswith("{") else part for part in template.split("/"))


DECLARATIONS = st.lists(st.tuples(METHODS, TEMPLATES), max_size=12, unique_by=lambda pair: (pair[0], shape(pair[1])))
SEGMENTS = st.sampled_from(
    [
        *WORDS,
        *("", "%61", "%C3%BC", "%c3%bc", "a%2Fb", "%7Bone%7D", "{one}", "%25", "%2561"),
        *("%00", "a%00b", "%FF", "%C3", "%", "%4", "%zz", "%ED%A0%80"),
        *(".", "..", "a+b", "a:b", "\N{SNOWMAN}"),
    ]
) | st.text(st.characters(exclude_characters="/\x00", exclude_categories=["Cs"]), max_size=4)


def naive_text(segment: str) -> str | None:
    """The text of a segment, decoded byte by byte; NUL when it is no UTF-8, None when it is empty."""
    raw = segment.encode()
    said = bytearray()
    while raw:
        try:
            if raw[:1] != b"%" or len(raw) < 3 or not raw[1:3].isalnum():
                raise ValueError
            said.append(int(raw[1:3], 16))
            raw = raw[3:]
        except ValueError:
            said += raw[:1]
            raw = raw[1:]
    try:
        return said.decode() or None
    except UnicodeDecodeError:
        return "\x00"


def naive_find(declared: Declared, path: str) -> tuple[dict[str, str], list[str], str] | None:
    """Try every template; of those that match, the one with the leftmost static segment wins, whatever the method."""
    segments = path[1:].split("/") if path != "/" else []

    def fits(template: str) -> bool:
        parts = template[1:].split("/") if template != "/" else []
        return len(parts) == len(segments) and all(
            naive_text(segment) is not None if part.startswith("{") else part == segment
            for part, segment in zip(parts, segments, strict=True)
        )

    fitting = sorted({shape(template) for _, template in declared if fits(template)}, key=preference)
    if not fitting:
        return None
    routes = {method: template for method, template in declared if shape(template) == fitting[0]}
    parts = fitting[0][1:].split("/")
    values = [naive_text(segment) or "" for part, segment in zip(parts, segments, strict=False) if part == "{}"]
    methods = {*routes, "OPTIONS", *(["HEAD"] if "GET" in routes else [])}
    return routes, values, ", ".join(sorted(methods))


def preference(of_shape: str) -> list[bool]:
    return [part == "{}" for part in of_shape.split("/")]


def find(declared: Declared, path: str) -> tuple[dict[str, str], list[str], str] | None:
    """The router's result in the form of the model's."""
    router = Router([endpoint(method=method, path=path, mounts=("",)) for method, path in declared])
    match = router.find(path)
    if match is None:
        return None
    routes, values, allow = match
    return {method: route.template for method, route in routes.items()}, list(values), allow


@given(DECLARATIONS, st.lists(SEGMENTS, max_size=5).map(lambda segments: "/" + "/".join(segments)))
def test_any_path_finds_what_the_model_finds(declared: Declared, path: str) -> None:
    assert find(declared, path) == naive_find(declared, path)


@given(st.data(), DECLARATIONS.filter(bool))
def test_a_path_made_from_a_template_finds_what_the_model_finds(data: st.DataObject, declared: Declared) -> None:
    _, template = data.draw(st.sampled_from(declared))

    def filled(part: str) -> str:
        return data.draw(SEGMENTS) if part.startswith("{") else part

    path = "/".join(map(filled, template.split("/")))
    assert find(declared, path) == naive_find(declared, path)


@given(DECLARATIONS)
def test_parameters_carry_the_names_of_their_own_route(declared: Declared) -> None:
    router = Router([endpoint(method=method, path=path, mounts=("",)) for method, path in declared])
    for route in router.routes:
        names: Sequence[Any] = [part[1:-1] for part in route.template.split("/") if part.startswith("{")]
        assert list(route.names) == names
