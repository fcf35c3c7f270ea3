"""The declaration of a route: router, access check, decoder, limits and OpenAPI use it."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, Literal, TypeAlias

from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.errors import (
    AccessDenied,
    ApiError,
    BadRequest,
    InternalError,
    RateLimited,
    ServiceUnavailable,
    StepUpRequired,
)
from wondernest.platform.http.paths import PathParameter
from wondernest.platform.http.replies import AnyReply
from wondernest.platform.http.request import Request
from wondernest.platform.recording import Unrecorded

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
Handler: TypeAlias = Callable[[Request[Any]], Awaitable[AnyReply]]
V1, V2 = "/api/v1", "/api/v2"
KIB, MIB = 1024, 1024 * 1024
DEFAULT_BODY_BYTES = 64 * KIB
"""Forms need a few KiB. Work on a body of this size takes a few milliseconds."""


def _generic(refusal: RateLimited) -> ApiError:
    return refusal


def generic_outage(outage: ServiceUnavailable) -> ApiError:
    """The 503 of a route without its own."""
    return outage


_PARAMETER: Final = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True, slots=True)
class Query:
    """A query field, for the OpenAPI document; handlers read it from the request."""

    name: str
    schema: type = str
    description: str = ""
    example: str = ""
    """Not empty: the query is required. A valid value, for tests that call every route; `{name}` is replaced by that path parameter
    of the caller's."""


@dataclass(frozen=True, slots=True)
class HeaderField:
    """A request header that a handler reads, for the OpenAPI document."""

    name: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Response:
    """One documented response. schema None: no body, or text; media: the content type."""

    schema: Any = None
    description: str = ""
    media: str = "application/json"
    blob: bool = False
    """A `BlobReply`: bytes, with ranges and conditional requests (206, 304, 416)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One route, completely declared."""

    method: Method
    path: str
    """Template below the mount: `/postcards/{postcardId}`."""
    handler: Handler
    caller: CallerKind
    """Who may call it. No default: every route must declare it."""
    replies: dict[int, Response]
    """The responses of the handler itself; those of the application are added to the document."""
    summary: str
    tag: str
    authority: Authority | None = None
    """What it acts on. An endpoint for users that changes something must declare it: otherwise the application does not start."""
    step_up: bool = False
    """Whether the request must carry a step-up proof of its session."""
    rules_in_sql: bool = False
    """Whether its own statements contain the rules of access: account, authority, proof. Otherwise the application runs one
    statement for them before the handler."""
    denied: Callable[[], ApiError] = AccessDenied
    """The error for a caller without the authority."""
    unproven: Callable[[], ApiError] = StepUpRequired
    """The error for a request without a step-up proof."""
    purpose: Enum | None = None
    """Why it collects or uses data about a person. Its statements ask whether that is permitted."""
    exempt: Enum | None = None
    """Why a change needs no permission. An endpoint for users that changes something declares this or `purpose`: otherwise the
    application does not start."""
    unpermitted: Callable[[str], ApiError] | None = None
    """Makes the error for a purpose that nobody permitted; takes its value. Required with `purpose`."""
    accesses: Enum | None = None
    """How it uses data about a person, for the record of who did: a change in the unit of work, a read soon after. Whose data: the
    handler says it (`Request.concerns`), or a path parameter (`PathParameter.person`); otherwise everybody's of the caller's group."""
    unrecorded: Unrecorded | None = None
    """Why that is not recorded. An endpoint for users declares this or `accesses`: otherwise the application does not start."""
    mounts: tuple[str, ...] = (V1,)
    parameters: tuple[PathParameter[Any], ...] = ()
    """One per name in the template; parsed before the body."""
    body: Any = None
    """A wire struct that is decoded tolerantly, a `RawStream` or `Multipart`; None: a body is ignored."""
    body_optional: bool = False
    """Whether an empty body counts as an empty object."""
    example: Any = None
    """A valid body, for the OpenAPI document and for tests that call every route. `{name}` in a text is replaced by that path
    parameter."""
    repair_body: Callable[[bytes], bytes] | None = None
    """Repairs bodies that do not parse, for a second attempt (a shell's escapes)."""
    bad_body: Callable[[str], ApiError] = BadRequest
    """The error for a body that cannot be decoded; takes the reason."""
    failure: Callable[[], ApiError] = InternalError
    """The error for an unexpected exception."""
    max_body_bytes: int = DEFAULT_BODY_BYTES
    """Limit of a decoded body; a streamed body declares its own."""
    limits: tuple[str, ...] = ()
    """Names of the limits per client network that count this request. Without any, an authenticated request counts for its user."""
    limited: Callable[[RateLimited], ApiError] = _generic
    """Makes the route's own 429 from the generic one."""
    unavailable: Callable[[ServiceUnavailable], ApiError] = generic_outage
    """Makes the route's own 503 from the generic one."""
    unit: bool = False
    """Whether the handler runs in a unit of work, committed before the reply is sent."""
    replayable: bool = False
    """Whether `Idempotency-Key` is supported: the first reply is stored and sent again. Not for streamed bodies or replies."""
    queries: tuple[Query, ...] = ()
    headers: tuple[HeaderField, ...] = ()
    note: str = ""
    """A longer description for the OpenAPI document."""
    documented: bool = True
    """Whether the OpenAPI document contains the route."""

    def __post_init__(self) -> None:
        """Raises ValueError for other parameters than the template's, an impossible authority, or a purpose without an error."""
        if self.caller is not CallerKind.USER and (self.step_up or self.authority is Authority.MANAGER):
            raise ValueError(f"{self.method} {self.path} requires an authority or a proof, but no user")
        if self.purpose is not None and (self.exempt is not None or self.unpermitted is None):
            raise ValueError(f"{self.method} {self.path} has a purpose, and is exempt or has no error for it")
        if self.accesses is not None and (self.unrecorded is not None or self.caller is not CallerKind.USER):
            raise ValueError(f"{self.method} {self.path} is recorded and is not, or has no user")
        if self.accesses is not None and self.method != "GET" and not self.unit:
            raise ValueError(f"{self.method} {self.path}: a change is recorded in its unit of work, and it has none")
        declared = sorted(parameter.name for parameter in self.parameters)
        for template in self.templates():
            named = sorted(_PARAMETER.findall(template))
            if declared != named or len(set(named)) < len(named):
                raise ValueError(f"{self.method} {template} names {named}, but declares the parameters {declared}")

    def templates(self) -> tuple[str, ...]:
        """The full path templates, one per mount."""
        return tuple(mount + self.path for mount in self.mounts)
