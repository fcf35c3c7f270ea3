"""Typed path parameters: how a path segment is parsed, and the error for one that cannot be parsed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar
from uuid import UUID

from wondernest.platform.http.errors import ApiError, RouteNotFound
from wondernest.platform.ids import parse_uuid

T = TypeVar("T")
NUL: Final = "\x00"
"""PostgreSQL cannot store it, so no name and no id contains it."""
REPLACEMENT: Final = "\N{REPLACEMENT CHARACTER}"


def _not_found(_text: str) -> ApiError:
    return RouteNotFound()


@dataclass(frozen=True, slots=True, eq=False)
class PathParameter(Generic[T]):
    """A parameter of path templates. Handlers read its value by the object (`request.path(POSTCARD)`), not by name."""

    name: str
    parse: Callable[[str], T | None]
    """Returns the value of a decoded segment, or None if it is invalid."""
    refusal: Callable[[str], ApiError] = _not_found
    """Makes the error for an invalid segment; takes its text."""
    schema: type = str
    """For the OpenAPI document."""
    description: str = ""
    example: str | None = None
    """A value that exists in every installation, for the OpenAPI document and for tests that call every route.
    None: the value must belong to the caller."""
    person: bool = False
    """Whether the value is the id of the person whose data the route uses."""

    def read(self, text: str) -> T:
        """The value; raises the refusal."""
        value = None if NUL in text else self.parse(text)
        if value is None:
            raise self.refusal(text.replace(NUL, REPLACEMENT))
        return value


def uuid_parameter(
    name: str, refusal: Callable[[str], ApiError], description: str = "", *, person: bool = False
) -> PathParameter[UUID]:
    """An id. `person`: of the person whose data the route uses."""
    return PathParameter(name, parse_uuid, refusal, UUID, description, person=person)


def text_parameter(name: str, description: str = "", example: str | None = None) -> PathParameter[str]:
    """A name: any text is valid."""
    return PathParameter(name, str, description=description, example=example)
