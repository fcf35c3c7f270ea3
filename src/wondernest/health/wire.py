"""Reply bodies of the health routes."""

from __future__ import annotations

from typing import Literal

from msgspec import UNSET, Struct, UnsetType

UpOrDown = Literal["UP", "DOWN"]


class Up(Struct):
    """The service answers."""

    status: Literal["UP"] = "UP"


class Component(Struct, kw_only=True, rename="camel"):
    """One dependency; `responseTime` in milliseconds."""

    status: UpOrDown
    message: str
    response_time: int | None


class Detailed(Struct, kw_only=True):
    """The state of the service and each dependency."""

    status: UpOrDown
    timestamp: str
    version: str
    """Empty for callers that may not see metrics."""
    environment: str
    services: dict[str, Component]
    """`database` and `redis`, then the other dependencies of the rooms."""


class Ready(Struct):
    """The service can take traffic; `redis` is present only while it is down and not required."""

    status: Literal["READY"] = "READY"
    redis: Literal["DOWN"] | UnsetType = UNSET


class NotReady(Struct, kw_only=True):
    """The service cannot take traffic; `schema` is present only while tables are missing."""

    status: Literal["NOT_READY"]
    database: UpOrDown
    redis: UpOrDown
    schema: Literal["INCOMPLETE"] | UnsetType = UNSET


class Alive(Struct):
    """The process runs."""

    status: Literal["ALIVE"] = "ALIVE"


class Startup(Struct):
    """Whether the database was reached with its schema in place."""

    status: Literal["STARTED", "STARTING"]
