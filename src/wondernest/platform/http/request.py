"""One request as a handler sees it, and its reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import parse_qsl

from msgspec import Struct

from wondernest.platform.http.addresses import Network, client_address
from wondernest.platform.http.errors import TYPE_JSON
from wondernest.platform.json import encode

if TYPE_CHECKING:
    from wondernest.platform.db.unit import UnitOfWork
    from wondernest.platform.http.caller import Caller
    from wondernest.platform.http.exchange import Exchange
    from wondernest.platform.http.paths import PathParameter

Body = TypeVar("Body")
Value = TypeVar("Value")
MAX_QUERY_FIELDS = 100


class Request(Generic[Body]):
    """What a handler may know: decoded body, path parameters, query, headers, caller, unit of work."""

    body: Body
    """Set before the handler runs."""
    rate_limit_headers: Sequence[tuple[bytes, bytes]] = ()
    """The headers that tell where the caller stands within its limits."""
    _caller: Caller | None = None
    _unit: UnitOfWork | None = None
    _query: list[tuple[str, str]] | None = None
    _path: Mapping[PathParameter[Any], Any] = MappingProxyType({})

    def __init__(
        self, exchange: Exchange, segments: Sequence[str], trusted: Sequence[Network], request_id: str
    ) -> None:
        self.segments = segments
        """The texts of the path's parameters, in their order there."""
        self.id = request_id
        self._exchange = exchange
        self._trusted = trusted

    def path(self, parameter: PathParameter[Value]) -> Value:
        """The value of a parameter that the endpoint declares; raises KeyError for any other."""
        value: Value = self._path[parameter]
        return value

    def header(self, name: bytes) -> str | None:
        """A header by its lower-case name; the last one wins."""
        value = self._exchange.headers.get(name)
        return None if value is None else value.decode("latin-1")

    @property
    def client_ip(self) -> str | None:
        """The client's address as text, None when there is none that is an IP address."""
        return client_address(self._exchange.peer, self._exchange.headers.get(b"x-forwarded-for"), self._trusted)

    @property
    def last_event_id(self) -> str | None:
        """The id of the last event that the client of an event stream has seen."""
        return self.header(b"last-event-id") or None

    def query(self, name: str) -> str | None:
        """A query value; an empty one counts as absent."""
        return next(iter(self.queries(name)), None)

    def queries(self, name: str) -> list[str]:
        """Every non-empty value of a repeated query field."""
        if self._query is None:
            self._query = _parse_query(self._exchange.query)
        return [value for key, value in self._query if key == name and value]

    @property
    def caller(self) -> Caller:
        """The verified caller of an endpoint that requires one."""
        if self._caller is None:
            raise LookupError("this endpoint does not require a caller")
        return self._caller

    @property
    def optional_caller(self) -> Caller | None:
        """The verified caller, if there is one."""
        return self._caller

    @property
    def unit(self) -> UnitOfWork:
        """The request's unit of work, of an endpoint that declares one."""
        if self._unit is None:
            raise LookupError("this endpoint does not declare a unit of work")
        return self._unit

    @property
    def optional_unit(self) -> UnitOfWork | None:
        """The unit of work a replayable request runs in, None where a single gathered statement does."""
        return self._unit

    def read_path(self, parameters: Sequence[PathParameter[Any]]) -> None:
        """Read the segments, by the application; raises the refusal of the first that cannot be read."""
        self._path = {each: each.read(text) for each, text in zip(parameters, self.segments, strict=True)}

    def bind(self, caller: Caller | None, unit: UnitOfWork | None) -> None:
        """Set by the application before the handler runs."""
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
    """A response: its bytes are made before it is sent, so that an error can still be answered."""

    status: int
    content: bytes
    content_type: str = TYPE_JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    close: bool = False
    """Whether the connection ends with it."""


def reply_json(value: Any, status: int = 200, headers: tuple[tuple[bytes, bytes], ...] = ()) -> Reply:
    """A JSON reply of a wire struct or mapping."""
    return Reply(status, encode(value), TYPE_JSON, headers)
