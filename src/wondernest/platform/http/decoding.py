"""Tolerant decoding of request bodies (auth contract §1.2, §1.4).

The body is read as JSON, whatever its Content-Type is. Unknown fields are ignored. Where a text is expected, a number or boolean
is taken as its source text. `"12"` and `"true"` are accepted as number and boolean. null for a field with a default counts as
absent. Documents declared as `Raw` are passed through; only numbers with an exponent get a fraction, so that they are stored as doubles.
"""

from __future__ import annotations

import contextlib
import re
import types
import typing
from collections.abc import Callable
from functools import cache
from typing import Any, Final, Union

import msgspec
from msgspec import Raw, Struct
from msgspec.structs import FieldInfo

from wondernest.platform.json import doubles, expansion, holds_nul, may_expand, may_have_exponents
from wondernest.platform.large_work import LARGE_BYTES, Steps, at_once

MAX_REASON_CHARS = 200
_NEAR_BYTES: Final = 64
_PLACE: Final = re.compile(r"\(byte ([0-9]+)\)")
_SURROGATE: Final = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_PAIR: Final = re.compile(rb"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_decode_list: Callable[[bytes | Raw], list[Raw]] = msgspec.json.Decoder(list[Raw]).decode
_decode_map: Callable[[bytes | Raw], dict[str, Raw]] = msgspec.json.Decoder(dict[str, Raw]).decode
_NULL = b"null"
_UNSENT = Raw(b"")
_UNREADABLE: Final = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
MAX_ENTRIES: Final = 1_000
"""Entries of a list in a large body."""
_ENTRIES: Final = [f"entry_{place}" for place in range(MAX_ENTRIES + 1)]
_LAST_ENTRY: Final = _ENTRIES[-1]
_first_entries: Callable[[Raw], Struct] = msgspec.json.Decoder(
    msgspec.defstruct("Entries", [(name, Raw, _UNSENT) for name in _ENTRIES], array_like=True)
).decode
"""Reads the first entries of a list. More are skipped without an object for each."""


class BadBody(ValueError):
    """The body cannot be decoded as the route's type; the message is the reason."""


class BodyDecoder:
    """Decodes bodies into one wire type: first strictly, which is fast, then tolerantly."""

    __slots__ = ("_documents", "_lists", "_strict", "_type")

    def __init__(self, kind: Any) -> None:
        self._type = kind
        self._strict = msgspec.json.Decoder(kind)
        self._lists = _list_fields(kind) if _is_struct(kind) else ()
        self._documents = _has_documents(kind)

    def decode(self, body: bytes) -> Any:
        """As `steps`, at once: for small bodies."""
        needs_steps = may_have_exponents if self._documents else may_expand
        if len(body) < LARGE_BYTES and b"\\u0000" not in body and not needs_steps(body):
            with contextlib.suppress(*_UNREADABLE):  # most bodies; the steps find out what is wrong with the others
                return self._strict.decode(body)
        return at_once(self.steps(body))

    def steps(self, body: bytes) -> Steps[Any]:
        """The decoded value; raises BadBody. NUL is refused anywhere, because PostgreSQL cannot store it."""
        if holds_nul(body):
            raise BadBody("\\u0000 is not allowed in a text")
        yield
        if (yield from expansion(body)):
            raise BadBody("its numbers are too long")
        yield
        if self._documents:
            body = yield from doubles(body)
            yield
        return (yield from self.read(body))

    def read(self, body: bytes | Raw) -> Steps[Any]:
        """As `steps`, for a part of a body that was checked as a whole."""
        if self._lists and len(memoryview(body)) >= LARGE_BYTES:
            yield from self._check_lists(body)
        try:
            return self._strict.decode(body)
        except msgspec.ValidationError as error:
            if not _is_struct(self._type):
                raise BadBody(_reason(error)) from None
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise BadBody(_reason(error, body)) from None
        yield
        try:
            return _struct(self._type, body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BadBody(_reason(error, body)) from None

    def _check_lists(self, body: bytes | Raw) -> Steps[None]:
        """Raises BadBody for a list that is too long to make an object of each entry."""
        with contextlib.suppress(msgspec.MsgspecError, UnicodeDecodeError, RecursionError):  # reported by the decoder
            fields = _shape(self._type)[1](body)
            yield
            for info in self._lists:
                raw: Raw = getattr(fields, info.name)
                if raw and getattr(_first_entries(raw), _LAST_ENTRY):
                    raise BadBody(f"{info.encode_name} has too many entries")
                yield


@cache
def decoder_of(kind: Any) -> BodyDecoder:
    """The decoder of a type. It holds no state, so all routes and applications use one."""
    return BodyDecoder(kind)


def _reason(error: Exception, body: bytes | Raw = b"") -> str:
    if isinstance(error, RecursionError):
        return "JSON is nested too deeply"
    if _has_lone_surrogate(body, str(error)):
        return "a lone surrogate is not allowed in a text"
    return str(error)[:MAX_REASON_CHARS]


def _has_lone_surrogate(body: bytes | Raw, reason: str) -> bool:
    """Whether the decoder failed because of half a surrogate pair, for which it has several messages.

    A large body is searched only where the decoder stopped.
    """
    text = bytes(body)
    if len(text) >= LARGE_BYTES:
        place = _PLACE.search(reason)
        stopped = len(text) if place is None else int(place[1])
        text = text[max(0, stopped - _NEAR_BYTES) : stopped + _NEAR_BYTES]
    return _SURROGATE.search(_PAIR.sub(b"_", text.replace(b"\\\\", b"__"))) is not None


@cache
def is_bounded(kind: Any) -> bool:
    """Whether a body of this type may be large: it has no mapping, whose entries cannot be counted without reading them."""
    return not _is_struct(kind) or not any(
        typing.get_origin(member) is dict for info in msgspec.structs.fields(kind) for member in _members(info.type)
    )


def _has_documents(kind: Any) -> bool:
    """Whether a body of this type holds documents that are passed through."""
    if _is_struct(kind):
        return any(_has_documents(info.type) for info in msgspec.structs.fields(kind))
    return kind is Raw or any(member is not kind and _has_documents(member) for member in _parts(kind))


def _parts(kind: Any) -> tuple[Any, ...]:
    """The members of a union, and what a list or a mapping holds."""
    return tuple(part for member in _members(kind) for part in (member, *typing.get_args(member)))


def _list_fields(kind: type[Struct]) -> tuple[FieldInfo, ...]:
    return tuple(
        info
        for info in msgspec.structs.fields(kind)
        if any(typing.get_origin(member) in (list, tuple) for member in _members(info.type))
    )


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, Struct)


def _struct(kind: type[Struct], document: bytes | Raw) -> Struct:
    values: dict[str, Any] = {}
    known, decode = _shape(kind)
    fields = decode(document)
    for info in known:
        raw: Raw | None = getattr(fields, info.name) or None  # no JSON value is empty
        if raw is not None and bytes(raw).strip() == _NULL and not _accepts_none(info.type) and not info.required:
            continue
        if raw is not None:
            values[info.name] = _value(info.type, raw)
        elif info.required:
            raise msgspec.ValidationError(f"Object missing required field `{info.encode_name}`")
    return kind(**values)


@cache
def _shape(kind: type[Struct]) -> tuple[tuple[FieldInfo, ...], Callable[[bytes | Raw], Any]]:
    """A struct's fields, and a decoder that leaves them undecoded. Other fields cost no object each, however many there are."""
    known = msgspec.structs.fields(kind)
    undecoded = [(info.name, Raw, msgspec.field(default=_UNSENT, name=info.encode_name)) for info in known]
    return known, msgspec.json.Decoder(msgspec.defstruct(kind.__name__, undecoded, kw_only=True)).decode


def _value(kind: Any, raw: Raw) -> Any:
    """One value, converted to its declared type where possible."""
    if kind is Raw:
        return raw
    members = _members(kind)
    text = bytes(raw).strip()
    if text == _NULL and type(None) in members:
        return None
    if str in members and text[:1] not in b'"[{n':
        return msgspec.convert(text.decode(), kind)
    for member in members:
        if _is_struct(member) and text[:1] == b"{":
            return _struct(member, raw)
        origin: Any = typing.get_origin(member)
        if origin in (list, tuple) and text[:1] == b"[":
            item = typing.get_args(member)[0]
            elements = [_value(item, element) for element in _decode_list(raw)]
            return elements if origin is list else tuple(elements)
        if origin is dict and text[:1] == b"{":
            item = typing.get_args(member)[1]
            return {key: _value(item, element) for key, element in _decode_map(raw).items()}
    return msgspec.json.decode(raw, type=kind, strict=False)


def _members(kind: Any) -> tuple[Any, ...]:
    if typing.get_origin(kind) is typing.Annotated:
        kind = typing.get_args(kind)[0]
    return typing.get_args(kind) if typing.get_origin(kind) in (Union, types.UnionType) else (kind,)


def _accepts_none(kind: Any) -> bool:
    return kind is Any or kind is Raw or type(None) in _members(kind)
