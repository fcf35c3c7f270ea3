"""The request that a handler gets, and the reply that it returns."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct

from wondernest.platform.addresses import Networks, client_address, parse
from wondernest.platform.caller import STEP_UP_HEADER
from wondernest.platform.http.errors import TYPE_JSON
from wondernest.platform.json import encode

if TYPE_CHECKING:
    from uuid import UUID

    from wondernest.platform.caller import Caller
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.http.exchange import Exchange
    from wondernest.platform.http.paths import PathParameter

Body = TypeVar("Body")
Value = TypeVar("Value")
MAX_QUERY_FIELDS = 100
_HOST = re.compile(rb"[A-Za-z0-9._-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")


class Request(Generic[Body]):
    """A request: decoded body, path parameters, query, headers, caller, unit of work."""

    body: Body
    """Set before the handler runs."""
    rate_limit_headers: Sequence[tuple[bytes, bytes]] = ()
    """The X-RateLimit headers for the reply."""
    _caller: Caller | None = None
    _unit: UnitOfWork | None = None
    _query: list[tuple[str, str]] | None = None
    _people: Collection[UUID] | None = None
    _path: Mapping[PathParameter[Any], Any] = MappingProxyType({})

    def __init__(self, exchange: Exchange, segments: Sequence[str], proxies: Networks, request_id: str) -> None:
        self.segments = segments
        """The path parameters as text, in the order of the path."""
        self.id = request_id
        self._exchange = exchange
        self._proxies = proxies

    def path(self, parameter: PathParameter[Value]) -> Value:
        """The value of a parameter that the endpoint declares; raises KeyError for another one."""
        value: Value = self._path[parameter]
        return value

    @property
    def method(self) -> str:
        """As the client sent it: HEAD for a request that a GET endpoint answers without the body."""
        return self._exchange.method

    def header(self, name: bytes) -> str | None:
        """A header by its lower-case name; repeated ones are joined with commas."""
        value = self._exchange.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def client_ip(self) -> str | None:
        """The client's IP address; None if it has none (a Unix socket)."""
        return client_address(self._exchange.peer, self._exchange.headers.get(b"x-forwarded-for"), self._proxies)

    @property
    def origin(self) -> str:
        """Scheme and host that the client asked, without a path: what a trusted proxy reports, else this server's own."""
        headers = self._exchange.headers
        host, scheme = headers.get(b"host", b""), b"http"
        if self._proxies and parse(self._exchange.peer) in self._proxies:
            host = headers.get(b"x-forwarded-host", host)
            scheme = headers.get(b"x-forwarded-proto", scheme).strip().lower()
        if scheme not in {b"http", b"https"} or not _HOST.fullmatch(host):
            return ""
        return f"{scheme.decode()}://{host.decode()}"

    @property
    def forwarded_by_stranger(self) -> bool:
        """Whether a proxy that is not trusted says that it passed the request on: `client_ip` is the proxy's then."""
        headers = self._exchange.headers
        if b"x-forwarded-for" not in headers and b"forwarded" not in headers:
            return False
        return client_address(self._exchange.peer, None, self._proxies) == self.client_ip

    @property
    def proof(self) -> str:
        """The step-up proof that the client sent; empty without one."""
        return self.header(STEP_UP_HEADER) or ""

    @property
    def last_event_id(self) -> str | None:
        """The id of the last event that the client of an event stream received."""
        return self.header(b"last-event-id") or None

    def query(self, name: str) -> str | None:
        """The first value of a query field; empty values count as absent."""
        return next(iter(self.queries(name)), None)

    def queries(self, name: str) -> list[str]:
        """All non-empty values of a query field."""
        if self._query is None:
            self._query = _parse_query(self._exchange.query)
        return [value for key, value in self._query if key == name and value]

    @property
    def caller(self) -> Caller:
        """The caller; raises LookupError if the endpoint does not require one."""
        if self._caller is None:
            raise LookupError("this endpoint does not require a caller")
        return self._caller

    @property
    def optional_caller(self) -> Caller | None:
        """The caller, or None."""
        return self._caller

    @property
    def unit(self) -> UnitOfWork:
        """The unit of work; raises LookupError if the endpoint does not declare one."""
        if self._unit is None:
            raise LookupError("this endpoint does not declare a unit of work")
        return self._unit

    @property
    def optional_unit(self) -> UnitOfWork | None:
        """The unit of work of a request with an Idempotency-Key; None if the request may use a batched statement."""
        return self._unit

    def concerns(self, people: Collection[UUID]) -> None:
        """Say whose data the request uses, for the record of an endpoint that declares `accesses`; nobody's for none."""
        self._people = people

    @property
    def people(self) -> Collection[UUID] | None:
        """Whose data the request uses: what the handler said, or the person of the path; None: everybody of the caller's group."""
        if self._people is not None:
            return self._people
        return next(([value] for parameter, value in self._path.items() if parameter.person), None)

    def read_path(self, parameters: Sequence[PathParameter[Any]]) -> None:
        """Parse the path; raises the error of the first invalid segment. For the application only."""
        self._path = {each: each.read(text) for each, text in zip(parameters, self.segments, strict=True)}

    def bind(self, caller: Caller | None, unit: UnitOfWork | None) -> None:
        """Set caller and unit. For the application only, before the handler runs."""
        self._caller = caller
        self._unit = unit


def _parse_query(raw: bytes) -> list[tuple[str, str]]:
    try:
        text = raw.decode("ascii")
        pairs = parse_qsl(text, keep_blank_values=True, errors="replace", max_num_fields=MAX_QUERY_FIELDS)
        return [(name, value) for name, value in pairs if "\x00" not in value]
    except ValueError:
        return []


class Reply(Struct):
    """A reply of bytes: complete before it is sent, so that an error can still be answered."""

    status: int
    content: bytes
    content_type: str = TYPE_JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    close: bool = False
    """Whether the connection is closed after it."""


def reply_json(value: Any, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Reply:
    """A JSON reply of a wire struct or mapping."""
    return Reply(status, encode(value), TYPE_JSON, headers)
