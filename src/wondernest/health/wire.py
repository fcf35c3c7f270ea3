"""What health says on the wire."""

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
    """Everything an operator wants to see at a glance."""

    status: UpOrDown
    timestamp: str
    version: str
    environment: str
    services: dict[str, Component]
    """`database` and `redis`, then what the rooms depend on."""


class Ready(Struct):
    """Traffic may come; `redis` is there only while it is down and not needed."""

    status: Literal["READY"] = "READY"
    redis: Literal["DOWN"] | UnsetType = UNSET


class NotReady(Struct, kw_only=True):
    """Traffic should go elsewhere; `schema` is there only while tables are missing."""

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
