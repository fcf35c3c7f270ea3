"""Route groups: what the routes of one class share, and decorators that declare each route at its handler.

POSTCARDS = RouteGroup(
    tag="Postcards", caller=CallerKind.USER, authority=Authority.MEMBER, parameters=(POSTCARD,), failure=errors.Failed
)

class PostcardRoutes:
    @POSTCARDS.get("/postcards/{postcardId}", summary="…", replies={200: …}, failure="Failed to load the postcard")
    async def find(self, request: Request[None]) -> Reply: ...

    def endpoints(self) -> list[Endpoint]:
        return POSTCARDS.endpoints(self)
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from types import MethodType
from typing import Any, Protocol, Required, TypedDict, TypeVar, Unpack, cast, overload

from wondernest.platform.caller import Authority, CallerKind
from wondernest.platform.http.body import BodyStream, Multipart, RawStream
from wondernest.platform.http.endpoint import (
    DEFAULT_BODY_BYTES,
    V1,
    Endpoint,
    HeaderField,
    Method,
    Query,
    Response,
    generic_outage,
)
from wondernest.platform.http.errors import (
    AccessDenied,
    ApiError,
    BadRequest,
    InternalError,
    RateLimited,
    ServiceUnavailable,
    StepUpRequired,
)
from wondernest.platform.http.parts import PartStream
from wondernest.platform.http.paths import PathParameter
from wondernest.platform.http.replies import AnyReply
from wondernest.platform.http.request import Request
from wondernest.platform.recording import Unrecorded

Routes = TypeVar("Routes")
Body = TypeVar("Body")
Answer = TypeVar("Answer", bound=AnyReply)


class PassedOn(TypedDict, total=False):
    """Options that are passed to `Endpoint` unchanged; documented there."""

    authority: Authority
    step_up: bool
    rules_in_sql: bool
    denied: Callable[[], ApiError]
    unproven: Callable[[], ApiError]
    purpose: Enum
    exempt: Enum
    unpermitted: Callable[[str], ApiError]
    accesses: Enum
    unrecorded: Unrecorded
    mounts: tuple[str, ...]
    bad_body: Callable[[str], ApiError]
    body_optional: bool
    example: Any
    repair_body: Callable[[bytes], bytes]
    max_body_bytes: int
    limited: Callable[[RateLimited], ApiError]
    limits: tuple[str, ...]
    unavailable: Callable[[ServiceUnavailable], ApiError]
    unit: bool
    replayable: bool
    queries: tuple[Query, ...]
    headers: tuple[HeaderField, ...]
    note: str
    documented: bool


class RouteOptions(PassedOn, total=False):
    """Options of one route; the group's value is used for missing ones."""

    summary: Required[str]
    replies: Required[Mapping[int, Response]]
    """Added to the group's; they override those with the same status."""
    caller: CallerKind
    parameters: tuple[PathParameter[Any], ...]
    """They override the group's parameters with the same names."""
    failure: str | Callable[[], ApiError]
    """The text of the route's own 500, for the group's `failure`; or the error itself."""


class Declare(Protocol[Body]):
    """A decorator that returns the handler unchanged; it checks the type of the handler's body."""

    def __call__(
        self, handler: Callable[[Routes, Request[Body]], Awaitable[Answer]], /
    ) -> Callable[[Routes, Request[Body]], Awaitable[Answer]]:
        """Declare the handler."""
        ...


@dataclass(frozen=True, slots=True)
class _Declared:
    handler: Callable[..., Awaitable[AnyReply]]
    method: Method
    paths: tuple[str, ...]
    body: Any
    options: RouteOptions


@dataclass(frozen=True, slots=True, kw_only=True)
class RouteGroup:
    """What the routes of one class have in common."""

    tag: str
    caller: CallerKind
    authority: Authority | None = None
    rules_in_sql: bool = False
    denied: Callable[[], ApiError] = AccessDenied
    unproven: Callable[[], ApiError] = StepUpRequired
    purpose: Enum | None = None
    """Of the routes that change something, as `exempt`; a route's own replaces both."""
    exempt: Enum | None = None
    unpermitted: Callable[[str], ApiError] | None = None
    accesses: Enum | None = None
    """As `unrecorded`; a route's own replaces both."""
    unrecorded: Unrecorded | None = None
    mounts: tuple[str, ...] = (V1,)
    parameters: tuple[PathParameter[Any], ...] = ()
    """Each route gets those that its path names."""
    bad_body: Callable[[str], ApiError] = BadRequest
    failure: Callable[[str], ApiError] | None = None
    """Makes the routes' own 500 from the route's text. None: all routes have the generic 500."""
    unavailable: Callable[[ServiceUnavailable], ApiError] = generic_outage
    """Makes the routes' own 503 from the generic one."""
    replies: Mapping[int, Response] = field(default_factory=dict[int, Response])
    """Responses of all routes."""
    max_body_bytes: int = DEFAULT_BODY_BYTES
    documented: bool = True
    _declared: list[_Declared] = field(default_factory=list["_Declared"], init=False)

    def get(self, *paths: str, **options: Unpack[RouteOptions]) -> Declare[None]:
        """Declare a GET on each of the paths."""
        return self._declare("GET", paths, None, options)

    def delete(self, *paths: str, **options: Unpack[RouteOptions]) -> Declare[None]:
        """Declare a DELETE."""
        return self._declare("DELETE", paths, None, options)

    @overload
    def post(  # pyright: ignore[reportOverlappingOverload] - Multipart is a RawStream, but is read as parts
        self, *paths: str, body: Multipart, **options: Unpack[RouteOptions]
    ) -> Declare[PartStream]: ...
    @overload
    def post(self, *paths: str, body: RawStream, **options: Unpack[RouteOptions]) -> Declare[BodyStream]: ...
    @overload
    def post(self, *paths: str, body: type[Body], **options: Unpack[RouteOptions]) -> Declare[Body]: ...
    @overload
    def post(self, *paths: str, **options: Unpack[RouteOptions]) -> Declare[None]: ...
    def post(self, *paths: str, body: Any = None, **options: Unpack[RouteOptions]) -> Declare[Any]:
        """Declare a POST, with or without a body."""
        return self._declare("POST", paths, body, options)

    @overload
    def put(self, *paths: str, body: RawStream, **options: Unpack[RouteOptions]) -> Declare[BodyStream]: ...
    @overload
    def put(self, *paths: str, body: type[Body], **options: Unpack[RouteOptions]) -> Declare[Body]: ...
    def put(self, *paths: str, body: Any, **options: Unpack[RouteOptions]) -> Declare[Any]:
        """Declare a PUT."""
        return self._declare("PUT", paths, body, options)

    def patch(self, *paths: str, body: type[Body], **options: Unpack[RouteOptions]) -> Declare[Body]:
        """Declare a PATCH."""
        return self._declare("PATCH", paths, body, options)

    def endpoints(self, routes: object) -> list[Endpoint]:
        """The endpoints in order of declaration, bound to `routes`, an instance of the class that declares them.

        Raises ValueError for an inconsistent declaration.
        """
        endpoints = [self._endpoint(routes, declared, path) for declared in self._declared for path in declared.paths]
        used = {parameter for endpoint in endpoints for parameter in endpoint.parameters}
        if unused := [parameter.name for parameter in self.parameters if parameter not in used]:
            raise ValueError(f"no path of the group {self.tag} has the parameters {unused}")
        return endpoints

    def _declare(self, method: Method, paths: tuple[str, ...], body: Any, options: RouteOptions) -> Declare[Any]:
        def declare(
            handler: Callable[[Routes, Request[Any]], Awaitable[Answer]],
        ) -> Callable[[Routes, Request[Any]], Awaitable[Answer]]:
            self._declared.append(_Declared(handler, method, paths, body, options))
            return handler

        return declare

    def _endpoint(self, routes: object, declared: _Declared, path: str) -> Endpoint:
        if declared.handler not in vars(type(routes)).values():
            raise ValueError(f"{declared.method} {path} is declared by another class than {type(routes).__name__}")
        options = declared.options
        shared: PassedOn = {} if self.authority is None else {"authority": self.authority}
        if declared.method != "GET" and not {"purpose", "exempt"} & options.keys():
            if self.purpose is not None:
                shared["purpose"] = self.purpose
            if self.exempt is not None:
                shared["exempt"] = self.exempt
        if not {"accesses", "unrecorded"} & options.keys():
            if self.accesses is not None:
                shared["accesses"] = self.accesses
            if self.unrecorded is not None:
                shared["unrecorded"] = self.unrecorded
        if self.unpermitted is not None:
            shared["unpermitted"] = self.unpermitted
        chosen: PassedOn = {
            **shared,
            "mounts": self.mounts,
            "bad_body": self.bad_body,
            "max_body_bytes": self.max_body_bytes,
            "rules_in_sql": self.rules_in_sql,
            "denied": self.denied,
            "unproven": self.unproven,
            "unavailable": self.unavailable,
            "documented": self.documented,
            **_passed_on(options),
        }
        return Endpoint(
            method=declared.method,
            path=path,
            handler=MethodType(declared.handler, routes),
            caller=options.get("caller", self.caller),
            body=declared.body,
            summary=options["summary"],
            tag=self.tag,
            replies={**self.replies, **options["replies"]},
            parameters=self._parameters(path, options.get("parameters", ())),
            failure=self._failure(path, options.get("failure", InternalError)),
            **chosen,
        )

    def _parameters(self, path: str, own: tuple[PathParameter[Any], ...]) -> tuple[PathParameter[Any], ...]:
        named = {parameter.name for parameter in own}
        shared = [p for p in self.parameters if p.name not in named and f"{{{p.name}}}" in path]
        return (*own, *shared)

    def _failure(self, path: str, failure: str | Callable[[], ApiError]) -> Callable[[], ApiError]:
        if not isinstance(failure, str):
            return failure
        if self.failure is None:
            raise ValueError(f"{path} has a text for its failure, but the group {self.tag} has no `failure`")
        return partial(self.failure, failure)


def _passed_on(options: RouteOptions) -> PassedOn:
    return cast("PassedOn", {name: value for name, value in options.items() if name in PassedOn.__annotations__})
