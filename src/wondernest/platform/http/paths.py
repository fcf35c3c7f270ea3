"""Typed path parameters: what a segment of a path is read as, and what a text that cannot be read is answered with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from uuid import UUID

from wondernest.platform.http.errors import ApiError, RouteNotFound
from wondernest.platform.ids import parse_uuid

T = TypeVar("T")


def _names_nothing(_text: str) -> ApiError:
    return RouteNotFound()


@dataclass(frozen=True, slots=True, eq=False)
class PathParameter(Generic[T]):
    """A parameter of path templates. Two with the same name are still two: handlers ask by the object itself."""

    name: str
    parse: Callable[[str], T | None]
    """The value of a decoded segment; None for a text that is refused."""
    refusal: Callable[[str], ApiError] = _names_nothing
    """What such a text is answered with; takes the text."""
    schema: type = str
    """For the document."""
    description: str = ""
    example: str | None = None
    """A value that exists in every installation, for the document and for tests that call every route; None: the caller's own."""

    def read(self, text: str) -> T:
        """The value; raises the refusal."""
        value = self.parse(text)
        if value is None:
            raise self.refusal(text)
        return value


def uuid_parameter(name: str, refusal: Callable[[str], ApiError], description: str = "") -> PathParameter[UUID]:
    """An id."""
    return PathParameter(name, parse_uuid, refusal, UUID, description)


def text_parameter(name: str, description: str = "", example: str | None = None) -> PathParameter[str]:
    """A name: any text is one."""
    return PathParameter(name, str, description=description, example=example)
