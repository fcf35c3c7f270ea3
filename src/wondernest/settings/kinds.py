"""Kinds of values of settings."""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta

MIB: Final = 1024 * 1024
MAX_PORT: Final = 65535

Port = Annotated[int, Meta(ge=1, le=MAX_PORT)]
Positive = Annotated[int, Meta(ge=1)]
NonNegative = Annotated[int, Meta(ge=0)]
Seconds = Annotated[float, Meta(gt=0)]


class Secret(str):
    """A text whose `repr` is hidden, so that it does not appear in logs."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "'***'" if self else "''"


class Csv(tuple[str, ...]):
    """A comma-separated list; empty entries are dropped."""

    __slots__ = ()
