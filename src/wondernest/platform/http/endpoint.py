"""The declaration of a route: router, guard, decoder, limits and OpenAPI are all made from it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

from wondernest.platform.http.caller import CallerKind
from wondernest.platform.http.errors import ApiError, BadRequest, InternalError
from wondernest.platform.http.paths import PathParameter
from wondernest.platform.http.replies import AnyReply
from wondernest.platform.http.request import Request

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler: TypeAlias = Callable[[Request[Any]], Awaitable[AnyReply]]
V1, V2 = "/api/v1", "/api/v2"
KIB, MIB = 1024, 1024 * 1024
DEFAULT_BODY_BYTES = MIB
_PARAMETER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Query:
    """A query field, for the document; handlers read it from the request."""

    name: str
    schema: type = str
    description: str = ""


@dataclass(frozen=True, slots=True)
class HeaderField:
    """A request header a handler reads, for the document."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """One documented answer. schema None: no body or text; media: content type when it is not JSON."""

    schema: Any = None
    description: str = ""
    media: str = "application/json"
    blob: bool = False
    """A `BlobReply`: bytes, of which a range or nothing new may be answered (206, 304, 416)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One route. Everything a reader, a client generator or an attacker may want to know stands here."""

    method: Method
    path: str
    """Template below the mount: `/games/children/{childId}/data`."""
    handler: Handler
    caller: CallerKind
    """No default: a route that does not say whom it serves stops the start."""
    replies: dict[int, Response]
    """Every status the handler itself answers; those of the machinery are added."""
    summary: str
    tag: str
    mounts: tuple[str, ...] = (V1,)
    parameters: tuple[PathParameter[Any], ...] = ()
    """One for each name in the template; read before the body is, and before the handler runs."""
    body: Any = None
    """A wire struct decoded tolerantly; a `RawStream` or `Multipart`; None: a body is neither read nor refused."""
    body_optional: bool = False
    """Whether an empty body counts as an empty object."""
    example: Any = None
    """A body that is accepted, for the document and for tests that call every route; `{name}` in a text stands for a path parameter."""
    repair_body: Callable[[bytes], bytes] | None = None
    """A second try for bodies that do not parse (parent/login's shell escapes)."""
    bad_body: Callable[[str], ApiError] = BadRequest
    """What an unreadable body is answered with; takes the reason."""
    failure: Callable[[], ApiError] = InternalError
    """What a fault of ours looks like on this route."""
    max_body_bytes: int = DEFAULT_BODY_BYTES
    """Of a body that is decoded; a stream's declaration has its own."""
    limits: tuple[str, ...] = ()
    """Names of the per-address limits that count this request."""
    unit: bool = False
    """Whether the handler runs in a unit of work, committed before the reply leaves."""
    replayable: bool = False
    """Whether `Idempotency-Key` is honoured: the first reply is kept and given again. Not with streams of either kind."""
    queries: tuple[Query, ...] = ()
    headers: tuple[HeaderField, ...] = ()
    note: str = ""
    """A sentence more for the document."""
    documented: bool = True
    """Whether the document shows the route."""

    def __post_init__(self) -> None:
        """Raises ValueError when the declared parameters are not those of the template, each named once."""
        declared = sorted(parameter.name for parameter in self.parameters)
        for template in self.templates():
            named = sorted(_PARAMETER.findall(template))
            if declared != named or len(set(named)) < len(named):
                raise ValueError(f"{self.method} {template} names {named}, but declares the parameters {declared}")

    def templates(self) -> tuple[str, ...]:
        """The full path templates, one for each mount."""
        return tuple(mount + self.path for mount in self.mounts)
